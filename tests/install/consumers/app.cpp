// A program that uses heed from outside: app [MODEL]
#include <heed/heed.hpp>

#include <cstdio>
#include <vector>

namespace {

int recommend(const char* path) {
  const heed::Result<heed::Model> model = heed::Model::open(path);
  if (!model.ok()) return std::printf("%s\n", model.status().message().c_str()), 1;
  heed::Result<heed::Session> session = heed::Session::create(model.value());
  if (!session.ok()) return std::printf("%s\n", session.status().message().c_str()), 1;
  const heed::Result<std::int64_t> first = model.value().item_id(0);
  if (!first.ok()) return std::printf("%s\n", first.status().message().c_str()), 1;

  const std::vector<std::int64_t> history = {first.value()};
  std::vector<heed::Recommendation> best(3);
  const heed::Result<std::size_t> count = session->recommend(history, best.size(), {}, best);
  if (!count.ok()) return std::printf("%s\n", count.status().message().c_str()), 1;
  for (std::size_t i = 0; i < count.value(); ++i)
    std::printf("%lld %g\n", static_cast<long long>(best[i].item), static_cast<double>(best[i].score));
  return count.value() == best.size() ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  std::printf("heed %s, %s\n", heed::version(), heed::active_isa());
  const heed::Result<heed::Model> none = heed::Model::open("no such file.heed");
  if (none.ok() || none.status().code() != heed::StatusCode::file_not_found) return 1;
  std::printf("%s: %s\n", heed::status_name(none.status().code()), none.status().message().c_str());
  return argc > 1 ? recommend(argv[1]) : 0;
}
