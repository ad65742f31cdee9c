// Nodes whose inputs do not fit their operator: those that combine rows, sum over events or recur.
#include "tests/invalid/operator_support.hpp"

namespace heed::test {

namespace {

const TM::Attr kSum = TM::choice("kind", "sum"), kTanh = TM::choice("activation", "tanh"),
               kNoPadding = TM::choice("padding", "none"),
               kConstantPadding = TM::choice("padding", "constant");

void add_combinations(std::vector<InvalidCase>* cases) {
  cases->push_back(refused("add_columns_differ", "differ in shape", [](TestModel& m, const Values& v) {
    m.node("add", {v.events, wide(m, v)}, {}, Rows::events, 4);
  }));
  cases->push_back(refused("add_rows_to_one", "differ in shape", [](TestModel& m, const Values& v) {
    m.node("add", {v.single, v.events}, {}, Rows::one, 4);
  }));
  cases->push_back(refused("multiply_columns_differ", "differ in shape", [](TestModel& m, const Values& v) {
    m.node("multiply", {v.events, wide(m, v)}, {}, Rows::events, 4);
  }));
  cases->push_back(refused("multiply_one_by_rows", "differ in shape", [](TestModel& m, const Values& v) {
    m.node("multiply", {v.single, narrow(m, v)}, {}, Rows::one, 4);
  }));
  cases->push_back(refused("add_several_of_other_count", "differ in shape", [](TestModel& m, const Values&) {
    m.node("add", {several(m, 2), several(m, 3)}, {}, Rows::several, 4, 2);
  }));
  cases->push_back(refused("several_of_another_count", "another shape", [](TestModel& m, const Values&) {
    const int two = several(m, 2);
    m.node("add", {two, two}, {}, Rows::several, 4, 3);
  }));
  cases->push_back(refused("concat_rows_differ", "differ in rows", [](TestModel& m, const Values& v) {
    m.node("concat", {v.events, v.single}, {}, Rows::events, 8);
  }));
}

void add_gru(std::vector<InvalidCase>* cases) {
  const auto gates = [](TestModel& m, const Values& v) {
    return m.node("linear", {v.events, weight(m, 12, 4)}, {TM::choice("activation", "none")}, Rows::events,
                  12);
  };
  cases->push_back(refused("gru_of_one_row", "one row an event", [](TestModel& m, const Values& v) {
    m.node("gru", {v.single, weight(m, 4, 4)}, {}, Rows::events, 4);
  }));
  cases->push_back(refused("gru_weight_of_wrong_shape", "3 * columns", [=](TestModel& m, const Values& v) {
    m.node("gru", {gates(m, v), weight(m, 12, 5)}, {}, Rows::events, 4);
  }));
  cases->push_back(refused("gru_weight_of_wrong_layout", "block layout", [=](TestModel& m, const Values& v) {
    const int rows = m.constant(m.add_row_major("rows", random_matrix(12, 4, 1, 1.0f)));
    m.node("gru", {gates(m, v), rows}, {}, Rows::events, 4);
  }));
  cases->push_back(refused("gru_bias_of_wrong_shape", "bias", [=](TestModel& m, const Values& v) {
    m.node("gru", {gates(m, v), weight(m, 12, 4), vector(m, 11)}, {}, Rows::events, 4);
  }));
}

void add_session_graph(std::vector<InvalidCase>* cases) {
  cases->push_back(refused("neighbours_of_one_row", "one row an event", [](TestModel& m, const Values& v) {
    m.node("neighbours", {v.single}, {TM::choice("direction", "in")}, Rows::events, 4);
  }));
  cases->push_back(refused("gru_cell_rows_differ", "differ in rows", [](TestModel& m, const Values& v) {
    const int gates = m.node("concat", {wide(m, v), v.events}, {}, Rows::events, 12);
    m.node("gru_cell", {gates, gates, v.single}, {}, Rows::events, 4);
  }));
  cases->push_back(refused("gru_cell_state_rows_differ", "differ in rows", [](TestModel& m, const Values& v) {
    const int gates = m.node("concat", {wide(m, v), v.events}, {}, Rows::events, 12);
    m.node("gru_cell", {gates, v.single, v.events}, {}, Rows::events, 4);
  }));
  cases->push_back(
      refused("gru_cell_gates_of_wrong_shape", "three for each column", [](TestModel& m, const Values& v) {
        m.node("gru_cell", {wide(m, v), wide(m, v), v.events}, {}, Rows::events, 4);
      }));
}

void add_sums(std::vector<InvalidCase>* cases) {
  cases->push_back(refused("pool_of_one_row", "one row an event", [](TestModel& m, const Values& v) {
    m.node("pool", {v.single}, {kSum, kNoPadding}, Rows::one, 4);
  }));
  cases->push_back(
      refused("pool_weights_of_wrong_shape", "one number an event", [](TestModel& m, const Values& v) {
        m.node("pool", {v.events, v.events}, {kSum, kNoPadding}, Rows::one, 4);
      }));
  cases->push_back(refused("pool_padding_contradiction", "padding", [](TestModel& m, const Values& v) {
    m.node("pool", {v.events}, {kSum, kConstantPadding}, Rows::one, 4);
  }));
  cases->push_back(refused("pool_padding_of_wrong_shape", "padding", [](TestModel& m, const Values& v) {
    m.node("pool", {v.events, -1, vector(m, 3)}, {kSum, kConstantPadding}, Rows::one, 4);
  }));
  cases->push_back(refused("pool_maximum_with_weights", "a maximum", [](TestModel& m, const Values& v) {
    m.node("pool", {v.events, narrow(m, v)}, {TM::choice("kind", "max"), kNoPadding}, Rows::one, 4);
  }));
  cases->push_back(refused("pool_maximum_with_padding", "a maximum", [](TestModel& m, const Values& v) {
    m.node("pool", {v.events, -1, vector(m, 4)}, {TM::choice("kind", "max"), kConstantPadding}, Rows::one, 4);
  }));
  cases->push_back(refused("pool_sum_that_skips", "skips", [](TestModel& m, const Values& v) {
    m.node("pool", {v.events}, {kSum, kNoPadding, TM::integer("skip", 1)}, Rows::one, 4);
  }));
}

void add_additive_attention(std::vector<InvalidCase>* cases) {
  const auto add = [&](const char* name, const char* mentions,
                       std::function<std::vector<int>(TestModel&, const Values&)> inputs,
                       const TM::Attr& padding) {
    cases->push_back(refused(name, mentions, [=](TestModel& m, const Values& v) {
      m.node("additive_attention", inputs(m, v), {kTanh, padding}, Rows::one, 4);
    }));
  };
  using V = std::vector<int>;
  add(
      "additive_keys_of_one_row", "one row an event",
      [](TestModel& m, const Values& v) {
        return V{v.single, -1, vector(m, 4), v.events};
      },
      kNoPadding);
  add(
      "additive_query_of_many_rows", "query",
      [](TestModel& m, const Values& v) {
        return V{v.events, v.events, vector(m, 4), v.events};
      },
      kNoPadding);
  add(
      "additive_query_of_several_rows", "query",
      [](TestModel& m, const Values& v) {
        return V{v.events, several(m, 2), vector(m, 4), v.events};
      },
      kNoPadding);
  add(
      "additive_v_of_wrong_shape", "its v",
      [](TestModel& m, const Values& v) {
        return V{v.events, v.single, vector(m, 5), v.events};
      },
      kNoPadding);
  add(
      "additive_padding_contradiction", "contradict",
      [](TestModel& m, const Values& v) {
        return V{v.events, v.single, vector(m, 4), v.events, vector(m, 4)};
      },
      kConstantPadding);
  add(
      "additive_padding_of_wrong_shape", "wrong shape",
      [](TestModel& m, const Values& v) {
        return V{v.events, v.single, vector(m, 4), v.events, vector(m, 4), vector(m, 5)};
      },
      kConstantPadding);
}

} // namespace

void add_operator_cases(std::vector<InvalidCase>* cases) {
  add_combinations(cases);
  add_gru(cases);
  add_session_graph(cases);
  add_sums(cases);
  add_additive_attention(cases);
}

} // namespace heed::test
