// What a session's memory holds, as JSON and for people.
#ifndef HEED_CONVERTER_CLI_MEMORY_REPORT_HPP
#define HEED_CONVERTER_CLI_MEMORY_REPORT_HPP

#include "converter/cli/output.hpp"

#include <heed/session.hpp>

#include <cstdint>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace heed::cli {

// The names of the blocks belong to `session`.
struct MemoryReport {
  SessionOptions options;
  std::uint64_t session_bytes = 0; // of the whole arena
  std::uint64_t graph_bytes = 0;   // of the part in which the graph's buffers take turns
  std::uint64_t alive_bytes = 0;   // the most of these that are alive at once, and in which step
  std::uint32_t step = 0, steps = 0;
  std::vector<MemoryBlock> blocks;
};

// Errors (convert::Error): as Session::arena_bytes.
MemoryReport report_memory(const Model& model, const Session& session);

nlohmann::ordered_json to_json(const MemoryReport& report);
void print_text(const MemoryReport& report, Output& out);

} // namespace heed::cli

#endif // HEED_CONVERTER_CLI_MEMORY_REPORT_HPP
