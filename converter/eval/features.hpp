// What interactions tell of the features that a model takes: when events happened, and who the user is.
#ifndef HEED_CONVERTER_EVAL_FEATURES_HPP
#define HEED_CONVERTER_EVAL_FEATURES_HPP

#include "converter/eval/interactions.hpp"

#include <heed/model.hpp>
#include <heed/session.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace heed::eval {

// The features of one request after another. An event_times input gets the events' timestamps, rounded down
// to seconds, and where it takes the request's own time that of the target, as references evaluate. A
// context_id input called "user" gets users that are legal ids. Everything else is left to the model's
// defaults.
class KnownFeatures {
 public:
  // Of ModelInfo::inputs. The interactions must outlive this object.
  KnownFeatures(const std::vector<InputInfo>& inputs, const Interactions& interactions);

  // The features of a request with all events of the user but the last, which is the target. Valid until the
  // next call. Error(data_mismatch): a timestamp that is no time in seconds of 63 bits.
  Span<const FeatureValues> of_request(std::size_t user);

  // The model's features, without the history itself.
  const std::vector<InputInfo>& inputs() const noexcept { return inputs_; }
  // Whether the interactions tell it of this user. Precondition: input is one of inputs().
  bool knows(const InputInfo& input, std::size_t user) const;

 private:
  const Interactions& data_;
  std::vector<InputInfo> inputs_;
  std::vector<std::vector<std::int64_t>> values_; // [inputs]
  std::vector<FeatureValues> views_;
};

} // namespace heed::eval

#endif // HEED_CONVERTER_EVAL_FEATURES_HPP
