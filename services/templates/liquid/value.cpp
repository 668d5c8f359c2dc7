#include "services/templates/liquid/value.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "services/templates/liquid/text.hpp"

namespace spreaders::liquid {
namespace {

constexpr int64_t kExact = 9007199254740992;     // 2^53, up to which doubles hold every integer
constexpr size_t kComparedBytesMax = 64 * 1024;  // of a list that stands beside < or >
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

void weigh(Value& value, const Value* items, size_t size) {
  uint64_t weight = 1;
  for (size_t i = 0; i < size; ++i) {
    weight += items[i].weight;
    value.depth = std::max(value.depth, items[i].depth);
  }
  if (value.depth < 255) ++value.depth;
  value.weight = static_cast<uint32_t>(std::min<uint64_t>(weight, std::numeric_limits<uint32_t>::max()));
}

void append_loop(std::string& out, const LoopState& state) {
  out.append("{\"i\":").append(std::to_string(state.index));
  out.append(",\"length\":").append(std::to_string(state.length));
  out.append(",\"name\":").append(to_text(Json(state.name)));
  if (state.is_table) {
    out += ",\"cols\":";
    append_number(out, state.columns);
  }
  out += '}';
}

// ToPrimitive with hint number: lists and objects become their text, everything else stays.
bool primitive_text(const Value& value, std::string& scratch, std::string_view& text) {
  switch (value.kind) {
    case Kind::kString:
      text = value.view();
      return true;
    case Kind::kEmpty:
    case Kind::kBlank:
      text = {};
      return true;
    case Kind::kJson:
    case Kind::kList:
    case Kind::kRange:
    case Kind::kRecord:
      append_js_text(scratch, value, kComparedBytesMax);
      break;
    case Kind::kLoop:
      append_loop(scratch, *value.loop);
      break;
    default:
      return false;
  }
  text = scratch;
  return true;
}

Value loop_property(const LoopState& state, std::string_view key) {
  const auto index = static_cast<double>(state.index);
  const auto length = static_cast<double>(state.length);
  if (key == "index0" || key == "i") return number(index);
  if (key == "index") return number(index + 1);
  if (key == "first") return boolean(state.index == 0);
  if (key == "last") return boolean(state.index + 1 == state.length);
  if (key == "rindex") return number(length - index);
  if (key == "rindex0") return number(length - index - 1);
  if (key == "length") return number(length);
  if (key == "name") return string(state.name);
  if (!state.is_table) return {};
  const double column0 = std::fmod(index, state.columns);
  if (key == "row") return number(std::floor(index / state.columns) + 1);
  if (key == "col0") return number(column0);
  if (key == "col") return number(column0 + 1);
  if (key == "col_first") return boolean(column0 == 0);
  if (key == "col_last") return boolean(state.columns_is_number && column0 + 1 == state.columns);
  if (key == "cols") return number(state.columns);
  return {};
}

Value element(const Value& array, double index) {
  const auto size = static_cast<double>(array_size(array));
  if (index < 0) index += size;
  if (!(index >= 0 && index < size) || index != std::trunc(index)) return {};
  return array_at(array, static_cast<size_t>(index));
}

// A key that is text but means a place: "0", not "00" or "-1".
bool index_of(std::string_view key, double& index) {
  if (key.empty() || key.size() > 15 || (key.size() > 1 && key[0] == '0')) return false;
  index = 0;
  for (const char c : key) {
    if (c < '0' || c > '9') return false;
    index = index * 10 + (c - '0');
  }
  return true;
}

Value array_property(const Value& array, std::string_view key) {
  double index = 0;
  if (index_of(key, index)) return element(array, index);
  if (key == "size" || key == "length") return number(static_cast<double>(array_size(array)));
  if (key == "first") return element(array, 0);
  if (key == "last") return element(array, -1);
  return {};
}

Value string_property(std::string_view text, std::string_view key) {
  if (key == "size" || key == "length") return number(static_cast<double>(utf16_length(text)));
  double index = 0;
  if (!index_of(key, index)) return {};
  const std::string_view unit = unit_at(text, static_cast<size_t>(index));
  return unit.empty() ? Value{} : string(unit);
}

Value record_property(const Value& object, std::string_view key) {
  for (size_t i = 0; i < object.size; ++i) {
    if (object.items[2 * i].view() == key) return object.items[2 * i + 1];
  }
  return key == "size" ? number(static_cast<double>(object.size)) : Value{};
}

bool is_blank_text(std::string_view text) { return trim_start(text).empty(); }

// What `empty == value` says.
bool equals_empty(const Value& value) {
  if (is_array(value)) return array_size(value) == 0;
  if (value.is(Kind::kString)) return value.size == 0;
  if (value.is(Kind::kJson)) return value.json->empty();
  return value.is(Kind::kRecord) && value.size == 0;
}

bool is_special(const Value& value) { return value.kind >= Kind::kNil && value.kind <= Kind::kBlank; }

bool equals_special(const Value& special, const Value& value) {
  if (special.is(Kind::kNil)) return is_nil(value);
  if (value.is(Kind::kEmpty) || value.is(Kind::kBlank)) return false;
  if (special.is(Kind::kEmpty)) return equals_empty(value);
  if (value.is(Kind::kFalse) || is_nil(value)) return true;
  return value.is(Kind::kString) ? is_blank_text(value.view()) : equals_empty(value);
}

}  // namespace

Value of_kind(Kind kind) {
  Value value;
  value.kind = kind;
  return value;
}

Value boolean(bool value) { return of_kind(value ? Kind::kTrue : Kind::kFalse); }

Value number(double value) {
  Value result = of_kind(Kind::kNumber);
  result.number = value;
  return result;
}

Value string(std::string_view text) {
  Value result = of_kind(Kind::kString);
  result.text = text.data();
  result.size = text.size();
  return result;
}

Value list(const Value* items, size_t size) {
  Value result = of_kind(Kind::kList);
  result.items = items;
  result.size = size;
  weigh(result, items, size);
  return result;
}

Value record(const Value* pairs, size_t pair_count) {
  Value result = of_kind(Kind::kRecord);
  result.items = pairs;
  result.size = pair_count;
  weigh(result, pairs, 2 * pair_count);
  return result;
}

Value range(double first, size_t size) {
  Value result = number(first);
  result.kind = Kind::kRange;
  result.size = size;
  return result;
}

Value loop(const LoopState& state) {
  Value result = of_kind(Kind::kLoop);
  result.loop = &state;
  return result;
}

Value from_json(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return of_kind(Kind::kNull);
    case Json::value_t::boolean:
      return boolean(*value.get_ptr<const bool*>());
    case Json::value_t::string:
      return string(*value.get_ptr<const std::string*>());
    case Json::value_t::number_float:
      return number(*value.get_ptr<const double*>());
    case Json::value_t::number_unsigned:
    case Json::value_t::number_integer: {
      const auto integer = value.get<int64_t>();
      if (value.is_number_unsigned() && integer < 0) return number(value.get<double>());
      if (integer >= -kExact && integer <= kExact) return number(static_cast<double>(integer));
      Value result = of_kind(Kind::kLong);
      result.integer = integer;
      return result;
    }
    case Json::value_t::object:
    case Json::value_t::array: {
      Value result = of_kind(Kind::kJson);
      result.json = &value;
      return result;
    }
    default:
      return {};
  }
}

