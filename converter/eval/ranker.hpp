// Ranks one user's target after another: the work of one thread of evaluate().
#ifndef HEED_CONVERTER_EVAL_RANKER_HPP
#define HEED_CONVERTER_EVAL_RANKER_HPP

#include "converter/eval/catalogue.hpp"
#include "converter/eval/evaluate.hpp"
#include "converter/eval/features.hpp"

#include <heed/session.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace heed::eval {

class Ranker {
 public:
  // All but the model must outlive this object. Errors (convert::Error): as Session::create.
  Ranker(const Model& model, const Interactions& data, const Catalogue& catalogue,
         const EvaluateOptions& options);

  // The rank of the user's last event after the others, which are the history. Precondition: two events or
  // more, the last one in the catalogue. Errors (convert::Error): data_mismatch (too few items to sample
  // from, a time that is none); as Session::score.
  std::uint64_t rank(std::size_t user);

 private:
  std::uint64_t rank_in_catalogue(const Request& request, std::size_t target);
  std::uint64_t rank_in_sample(const Request& request, std::size_t target, std::size_t user);
  void score(const Request& request, Span<const std::int64_t> candidates);
  void find_seen(Span<const std::int64_t> history, std::size_t target);

  const Interactions& data_;
  const Catalogue& catalogue_;
  const EvaluateOptions& options_;
  Session session_;
  KnownFeatures features_;
  std::vector<float> scores_;            // of the last candidates scored
  std::vector<std::size_t> seen_;        // places of the history's items, each once, without the target
  std::vector<std::uint8_t> taken_;      // sampled: [items], 1 for places that may not be drawn (again)
  std::vector<std::size_t> places_;      // sampled: the target, then the negatives
  std::vector<std::int64_t> candidates_; // their ids
};

} // namespace heed::eval

#endif // HEED_CONVERTER_EVAL_RANKER_HPP
