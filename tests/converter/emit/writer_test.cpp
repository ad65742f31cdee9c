// The container, as the runtime and the schema see it.
#include "converter/emit/writer.hpp"
#include "converter/graph/interpreter.hpp"
#include "converter/graph/passes/passes.hpp"
#include "heed_generated.h"
#include "runtime/base/xxh64.hpp"
#include "tests/converter/emit/support.hpp"
#include "tests/converter/graph/support.hpp"

#include <heed/session.hpp>

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

Description description() {
  Description d;
  d.family = "test";
  d.variant = "random";
  d.precision = "int8";
  d.padding_treatment = "of a kind";
  d.source_format = "memory";
  d.source_sha256 = "abc";
  d.source_bytes = 77;
  d.converter = "heed test";
  d.options = "--none";
  return d;
}

class Writer : public ::testing::TestWithParam<Precision> {
 protected:
  Writer()
      : graph_(test::file_form(test::random_encoder({}), GetParam())), path_(folder_.path("model.heed")) {}
  void write() {
    ModelWriter writer(graph_, description(), path_);
    writer.write({});
    writer.commit();
    content_ = test::file_content(path_);
    EXPECT_EQ(content_.size(), writer.file_bytes());
    model_ = format::GetSizePrefixedModel(content_.data());
  }

  test::TempFolder folder_;
  Graph graph_;
  std::string path_, content_;
  const format::Model* model_ = nullptr;
};

TEST_P(Writer, RuntimeOpensAndVerifiesIt) {
  write();
  const Result<Model> model = Model::open(path_.c_str());
  ASSERT_TRUE(model.ok()) << model.status().message();
  const Status status = model->verify();
  EXPECT_TRUE(status.ok()) << status.message();
  const ModelInfo info = model->info();
  EXPECT_EQ(info.family, "test");
  EXPECT_EQ(info.variant, "random");
  EXPECT_EQ(info.items, 11u);
  EXPECT_EQ(info.max_history, 5u);
  EXPECT_EQ(info.padding, "left: of a kind");
  EXPECT_EQ(info.unknown_item, "mean of all item rows");
  EXPECT_EQ(info.source_bytes, 77u);
  EXPECT_EQ(info.fidelity.histories, 0u);
}

TEST_P(Writer, SegmentsAreAlignedApartAndChecked) {
  write();
  struct Range {
    std::uint64_t offset, length;
  };
  std::vector<Range> ranges;
  for (const format::Tensor* tensor : *model_->tensors()) {
    EXPECT_EQ(tensor->offset() % 64, 0u) << tensor->name()->str();
    base::Xxh64 hash;
    hash.update(content_.data() + tensor->offset(), tensor->length());
    EXPECT_EQ(tensor->checksum(), hash.digest()) << tensor->name()->str();
    ranges.push_back({tensor->offset(), tensor->length()});
  }
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.offset < b.offset; });
  std::uint32_t metadata;
  std::memcpy(&metadata, content_.data(), 4);
  EXPECT_GE(ranges[0].offset, metadata + 4u);
  EXPECT_EQ(ranges[0].offset % 16384, 0u); // the group of weights
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const std::uint64_t end = ranges[i].offset + ranges[i].length;
    ASSERT_LE(end + 64, i + 1 < ranges.size() ? ranges[i + 1].offset : content_.size());
    EXPECT_EQ(content_.substr(end, 64), std::string(64, '\0'));
  }
  const format::ItemTable* table = model_->item_tables()->Get(0);
  const auto* rows = model_->tensors()->Get(static_cast<flatbuffers::uoffset_t>(table->rows()));
  EXPECT_EQ(rows->offset() % 16384, 0u); // the group of items
}

