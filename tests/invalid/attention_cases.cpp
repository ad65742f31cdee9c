// Attention whose queries, keys, padding and biases do not fit together.
#include "tests/invalid/operator_support.hpp"

namespace heed::test {

namespace {

using Ints = std::vector<int>;
using Attrs = std::vector<TM::Attr>;

// Attention of two heads without mask or padding, but for what `more` says.
int attend(TestModel& m, const Ints& inputs, const Attrs& more, Rows rows = Rows::events,
           std::size_t count = 0) {
  Attrs attributes = {TM::integer("heads", 2), TM::real("scale", 1), TM::choice("mask", "none"),
                      TM::choice("padding", "none")};
  for (const TM::Attr& attribute : more) {
    bool known = false;
    for (TM::Attr& there : attributes)
      if (there.name == attribute.name) there = attribute, known = true;
    if (!known) attributes.push_back(attribute);
  }
  return m.node("attention", inputs, attributes, rows, 4, count);
}

const TM::Attr kCausal = TM::choice("mask", "causal"), kConstant = TM::choice("padding", "constant"),
               kPerSlot = TM::choice("padding", "per_slot"), kWindow = TM::integer("window", 2),
               kByQueries = TM::choice("normalise", "queries"), kOneKeyHead = TM::integer("key_heads", 1);

// 2^20 slots, which nothing else of the model depends on.
EncoderOptions many_slots() {
  EncoderOptions o = tiny();
  o.slots = 1u << 20;
  o.positions = o.padding = "none";
  return o;
}

void add_shapes(std::vector<InvalidCase>* cases) {
  const auto add = [&](const char* name, const char* mentions,
                       std::function<void(TestModel&, const Values&)> append) {
    cases->push_back(refused(name, mentions, std::move(append)));
  };
  add("attention_rows_differ", "differ in rows", [](TestModel& m, const Values& v) {
    attend(m, {v.events, v.events, several(m, 2)}, {});
  });
  add("attention_several_of_other_count", "differ in rows", [](TestModel& m, const Values& v) {
    attend(m, {v.events, several(m, 2), several(m, 3)}, {});
  });
  add("attention_key_heads_do_not_divide", "heads of keys", [](TestModel& m, const Values& v) {
    attend(m, {v.events, v.events, v.events}, {TM::integer("heads", 4), TM::integer("key_heads", 3)});
  });
  add("attention_key_heads_of_wrong_columns", "differ in columns", [](TestModel& m, const Values& v) {
    attend(m, {v.events, v.events, v.events}, {kOneKeyHead});
  });
  add("attention_values_of_wrong_columns", "differ in columns", [](TestModel& m, const Values& v) {
    attend(m, {v.events, v.events, wide(m, v)}, {});
  });
  add("attention_padding_of_wrong_shape", "padding rows", [](TestModel& m, const Values& v) {
    attend(m, {v.events, v.events, v.events, matrix(m, 3, 4), matrix(m, 2, 4)}, {kPerSlot});
  });
  add("attention_padding_of_several_keys", "keys that are events", [](TestModel& m, const Values& v) {
    const int keys = several(m, 2);
    attend(m, {v.events, keys, keys, vector(m, 4), vector(m, 4)}, {kConstant});
  });
  add("attention_window_of_several_keys", "keys that are events", [](TestModel& m, const Values& v) {
    const int keys = several(m, 2);
    attend(m, {v.events, keys, keys}, {kWindow});
  });
  add("attention_mask_of_several_keys", "causal mask", [](TestModel& m, const Values& v) {
    const int keys = several(m, 2);
    attend(m, {v.events, keys, keys}, {kCausal});
  });
  add("attention_mask_of_several_queries", "causal mask", [](TestModel& m, const Values& v) {
    attend(m, {several(m, 2), v.events, v.events}, {kCausal}, Rows::several, 2);
  });
  add("attention_stride_of_several_queries", "queries that are events", [](TestModel& m, const Values& v) {
    attend(m, {several(m, 2), v.events, v.events}, {TM::integer("stride", 2)}, Rows::several, 2);
  });
}

void add_by_queries(std::vector<InvalidCase>* cases) {
  const auto add = [&](const char* name, const Attrs& more) {
    cases->push_back(refused(name, "softmax over queries", [=](TestModel& m, const Values& v) {
      Attrs attributes = more;
      attributes.push_back(kByQueries);
      attend(m, {v.events, v.events, v.events}, attributes);
    }));
  };
  cases->push_back(
      refused("attention_by_queries_with_mask", "softmax over queries", [](TestModel& m, const Values& v) {
        attend(m, {v.single, v.events, v.events}, {kCausal, kByQueries});
      }));
  add("attention_by_queries_with_window", {kWindow});
  add("attention_by_queries_with_silu", {TM::choice("weighting", "silu")});
  cases->push_back(
      refused("attention_by_queries_with_padding", "softmax over queries", [](TestModel& m, const Values& v) {
        attend(m, {v.events, v.events, v.events, vector(m, 4), vector(m, 4)}, {kConstant, kByQueries});
      }));
  cases->push_back(
      refused("attention_by_queries_with_key_heads", "as many heads", [](TestModel& m, const Values& v) {
        const int keys = m.node("linear", {v.events, weight(m, 2, 4)}, {TM::choice("activation", "none")},
                                Rows::events, 2);
        attend(m, {v.events, keys, keys}, {kOneKeyHead, kByQueries});
      }));
  cases->push_back(refused(
      "attention_by_queries_too_large", "more scores",
      [](TestModel& m, const Values& v) {
        attend(m, {v.events, v.events, v.events}, {kByQueries});
      },
      many_slots()));
}

void add_biases(std::vector<InvalidCase>* cases) {
  // Inputs from position_bias on; the model gets times.
  const auto add = [&](const char* name, const char* mentions,
                       std::function<Ints(TestModel&, int times)> more, const Attrs& attributes = {},
                       std::size_t key_cols = 4) {
    cases->push_back(refused(name, mentions, [=](TestModel& m, const Values& v) {
      const int times = m.feature("time", format::InputKind::event_times);
      const int keys = key_cols == 4 ? v.events
                                     : m.node("linear", {v.events, weight(m, key_cols, 4)},
                                              {TM::choice("activation", "none")}, Rows::events, key_cols);
      Ints inputs = {v.events, keys, keys, -1, -1};
      for (const int input : more(m, times)) inputs.push_back(input);
      attend(m, inputs, attributes);
    }));
  };
  const char* const contradiction = "do not come together";
  add("attention_times_alone", contradiction, [](TestModel&, int times) { return Ints{-1, times}; });
  add("attention_edges_alone", contradiction, [](TestModel& m, int) { return Ints{-1, -1, vector(m, 3)}; });
  add("attention_time_bias_alone", contradiction, [](TestModel& m, int) {
    return Ints{-1, -1, -1, matrix(m, 2, 4)};
  });
  add("attention_time_bias_without_edges", contradiction, [](TestModel& m, int times) {
    return Ints{-1, times, -1, matrix(m, 2, 4)};
  });
  add("attention_edges_of_two_rows", "not one row", [](TestModel& m, int times) {
    return Ints{-1, times, matrix(m, 2, 3), matrix(m, 2, 4)};
  });
  add("attention_time_bias_of_wrong_columns", "bias of times", [](TestModel& m, int times) {
    return Ints{-1, times, vector(m, 3), matrix(m, 2, 3)};
  });
  add("attention_time_bias_of_wrong_rows", "bias of times", [](TestModel& m, int times) {
    return Ints{-1, times, vector(m, 3), matrix(m, 3, 4)};
  });
  add(
      "attention_intervals_with_key_heads", "as many heads of keys",
      [](TestModel& m, int times) {
        return Ints{-1, times, vector(m, 3), -1, weight(m, 32, 2)};
      },
      {kOneKeyHead}, 2);
  add("attention_interval_keys_of_wrong_shape", "keys of intervals", [](TestModel& m, int times) {
    return Ints{-1, times, vector(m, 3), -1, weight(m, 8, 2)};
  });
  add("attention_interval_keys_of_wrong_layout", "keys of intervals", [](TestModel& m, int times) {
    return Ints{-1, times, vector(m, 3), -1, matrix(m, 32, 2)};
  });
  add("attention_interval_values_of_wrong_shape", "values of intervals",
      [](TestModel& m, int times) { return Ints{-1, times, vector(m, 3), -1, -1, weight(m, 32, 5)}; });
  add("attention_position_bias_of_wrong_columns", "bias of positions",
      [](TestModel& m, int) { return Ints{matrix(m, 2, 6)}; });
  add("attention_position_bias_of_wrong_rows", "bias of positions",
      [](TestModel& m, int) { return Ints{matrix(m, 3, 5)}; });
  cases->push_back(
      refused("attention_window_with_constant_padding", "one row", [](TestModel& m, const Values& v) {
        attend(m, {v.events, v.events, v.events, vector(m, 4), vector(m, 4)}, {kConstant, kWindow});
      }));
  cases->push_back(refused(
      "attention_window_too_large", "more scores",
      [](TestModel& m, const Values& v) {
        attend(m, {v.events, v.events, v.events}, {kWindow});
      },
      many_slots()));
  cases->push_back(refused("attention_window_zero", "out of range", [](TestModel& m, const Values& v) {
    attend(m, {v.events, v.events, v.events}, {TM::integer("window", 0)});
  }));
}

} // namespace

void add_attention_cases(std::vector<InvalidCase>* cases) {
  add_shapes(cases);
  add_by_queries(cases);
  add_biases(cases);
}

} // namespace heed::test
