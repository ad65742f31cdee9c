// Ways to pickle a tensor that PyTorch 1.13 does not write, and broken ones: zip checkpoints from opcodes.
#include "support.hpp"

#include <gtest/gtest.h>

namespace heed::convert::test {
namespace {

using namespace std::string_literals;

// A persistent id of storage "0".
std::string storage(const std::string& type, std::uint8_t elements) {
  return "(" + pickled_text("storage") + "ctorch\n" + type + "\n" + pickled_text("0") + pickled_text("cpu") +
         "K" + static_cast<char>(elements) + "tQ";
}

// torch._utils.FUNCTION(storage, 0, (SIZE,), (1,), False, {}, MORE)
std::string rebuilt(const std::string& function, const std::string& storage, std::uint8_t size,
                    const std::string& more = "") {
  return "ctorch._utils\n" + function + "\n(" + storage + "K\0K"s + static_cast<char>(size) +
         "\x85K\1\x85\x89}" + more + "tR";
}

std::string checkpoint(const std::string& tensor) {
  return zip_checkpoint("}" + pickled_text("weight") + tensor + "s.");
}

Tensor tensor_of(const std::string& tensor) {
  return parse_checkpoint(bytes_of(checkpoint(tensor)), "test").weights.at(0).second;
}

void expect_error(StatusCode code, const std::string& tensor, const std::string& message) {
  const Outcome outcome = outcome_of(checkpoint(tensor));
  EXPECT_EQ(outcome.code, code) << outcome.message;
  EXPECT_NE(outcome.message.find(message), std::string::npos) << outcome.message;
}

TEST(TorchTensor, TypeBesideTheStorage) {
  const std::string untyped = storage("UntypedStorage", 16);
  const Tensor floats = tensor_of(rebuilt("_rebuild_tensor_v3", untyped, 4, "ctorch\nfloat32\n"));
  EXPECT_EQ(floats.type(), SourceType::f32);
  float values[4];
  floats.read(0, 4, values);
  EXPECT_EQ(values[3], 4.0F);
  EXPECT_EQ(tensor_of(rebuilt("_rebuild_tensor_v3", untyped, 8, "ctorch\nbfloat16\n")).type(),
            SourceType::bf16);
  EXPECT_EQ(tensor_of(rebuilt("_rebuild_tensor_v2", untyped, 16)).type(), SourceType::u8);
  expect_error(StatusCode::checkpoint_unsupported,
               rebuilt("_rebuild_tensor_v3", untyped, 16, "ctorch\nfloat8_e4m3fn\n"),
               "'torch.float8_e4m3fn'");
  expect_error(StatusCode::checkpoint_malformed,
               rebuilt("_rebuild_tensor_v3", untyped, 5, "ctorch\nfloat32\n"), "shorter");
}

TEST(TorchTensor, ParametersAndSubclasses) {
  const std::string plain = rebuilt("_rebuild_tensor_v2", storage("FloatStorage", 4), 4);
  const std::string parameter = "ctorch._utils\n_rebuild_parameter_with_state\n(" + plain + "\x88}}tR";
  EXPECT_EQ(tensor_of(parameter).elements(), 4);
  const std::string subclass =
      "ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\ncx\nSub\n(" +
      storage("FloatStorage", 4) + "K\0K\2\x85K\1\x85\x89}t}tR"s;
  EXPECT_EQ(tensor_of(subclass).elements(), 2);
  EXPECT_EQ(tensor_of("ctorch._utils\n_rebuild_parameter\n(" + subclass + "\x88}tR").elements(), 2);
  // A parameter of a parameter of ..., and one of itself.
  std::string nested = plain;
  for (int i = 0; i < 20; ++i) nested = "ctorch._utils\n_rebuild_parameter\n(" + nested + "\x88}tR";
  expect_error(StatusCode::checkpoint_unsupported, nested, "no plain tensor");
  expect_error(StatusCode::checkpoint_unsupported, "ctorch._utils\n_rebuild_parameter\n(]q\1h\1\x88}tR",
               "weight");
}

TEST(TorchTensor, RefusedByName) {
  for (const auto& [maker, advice] :
       {std::pair<std::string, std::string>{"_rebuild_sparse_tensor", "to_dense()"},
        {"_rebuild_qtensor", "dequantize()"},
        {"_rebuild_meta_tensor_no_storage", "no values"},
        {"_rebuild_nested_tensor", "save it as one"}}) {
    expect_error(StatusCode::checkpoint_unsupported, "ctorch._utils\n" + maker + "\n)R", advice);
  }
  expect_error(StatusCode::checkpoint_unsupported, "ctorch.distributed.tensor\nDTensor\n)R",
               "'torch.distributed.tensor.DTensor'");
}

TEST(TorchTensor, BrokenReferences) {
  const auto expect_malformed = [](const std::string& reference, const std::string& message) {
    expect_error(StatusCode::checkpoint_malformed, rebuilt("_rebuild_tensor_v2", reference, 4), message);
  };
  expect_malformed("N", "no valid storage");
  expect_malformed("NQ", "no valid storage");
  expect_malformed("(" + pickled_text("module") + "cx\nY\nNNNtQ", "no valid storage");
  expect_malformed("(" + pickled_text("storage") + "NNNNtQ", "broken reference");
  expect_malformed("(" + pickled_text("storage") + "cos\nFloatStorage\n" + pickled_text("0") + "NK\4tQ",
                   "broken reference");
  expect_malformed("(" + pickled_text("storage") + "ctorch\nFloatStorage\n" + pickled_text("0") + "NNtQ",
                   "broken");
  expect_malformed("(" + pickled_text("storage") + "ctorch\nFloatStorage\n" + pickled_text("0") + "NI-1\ntQ",
                   "size -1");
  expect_malformed("(" + pickled_text("storage") + "ctorch\nFloatStorage\n" + pickled_text("0") +
                       "NI9223372036854775807\ntQ",
                   "impossible size");
  expect_malformed("(" + pickled_text("storage") + "ctorch\nFloatStorage\n" + pickled_text("9") + "NK\4tQ",
                   "missing");
  expect_malformed(storage("FloatStorage", 5), "has 16 bytes where 20 are expected");
  expect_error(StatusCode::checkpoint_unsupported,
               rebuilt("_rebuild_tensor_v2", storage("FancyStorage", 4), 4),
               "'torch.FancyStorage' is not known");
  expect_error(StatusCode::checkpoint_malformed, "ctorch._utils\n_rebuild_tensor_v2\n)R", "no valid storage");
  expect_error(StatusCode::checkpoint_malformed, "ctorch._utils\n_rebuild_tensor_v2\nNR", "no valid storage");
}

TEST(TorchTensor, StoragesInsideThePickle) {
  const auto embedded = [](const std::string& content) {
    return rebuilt("_rebuild_tensor_v2",
                   "ctorch.storage\n_load_from_bytes\nB" + raw(static_cast<std::uint32_t>(content.size())) +
                       content + "\x85R",
                   1);
  };
  expect_error(StatusCode::checkpoint_malformed, embedded(""), "ends too early");
  expect_error(StatusCode::checkpoint_malformed, embedded("N."), "magic number");
  expect_error(StatusCode::checkpoint_malformed, embedded(legacy_checkpoint("N.")), "something else");
  expect_error(StatusCode::checkpoint_malformed,
               embedded(legacy_checkpoint(storage("FloatStorage", 1) + ".")), "storage '0' is missing");
  expect_error(StatusCode::checkpoint_malformed,
               rebuilt("_rebuild_tensor_v2", "ctorch.storage\n_load_from_bytes\nN\x85R", 1),
               "no valid storage");
}

} // namespace
} // namespace heed::convert::test
