// Leave-one-out evaluation of a model: how high it ranks what each user did next.
//
// A user's last event is the target, the events before it are the history. The target competes with
//   full     the whole catalogue
//   sampled  negatives drawn from the items the user never touched. Cheaper, and the habit of many papers,
//   but
//            it can reverse the order of models [Krichene, Rendle: On sampled metrics for item
//            recommendation, KDD 2020]; `full` is the default for that reason.
// The target always competes, even when the history holds it too. Its rank is one more than the number of
// competitors that ranks_before() puts before it.
#ifndef HEED_CONVERTER_EVAL_EVALUATE_HPP
#define HEED_CONVERTER_EVAL_EVALUATE_HPP

#include "converter/eval/interactions.hpp"
#include "converter/eval/metrics.hpp"

#include <heed/model.hpp>
#include <heed/session.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace heed::eval {

enum class Protocol : std::uint8_t { full, sampled };

// The part that items of the history play in a full ranking (the target aside).
enum class Seen : std::uint8_t {
  exclude, // they do not compete
  keep,    // they compete like any item
  zero     // they compete with a score of 0 (the protocol of S3Rec, CoSeRec and ICLRec)
};

struct EvaluateOptions {
  Protocol protocol = Protocol::full;
  Seen seen = Seen::exclude;     // full only; sampled negatives are never seen items
  std::uint32_t negatives = 100; // sampled only, different from each other; at least 1
  std::uint64_t seed = 42;       // sampled only
  std::vector<std::uint32_t> ks = {5, 10, 20};
  // Events outside the catalogue. error: refused. skip and substitute: as Session does in a history; a user
  // whose target is outside the catalogue is left out and counted.
  UnknownItem unknown = UnknownItem::error;
  unsigned threads = 0; // 0: one a core
  // Called now and then, never by two threads at once, with users done and users in all.
  std::function<void(std::size_t done, std::size_t total)> progress;
};

// A feature of the model.
struct FeatureUse {
  std::string name;
  std::size_t users = 0; // of whom the interactions tell it (features.hpp); the others have the default
};

struct EvaluateReport {
  std::size_t users = 0;                   // that the metrics average over
  std::size_t skipped_users = 0;           // with fewer than two events
  std::size_t skipped_unknown_targets = 0; // see EvaluateOptions::unknown
  std::vector<FeatureUse> features;        // of the model
  unsigned threads = 0;                    // that worked
  double seconds = 0;                      // spent on ranking
  std::vector<MetricsAtK> metrics;         // one for each of ks
  std::vector<std::size_t> evaluated;      // [users]: index into Interactions::users
  std::vector<std::uint64_t> ranks;        // [users]: rank of each target, from 1
};

// The same result to the bit for every number of threads.
// Errors (convert::Error): unknown_item, naming line and user; invalid_argument (options outside their
// range); data_mismatch (a user with fewer unseen items than negatives); whatever a Session refuses.
EvaluateReport evaluate(const Model& model, const Interactions& interactions, const EvaluateOptions& options);

} // namespace heed::eval

#endif // HEED_CONVERTER_EVAL_EVALUATE_HPP
