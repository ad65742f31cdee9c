#include "converter/readers/safetensors_header.hpp"

#include "converter/readers/fail.hpp"
#include "converter/readers/limits.hpp"
#include "converter/readers/text.hpp"

#include <optional>
#include <utility>

namespace heed::convert {
namespace {

using nlohmann::json;

// Takes the header as a stream of events: no document is built, so nesting costs nothing and a key that
// occurs twice is seen. Each event is legal in one state only.
class HeaderEvents {
 public:
  explicit HeaderEvents(SafetensorsHeader* header) : header_(header) {}

  bool start_object(std::size_t /*size*/) {
    switch (state_) {
    case State::start:
      state_ = State::file;
      return true;
    case State::file:
      if (key_ == "__metadata__") {
        if (!header_->metadata.is_null()) malformed("its header has '__metadata__' twice");
        header_->metadata = json::object();
        state_ = State::metadata;
        return true;
      }
      if (header_->entries.size() == limits::weights)
        malformed("it holds more than {} weights", limits::weights);
      header_->entries.push_back({key_, "", {}, 0, 0});
      has_dtype_ = has_shape_ = false;
      offsets_.reset();
      state_ = State::entry;
      return true;
    default:
      return misplaced("an object");
    }
  }

  bool end_object() {
    if (state_ == State::entry) finish_entry();
    state_ = state_ == State::file ? State::start : State::file;
    return true;
  }

  bool key(std::string& name) {
    key_ = name;
    return true;
  }

  bool string(std::string& value) {
    if (state_ == State::metadata) {
      if (!header_->metadata.emplace(key_, value).second) {
        malformed("the metadata {} of its header occurs twice", in_quotes(key_));
      }
      return true;
    }
    if (state_ != State::entry || key_ != "dtype" || has_dtype_) return misplaced("a string");
    header_->entries.back().dtype = value;
    has_dtype_ = true;
    return true;
  }

  bool start_array(std::size_t /*size*/) {
    if (state_ == State::entry && key_ == "shape" && !has_shape_) {
      has_shape_ = true;
      state_ = State::shape;
      return true;
    }
    if (state_ == State::entry && key_ == "data_offsets" && !offsets_) {
      offsets_.emplace();
      state_ = State::offsets;
      return true;
    }
    return misplaced("an array");
  }

  bool end_array() {
    state_ = State::entry;
    return true;
  }

  bool number_unsigned(json::number_unsigned_t value) {
    if (value > static_cast<std::uint64_t>(INT64_MAX)) return misplaced("a number past 63 bits");
    if (state_ == State::shape) {
      std::vector<std::int64_t>& shape = header_->entries.back().shape;
      if (shape.size() == limits::rank) malformed("tensor {} has too many dimensions", in_quotes(name()));
      shape.push_back(static_cast<std::int64_t>(value));
      return true;
    }
    if (state_ == State::offsets && offsets_->size() < 2) {
      offsets_->push_back(value);
      return true;
    }
    return misplaced("a number");
  }

  bool null() { return misplaced("null"); }
  bool boolean(bool /*value*/) { return misplaced("a boolean"); }
  bool number_integer(json::number_integer_t /*value*/) { return misplaced("a negative number"); }
  bool number_float(json::number_float_t /*value*/, const std::string& /*text*/) {
    return misplaced("a fraction");
  }
  bool binary(json::binary_t& /*value*/) { return misplaced("binary data"); }
  bool parse_error(std::size_t position, const std::string& /*token*/, const json::exception& /*error*/) {
    malformed("its header is no valid JSON at byte {}", position);
  }

 private:
  enum class State : std::uint8_t { start, file, metadata, entry, shape, offsets };

  const std::string& name() const { return header_->entries.back().name; }

  void finish_entry() {
    if (!has_dtype_ || !has_shape_ || !offsets_ || offsets_->size() != 2) {
      malformed("tensor {} lacks its dtype, shape or data_offsets", in_quotes(name()));
    }
    header_->entries.back().begin = offsets_->front();
    header_->entries.back().end = offsets_->back();
  }

  [[noreturn]] bool misplaced(const char* what) const {
    malformed("its header has {} in the wrong place, at {}", what, in_quotes(key_));
  }

  SafetensorsHeader* header_;
  State state_ = State::start;
  std::string key_; // the last one seen, in whatever object
  bool has_dtype_ = false;
  bool has_shape_ = false;
  std::optional<std::vector<std::uint64_t>> offsets_;
};

} // namespace

SafetensorsHeader parse_safetensors_header(std::string_view text) {
  SafetensorsHeader header;
  HeaderEvents events(&header);
  json::sax_parse(text.begin(), text.end(), &events);
  return header;
}

} // namespace heed::convert