TEST_P(Writer, ItemTable) {
  write();
  const format::ItemTable* table = model_->item_tables()->Get(0);
  EXPECT_EQ(table->items(), 11u);
  EXPECT_EQ(table->first_id(), 1);
  EXPECT_EQ(table->unknown_row(), 11);
  EXPECT_EQ(table->score(), format::ScoreKind::dot);
  const auto* rows = model_->tensors()->Get(static_cast<flatbuffers::uoffset_t>(table->rows()));
  EXPECT_EQ(rows->rows(), 12u);
  EXPECT_EQ(rows->dtype(), GetParam() == Precision::int8 ? format::DType::i8 : format::DType::f32);
  EXPECT_EQ(rows->scales() >= 0, GetParam() == Precision::int8);
}

TEST_P(Writer, FidelityIsFilledInLater) {
  write();
  const std::string before = content_;
  ModelWriter writer(graph_, description(), path_);
  writer.write({});
  writer.set_fidelity({64, 0.5, 0.25, 0.75});
  writer.commit();
  const std::string after = test::file_content(path_);
  ASSERT_EQ(after.size(), before.size());
  const Result<Model> model = Model::open(path_.c_str());
  ASSERT_TRUE(model.ok()) << model.status().message();
  const Fidelity f = model->info().fidelity;
  EXPECT_EQ(f.histories, 64u);
  EXPECT_EQ(f.max_score_error, 0.5);
  EXPECT_EQ(f.mean_score_error, 0.25);
  EXPECT_EQ(f.top10_overlap, 0.75);
  std::uint32_t metadata;
  std::memcpy(&metadata, before.data(), 4);
  EXPECT_EQ(after.substr(metadata + 4), before.substr(metadata + 4));
}

TEST_P(Writer, SameInputSameBytes) {
  write();
  const std::string before = content_;
  write();
  EXPECT_EQ(content_, before);
}

TEST_P(Writer, ProgressReachesTheEnd) {
  test::EncoderOptions options;
  options.items = 5000;
  const Graph graph = test::file_form(test::random_encoder(options), GetParam());
  ModelWriter writer(graph, description(), path_);
  double last = 0;
  int calls = 0;
  writer.write([&](double share) {
    EXPECT_GE(share, last);
    last = share;
    ++calls;
  });
  EXPECT_GT(last, 0.9);
  EXPECT_LE(last, 1.0);
  EXPECT_GT(calls, 20);
  EXPECT_LT(calls, 200);
}

TEST_P(Writer, FailureLeavesTheOldFile) {
  test::write_file(path_, "old");
  test::error_message(StatusCode::no_space, [&] {
    ModelWriter writer(graph_, description(), path_);
    const test::FileSizeLimit limit(20000);
    writer.write({});
    writer.commit();
  });
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"model.heed"});
  EXPECT_EQ(test::file_content(path_), "old");
}

INSTANTIATE_TEST_SUITE_P(Precisions, Writer, ::testing::Values(Precision::fp32, Precision::int8),
                         [](const auto& param) { return param.param == Precision::fp32 ? "fp32" : "int8"; });

TEST(WriterPadding, PerSlotTablesReachTheRuntime) {
  // Padded slots with positions of their own: no SASRec port has them, the file format does.
  test::EncoderOptions options;
  options.pad_row = options.pad_position = true;
  options.dim = 8;
  const Graph file = test::file_form(test::random_encoder(options), Precision::fp32);
  const test::TempFolder folder;
  ModelWriter writer(file, description(), folder.path("model.heed"));
  writer.write({});
  const Result<Model> model = Model::open(writer.temporary().c_str());
  ASSERT_TRUE(model.ok()) << model.status().message();
  Result<Session> session = Session::create(*model);
  ASSERT_TRUE(session.ok()) << session.status().message();
  const Interpreter interpreter(file);
  for (const auto& history : test::histories_of_all_lengths(file, 8)) {
    std::vector<std::int64_t> ids;
    for (const std::int64_t row : history) ids.push_back(row + 1);
    std::vector<float> vector(8);
    ASSERT_TRUE(session->encode(ids, UnknownItem::error, vector).ok());
    EXPECT_LT(test::difference({vector.begin(), vector.end()}, interpreter.run(history)), 1e-5);
  }
}

} // namespace
} // namespace heed::convert
