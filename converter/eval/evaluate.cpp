#include "converter/eval/evaluate.hpp"

#include "converter/error.hpp"
#include "converter/eval/catalogue.hpp"
#include "converter/eval/features.hpp"
#include "converter/eval/ranker.hpp"
#include "converter/readers/text.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <limits>
#include <mutex>
#include <system_error>
#include <thread>

namespace heed::eval {

using convert::Error;

namespace {

constexpr std::size_t kBlock = 16; // users a thread takes at a time

std::string user_place(const Interactions& data, std::size_t user) {
  return data.source + ", user " + convert::in_quotes(data.users[user]);
}

void check_options(const Model& model, const EvaluateOptions& options) {
  const auto refuse = [](const char* message) { throw Error(StatusCode::invalid_argument, message); };
  if (options.ks.empty()) refuse("no k to evaluate at");
  for (const std::uint32_t k : options.ks)
    if (k == 0) refuse("k must be at least 1");
  if (options.protocol == Protocol::sampled && options.negatives == 0) refuse("negatives must be at least 1");
  if (model.items() == 0) refuse("the model has no catalogue to rank");
}

// Fills the lists and counts of users; refuses events outside the catalogue unless they are to be skipped.
void choose_users(const Interactions& data, const Catalogue& catalogue, const EvaluateOptions& options,
                  EvaluateReport& report) {
  for (std::size_t user = 0; user < data.users.size(); ++user) {
    const Span<const std::int64_t> events = data.history(user);
    if (events.size() < 2) {
      ++report.skipped_users;
      continue;
    }
    if (options.unknown == UnknownItem::error)
      for (std::size_t e = 0; e < events.size(); ++e)
        if (catalogue.find(events[e]) == Catalogue::npos)
          throw Error(StatusCode::unknown_item,
                      data.source + ", line " + std::to_string(data.lines[data.first[user] + e]) + ", user " +
                          convert::in_quotes(data.users[user]) + ": the catalogue has no item " +
                          std::to_string(events[e]));
    if (catalogue.find(events[events.size() - 1]) == Catalogue::npos)
      ++report.skipped_unknown_targets;
    else
      report.evaluated.push_back(user);
  }
  report.users = report.evaluated.size();
  if (report.users == 0)
    throw Error(StatusCode::data_mismatch,
                data.source + ": no user can be evaluated (" + std::to_string(report.skipped_users) +
                    " with fewer than two events, " + std::to_string(report.skipped_unknown_targets) +
                    " whose last item is not in the catalogue)");
}

// Which features the interactions tell, and of how many users.
std::vector<FeatureUse> features_used(const Model& model, const Interactions& data,
                                      const std::vector<std::size_t>& users) {
  const KnownFeatures known(model.info().inputs, data);
  std::vector<FeatureUse> uses;
  for (const InputInfo& input : known.inputs()) {
    const auto knows = [&](std::size_t user) { return known.knows(input, user); };
    const auto count = std::count_if(users.begin(), users.end(), knows);
    uses.push_back({input.name, static_cast<std::size_t>(count)});
  }
  return uses;
}

// Hands blocks of users to threads and keeps the failure of the first user that failed, which is the same for
// every number of threads: blocks are taken in order, and those before the failing one are finished.
class Pool {
 public:
  Pool(const Model& model, const Interactions& data, const Catalogue& catalogue,
       const EvaluateOptions& options, EvaluateReport& report)
      : model_(model), data_(data), catalogue_(catalogue), options_(options), report_(report) {}

  void run() {
    const std::size_t blocks = (report_.users + kBlock - 1) / kBlock;
    std::size_t wanted = options_.threads ? options_.threads : std::thread::hardware_concurrency();
    wanted = std::clamp<std::size_t>(wanted, 1, std::max<std::size_t>(blocks, 1));
    std::vector<std::thread> others;
    try {
      while (others.size() + 1 < wanted) others.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      // The system gives no more threads: those that run do the work.
    }
    report_.threads = static_cast<unsigned>(others.size() + 1);
    work();
    for (std::thread& thread : others) thread.join();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void work() {
    std::size_t at = 0; // the user at work
    try {
      Ranker ranker(model_, data_, catalogue_, options_);
      for (;;) {
        const std::size_t begin = next_.fetch_add(kBlock);
        if (begin >= report_.users || begin > failed_at_.load()) return;
        const std::size_t end = std::min(begin + kBlock, report_.users);
        for (at = begin; at < end; ++at) report_.ranks[at] = rank(ranker, report_.evaluated[at]);
        finished(end - begin);
      }
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (at >= failed_at_.load()) return;
      failed_at_ = at;
      failure_ = std::current_exception();
    }
  }

  std::uint64_t rank(Ranker& ranker, std::size_t user) const {
    try {
      return ranker.rank(user);
    } catch (const Error& error) {
      throw Error(error.code(), user_place(data_, user) + ": " + error.what());
    }
  }

  void finished(std::size_t users) {
    if (!options_.progress) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    done_ += users;
    options_.progress(done_, report_.users);
  }

  const Model& model_;
  const Interactions& data_;
  const Catalogue& catalogue_;
  const EvaluateOptions& options_;
  EvaluateReport& report_;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::size_t> failed_at_{std::numeric_limits<std::size_t>::max()};
  std::mutex mutex_; // of done_, failure_ and calls of progress
  std::size_t done_ = 0;
  std::exception_ptr failure_;
};

} // namespace

EvaluateReport evaluate(const Model& model, const Interactions& interactions,
                        const EvaluateOptions& options) {
  check_options(model, options);
  const auto start = std::chrono::steady_clock::now();
  const Catalogue catalogue(model);
  EvaluateReport report;
  choose_users(interactions, catalogue, options, report);
  report.features = features_used(model, interactions, report.evaluated);
  report.ranks.resize(report.users);
  Pool(model, interactions, catalogue, options, report).run();
  report.metrics = mean_metrics(report.ranks, options.ks);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

} // namespace heed::eval
