#include "tests/support/test_model.hpp"

#include "runtime/base/xxh64.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

namespace heed::test {

namespace {

constexpr std::size_t kBlock = 16;
constexpr std::uint64_t kSlack = 64;

std::uint64_t round_up(std::uint64_t value, std::uint64_t step) {
  return (value + step - 1) / step * step;
}

template <class T>
std::vector<std::uint8_t> raw(const std::vector<T>& values) {
  std::vector<std::uint8_t> out(values.size() * sizeof(T));
  std::memcpy(out.data(), values.data(), out.size());
  return out;
}

} // namespace

Matrix random_matrix(std::size_t rows, std::size_t cols, std::uint32_t seed, float range) {
  Matrix m{rows, cols, std::vector<float>(rows * cols)};
  std::uint64_t state = 0x9E3779B97F4A7C15u * (seed + 1);
  for (float& x : m.data) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    x = (static_cast<float>(state >> 40) / static_cast<float>(1 << 23) - 1.0f) * range;
  }
  return m;
}

int TestModel::add_tensor(const std::string& name, format::DType dtype, format::Layout layout,
                          std::size_t rows, std::size_t cols, std::vector<std::uint8_t> segment) {
  auto tensor = std::make_unique<format::TensorT>();
  tensor->name = name;
  tensor->dtype = dtype;
  tensor->layout = layout;
  tensor->rows = rows;
  tensor->cols = cols;
  tensor->length = segment.size();
  meta.tensors.push_back(std::move(tensor));
  segments.push_back(std::move(segment));
  return static_cast<int>(segments.size()) - 1;
}

int TestModel::add_row_major(const std::string& name, const Matrix& m) {
  const std::size_t stride = round_up(m.cols, kBlock);
  std::vector<float> data(m.rows * stride);
  for (std::size_t r = 0; r < m.rows; ++r)
    for (std::size_t c = 0; c < m.cols; ++c) data[r * stride + c] = m.at(r, c);
  return add_tensor(name, format::DType::f32, format::Layout::row_major, m.rows, m.cols, raw(data));
}

int TestModel::add_n16(const std::string& name, const Matrix& m) {
  std::vector<float> data(round_up(m.rows, kBlock) * m.cols);
  for (std::size_t r = 0; r < m.rows; ++r)
    for (std::size_t c = 0; c < m.cols; ++c)
      data[r / kBlock * kBlock * m.cols + c * kBlock + r % kBlock] = m.at(r, c);
  return add_tensor(name, format::DType::f32, format::Layout::n16, m.rows, m.cols, raw(data));
}

int TestModel::add_n16k4(const std::string& name, const Matrix& m) {
  return add_quantized(name, m, false);
}

int TestModel::add_planes(const std::string& name, const Matrix& m) {
  meta.required_features.push_back("planes");
  return add_quantized(name, m, true);
}

int TestModel::add_quantized(const std::string& name, const Matrix& m, bool planes) {
  const std::size_t rows = round_up(m.rows, kBlock), cols = round_up(m.cols, planes ? 8 : 4);
  std::vector<std::uint8_t> data(rows * cols); // of planes each nibble a half
  Matrix scales{1, rows, {}}, bounds{1, rows / kBlock, {}};
  scales.data.assign(scales.cols, 1.0f);
  bounds.data.assign(bounds.cols, 0.0f);
  for (std::size_t r = 0; r < m.rows; ++r) {
    float largest = 0;
    double squares = 0;
    for (std::size_t c = 0; c < m.cols; ++c) largest = std::max(largest, std::fabs(m.at(r, c)));
    if (largest > 0) scales.data[r] = largest / 127.0f;
    for (std::size_t c = 0; c < m.cols; ++c) {
      const int q = static_cast<int>(std::lround(m.at(r, c) / scales.data[r]));
      if (!planes) {
        data[r / kBlock * kBlock * cols + c / 4 * 64 + r % kBlock * 4 + c % 4] = static_cast<std::uint8_t>(q);
        continue;
      }
      const std::size_t byte = r / kBlock * kBlock * cols / 2 + c / 8 * 64 + r % kBlock * 4 + c % 4;
      const int shift = c % 8 < 4 ? 0 : 4, high = (q + 128) / 16, low = (q + 128) % 16;
      data[byte] = static_cast<std::uint8_t>(data[byte] | high << shift);
      data[rows * cols / 2 + byte] = static_cast<std::uint8_t>(data[rows * cols / 2 + byte] | low << shift);
      squares += (low - 7.5) * (low - 7.5);
    }
    float& bound = bounds.data[r / kBlock];
    bound = std::max(bound, std::nextafter(static_cast<float>(std::sqrt(squares)), INFINITY));
  }
  const int tensor = add_tensor(
      name, format::DType::i8, planes ? format::Layout::planes : format::Layout::n16k4, m.rows, m.cols, data);
  const int scale = add_row_major(name + ".scales", scales);
  meta.tensors[static_cast<std::size_t>(tensor)]->scales = scale;
  if (planes) {
    const int bound = add_row_major(name + ".bounds", bounds);
    meta.tensors[static_cast<std::size_t>(tensor)]->bounds = bound;
  }
  return tensor;
}