void* Arena::allocate(size_t bytes) {
  bytes = (bytes + 7) & ~size_t{7};
  if (bytes > bytes_left()) return nullptr;
  used_ += bytes;
  if (bytes > room_) {
    constexpr size_t kBlockBytes = 4096;
    room_ = std::max(bytes, blocks_.empty() ? kBlockBytes : kBlockBytes * 4);
    blocks_.emplace_back(new char[room_]);  // uninitialised on purpose
    next_ = blocks_.back().get();
  }
  void* result = next_;
  next_ += bytes;
  room_ -= bytes;
  return result;
}

bool is_array(const Value& value) {
  return value.is(Kind::kList) || value.is(Kind::kRange) || (value.is(Kind::kJson) && value.json->is_array());
}

size_t array_size(const Value& value) { return value.is(Kind::kJson) ? value.json->size() : value.size; }

Value array_at(const Value& value, size_t index) {
  if (value.is(Kind::kJson)) return from_json((*value.json)[index]);
  if (value.is(Kind::kRange)) return number(value.number + static_cast<double>(index));
  return value.items[index];
}

bool is_missing(const Value& value) { return value.is(Kind::kUndefined) || value.is(Kind::kNull); }
bool is_nil(const Value& value) { return is_missing(value) || value.is(Kind::kNil); }
bool is_truthy(const Value& value) { return !is_nil(value) && !value.is(Kind::kFalse); }

