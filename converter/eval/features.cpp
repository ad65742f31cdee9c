#include "converter/eval/features.hpp"

#include "converter/error.hpp"
#include "converter/eval/text.hpp"

#include <cmath>

namespace heed::eval {

namespace {

bool is_times(const InputInfo& input) {
  return input.kind == "event_times";
}

// Whether `user` is an id that `input` takes.
bool to_user_id(const InputInfo& input, const std::string& user, std::int64_t& id) {
  return parse_id(user, id) && id >= input.first_id &&
         static_cast<std::uint64_t>(id) - static_cast<std::uint64_t>(input.first_id) < input.vocabulary;
}

std::int64_t seconds(double time, std::uint32_t line) {
  if (std::abs(time) >= 0x1p62)
    throw convert::Error(StatusCode::data_mismatch,
                         "line " + std::to_string(line) + ": the timestamp is no time in seconds");
  return static_cast<std::int64_t>(std::floor(time));
}

} // namespace

KnownFeatures::KnownFeatures(const std::vector<InputInfo>& inputs, const Interactions& interactions)
    : data_(interactions) {
  for (const InputInfo& input : inputs)
    if (input.kind != "item_history") inputs_.push_back(input);
  values_.resize(inputs_.size());
}

bool KnownFeatures::knows(const InputInfo& input, std::size_t user) const {
  std::int64_t id = 0;
  if (is_times(input)) return !data_.times.empty();
  return input.kind == "context_id" && input.name == "user" && to_user_id(input, data_.users[user], id);
}

Span<const FeatureValues> KnownFeatures::of_request(std::size_t user) {
  views_.clear();
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const InputInfo& input = inputs_[i];
    if (!knows(input, user)) continue;
    std::vector<std::int64_t>& values = values_[i];
    values.clear();
    if (is_times(input)) {
      const std::size_t end = data_.first[user + 1] - (input.request_time ? 0 : 1);
      for (std::size_t event = data_.first[user]; event < end; ++event)
        values.push_back(seconds(data_.times[event], data_.lines[event]));
    } else {
      values.resize(1);
      to_user_id(input, data_.users[user], values[0]);
    }
    views_.push_back({input.name.c_str(), values});
  }
  return views_;
}

} // namespace heed::eval
