#include "converter/readers/hyperparameters.hpp"

#include "converter/readers/element.hpp"
#include "converter/readers/fail.hpp"
#include "converter/readers/fields.hpp"
#include "converter/readers/limits.hpp"
#include "converter/readers/text.hpp"
#include "converter/readers/torch_tensor.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heed::convert {
namespace {

using nlohmann::json;

constexpr std::string_view names[] = {"config", "model_config", "hyper_parameters", "hparams",
                                      "args",   "opt",          "options",          "params"};

// Thrown and caught in this file: too much of it.
struct Exhausted {};

template <class T>
json number_from(std::string_view bytes) {
  if (bytes.size() != sizeof(T)) return nullptr;
  return load_unaligned<T>(bytes.data());
}

// numpy.core.multiarray.scalar(numpy.dtype('f8', ...), bytes); numpy._core since NumPy 2.
std::optional<json> numpy_scalar(const Record& record) {
  if (!is_global(record.callee, "numpy.core.multiarray", "scalar") &&
      !is_global(record.callee, "numpy._core.multiarray", "scalar")) {
    return std::nullopt;
  }
  const Record* dtype = argument(record, 0).record();
  const auto code = dtype != nullptr ? argument(*dtype, 0).text() : std::nullopt;
  const auto encoded = encoded_bytes(argument(record, 1));
  const auto bytes = encoded ? std::optional<std::string_view>(*encoded) : argument(record, 1).bytes();
  if (!code || !bytes) return std::nullopt;
  if (*code == "f8") return number_from<double>(*bytes);
  if (*code == "f4") return number_from<float>(*bytes);
  if (*code == "i8") return number_from<std::int64_t>(*bytes);
  if (*code == "i4") return number_from<std::int32_t>(*bytes);
  if (*code == "b1") return json(*bytes != std::string_view("\0", 1));
  return std::nullopt;
}

class Converter {
 public:
  // Nothing for a value that is not plain.
  std::optional<json> convert(const Value& value) {
    charge(sizeof(json));
    switch (value.kind()) {
    case Value::Kind::none:
      return json(nullptr);
    case Value::Kind::boolean:
      return json(value.integer() == 1);
    case Value::Kind::integer:
      return json(*value.integer());
    case Value::Kind::real:
      return json(*value.real());
    case Value::Kind::text:
      return text(*value.text());
    case Value::Kind::list:
    case Value::Kind::dict:
    case Value::Kind::record:
      return container(value);
    default:
      return std::nullopt;
    }
  }

 private:
  std::optional<json> text(std::string_view characters) {
    charge(characters.size()); // before anything looks at them
    if (!is_utf8(characters)) return std::nullopt;
    return json(characters);
  }

  std::optional<json> container(const Value& value) {
    // Values may contain themselves.
    const bool inside_itself = std::find(path_.begin(), path_.end(), value.identity()) != path_.end();
    if (inside_itself || path_.size() == static_cast<std::size_t>(limits::json_depth)) return std::nullopt;
    path_.push_back(value.identity());
    std::optional<json> result;
    if (const Record* record = value.record()) result = numpy_scalar(*record);
    if (!result) {
      if (const Items* items = elements(value)) {
        result = array(*items);
      } else {
        result = object(value);
      }
    }
    path_.pop_back();
    return result;
  }

  json array(const Items& items) {
    json result = json::array();
    for (const Value& item : items) result.push_back(convert(item).value_or(nullptr));
    return result;
  }

  std::optional<json> object(const Value& value) {
    if (is_tensor(value)) return std::nullopt;
    json result = json::object();
    bool left_out = false;
    for_each_field(value, steps_, [&](const Value& key, const Value& item) {
      std::string name;
      charge(key.text().value_or("").size() + 64); // a node of std::map
      if (key.text() && is_utf8(*key.text())) {
        name = *key.text();
      } else if (key.is(Value::Kind::integer)) {
        name = fmt::format("{}", *key.integer());
      } else {
        return;
      }
      auto converted = convert(item);
      left_out = left_out || !converted;
      if (converted) result[name] = std::move(*converted);
    });
    // A dict of tensors is not plain, nor is a call without attributes, such as torch.device('cpu').
    if (result.empty() && (left_out || value.record() != nullptr)) return std::nullopt;
    return result;
  }

  void charge(std::size_t bytes) {
    charged_ += bytes;
    if (charged_ > limits::hyperparameters) throw Exhausted();
  }

  Steps steps_;
  std::size_t charged_ = 0;
  std::vector<const void*> path_;
};

} // namespace

json plain_json(const Value& value) {
  try {
    return Converter().convert(value).value_or(nullptr);
  } catch (const Exhausted&) {
    return nullptr;
  }
}

json find_hyperparameters(const std::vector<Value>& containers) {
  Steps steps;
  for (const Value& container : containers) {
    for (const std::string_view name : names) {
      const auto found = field(container, name, steps);
      if (!found) continue;
      json plain = plain_json(*found);
      if (plain.is_object() && !plain.empty()) return plain;
    }
  }
  return nullptr;
}

} // namespace heed::convert