bool js_truthy(const Value& value) {
  switch (value.kind) {
    case Kind::kUndefined:
    case Kind::kNull:
    case Kind::kFalse:
      return false;
    case Kind::kNumber:
      return value.number != 0 && !std::isnan(value.number);
    case Kind::kString:
      return value.size > 0;
    default:
      return true;
  }
}

double to_number(const Value& value) {
  switch (value.kind) {
    case Kind::kNumber:
      return value.number;
    case Kind::kLong:
      return static_cast<double>(value.integer);
    case Kind::kTrue:
      return 1;
    case Kind::kUndefined:
      return kNan;
    case Kind::kString:
      return number_from(value.view());
    case Kind::kJson:
      if (value.json->is_object()) return kNan;
      [[fallthrough]];
    case Kind::kList:
    case Kind::kRange:
      if (array_size(value) == 0) return 0;
      return array_size(value) > 1 || array_at(value, 0).is(Kind::kTrue) || array_at(value, 0).is(Kind::kFalse)
                 ? kNan
                 : (is_missing(array_at(value, 0)) ? 0 : to_number(array_at(value, 0)));
    case Kind::kRecord:
    case Kind::kLoop:
      return kNan;
    default:
      return 0;  // null, false, nil, empty, blank
  }
}

double number_or_zero(const Value& value) {
  const double result = to_number(value);
  return std::isnan(result) ? 0 : result;
}

void append_text(std::string& out, const Value& value, size_t bytes_max) {
  switch (value.kind) {
    case Kind::kUndefined:
    case Kind::kNull:
    case Kind::kNil:
    case Kind::kEmpty:
    case Kind::kBlank:
      return;
    case Kind::kString:
      out.append(value.view());
      return;
    case Kind::kLoop:
      append_loop(out, *value.loop);
      return;
    default:
      break;
  }
  if (!is_array(value)) {
    append_js_text(out, value);
    return;
  }
  for (size_t i = 0; i < array_size(value) && out.size() <= bytes_max; ++i) {
    append_text(out, array_at(value, i), bytes_max);
  }
}

void append_js_text(std::string& out, const Value& value, size_t bytes_max) {
  switch (value.kind) {
    case Kind::kUndefined:
      out += "undefined";
      return;
    case Kind::kNull:
      out += "null";
      return;
    case Kind::kFalse:
      out += "false";
      return;
    case Kind::kTrue:
      out += "true";
      return;
    case Kind::kNumber:
      append_number(out, value.number);
      return;
    case Kind::kLong:
      out += std::to_string(value.integer);
      return;
    case Kind::kString:
      out.append(value.view());
      return;
    default:
      break;
  }
  if (!is_array(value)) {
    out += "[object Object]";
    return;
  }
  for (size_t i = 0; i < array_size(value) && out.size() <= bytes_max; ++i) {
    if (i > 0) out += ',';
    const Value item = array_at(value, i);
    if (!is_missing(item)) append_js_text(out, item, bytes_max);
  }
}

