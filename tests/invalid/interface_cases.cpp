// What callers pass and get: features, computed padding, outputs, a prior.
#include "tests/invalid/operator_support.hpp"

#include <limits>

namespace heed::test {

namespace {

using format::InputKind;
using format::InputT;
using format::ModelT;

std::function<std::vector<std::uint8_t>()> with(std::function<void(TestModel&)> spoil) {
  return [=] {
    Encoder encoder = make_encoder(tiny());
    spoil(encoder.model);
    return encoder.model.bytes();
  };
}

// A feature of that kind that nothing looks up, and what is wrong with it.
InvalidCase feature(const char* name, StatusCode code, const char* mentions, InputKind kind,
                    std::function<void(InputT&)> spoil) {
  return {name, code, mentions, with([=](TestModel& m) {
            const bool times = kind == InputKind::event_times;
            m.feature("colour", kind, times ? 0 : 4, 0, 0);
            spoil(*m.meta.inputs.back());
          })};
}

void add_features(std::vector<InvalidCase>* cases) {
  const auto malformed = StatusCode::file_malformed, unknown = StatusCode::feature_unsupported;
  const auto add = [&](const char* name, const char* mentions, InputKind kind,
                       std::function<void(InputT&)> spoil) {
    cases->push_back(feature(name, malformed, mentions, kind, std::move(spoil)));
  };
  cases->push_back(feature("feature_kind_unknown", unknown, "'colour'", InputKind::event_ids,
                           [](InputT& i) { i.kind = static_cast<InputKind>(9); }));
  cases->push_back(feature("feature_time_rule_unknown", unknown, "time rule", InputKind::event_times,
                           [](InputT& i) { i.time_rule = static_cast<format::TimeRule>(9); }));
  const char* const kind_allows = "its kind does not allow";
  add("feature_times_with_vocabulary", kind_allows, InputKind::event_times,
      [](InputT& i) { i.vocabulary = 3; });
  add("feature_ids_without_vocabulary", kind_allows, InputKind::event_ids,
      [](InputT& i) { i.vocabulary = 0; });
  add("feature_context_without_vocabulary", kind_allows, InputKind::context_id,
      [](InputT& i) { i.vocabulary = 0; });
  add("feature_ids_with_time_rule", kind_allows, InputKind::event_ids,
      [](InputT& i) { i.time_rule = format::TimeRule::gaps; });
  add("feature_ids_with_request_time", kind_allows, InputKind::event_ids,
      [](InputT& i) { i.and_request = true; });
  add("feature_vocabulary_huge", "overflow", InputKind::event_ids,
      [](InputT& i) { i.vocabulary = (std::uint64_t{1} << 48) + 1; });
  add("feature_vocabulary_wraps", "overflow", InputKind::context_id,
      [](InputT& i) { i.vocabulary = ~std::uint64_t{0}; });
  add("feature_ids_overflow", "overflow", InputKind::event_ids,
      [](InputT& i) { i.first_id = i.default_value = std::numeric_limits<std::int64_t>::max() - 2; });
  add("feature_default_below", "default", InputKind::event_ids, [](InputT& i) { i.default_value = -1; });
  add("feature_default_above", "default", InputKind::context_id, [](InputT& i) { i.default_value = 4; });
  cases->push_back({"feature_twice", malformed, "'colour' is there twice", with([](TestModel& m) {
                      m.feature("colour", InputKind::event_ids, 4);
                      m.feature("colour", InputKind::event_times);
                    })});
  cases->push_back(
      {"feature_table_too_short", malformed, "fewer rows than its vocabulary", with([](TestModel& m) {
         const int ids = m.feature("colour", InputKind::event_ids, 4);
         m.node("embedding", {ids, weight(m, 3, 4)},
                {TM::real("scale", 1), TM::choice("position_rule", "none")}, Rows::events, 4);
       })});
  cases->push_back({"features_too_many", malformed, "more inputs", with([](TestModel& m) {
                      for (int i = 0; i < 256; ++i)
                        m.feature("f" + std::to_string(i), InputKind::event_times);
                    })});
}

void add_history(std::vector<InvalidCase>* cases) {
  const auto add = [&](const char* name, const char* mentions, std::function<void(ModelT&)> spoil) {
    cases->push_back(
        {name, StatusCode::file_malformed, mentions, with([=](TestModel& m) { spoil(m.meta); })});
  };
  add("history_of_no_item_table", "item table that does not exist",
      [](ModelT& m) { m.inputs[0]->item_table = 1; });
  add("history_filled_row_outside", "filled with a row", [](ModelT& m) { m.inputs[0]->fill_row = 6; });
  add("history_filled_row_negative", "filled with a row", [](ModelT& m) { m.inputs[0]->fill_row = -2; });
  add("history_filled_and_appended", "not combined", [](ModelT& m) {
    m.inputs[0]->fill_row = 5;
    m.inputs[0]->append_row = 5;
  });
  add("history_filled_and_hidden", "not combined", [](ModelT& m) {
    m.inputs[0]->fill_row = 5;
    m.inputs[0]->hidden_row = 1;
  });
  add("items_prior_of_wrong_shape", "prior", [](ModelT& m) {
    for (std::size_t t = 0; t < m.tensors.size(); ++t)
      if (m.tensors[t]->name == "bq") m.item_tables[0]->prior = static_cast<std::int32_t>(t);
  });
  add("items_prior_out_of_range", "prior", [](ModelT& m) { m.item_tables[0]->prior = 1000; });
}

void add_outputs(std::vector<InvalidCase>* cases) {
  const auto malformed = StatusCode::file_malformed, invalid = StatusCode::graph_invalid;
  const auto add = [&](const char* name, StatusCode code, const char* mentions,
                       std::function<void(TestModel&)> spoil) {
    cases->push_back({name, code, mentions, with(std::move(spoil))});
  };
  add("output_twice", malformed, "'user' is there twice",
      [](TestModel& m) { m.output("user", output_of(m.meta, "embedding"), -1); });
  add("output_is_an_input", invalid, "not made by the graph", [](TestModel& m) { m.output("ids", 0, -1); });
  add("output_of_events_scored", invalid, "as wide", [](TestModel& m) {
    m.output("events", output_of(m.meta, "embedding"), -1);
    m.meta.item_tables[0]->query = 1;
  });
  add("output_of_several_without_empty_history", malformed, "empty history",
      [](TestModel& m) { m.output("latent", several(m, 2), -1); });
  add("output_of_several_with_one_empty_row", malformed, "empty history", [](TestModel& m) {
    m.output("latent", several(m, 2), m.add_row_major("nothing", random_matrix(1, 4, 1, 1.0f)));
  });
  add("interests_of_wrong_columns", invalid, "as wide", [](TestModel& m) {
    m.output("interests", several(m, 2, 3), m.add_row_major("nothing", random_matrix(2, 3, 1, 1.0f)));
    m.meta.item_tables[0]->query = 1;
  });
  add("outputs_too_many", malformed, "more outputs", [](TestModel& m) {
    for (int i = 0; i < 256; ++i) m.output("o" + std::to_string(i), output_of(m.meta, "embedding"), -1);
  });
  const auto value = [&](const char* name, std::size_t count) {
    add(name, invalid, "several are 2", [=](TestModel& m) { m.rows("rows", Rows::several, 4, count); });
  };
  value("value_of_several_rows_none", 0);
  value("value_of_several_rows_one", 1);
  value("value_of_several_rows_beyond_limit", 65537);
}

} // namespace

void add_interface_cases(std::vector<InvalidCase>* cases) {
  add_features(cases);
  add_history(cases);
  add_outputs(cases);
}

} // namespace heed::test
