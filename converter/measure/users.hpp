// Users to measure with.
#ifndef HEED_CONVERTER_MEASURE_USERS_HPP
#define HEED_CONVERTER_MEASURE_USERS_HPP

#include "converter/error.hpp"

#include <heed/session.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace heed::measure {

using Clock = std::chrono::steady_clock;

inline double microseconds(Clock::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

// Histories of random items of the catalogue, the same ones each time.
inline std::vector<std::vector<std::int64_t>> random_histories(const Model& model, std::size_t count,
                                                               std::size_t length) {
  std::vector<std::vector<std::int64_t>> histories(count, std::vector<std::int64_t>(length));
  std::mt19937_64 random(42);
  for (auto& history : histories)
    for (std::int64_t& id : history) id = convert::unwrap(model.item_id(random() % model.items()));
  return histories;
}

// Users of one history length, different from call to call, so that caches see what an app's would.
class Users {
 public:
  Users(const Model& model, std::uint32_t length, std::size_t batch)
      : histories_(random_histories(model, std::max<std::size_t>(64, 2 * batch), length)) {
    // Once around and one batch more, so that a batch may begin anywhere.
    for (std::size_t u = 0; u < histories_.size() + batch; ++u)
      requests_.emplace_back(histories_[u % histories_.size()]);
  }
  Span<const Request> of_call(std::size_t call, std::size_t batch) const {
    return {requests_.data() + call * batch % histories_.size(), batch};
  }

 private:
  std::vector<std::vector<std::int64_t>> histories_;
  std::vector<Request> requests_;
};

} // namespace heed::measure

#endif // HEED_CONVERTER_MEASURE_USERS_HPP
