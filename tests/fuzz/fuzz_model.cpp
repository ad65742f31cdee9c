// Loads hostile bytes as a model, then runs it: wrong scores are allowed, memory errors are not.
#include "runtime/base/memory.hpp"

#include <heed/heed.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

constexpr std::size_t kMaxArena = std::size_t{64} << 20; // a legal file may ask for more; not here

// All features, with their first ids and with times far apart, and all outputs.
void run_features(heed::Session& session, const heed::ModelInfo& info, const std::vector<std::int64_t>& ids) {
  std::vector<std::vector<std::int64_t>> values;
  for (const heed::InputInfo& input : info.inputs) {
    values.emplace_back(input.kind == "context_id" ? 1 : ids.size(), input.first_id);
    for (std::size_t i = 1; i < values.back().size() && input.kind == "event_times"; ++i)
      values.back()[i] = std::int64_t{1} << (13 * i); // at most five
  }
  std::vector<heed::FeatureValues> features;
  for (std::size_t i = 1; i < info.inputs.size(); ++i)
    features.push_back({info.inputs[i].name.c_str(), values[i]});
  std::vector<float> room(std::size_t{1} << 20);
  for (const heed::OutputInfo& output : info.outputs)
    (void)session.output(output.name.c_str(), {ids, features}, heed::UnknownItem::skip, room);
}

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
  std::vector<float> scores(ids.size()), vector(std::size_t{model.dim()} * model.interests());
  heed::RecommendOptions request;
  request.unknown = heed::UnknownItem::substitute;
  const std::size_t k = model.items() < 8 ? static_cast<std::size_t>(model.items()) : 8;
  (void)session->recommend(ids, k, request, best);
  (void)session->recommend({}, k, request, best);
  (void)session->score(ids, ids, heed::UnknownItem::skip, scores);
  (void)session->encode(ids, heed::UnknownItem::skip, vector);
  run_features(*session, model.info(), ids);
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
