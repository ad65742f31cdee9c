// Loads hostile bytes as a model, then runs it: wrong scores are allowed, memory errors are not.
#include "runtime/base/memory.hpp"

#include <heed/heed.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

constexpr std::size_t kMaxArena = std::size_t{64} << 20; // a legal file may ask for more; not here

void run(const heed::Model& model) {
  heed::SessionOptions options;
  options.max_k = 8;
  options.max_candidates = 8;
  options.max_excluded = 16;
  heed::Result<std::size_t> bytes = heed::Session::arena_bytes(model, options);
  if (!bytes.ok() || *bytes > kMaxArena) return;
  heed::Result<heed::Session> session = heed::Session::create(model, options);
  if (!session.ok()) return;

  std::vector<std::int64_t> ids;
  for (std::uint64_t i = 0; i < model.items() && i < 5; ++i) ids.push_back(*model.item_id(i));
  std::vector<heed::Recommendation> best(8);
  std::vector<float> scores(ids.size()), vector(model.dim());
  heed::RecommendOptions request;
  request.unknown = heed::UnknownItem::substitute;
  const std::size_t k = model.items() < 8 ? static_cast<std::size_t>(model.items()) : 8;
  (void)session->recommend(ids, k, request, best);
  (void)session->recommend({}, k, request, best);
  (void)session->score(ids, ids, heed::UnknownItem::skip, scores);
  (void)session->encode(ids, heed::UnknownItem::skip, vector);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const heed::base::AlignedBuffer aligned(size > 0 ? size : 1);
  std::memcpy(aligned.data(), data, size);
  heed::Result<heed::Model> model = heed::Model::open(aligned.data(), size);
  if (!model.ok()) return 0;
  (void)model->info();
  (void)model->verify();
  run(*model);
  return 0;
}
