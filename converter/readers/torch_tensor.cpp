#include "converter/readers/torch_tensor.hpp"

#include "converter/readers/fail.hpp"
#include "converter/readers/fields.hpp"
#include "converter/readers/limits.hpp"
#include "converter/readers/pytorch_legacy.hpp"
#include "converter/readers/text.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace heed::convert {
namespace {

struct StorageClass {
  std::string_view name;
  std::optional<SourceType> type;
  std::uint64_t element_bytes;
};

// torch/storage.py, _dtype_to_storage_type_map(). Bytes of unread types matter too: files list storages that
// no weight uses.
const StorageClass storage_classes[] = {
    {"DoubleStorage", SourceType::f64, 8},    {"FloatStorage", SourceType::f32, 4},
    {"HalfStorage", SourceType::f16, 2},      {"BFloat16Storage", SourceType::bf16, 2},
    {"LongStorage", SourceType::i64, 8},      {"IntStorage", SourceType::i32, 4},
    {"ShortStorage", SourceType::i16, 2},     {"CharStorage", SourceType::i8, 1},
    {"ByteStorage", SourceType::u8, 1},       {"BoolStorage", SourceType::boolean, 1},
    {"UntypedStorage", SourceType::u8, 1},    {"_UntypedStorage", SourceType::u8, 1},
    {"ComplexFloatStorage", std::nullopt, 8}, {"ComplexDoubleStorage", std::nullopt, 16},
    {"QInt8Storage", std::nullopt, 1},        {"QUInt8Storage", std::nullopt, 1},
    {"QInt32Storage", std::nullopt, 4},       {"QUInt4x2Storage", std::nullopt, 1},
    {"QUInt2x4Storage", std::nullopt, 1},
};

struct TorchType {
  std::string_view name;
  SourceType type;
};

const TorchType torch_types[] = {
    {"float64", SourceType::f64},   {"float32", SourceType::f32}, {"float16", SourceType::f16},
    {"bfloat16", SourceType::bf16}, {"int64", SourceType::i64},   {"int32", SourceType::i32},
    {"int16", SourceType::i16},     {"int8", SourceType::i8},     {"uint8", SourceType::u8},
    {"bool", SourceType::boolean},
};

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool is_torch(const Global& global) {
  return global.module == "torch" || starts_with(global.module, "torch.");
}

// A function and its arguments, as far as the wrappers around a tensor have been taken off.
struct Call {
  Value callee;
  Value arguments;
  Value operator[](std::size_t index) const {
    const Items* items = arguments.items();
    return items != nullptr && index < items->size() ? (*items)[index] : Value();
  }
};

// A parameter or a tensor subclass is a tensor with attributes; the attributes do not matter here.
Call unwrap(Call call) {
  constexpr int deepest = 8; // a parameter of a subclass of a subclass
  for (int level = 0; level < deepest; ++level) {
    if (is_global(call.callee, "torch._utils", "_rebuild_parameter") ||
        is_global(call.callee, "torch._utils", "_rebuild_parameter_with_state")) {
      const Record* data = call[0].record();
      if (data == nullptr) break;
      call = {data->callee, data->arguments};
    } else if (is_global(call.callee, "torch._tensor", "_rebuild_from_type") ||
               is_global(call.callee, "torch._tensor", "_rebuild_from_type_v2")) {
      call = {call[0], call[2]}; // (function, class, arguments, state)
    } else {
      break;
    }
  }
  return call;
}

std::vector<std::int64_t> integers(const std::string& name, const Value& value, const char* what) {
  const Items* items = elements(value);
  if (items == nullptr || items->size() > limits::rank)
    malformed("tensor {} has no valid {}", in_quotes(name), what);
  std::vector<std::int64_t> result;
  for (const Value& item : *items) {
    if (!item.integer()) malformed("tensor {} has no valid {}", in_quotes(name), what);
    result.push_back(*item.integer());
  }
  return result;
}

struct TypedStorage {
  std::optional<SourceType> type;
  std::string class_name;
  std::shared_ptr<const Storage> storage;
};

TypedStorage resolve(const std::string& name, const Value& reference, StorageTable& storages) {
  // A plain pickle of a tensor holds its storage as the bytes of a torch.save() of its own.
  const Record* call = reference.record();
  if (call != nullptr && is_global(call->callee, "torch.storage", "_load_from_bytes")) {
    const Value content = argument(*call, 0);
    ByteRange range{storages.pickle_bytes(), {}};
    if (const auto encoded = encoded_bytes(content)) {
      range.owner = Bytes::own({encoded->begin(), encoded->end()});
      range.bytes = range.owner->view();
    } else if (const auto bytes = content.bytes()) {
      range.bytes = *bytes;
    } else {
      malformed("tensor {} has no valid storage", in_quotes(name));
    }
    EmbeddedStorage embedded = read_embedded_storage(range);
    return {embedded.type, std::move(embedded.class_name), std::move(embedded.storage)};
  }
  const Value* external = reference.external_id();
  const auto id = external != nullptr ? parse_storage_id(*external) : std::nullopt;
  if (!id) malformed("tensor {} has no valid storage", in_quotes(name));
  return {id->type, std::string(id->class_name), storages.storage(*id)};
}

SourceType element_type(const std::string& name, const TypedStorage& storage, const Value& dtype) {
  if (const Global* global = dtype.global()) {
    for (const TorchType& type : torch_types) {
      if (global->module == "torch" && global->name == type.name) return type.type;
    }
    unsupported("weight {} has the element type {}, which is not read; save it as float32", in_quotes(name),
                in_quotes(global_name(dtype)));
  }
  if (!storage.type) {
    unsupported("weight {} is stored as {}, which is not read; save it as float32", in_quotes(name),
                in_quotes(storage.class_name));
  }
  return *storage.type;
}

// Views that negate or conjugate on reading are marked in a dict with at most these two entries.
bool has_lazy_operation(const Value& metadata) {
  const Pairs* marks = metadata.pairs();
  if (marks == nullptr) return false;
  return std::any_of(marks->begin(), marks->end(),
                     [](const auto& mark) { return mark.second.integer().value_or(0) != 0; });
}

[[noreturn]] void refuse(const std::string& name, const Value& callee) {
  const std::string maker = global_name(callee);
  const auto has = [&](const char* part) { return maker.find(part) != std::string::npos; };
  const char* advice = has("sparse")    ? "a sparse tensor: save it after to_dense()"
                       : has("qtensor") ? "a quantized tensor: save it after dequantize()"
                       : has("meta")    ? "on the meta device and has no values"
                                        : "no plain tensor: save it as one";
  unsupported("weight {} (made by {}) is {}", in_quotes(name), in_quotes(maker), advice);
}

} // namespace