bool equals(const Value& left, const Value& right) {
  if (is_special(left)) return equals_special(left, right);
  if (is_special(right)) return equals_special(right, left);
  if (is_array(left)) {
    if (!is_array(right) || array_size(left) != array_size(right)) return false;
    for (size_t i = 0; i < array_size(left); ++i) {
      if (!equals(array_at(left, i), array_at(right, i))) return false;
    }
    return true;
  }
  const bool left_is_number = left.is(Kind::kNumber) || left.is(Kind::kLong);
  if (left_is_number && left.kind != right.kind && (right.is(Kind::kNumber) || right.is(Kind::kLong))) {
    return to_number(left) == to_number(right);
  }
  if (left.kind != right.kind) return false;
  switch (left.kind) {
    case Kind::kNumber:
      return left.number == right.number;
    case Kind::kLong:
      return left.integer == right.integer;
    case Kind::kString:
      return left.view() == right.view();
    case Kind::kJson:
      return left.json == right.json;
    case Kind::kRecord:
      return left.items == right.items;
    case Kind::kLoop:
      return left.loop == right.loop;
    default:
      return true;
  }
}

bool contains(const Value& left, const Value& right) {
  if (is_array(left)) {
    for (size_t i = 0; i < array_size(left); ++i) {
      if (equals(array_at(left, i), right)) return true;
    }
    return false;
  }
  if (!left.is(Kind::kString) && !left.is(Kind::kEmpty) && !left.is(Kind::kBlank)) return false;
  const std::string_view text = left.is(Kind::kString) ? left.view() : std::string_view{};
  if (right.is(Kind::kString)) return text.find(right.view()) != std::string_view::npos;
  std::string wanted;
  if (right.is(Kind::kNil)) wanted = "null";
  else if (!right.is(Kind::kEmpty) && !right.is(Kind::kBlank)) append_js_text(wanted, right, text.size());
  return text.find(wanted) != std::string_view::npos;
}

bool compares(const Value& left, Order order, const Value& right) {
  if (is_special(left) || is_special(right)) return false;
  std::string left_scratch, right_scratch;
  std::string_view left_text, right_text;
  const bool left_is_text = primitive_text(left, left_scratch, left_text);
  const bool right_is_text = primitive_text(right, right_scratch, right_text);
  double a = 0, b = 0;
  if (left_is_text && right_is_text) {
    a = compare_utf16(left_text, right_text);
  } else {
    a = left_is_text ? number_from(left_text) : to_number(left);
    b = right_is_text ? number_from(right_text) : to_number(right);
  }
  switch (order) {
    case Order::kLess:
      return a < b;
    case Order::kGreater:
      return a > b;
    case Order::kLessOrEqual:
      return a <= b;
    case Order::kGreaterOrEqual:
      return a >= b;
  }
  return false;
}

const Json* member(const Json& object, std::string_view key) {
  for (const auto& [name, value] : *object.get_ptr<const Json::object_t*>()) {
    if (name.size() == key.size() && name == key) return &value;
  }
  return nullptr;
}

Value property(const Value& object, const Value& key) {
  if (is_missing(object)) return object;
  if (key.is(Kind::kNumber) && is_array(object)) return element(object, key.number);
  std::string scratch;
  std::string_view name;
  if (key.is(Kind::kString)) {
    name = key.view();
  } else {
    if (key.is(Kind::kNil)) scratch = "null";
    else if (!key.is(Kind::kEmpty) && !key.is(Kind::kBlank)) append_js_text(scratch, key);
    name = scratch;
  }
  switch (object.kind) {
    case Kind::kString:
      return string_property(object.view(), name);
    case Kind::kRecord:
      return record_property(object, name);
    case Kind::kLoop:
      return loop_property(*object.loop, name);
    case Kind::kJson:
      if (object.json->is_object()) {
        if (const Json* found = member(*object.json, name)) return from_json(*found);
        return name == "size" ? number(static_cast<double>(object.json->size())) : Value{};
      }
      return array_property(object, name);
    case Kind::kList:
    case Kind::kRange:
      return array_property(object, name);
    default:
      return {};
  }
}

}  // namespace spreaders::liquid
