// What a Session holds: encoders, the small buffers around them, and the threads it may use.
#ifndef HEED_RUNTIME_SESSION_IMPL_HPP
#define HEED_RUNTIME_SESSION_IMPL_HPP

#include "runtime/base/memory.hpp"
#include "runtime/base/parallel.hpp"
#include "runtime/ops/catalogue.hpp"
#include "runtime/ops/group_scorer.hpp"
#include "runtime/session/encoder.hpp"
#include "runtime/session/running.hpp"

#include <heed/session.hpp>

#include <memory>
#include <vector>

namespace heed {

// Where everything lies in a session's arena. Offsets in bytes.
struct ArenaLayout {
  struct Region {
    const char* name;
    std::uint64_t offset, bytes;
  };

  EncoderLayout encoder;
  std::uint64_t encoders = 0; // [encoder_count][encoder.bytes]
  std::size_t encoder_count = 1;
  std::uint64_t excluded = 0;   // u64 [group][max_excluded]
  std::uint64_t candidates = 0; // u64 [max_candidates]: rows
  std::uint64_t best = 0;       // ops::ScoredRow [threads][group][max_k]
  std::uint64_t quantized = 0;  // i8 [users or interests][dim rounded up to 64]
  std::uint64_t quants = 0;     // kernels::RowQuant [users or interests]
  std::uint64_t norms = 0;      // f32 [users or interests], of quantized vectors
  std::uint64_t zeros = 0;      // f32 [dim rounded up to 16], for a prior
  std::uint64_t running = 0;    // RunningHistory's
  std::size_t group = 1;        // users scored together at most
  std::uint64_t tops = 0;       // ops::TopK [threads][group]
  std::uint64_t vectors = 0;    // f32 [group][dim rounded up to 16], where there is more than one
  std::uint64_t bytes = 0;      // of the whole arena
  std::vector<Region> regions;  // all of these that are not empty
};

class Session::Impl {
 public:
  // Resolves and checks options against the model. Errors: invalid_argument, limit_exceeded.
  static Result<SessionOptions> resolve(const format::LoadedModel& model, const SessionOptions& options);
  // Plans; `options` are resolved ones. Errors: invalid_argument (sizes that overflow).
  static Result<ArenaLayout> lay_out(const format::LoadedModel& model, const SessionOptions& options,
                                     plan::Plan* plan);

  // `arena` has layout.bytes bytes; `owned` keeps it alive when the session owns it. `pool`: where the
  // options ask for threads and bring none.
  Impl(std::shared_ptr<const format::LoadedModel> model, const SessionOptions& options, plan::Plan plan,
       const ArenaLayout& layout, const kernels::KernelTable& kernels, std::byte* arena,
       base::AlignedBuffer owned, std::unique_ptr<base::ThreadPool> pool);

  Result<std::size_t> recommend(const Request& request, std::size_t k, const RecommendOptions& options,
                                Span<Recommendation> out);
  Status recommend_batch(Span<const Request> requests, std::size_t k, const RecommendOptions& options,
                         Span<Recommendation> out, Span<std::size_t> counts);
  Status score(const Request& request, Span<const std::int64_t> candidates, UnknownItem unknown,
               Span<float> scores);
  Status encode(const Request& request, UnknownItem unknown, Span<float> vector);
  Result<std::size_t> output(const char* name, const Request& request, UnknownItem unknown,
                             Span<float> values);
  Status begin(const Request& request, UnknownItem unknown);
  Status append(std::int64_t item, Span<const FeatureValues> features, UnknownItem unknown);
  bool keeps_events() const { return plan_.grows; }
  std::uint64_t scanned_bytes() const { return scanned_bytes_; }
  Result<std::size_t> profile(const Request& request, std::size_t k, UnknownItem unknown,
                              Span<OperatorTime> out);
  Result<std::size_t> memory(Span<MemoryBlock> out) const;

  SessionOptions options;

 private:
  Status check_recommend(std::size_t k, const RecommendOptions& rules) const;
  Status resolve_list(Span<const std::int64_t> ids, UnknownItem unknown, const char* what,
                      RowList* list) const;
  // Resolves by that encoder; the session's own history stands in for a request of it.
  Status resolve_request(Encoder& encoder, const Request& request, UnknownItem unknown, RowList* seen);
  // The rows that user `user` of a group must not get.
  RowList excluded_of(std::size_t user) const;
  // Resolves request and deny list. `excluded` ends sorted.
  Status resolve_user(Encoder& encoder, const Request& request, const RecommendOptions& rules,
                      RowList* excluded);
  // The k best items, in no order, by all threads.
  ops::TopK* scan_catalogue(const ops::CatalogueScorer& catalogue, std::size_t k, const RowList& excluded);
  // The users of a batch that are scored together: at most layout_.group of them.
  Status recommend_group(Span<const Request> requests, std::size_t first_user, std::size_t k,
                         const RecommendOptions& rules, Span<Recommendation> out, std::size_t* counts);
  // Encodes them into the group's vectors. `prior`: users without events, whom popularity scores.
  Status encode_group(Span<const Request> requests, std::size_t first_user, const RecommendOptions& rules,
                      RowList* excluded, bool* prior);
  // What items are scored by after the encoder ran. One at a time: scorers share their room.
  ops::CatalogueScorer scorer(const Encoder& encoder) const;
  // The vectors of a group.
  ops::RowsView group_vectors() const {
    return {at<float>(layout_.vectors), base::round_up(model_->dim, kernels::kBlock)};
  }
  // How many threads share a scan of the catalogue for `users` users, and the first row of each one's part.
  std::size_t scan_parts(std::size_t users) const;
  std::uint64_t part_start(std::size_t part, std::size_t parts) const {
    const std::uint64_t items = model_->items.items, blocks = (items + kernels::kBlock - 1) / kernels::kBlock;
    return std::min<std::uint64_t>(blocks * part / parts * kernels::kBlock, items);
  }
  template <class Body>
  void parallel(std::size_t tasks, Body&& body) const {
    base::parallel_for(parallel_for_, parallel_context_, tasks, body);
  }
  void write(const ops::TopK& best, Span<Recommendation> out) const;

  template <class T>
  T* at(std::uint64_t offset) const {
    return reinterpret_cast<T*>(arena_ + offset);
  }
  // What a thread keeps for a user of a group, made empty.
  ops::TopK* new_top(std::size_t thread, std::size_t user, std::size_t k) const;
  ops::TopK& top(std::size_t thread, std::size_t user) const {
    return at<ops::TopK>(layout_.tops)[thread * layout_.group + user];
  }

  std::shared_ptr<const format::LoadedModel> model_;
  plan::Plan plan_;
  ArenaLayout layout_;
  const kernels::KernelTable& kernels_;
  base::AlignedBuffer owned_;
  std::byte* arena_;
  std::vector<Encoder> encoders_; // the first serves all calls but batches
  RunningHistory running_;
  std::uint64_t scanned_bytes_ = 0;
  std::unique_ptr<base::ThreadPool> pool_;
  base::ParallelFor parallel_for_ = nullptr;
  void* parallel_context_ = nullptr;
};

} // namespace heed

#endif // HEED_RUNTIME_SESSION_IMPL_HPP