std::optional<StorageId> parse_storage_id(const Value& id) {
  const Items* parts = id.items();
  if (parts == nullptr || parts->size() < 5 || (*parts)[0].text() != "storage") return std::nullopt;
  const Global* type = (*parts)[1].global();
  const auto key = (*parts)[2].text();
  const auto count = (*parts)[4].integer();
  if (type == nullptr || !is_torch(*type) || !key || !count)
    malformed("the pickle has a broken reference to a storage");
  StorageId result = {type->name, std::nullopt, 0, *key, *count, false, 0, 0};
  for (const StorageClass& known : storage_classes) {
    if (known.name == type->name) {
      result.type = known.type;
      result.element_bytes = known.element_bytes;
    }
  }
  if (result.element_bytes == 0)
    unsupported("the storage class {} is not known", in_quotes(global_name((*parts)[1])));
  if (*count < 0 || *count > std::numeric_limits<std::int64_t>::max() / 16) {
    malformed("storage {} has the impossible size {}", in_quotes(*key), *count);
  }
  const Items* view = parts->size() > 5 ? (*parts)[5].items() : nullptr;
  if (view != nullptr) {
    const auto offset = view->size() == 3 ? (*view)[1].integer() : std::nullopt;
    const auto size = view->size() == 3 ? (*view)[2].integer() : std::nullopt;
    if (!offset || !size || *offset < 0 || *size < 0 || *offset > *count || *size > *count - *offset) {
      malformed("a view of storage {} is outside it", in_quotes(*key));
    }
    result.is_view = true;
    result.view_offset = *offset;
    result.view_elements = *size;
  }
  return result;
}

bool is_tensor(const Value& value) {
  const Record* record = value.record();
  const Global* callee = record != nullptr ? record->callee.global() : nullptr;
  // Besides the calls that rebuild a tensor: instances of classes such as ShardedTensor.
  constexpr std::string_view suffix = "Tensor";
  return callee != nullptr && is_torch(*callee) &&
         (starts_with(callee->name, "_rebuild_") ||
          (callee->name.size() >= suffix.size() &&
           callee->name.substr(callee->name.size() - suffix.size()) == suffix));
}

Tensor build_tensor(const std::string& name, const Value& value, StorageTable& storages) {
  const Record* record = value.record();
  const Call call = record != nullptr ? unwrap({record->callee, record->arguments}) : Call{};
  const bool v1 = is_global(call.callee, "torch._utils", "_rebuild_tensor");
  const bool v2 = is_global(call.callee, "torch._utils", "_rebuild_tensor_v2");
  const bool v3 = is_global(call.callee, "torch._utils", "_rebuild_tensor_v3");
  if (!v1 && !v2 && !v3) refuse(name, call.callee);
  // v1: (storage, offset, size, stride)   v2: (..., requires_grad, hooks[, metadata])
  // v3: (..., requires_grad, hooks, dtype[, metadata]), for element types without a storage class
  if (has_lazy_operation(call[v3 ? 7 : 6])) {
    unsupported("weight {} is a lazily negated or conjugated view; save it after resolve_neg()",
                in_quotes(name));
  }
  const TypedStorage storage = resolve(name, call[0], storages);
  const SourceType type = element_type(name, storage, v3 ? call[6] : Value());
  const auto offset = call[1].integer();
  if (!offset) malformed("tensor {} has no valid offset", in_quotes(name));
  std::vector<std::int64_t> shape = integers(name, call[2], "shape");
  std::vector<std::int64_t> strides = integers(name, call[3], "strides");
  return Tensor::checked(name, type, storage.storage, *offset, std::move(shape), std::move(strides));
}

} // namespace heed::convert
