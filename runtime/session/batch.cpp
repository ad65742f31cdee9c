// Several users in one call: encoded by all threads, scored together.
#include "runtime/base/fp_scope.hpp"
#include "runtime/session/impl.hpp"

#include <algorithm>
#include <string>

namespace heed {

namespace {

Status of_user(std::size_t user, const Status& status) {
  return Status(status.code(), "user " + std::to_string(user) + ": " + status.message());
}

} // namespace

Status Session::Impl::recommend_batch(Span<const Request> requests, std::size_t k,
                                      const RecommendOptions& rules, Span<Recommendation> out,
                                      Span<std::size_t> counts) {
  if (requests.size() > options.max_batch)
    return Status(StatusCode::limit_exceeded, std::to_string(requests.size()) +
                                                  " users; SessionOptions::max_batch is " +
                                                  std::to_string(options.max_batch));
  if (counts.size() != requests.size())
    return Status(StatusCode::invalid_argument, "room for " + std::to_string(counts.size()) +
                                                    " counts, but " + std::to_string(requests.size()) +
                                                    " users");
  if (Status status = check_recommend(k, rules); !status.ok()) return status;
  if (out.size() / k < requests.size())
    return Status(StatusCode::invalid_argument, "room for " + std::to_string(out.size()) + " results, but " +
                                                    std::to_string(requests.size()) + " users with k " +
                                                    std::to_string(k));
  if (layout_.group > 1 && rules.allow.empty()) {
    for (std::size_t u = 0; u < requests.size(); u += layout_.group) {
      const std::size_t users = std::min(layout_.group, requests.size() - u);
      if (Status status = recommend_group(requests.subspan(u, users), u, k, rules,
                                          out.subspan(u * k, users * k), counts.data() + u);
          !status.ok())
        return status;
    }
    return {};
  }
  for (std::size_t u = 0; u < requests.size(); ++u) {
    Result<std::size_t> count = recommend(requests[u], k, rules, out.subspan(u * k, k));
    if (!count.ok()) return of_user(u, count.status());
    counts[u] = *count;
  }
  return {};
}

Status Session::Impl::encode_group(Span<const Request> requests, std::size_t first_user,
                                   const RecommendOptions& rules, RowList* excluded, bool* prior) {
  const ops::RowsView vectors = group_vectors();
  Status failures[ops::kGroup];
  const std::size_t tasks = std::min(encoders_.size(), requests.size());
  parallel(tasks, [&](std::size_t task) {
    const base::FpScope mode;
    Encoder& encoder = encoders_[task];
    for (std::size_t u = task; u < requests.size(); u += tasks) {
      excluded[u] = excluded_of(u);
      failures[u] = resolve_user(encoder, requests[u], rules, &excluded[u]);
      if (!failures[u].ok()) return;
      encoder.run();
      prior[u] = encoder.empty() && model_->items.prior != nullptr;
      std::size_t rows;
      const float* vector = encoder.user(&rows).data;
      std::copy_n(vector, model_->dim, vectors.data + u * vectors.stride);
    }
  });
  for (std::size_t u = 0; u < requests.size(); ++u)
    if (!failures[u].ok()) return of_user(first_user + u, failures[u]);
  return {};
}

Status Session::Impl::recommend_group(Span<const Request> requests, std::size_t first_user, std::size_t k,
                                      const RecommendOptions& rules, Span<Recommendation> out,
                                      std::size_t* counts) {
  const base::FpScope mode;
  const std::size_t users = requests.size();
  RowList excluded[ops::kGroup];
  bool prior[ops::kGroup] = {};
  if (Status status = encode_group(requests, first_user, rules, excluded, prior); !status.ok()) return status;
  Span<const std::uint64_t> without[ops::kGroup];
  for (std::size_t u = 0; u < users; ++u) without[u] = excluded[u].view();

  const format::Catalogue& items = model_->items;
  const ops::GroupScorer catalogue(kernels_, items.rows, items.bias, group_vectors(), users,
                                   at<std::int8_t>(layout_.quantized), at<kernels::RowQuant>(layout_.quants),
                                   at<float>(layout_.norms));
  const std::size_t parts = scan_parts(users);
  parallel(parts, [&](std::size_t part) {
    const base::FpScope own_mode;
    for (std::size_t u = 0; u < users; ++u) new_top(part, u, k);
    catalogue.collect(part_start(part, parts), part_start(part + 1, parts), without, &top(part, 0));
  });
  for (std::size_t u = 0; u < users; ++u) {
    ops::TopK& best = top(0, u);
    for (std::size_t part = 1; part < parts; ++part) best.merge(top(part, u));
    catalogue.finish(u, &best);
    write(best, out.subspan(u * k, k));
    counts[u] = best.size();
  }
  for (std::size_t u = 0; u < users; ++u) {
    if (!prior[u]) continue;
    Result<std::size_t> count = recommend(requests[u], k, rules, out.subspan(u * k, k));
    if (!count.ok()) return of_user(first_user + u, count.status());
    counts[u] = *count;
  }
  return {};
}

} // namespace heed
