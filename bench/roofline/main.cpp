// What this machine can do at most, as a table and as JSON.
#include "bench/roofline/roofline.hpp"

#include <cstdio>
#include <cstring>

namespace heed::bench {
namespace {

void print(const Roofline& roofline) {
  std::printf("%-12s %-6s %10s  %s\n", "registers", "", "GOP/s", "instructions");
  for (const ComputePeak& peak : roofline.compute)
    std::printf("%-12s %-6s %10.1f  %s\n", peak.isa, name(peak.arithmetic), peak.gops, peak.sequence);
  std::printf("\n%-12s %10s %8s", "reading", "bytes", "GB/s");
  for (const char* loop : kReadLoopNames) std::printf(" %12s", loop);
  std::printf("\n");
  for (const ReadPeak& read : roofline.reads) {
    std::printf("%-12s %10zu %8.1f", read.where.c_str(), read.bytes, read.best());
    for (const double gbs : read.gbs) std::printf(" %12.1f", gbs);
    std::printf("\n");
  }
}

bool write_json(const Roofline& roofline, const char* path) {
  std::FILE* file = std::fopen(path, "w");
  if (file == nullptr) return false;
  std::fprintf(file, "{\"compute\": [");
  const char* comma = "";
  for (const ComputePeak& peak : roofline.compute) {
    std::fprintf(file,
                 "%s\n  {\"isa\": \"%s\", \"arithmetic\": \"%s\", \"instructions\": \"%s\", \"gops\": %.9g}",
                 comma, peak.isa, name(peak.arithmetic), peak.sequence, peak.gops);
    comma = ",";
  }
  std::fprintf(file, "],\n \"read\": [");
  comma = "";
  for (const ReadPeak& read : roofline.reads) {
    std::fprintf(file, "%s\n  {\"where\": \"%s\", \"bytes\": %zu, \"isa\": \"%s\", \"gbs\": %.9g", comma,
                 read.where.c_str(), read.bytes, read.isa, read.best());
    for (std::size_t l = 0; l < kReadLoops; ++l)
      std::fprintf(file, ", \"%s_gbs\": %.9g", kReadLoopNames[l], read.gbs[l]);
    std::fprintf(file, "}");
    comma = ",";
  }
  std::fprintf(file, "]}\n");
  const bool written = std::ferror(file) == 0;
  return std::fclose(file) == 0 && written;
}

} // namespace
} // namespace heed::bench

int main(int argc, char** argv) {
  const char* path = nullptr;
  if (argc == 3 && std::strcmp(argv[1], "--json") == 0) {
    path = argv[2];
  } else if (argc != 1) {
    std::fprintf(stderr, "usage: heed_bench_roofline [--json FILE]\n");
    return 2;
  }
  const heed::bench::Roofline roofline = heed::bench::measure_roofline();
  heed::bench::print(roofline);
  if (path != nullptr && !heed::bench::write_json(roofline, path)) {
    std::perror(path);
    return 1;
  }
  return 0;
}