int TestModel::add_i64(const std::string& name, const std::vector<std::int64_t>& values) {
  return add_tensor(name, format::DType::i64, format::Layout::row_major, 1, values.size(), raw(values));
}

int TestModel::add_u64(const std::string& name, const std::vector<std::uint64_t>& values) {
  return add_tensor(name, format::DType::u64, format::Layout::row_major, 1, values.size(), raw(values));
}

int TestModel::constant(int tensor) {
  auto value = std::make_unique<format::ValueT>();
  value->name = meta.tensors[static_cast<std::size_t>(tensor)]->name;
  value->tensor = tensor;
  meta.values.push_back(std::move(value));
  return static_cast<int>(meta.values.size()) - 1;
}

int TestModel::input_ids() {
  auto input = std::make_unique<format::InputT>();
  input->name = "history";
  input->kind = format::InputKind::item_history;
  input->item_table = 0;
  return add_input(std::move(input));
}

int TestModel::feature(const std::string& name, format::InputKind kind, std::uint64_t vocabulary,
                       std::int64_t first_id, std::int64_t default_value) {
  auto input = std::make_unique<format::InputT>();
  input->name = name;
  input->kind = kind;
  input->vocabulary = vocabulary;
  input->aligned_with = kind == format::InputKind::context_id ? -1 : 0;
  input->first_id = first_id;
  input->default_value = default_value;
  return add_input(std::move(input));
}

int TestModel::add_input(std::unique_ptr<format::InputT> input) {
  auto value = std::make_unique<format::ValueT>();
  value->name = input->name;
  meta.inputs.push_back(std::move(input));
  value->input = static_cast<int>(meta.inputs.size()) - 1;
  value->rows = format::Rows::events;
  meta.values.push_back(std::move(value));
  return static_cast<int>(meta.values.size()) - 1;
}

int TestModel::rows(const std::string& name, format::Rows kind, std::size_t cols, std::size_t count) {
  auto value = std::make_unique<format::ValueT>();
  value->name = name;
  value->rows = kind;
  value->cols = static_cast<std::uint32_t>(cols);
  value->count = static_cast<std::uint32_t>(count);
  meta.values.push_back(std::move(value));
  return static_cast<int>(meta.values.size()) - 1;
}

int TestModel::node(const std::string& op, const std::vector<int>& inputs,
                    const std::vector<Attr>& attributes, format::Rows kind, std::size_t cols,
                    std::size_t count) {
  auto node = std::make_unique<format::NodeT>();
  node->op = op;
  node->version = 1;
  node->name = op + std::to_string(meta.nodes.size());
  node->inputs = inputs;
  for (const Attr& a : attributes) {
    auto attribute = std::make_unique<format::AttributeT>();
    attribute->name = a.name;
    attribute->integer = a.integer;
    attribute->real = a.real;
    attribute->choice = a.choice;
    node->attributes.push_back(std::move(attribute));
  }
  const int value = rows(node->name, kind, cols, count);
  node->outputs = {value};
  meta.nodes.push_back(std::move(node));
  return value;
}

void TestModel::output(const std::string& name, int value, int empty_history) {
  auto output = std::make_unique<format::OutputT>();
  output->name = name;
  output->value = value;
  output->empty_history = empty_history;
  meta.outputs.push_back(std::move(output));
}

std::vector<std::uint8_t> TestModel::bytes() {
  const auto pack = [&] {
    flatbuffers::FlatBufferBuilder builder;
    builder.ForceDefaults(true); // so that the size does not depend on the numbers
    format::FinishSizePrefixedModelBuffer(builder, format::Model::Pack(builder, &meta));
    return std::vector<std::uint8_t>(builder.GetBufferPointer(),
                                     builder.GetBufferPointer() + builder.GetSize());
  };
  std::uint64_t end = round_up(pack().size(), 64);
  for (std::size_t i = 0; i < meta.tensors.size(); ++i) {
    format::TensorT& tensor = *meta.tensors[i];
    if (tensor.offset == 0) {
      tensor.offset = end;
      base::Xxh64 hash;
      hash.update(segments[i].data(), segments[i].size());
      tensor.checksum = hash.digest();
    }
    end += round_up(segments[i].size() + kSlack, 64);
  }
  if (meta.file_bytes == 0) meta.file_bytes = end;
  std::vector<std::uint8_t> file = pack();
  const std::uint64_t metadata = file.size();
  file.resize(end);
  // A place that a test spoilt, within the metadata or outside the file, gets no bytes.
  for (std::size_t i = 0; i < meta.tensors.size(); ++i) {
    const std::uint64_t offset = meta.tensors[i]->offset;
    if (offset >= metadata && offset <= end && segments[i].size() <= end - offset)
      std::copy(segments[i].begin(), segments[i].end(), file.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  return file;
}

AlignedBytes::AlignedBytes(const std::vector<std::uint8_t>& bytes)
    : buffer_(std::max<std::size_t>(bytes.size(), 1)), size_(bytes.size()) {
  if (!bytes.empty()) std::memcpy(buffer_.data(), bytes.data(), bytes.size());
}

} // namespace heed::test
