// What a session's arena holds, buffer by buffer.
#include "runtime/session/impl.hpp"

#include <string>

namespace heed {

namespace {

const char* kind_of(plan::PlannedBuffer::Holds holds) {
  using Holds = plan::PlannedBuffer::Holds;
  switch (holds) {
  case Holds::rows:
    return "rows";
  case Holds::quantized:
    return "quantized";
  case Holds::scales:
    return "scales";
  case Holds::scratch:
    break;
  }
  return "scratch";
}

} // namespace

Result<std::size_t> Session::Impl::memory(Span<MemoryBlock> out) const {
  // The plan of the first encoder, what that one has beside it, the other encoders, and the regions after.
  const std::uint64_t planned = plan_.arena_bytes, encoder = layout_.encoder.bytes;
  const std::uint64_t others = (layout_.encoder_count - 1) * encoder;
  const std::size_t count =
      plan_.buffers.size() + (encoder > planned) + (others > 0) + layout_.regions.size() - 1;
  if (out.empty()) return count;
  if (out.size() < count)
    return Status(StatusCode::invalid_argument, "room for " + std::to_string(out.size()) +
                                                    " blocks, but there are " + std::to_string(count));
  MemoryBlock* next = out.data();
  const auto last_step = static_cast<std::uint32_t>(plan_.steps.size());
  const auto whole = [&](const char* name, std::uint64_t offset, std::uint64_t bytes) {
    *next++ = {name, "buffer", offset, bytes, 0, last_step};
  };
  const ops::Graph& graph = model_->graph;
  for (const plan::PlannedBuffer& buffer : plan_.buffers) {
    const auto index = static_cast<std::size_t>(buffer.index);
    const bool of_node = buffer.holds == plan::PlannedBuffer::Holds::scratch;
    const std::string& name = of_node ? graph.nodes[index].name : graph.values[index].name;
    *next++ = {name.c_str(),       kind_of(buffer.holds), layout_.encoders + buffer.place.offset,
               buffer.place.bytes, buffer.place.first,    buffer.place.last};
  }
  if (encoder > planned) whole("events and features", layout_.encoders + planned, encoder - planned);
  if (others > 0) whole("encoders of further threads", layout_.encoders + encoder, others);
  for (const ArenaLayout::Region& region : layout_.regions)
    if (region.offset != layout_.encoders) whole(region.name, region.offset, region.bytes);
  return count;
}

} // namespace heed
