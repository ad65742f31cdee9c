#include "converter/cli/bench_report.hpp"

#include "converter/cli/text_table.hpp"

#include <algorithm>

namespace heed::cli {

namespace {

using Json = nlohmann::ordered_json;
using measure::AppendReport;
using measure::Cell;
using measure::Opening;
using measure::Profile;
using measure::Report;
using measure::Settings;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json opening_json(const Opening& opening) {
  return {{"open_us", opening.open_us}, {"session_us", opening.session_us}, {"first_us", opening.first_us}};
}

Json memory_json(const Report& report) {
  if (!report.memory || !report.memory_before) return nullptr;
  return {{"resident_bytes", report.memory->resident_bytes},
          {"private_bytes", report.memory->private_bytes},
          {"resident_bytes_before", report.memory_before->resident_bytes},
          {"private_bytes_before", report.memory_before->private_bytes}};
}

// The fields of a cell that hold one value each: what CSV shows, too.
Json cell_json(const Cell& cell) {
  return {{"history_length", cell.history_length},
          {"k", cell.k},
          {"batch", cell.batch},
          {"threads", cell.threads},
          {"warm_up_calls", cell.warm_up_calls},
          {"calls", cell.calls},
          {"p50_us", cell.us.p50},
          {"p90_us", cell.us.p90},
          {"p99_us", cell.us.p99},
          {"p999_us", cell.us.p999},
          {"min_us", cell.us.min},
          {"max_us", cell.us.max},
          {"relative_iqr", cell.us.relative_iqr},
          {"users_per_second", cell.users_per_second},
          {"allocations", or_null(cell.allocations)},
          {"scanned_bytes", or_null(cell.scanned_bytes)}};
}

// Time by operator, the most expensive first.
struct OperatorShare {
  std::string op;
  std::size_t steps;
  double us;
};
std::vector<OperatorShare> by_operator(const Profile& profile, double* total) {
  std::vector<OperatorShare> shares;
  *total = 0;
  for (const measure::StepTime& step : profile.steps) {
    auto found =
        std::find_if(shares.begin(), shares.end(), [&](const OperatorShare& s) { return s.op == step.op; });
    if (found == shares.end()) found = shares.insert(found, {step.op, 0, 0.0});
    ++found->steps;
    found->us += step.us;
    *total += step.us;
  }
  std::stable_sort(shares.begin(), shares.end(),
                   [](const OperatorShare& a, const OperatorShare& b) { return a.us > b.us; });
  return shares;
}

Json profile_json(const Profile& profile) {
  double total;
  Json operators = Json::array(), steps = Json::array();
  for (const OperatorShare& share : by_operator(profile, &total))
    operators.push_back(
        {{"op", share.op}, {"steps", share.steps}, {"us", share.us}, {"share", share.us / total}});
  for (const measure::StepTime& step : profile.steps)
    steps.push_back({{"name", step.name}, {"op", step.op}, {"us", step.us}});
  return {{"history_length", profile.history_length},
          {"k", profile.k},
          {"calls", profile.calls},
          {"total_us", total},
          {"operators", std::move(operators)},
          {"steps", std::move(steps)}};
}

Json append_json(const AppendReport& report) {
  Json lengths = Json::array();
  for (const measure::AppendedLengths& part : report.lengths)
    lengths.push_back(
        {{"from", part.from}, {"to", part.to}, {"append_us", part.append_us}, {"anew_us", part.anew_us}});
  return {{"k", report.k},
          {"drop_at_once", report.drop_at_once},
          {"keeps_events", report.keeps_events},
          {"histories", report.histories},
          {"append_us", report.append_mean_us},
          {"anew_us", report.anew_mean_us},
          {"lengths", std::move(lengths)},
          {"append_us_by_length", report.append_us},
          {"anew_us_by_length", report.anew_us}};
}

// A field of CSV: in quotes, which are doubled, where it has something that would end it.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

std::string us_text(double us) {
  return fmt::format("{:.1f}", us);
}

void print_openings(const Report& report, Output& out) {
  TextTable table({"", ">open us", ">session us", ">first call us", ""});
  const auto add = [&](const char* name, const Opening& o, const std::string& remark) {
    table.add({name, us_text(o.open_us), us_text(o.session_us), us_text(o.first_us), remark});
  };
  add("found", report.found, "the first one, file in memory or not");
  if (report.cold) {
    const std::optional<double> stayed = report.dropped.still_there;
    std::string remark = "file dropped from memory";
    if (!stayed)
      remark = "dropping asked for; the system does not say what stayed in memory";
    else if (*stayed > 0.99)
      remark = "NOT COLD: dropping had no effect, the file stayed in memory";
    else if (*stayed > 0)
      remark = fmt::format("file dropped from memory; up to {:.0f}% stayed", 100 * *stayed);
    add("cold", *report.cold, remark);
  }
  add("warm", report.warm, "file in memory");
  table.print(out, 0);
  if (!report.cold) out.write("cold: this system drops no file from memory on request\n");
  out.print("(cold and warm: medians of {})\n", measure::kOpenings);
}

void print_memory(const Report& report, Output& out) {
  std::string process;
  if (report.memory && report.memory_before)
    process = fmt::format(
        "; the process {} resident, {} of it private ({} and {} before the model was opened)",
        size_text(report.memory->resident_bytes), size_text(report.memory->private_bytes),
        size_text(report.memory_before->resident_bytes), size_text(report.memory_before->private_bytes));
  out.print("memory      file {}, session {}{}\n", size_text(report.info.file_bytes),
            size_text(report.session_bytes), process);
}

void print_profile(const Profile& profile, Output& out) {
  double total;
  const std::vector<OperatorShare> shares = by_operator(profile, &total);
  out.print("\noperators   top {} after {} events: {:.1f} us in {} steps (their medians over {} calls)\n",
            profile.k, profile.history_length, total, profile.steps.size(), grouped(profile.calls));
  TextTable table({"operator", ">steps", ">us", ">share"});
  for (const OperatorShare& share : shares)
    table.add({share.op, std::to_string(share.steps), fmt::format("{:.2f}", share.us),
               fmt::format("{:.1f}%", 100 * share.us / total)});
  table.print(out, 2);
}

void print_append(const AppendReport& report, Output& out) {
  out.print("\nappend      one event, then top {}; medians over {} histories, means over lengths{}{}\n",
            report.k, grouped(report.histories),
            report.drop_at_once == 1 ? "" : fmt::format("; {} events dropped at once", report.drop_at_once),
            report.keeps_events ? "" : "; this model computes every history anew");
  TextTable table({">events", ">append us", ">anew us", ">ratio"});
  const auto add = [&](const std::string& events, double append, double anew) {
    table.add({events, us_text(append), us_text(anew), fmt::format("{:.2f}", anew / append)});
  };
  for (const measure::AppendedLengths& part : report.lengths)
    add(fmt::format("{}-{}", part.from, part.to), part.append_us, part.anew_us);
  add("all", report.append_mean_us, report.anew_mean_us);
  table.print(out, 2);
}

} // namespace

Json bench_json(const Settings& settings, const Report& report) {
  Json json = {{"model", settings.model},
               {"precision", report.info.precision},
               {"isa", active_isa()},
               {"items", report.info.items}};
  // A grid of one cell also stands at the top, where it stood before there was a grid.
  const bool single = report.cells.size() == 1;
  if (single)
    json.update(Json{{"history_length", report.cells[0].history_length},
                     {"k", report.cells[0].k},
                     {"threads", report.cells[0].threads}});
  json["open_us"] = report.found.open_us;
  json["first_us"] = report.found.first_us;
  if (single)
    json.update(Json{{"calls", report.cells[0].calls},
                     {"p50_us", report.cells[0].us.p50},
                     {"p90_us", report.cells[0].us.p90},
                     {"p99_us", report.cells[0].us.p99}});
  json["file_bytes"] = report.info.file_bytes;
  json["session_bytes"] = report.session_bytes;
  json["cold"] = report.cold ? opening_json(*report.cold) : Json();
  if (report.cold) json["cold"]["still_in_memory"] = or_null(report.dropped.still_there);
  json["warm"] = opening_json(report.warm);
  json["memory"] = memory_json(report);
  json["seconds"] = settings.seconds;
  json["cells"] = Json::array();
  for (const Cell& cell : report.cells) {
    json["cells"].push_back(cell_json(cell));
    json["cells"].back()["round_p50_us"] = cell.round_p50_us;
  }
  if (settings.operators) {
    json["profiles"] = Json::array();
    for (const Profile& profile : report.profiles) json["profiles"].push_back(profile_json(profile));
  }
  if (report.append) json["append"] = append_json(*report.append);
  return json;
}

void print_bench_csv(const Settings& settings, const Report& report, Output& out) {
  const std::string model = fmt::format("{},{},{},{}", csv_field(settings.model),
                                        csv_field(report.info.precision), active_isa(), report.info.items);
  out.write("model,precision,isa,items");
  const Json first = cell_json(report.cells[0]);
  for (const auto& [name, value] : first.items()) out.print(",{}", name);
  out.write("\n");
  for (const Cell& cell : report.cells) {
    out.write(model);
    const Json fields = cell_json(cell);
    for (const auto& [name, value] : fields.items()) out.print(",{}", value.is_null() ? "" : value.dump());
    out.write("\n");
  }
}

void print_bench(const Settings& settings, const Report& report, Output& out) {
  out.print("recommend   from {} items, {}, {} kernels\n", grouped(report.info.items), report.info.precision,
            active_isa());
  print_memory(report, out);
  out.write("\n");
  print_openings(report, out);
  out.print(
      "\nsteady      {} rounds of {:.3g} s a line, in turn, after up to {} calls to warm up; us a call\n",
      measure::kRounds, static_cast<double>(settings.seconds) / static_cast<double>(measure::kRounds),
      measure::kWarmUpCalls);
  TextTable table({">events", ">top", ">batch", ">threads", ">p50", ">p90", ">p99", ">p99.9", ">min", ">max",
                   ">IQR", ">calls", ">users/s", ">bytes read"});
  std::uint64_t made = 0, calls = 0;
  bool counted = true;
  for (const Cell& cell : report.cells) {
    const measure::Summary& us = cell.us;
    table.add({std::to_string(cell.history_length), std::to_string(cell.k), std::to_string(cell.batch),
               std::to_string(cell.threads), us_text(us.p50), us_text(us.p90), us_text(us.p99),
               us_text(us.p999), us_text(us.min), us_text(us.max),
               fmt::format("{:.1f}%", 100 * us.relative_iqr), grouped(cell.calls),
               grouped(static_cast<std::uint64_t>(cell.users_per_second)),
               cell.scanned_bytes ? grouped(static_cast<std::uint64_t>(*cell.scanned_bytes)) : ""});
    counted = counted && cell.allocations.has_value();
    made += cell.allocations.value_or(0);
    calls += cell.calls;
  }
  table.print(out, 2);
  if (counted) out.print("{} allocations in these {} calls\n", grouped(made), grouped(calls));
  if (report.append) print_append(*report.append, out);
  for (const Profile& profile : report.profiles) print_profile(profile, out);
}

} // namespace heed::cli
