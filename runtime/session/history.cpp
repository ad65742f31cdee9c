// Callers' ids to rows: the events of a history that count, with their features.
#include "runtime/session/encoder.hpp"
#include "runtime/session/features.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace heed {

Status unknown_item(const std::string& what, std::int64_t id) {
  return Status(StatusCode::unknown_item, what + ": the catalogue has no item " + std::to_string(id) +
                                              "; correct it, or choose to skip or substitute unknown items");
}

Status Encoder::resolve(const Request& request, std::size_t most, UnknownItem unknown, RowList* seen) {
  const ops::Graph& graph = model_.graph;
  if (Status status = check_feature_names(graph, request); !status.ok()) return status;
  if (Status status = resolve_history(request.history, most, unknown, seen); !status.ok()) return status;
  if (graph.filled() && history_.events > 0) fill_history();
  history_.features = features_.data();
  const Span<const std::int64_t> sources(sources_, history_.events);
  for (std::size_t f = 0; f < graph.features.size(); ++f)
    if (Status status = resolve_feature(graph.features[f], request, unknown, sources, features_[f]);
        !status.ok())
      return status;
  return {};
}

Status Encoder::resolve_history(Span<const std::int64_t> history, std::size_t most, UnknownItem unknown,
                                RowList* seen) {
  const ops::Graph& graph = model_.graph;
  const std::size_t appended = graph.append_row >= 0 ? 1 : 0;
  const std::size_t capacity = most + appended;
  std::uint64_t* rows = at<std::uint64_t>(layout_.history);
  std::uint32_t* places = at<std::uint32_t>(layout_.places);
  std::int64_t* sources = graph.features.empty() ? nullptr : at<std::int64_t>(layout_.sources);
  // Newest first, filling the buffers from their ends: the most recent max_history events count. Until the
  // length is known, places count from the newest event.
  std::size_t length = 0, first = capacity, known = 0;
  const auto keep = [&](std::int64_t row, std::int64_t source) {
    rows[--first] = static_cast<std::uint64_t>(row);
    places[first] = static_cast<std::uint32_t>(length);
    if (sources != nullptr) sources[first] = source;
  };
  if (appended > 0) {
    keep(graph.append_row, kAppendedEvent);
    ++length;
  }
  for (std::size_t i = history.size(); i-- > 0;) {
    std::int64_t row = model_.items.find(history[i]);
    if (row >= 0 && seen != nullptr)
      if (Status status = seen->add(row); !status.ok()) return status;
    if (row < 0 && unknown == UnknownItem::error)
      return unknown_item("history event " + std::to_string(i), history[i]);
    if (row < 0 && unknown == UnknownItem::substitute) row = model_.items.unknown_row;
    if (row < 0) continue;
    ++known;
    if (length == capacity) continue;
    if (row != graph.hidden_row) keep(row, static_cast<std::int64_t>(i));
    ++length;
  }
  // The oldest events that do not count stand first, unless the history is so long that they are gone.
  const std::size_t counted = known > graph.drop_oldest ? known - graph.drop_oldest : 0;
  length = std::min(length, counted + appended);
  while (first < capacity && places[first] >= length) ++first;
  for (std::size_t i = first; i < capacity; ++i)
    places[i] = static_cast<std::uint32_t>(length) - 1 - places[i];
  const std::size_t events = length > appended ? capacity - first : 0;
  history_ = {rows + first, places + first, nullptr, events, length, events - 1};
  sources_ = sources != nullptr ? sources + first : nullptr;
  known_ = events;
  return {};
}

// Moves the events to their slots and puts the filling row into all others.
void Encoder::fill_history() {
  const ops::Graph& graph = model_.graph;
  const std::size_t events = history_.events, slots = graph.slots;
  std::uint64_t* rows = at<std::uint64_t>(layout_.history);
  std::uint32_t* places = at<std::uint32_t>(layout_.places);
  std::int64_t* sources = graph.features.empty() ? nullptr : at<std::int64_t>(layout_.sources);
  const std::size_t first = graph.pads_left ? slots - events : 0;
  // To their slots, which may overlap the places where they are.
  std::memmove(rows + first, history_.rows, events * sizeof(*rows));
  if (sources != nullptr) std::memmove(sources + first, sources_, events * sizeof(*sources));
  for (std::size_t slot = 0; slot < slots; ++slot) {
    places[slot] = static_cast<std::uint32_t>(slot);
    if (slot >= first && slot < first + events) continue;
    rows[slot] = static_cast<std::uint64_t>(graph.fill_row);
    if (sources != nullptr) sources[slot] = kFilledEvent;
  }
  history_ = {rows, places, nullptr, slots, slots, first + events - 1};
  sources_ = sources;
}

} // namespace heed
