// Nodes that make rows out of constants, or rearrange, norm, mix and route them.
#include "tests/invalid/operator_support.hpp"

namespace heed::test {

namespace {

const TM::Attr kFromLeft = TM::choice("position_rule", "from_left");

void add_constant_rows(std::vector<InvalidCase>* cases) {
  cases->push_back(refused("parameter_of_wrong_layout", "row-major f32", [](TestModel& m, const Values&) {
    m.node("parameter", {weight(m, 3, 4)}, {}, Rows::several, 4, 3);
  }));
  cases->push_back(refused("position_of_wrong_rows", "one row a slot", [](TestModel& m, const Values&) {
    m.node("position", {matrix(m, 2, 4)}, {kFromLeft}, Rows::events, 4);
  }));
}

void add_embeddings(std::vector<InvalidCase>* cases) {
  const auto look_up = [](TestModel& m, format::InputKind kind, std::vector<int> more, const char* rule) {
    std::vector<int> inputs = {m.feature("colour", kind, 3)};
    inputs.insert(inputs.end(), more.begin(), more.end());
    m.node("embedding", inputs, {TM::real("scale", 1), TM::choice("position_rule", rule)}, Rows::events, 4);
  };
  constexpr auto kEventIds = format::InputKind::event_ids, kContextId = format::InputKind::context_id;
  cases->push_back(refused("embedding_of_wrong_layout", "block layout", [=](TestModel& m, const Values&) {
    look_up(m, kEventIds, {matrix(m, 3, 4)}, "none");
  }));
  cases->push_back(refused("embedding_positions_of_wrong_shape", "[slots", [=](TestModel& m, const Values&) {
    look_up(m, kEventIds, {weight(m, 3, 4), matrix(m, 2, 4)}, "from_left");
  }));
  cases->push_back(
      refused("embedding_context_with_positions", "no position", [=](TestModel& m, const Values&) {
        look_up(m, kContextId, {weight(m, 3, 4), matrix(m, 3, 4)}, "from_left");
      }));
  cases->push_back(refused("embedding_context_by_event", "another shape", [=](TestModel& m, const Values&) {
    look_up(m, kContextId, {weight(m, 3, 4)}, "none");
  }));
  cases->push_back(refused("embedding_of_times", "wrong kind", [=](TestModel& m, const Values&) {
    const int times = m.feature("time", format::InputKind::event_times);
    m.node("embedding", {times, weight(m, 3, 4)}, {TM::real("scale", 1), TM::choice("position_rule", "none")},
           Rows::events, 4);
  }));
}

void add_rearranging(std::vector<InvalidCase>* cases) {
  const auto unfold = [](TestModel& m, int x, std::int64_t width, std::size_t cols) {
    return m.node("unfold", {x}, {TM::integer("width", width)}, Rows::events, cols);
  };
  cases->push_back(refused("flatten_of_events", "row for each event", [](TestModel& m, const Values& v) {
    m.node("flatten", {v.events}, {}, Rows::one, 4);
  }));
  cases->push_back(refused("flatten_too_wide", "too many columns", [=](TestModel& m, const Values& v) {
    const int x = unfold(m, v.events, 1 << 17, 1u << 19);
    const int rows =
        m.node("mix", {x, matrix(m, 3, 3)}, {TM::integer("heads", 1), TM::integer("per_event", 0)},
               Rows::several, 1u << 19, 3);
    m.node("flatten", {rows}, {}, Rows::one, 1u << 20);
  }));
  cases->push_back(refused("unfold_of_one_row", "one row an event",
                           [=](TestModel& m, const Values& v) { unfold(m, v.single, 2, 8); }));
  cases->push_back(refused("unfold_too_wide", "too many columns",
                           [=](TestModel& m, const Values& v) { unfold(m, v.events, 1 << 20, 1u << 20); }));
  cases->push_back(refused("l2_norm_heads_do_not_divide", "heads", [](TestModel& m, const Values& v) {
    m.node("l2_norm", {v.events}, {TM::integer("heads", 3), TM::real("eps", 1e-6)}, Rows::events, 4);
  }));
}

void add_mix(std::vector<InvalidCase>* cases) {
  const auto add = [&](const char* name, const char* mentions, std::int64_t heads, bool per_event,
                       std::size_t rows, std::size_t cols, std::size_t bias = 0) {
    cases->push_back(refused(name, mentions, [=](TestModel& m, const Values& v) {
      std::vector<int> inputs = {v.events, matrix(m, rows, cols)};
      if (bias > 0) inputs.push_back(vector(m, bias));
      m.node("mix", inputs, {TM::integer("heads", heads), TM::integer("per_event", per_event ? 1 : 0)},
             per_event ? Rows::events : Rows::several, 4, per_event ? 0 : 2);
    }));
  };
  add("mix_heads_do_not_divide", "heads", 3, false, 6, 3);
  add("mix_weights_of_wrong_columns", "one a slot", 1, false, 2, 4);
  add("mix_weights_not_by_heads", "number of rows", 2, false, 3, 3);
  add("mix_weights_of_fewer_rows_than_heads", "number of rows", 2, false, 1, 3);
  add("mix_weights_not_one_an_event", "number of rows", 1, true, 2, 3);
  add("mix_bias_of_wrong_shape", "bias", 1, false, 2, 3, 3);
  add("mix_bias_for_events", "bias", 1, true, 3, 3, 3);
  cases->push_back(refused("mix_of_one_row", "one row an event", [](TestModel& m, const Values& v) {
    m.node("mix", {v.single, matrix(m, 2, 3)}, {TM::integer("heads", 1), TM::integer("per_event", 0)},
           Rows::several, 4, 2);
  }));
}

void add_capsules(std::vector<InvalidCase>* cases) {
  const auto route = [](TestModel& m, int x, int logits) {
    m.node("capsule_routing", {x, logits},
           {TM::integer("iterations", 3), kFromLeft, TM::integer("dynamic", 0)}, Rows::several, 4, 2);
  };
  cases->push_back(refused("capsules_of_one_row", "one row an event",
                           [=](TestModel& m, const Values& v) { route(m, v.single, matrix(m, 2, 3)); }));
  cases->push_back(refused("capsules_logits_of_wrong_shape", "one a slot",
                           [=](TestModel& m, const Values& v) { route(m, v.events, matrix(m, 2, 4)); }));
}

} // namespace

void add_row_cases(std::vector<InvalidCase>* cases) {
  add_constant_rows(cases);
  add_embeddings(cases);
  add_rearranging(cases);
  add_mix(cases);
  add_capsules(cases);
}

} // namespace heed::test
