#include "converter/cli/memory_report.hpp"

#include "converter/cli/text_table.hpp"
#include "converter/error.hpp"

#include <algorithm>
#include <cstring>

#include <nlohmann/json.hpp>

namespace heed::cli {

namespace {

bool of_graph(const MemoryBlock& block) {
  return std::strcmp(block.kind, "buffer") != 0;
}

} // namespace

MemoryReport report_memory(const Model& model, const Session& session) {
  MemoryReport report;
  report.options = session.options();
  report.session_bytes = convert::unwrap(Session::arena_bytes(model, report.options));
  report.blocks.resize(convert::unwrap(session.memory({})));
  convert::unwrap(session.memory(report.blocks));

  constexpr std::uint64_t kAlignment = 64; // of every block
  std::vector<std::uint64_t> alive;        // by step
  for (const MemoryBlock& block : report.blocks) {
    alive.resize(std::max<std::size_t>(alive.size(), block.last_step + std::size_t{1}));
    if (!of_graph(block)) continue;
    report.graph_bytes = std::max(report.graph_bytes, block.offset + block.bytes);
    for (std::uint32_t step = block.first_step; step <= block.last_step; ++step)
      alive[step] += (block.bytes + kAlignment - 1) / kAlignment * kAlignment;
  }
  const auto most = std::max_element(alive.begin(), alive.end());
  report.alive_bytes = *most;
  report.step = static_cast<std::uint32_t>(most - alive.begin());
  report.steps = static_cast<std::uint32_t>(alive.size() - 1); // a buffer's last step
  return report;
}

nlohmann::ordered_json to_json(const MemoryReport& report) {
  nlohmann::ordered_json json = {{"max_history", report.options.max_history},
                                 {"batch", report.options.max_batch},
                                 {"k", report.options.max_k},
                                 {"threads", report.options.threads},
                                 {"running_history", report.options.running_history},
                                 {"session_bytes", report.session_bytes},
                                 {"graph_bytes", report.graph_bytes},
                                 {"alive_bytes", report.alive_bytes},
                                 {"alive_step", report.step},
                                 {"steps", report.steps},
                                 {"blocks", nlohmann::ordered_json::array()}};
  for (const MemoryBlock& block : report.blocks)
    json["blocks"].push_back({{"name", block.name},
                              {"kind", block.kind},
                              {"offset", block.offset},
                              {"bytes", block.bytes},
                              {"first_step", block.first_step},
                              {"last_step", block.last_step}});
  return json;
}

void print_text(const MemoryReport& report, Output& out) {
  const SessionOptions& options = report.options;
  out.print("\nMemory: {} for a session of {} events, k up to {}, {} at a time, {}{}\n",
            size_text(report.session_bytes), options.max_history, options.max_k,
            options.max_batch == 1 ? "one user" : fmt::format("{} users", options.max_batch),
            options.threads == 1 ? "one thread" : fmt::format("{} threads", options.threads),
            options.running_history == 0
                ? ""
                : fmt::format(", a running history of {} events", options.running_history));
  out.print(
      "  the graph's buffers take turns in {}; at most {} of them are alive at once, in step {} of {}\n",
      size_text(report.graph_bytes), size_text(report.alive_bytes), report.step, report.steps);
  TextTable table({"block", "kind", ">bytes", ">offset", ">alive in steps"});
  std::vector<MemoryBlock> blocks = report.blocks;
  std::stable_sort(blocks.begin(), blocks.end(),
                   [](const MemoryBlock& a, const MemoryBlock& b) { return a.bytes > b.bytes; });
  for (const MemoryBlock& block : blocks)
    table.add({block.name, block.kind, grouped(block.bytes), grouped(block.offset),
               of_graph(block) ? fmt::format("{}-{}", block.first_step, block.last_step) : "all"});
  table.print(out, 2);
}

} // namespace heed::cli
