#include "converter/graph/ir.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace heed::convert {
namespace {

template <class T>
const T& typed(const Node& node, const std::string& attribute) {
  for (const Attribute& a : node.attributes) {
    if (a.name != attribute) continue;
    if (const T* value = std::get_if<T>(&a.value)) return *value;
  }
  throw std::logic_error("node " + node.name + " (" + node.op + ") has no attribute " + attribute +
                         " of that type");
}

} // namespace

bool Node::has(const std::string& attribute) const {
  return std::any_of(attributes.begin(), attributes.end(),
                     [&](const Attribute& a) { return a.name == attribute; });
}
bool Node::flag(const std::string& attribute) const {
  return typed<bool>(*this, attribute);
}
std::int64_t Node::integer(const std::string& attribute) const {
  return typed<std::int64_t>(*this, attribute);
}
double Node::real(const std::string& attribute) const {
  return typed<double>(*this, attribute);
}
const std::string& Node::choice(const std::string& attribute) const {
  return typed<std::string>(*this, attribute);
}

void Node::set(const std::string& attribute, std::variant<bool, std::int64_t, double, std::string> value) {
  for (Attribute& a : attributes) {
    if (a.name != attribute) continue;
    a.value = std::move(value);
    return;
  }
  attributes.push_back({attribute, std::move(value)});
}

void Node::drop(const std::string& attribute) {
  attributes.erase(std::remove_if(attributes.begin(), attributes.end(),
                                  [&](const Attribute& a) { return a.name == attribute; }),
                   attributes.end());
}

ValueId Graph::add_constant(Constant constant) {
  GraphValue value;
  value.name = constant.name;
  value.kind = ValueKind::constant;
  value.constant = static_cast<ConstantId>(constants.size());
  value.cols = constant.cols();
  constants.push_back(std::move(constant));
  values.push_back(std::move(value));
  return static_cast<ValueId>(values.size()) - 1;
}

ValueId Graph::add_rows(const std::string& name, std::int64_t count, std::int64_t cols) {
  GraphValue value;
  value.name = name;
  value.kind = ValueKind::rows;
  value.count = count;
  value.cols = cols;
  values.push_back(std::move(value));
  return static_cast<ValueId>(values.size()) - 1;
}

int Graph::producer(ValueId id) const {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].output == id) return static_cast<int>(i);
  }
  return kNone;
}

} // namespace heed::convert
