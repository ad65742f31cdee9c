// A written file under every kernel table that this machine has, through the plan and not the session: the
// history is put together anew, and nothing but the file is shared.
#ifndef HEED_TESTS_CONVERTER_EMIT_EVERY_TABLE_HPP
#define HEED_TESTS_CONVERTER_EMIT_EVERY_TABLE_HPP

#include "converter/graph/ir.hpp"
#include "converter/graph/passes/passes.hpp"
#include "runtime/base/memory.hpp"
#include "runtime/format/loaded_model.hpp"
#include "runtime/kernels/kernels.hpp"
#include "runtime/plan/plan.hpp"

#include <heed/session.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace heed::convert::test {

// A request of rows as the runtime runs it.
struct Placed {
  std::vector<std::uint64_t> rows;
  std::vector<std::uint32_t> places;
  std::vector<std::vector<std::int64_t>> features; // by Graph::features, as ops::History has them
  std::size_t length = 0, newest = 0;
  std::size_t first = 0; // of the rows that a caller sees: the oldest that is not filling
};
Placed place(const Graph& graph, const Request& request);

// Row after row, by output of the file: output 0 is what items are scored against.
using Outputs = std::vector<std::vector<float>>;

// Writes the file form of a source graph to `path`, and returns it.
Graph write_file_form(Graph source, Precision precision, const std::string& path);

class EveryTable {
 public:
  // Opens the file; `problem()` is empty unless that fails.
  explicit EveryTable(const std::string& path);
  const std::string& problem() const { return problem_; }
  std::size_t count() const { return count_; }
  const char* isa(std::size_t table) const { return tables_[table]->isa; }
  // What each output holds after a run under that table. Precondition: `placed` has events.
  Outputs run(std::size_t table, const Placed& placed);

 private:
  std::string problem_;
  std::shared_ptr<const format::LoadedModel> model_;
  const kernels::KernelTable* tables_[16];
  std::size_t count_ = 0;
  plan::Plan plan_;
  base::AlignedBuffer arena_;
  std::vector<ops::RowsView> rows_;
  std::vector<ops::QuantizedView> quantized_;
};

// The same request for a session: ids instead of rows.
class SessionRequest {
 public:
  SessionRequest(const Graph& graph, const Request& request);
  heed::Request get() const { return {ids_, values_}; }

 private:
  std::vector<std::int64_t> ids_;
  const std::map<std::string, std::vector<std::int64_t>> features_;
  std::vector<FeatureValues> values_;
};

// Output `name` of the session, of rows of `cols`, row after row; empty where the call fails.
std::vector<float> session_output(Session& session, const std::string& name, std::int64_t cols,
                                  const heed::Request& request);

// The user vector, then the other outputs.
Outputs session_outputs(Session& session, const Graph& file, const heed::Request& request);

} // namespace heed::convert::test

#endif // HEED_TESTS_CONVERTER_EMIT_EVERY_TABLE_HPP
