#include "converter/synth.hpp"

#include "converter/emit/output_file.hpp"
#include "converter/random.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace heed::convert {
namespace {

constexpr std::int64_t kChunk = std::int64_t{1} << 16; // floats held in memory
constexpr double kSmall = 0.02;                        // deviation of biases, and of scales from 1

// Bell-shaped numbers that are the same on every machine, which the library's logarithm and cosine are not:
// the sum of four uniform whole numbers, the quarters of one draw (Irwin and Hall's distribution). In all of
// its arithmetic one multiplication and one addition round.
class Bell {
 public:
  Bell(SplitMix64 random, double mean, double deviation)
      : random_(random), mean_(static_cast<float>(mean)), step_(deviation / kDeviation) {}

  float next() {
    const std::uint64_t bits = random_.next();
    std::int64_t sum = -2 * 65535; // the mean of the four quarters
    for (int shift = 0; shift < 64; shift += 16) sum += static_cast<std::int64_t>((bits >> shift) & 0xFFFF);
    // Rounded before it is added, so that no compiler can make one operation of the two.
    return mean_ + static_cast<float>(static_cast<double>(sum) * step_);
  }

 private:
  static constexpr double kDeviation = 37837.2271; // sqrt(4 (2^32 - 1) / 12)

  SplitMix64 random_;
  float mean_;
  double step_;
};

Bell distribution(const SynthWeight& weight, SplitMix64 random) {
  switch (weight.kind) {
  case SynthKind::embedding:
  case SynthKind::padded_embedding:
    return {random, 0, 1 / std::sqrt(static_cast<double>(weight.shape.back()))};
  case SynthKind::matrix: {
    // Inputs and outputs are the two sizes beside the 1 of a convolution. torch.nn.init.xavier_normal_.
    double ends = 0;
    int ones = static_cast<int>(weight.shape.size()) - 2;
    for (const std::int64_t size : weight.shape) {
      if (size == 1 && ones-- > 0) continue;
      ends += static_cast<double>(size);
    }
    return {random, 0, std::sqrt(2 / ends)};
  }
  case SynthKind::bias:
    return {random, 0, kSmall};
  case SynthKind::scale:
    return {random, 1, kSmall};
  }
  return {random, 0, 0};
}

// The values of one weight, in order.
class Values {
 public:
  // `clusters` above 0 where it is the item embedding.
  Values(const SynthWeight& weight, std::uint64_t seed, std::uint64_t number, std::int64_t clusters)
      : bell_(distribution(weight, stream_of(seed, number))), cols_(weight.shape.back()), clusters_(clusters),
        zeros_(weight.kind == SynthKind::padded_embedding ? cols_ : 0), choice_(stream_of(~seed, number)) {
    centres_.resize(static_cast<std::size_t>(clusters * cols_));
    for (float& value : centres_) value = bell_.next();
  }
  float next() {
    const std::int64_t at = at_++;
    if (at < zeros_) return 0.0F;
    if (clusters_ == 0) return bell_.next();
    if (at % cols_ == 0)
      centre_ = static_cast<std::int64_t>(choice_.below(static_cast<std::uint64_t>(clusters_))) * cols_;
    return centres_[static_cast<std::size_t>(centre_ + at % cols_)] + 0.5F * bell_.next(); // 0.5 is exact
  }

 private:
  Bell bell_;
  std::int64_t cols_, clusters_, zeros_, at_ = 0, centre_ = 0;
  SplitMix64 choice_;
  std::vector<float> centres_;
};

// Whether a weight has a row for each item.
bool is_item_embedding(const SynthWeight& weight, const SynthSizes& sizes) {
  const bool rows = weight.kind == SynthKind::embedding || weight.kind == SynthKind::padded_embedding;
  return rows && weight.shape.size() == 2 && weight.shape[0] >= sizes.items;
}

std::string header(const SynthModel& model) {
  nlohmann::ordered_json json;
  json["__metadata__"] = {{"format", "pt"}, {"config", model.config.dump()}};
  std::int64_t begin = 0;
  for (const SynthWeight& weight : model.weights()) {
    const std::int64_t end = begin + weight.elements() * static_cast<std::int64_t>(sizeof(float));
    json[weight.name] = {{"dtype", "F32"}, {"shape", weight.shape}, {"data_offsets", {begin, end}}};
    begin = end;
  }
  std::string text = json.dump();
  text.resize((text.size() + 7) / 8 * 8, ' '); // so that the floats are aligned
  return text;
}

} // namespace

std::uint64_t write_synth(const SynthModel& model, std::uint64_t seed, std::int64_t clusters,
                          const std::string& path, const std::function<void(double share)>& progress) {
  OutputFile file(path);
  const std::string text = header(model);
  const std::uint64_t bytes = text.size();
  file.append(&bytes, sizeof bytes);
  file.append(text.data(), text.size());

  std::vector<float> values;
  std::int64_t done = 0;
  for (std::size_t i = 0; i < model.weights().size(); ++i) {
    const SynthWeight& weight = model.weights()[i];
    // Each weight has a stream of its own.
    Values stream(weight, seed, i, is_item_embedding(weight, model.sizes()) ? clusters : 0);
    for (std::int64_t first = 0; first < weight.elements(); first += kChunk) {
      const std::int64_t count = std::min(kChunk, weight.elements() - first);
      values.resize(static_cast<std::size_t>(count));
      for (float& value : values) value = stream.next();
      file.append(values.data(), values.size() * sizeof(float));
      done += count;
      if (progress) progress(static_cast<double>(done) / static_cast<double>(model.parameters()));
    }
  }
  file.commit();
  return file.position();
}

} // namespace heed::convert
