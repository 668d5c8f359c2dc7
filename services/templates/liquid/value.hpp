// What a template computes with. A Value is 24 bytes and owns nothing: it points into the context, the compiled
// program or the Arena of the render, which all outlive it. The conversions are those of JavaScript, because that is
// what the oracle does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"

namespace spreaders::liquid {

enum class Kind : uint8_t {
  kUndefined,  // what is not there
  kNull,       // null of the context
  kNil,        // the literals nil, empty and blank compare in ways of their own
  kEmpty,
  kBlank,
  kFalse,
  kTrue,
  kNumber,
  kLong,  // an integer beyond 2^53: prints all its digits, computes as a double
  kString,
  kJson,    // an object or array of the context
  kList,    // `size` values
  kRange,   // `size` numbers from `number` on
  kRecord,  // `size` pairs of values: key, value
  kLoop,    // forloop and tablerowloop
};

struct LoopState {
  std::string_view name;  // "variable-collection"
  size_t index = 0;
  size_t length = 0;
  bool is_table = false;
  double columns = 0;
  bool columns_is_number = true;  // a text like "2" divides but never equals
};

struct Value {
  Kind kind = Kind::kUndefined;
  uint8_t depth = 0;    // how deep lists made by filters nest
  uint32_t weight = 1;  // how many values hang below this one; lists can hold one list many times
  union {
    double number = 0;
    int64_t integer;
    const char* text;
    const Json* json;
    const Value* items;
    const LoopState* loop;
  };
  size_t size = 0;

  [[nodiscard]] std::string_view view() const { return {text, size}; }
  [[nodiscard]] bool is(Kind wanted) const { return kind == wanted; }
};

Value boolean(bool value);
Value number(double value);
Value string(std::string_view text);
// `items` must outlive the value. Depth and weight come from them; the caller checks both.
constexpr uint8_t kListDepthMax = 64;
constexpr uint32_t kListWeightMax = 1'000'000;
Value list(const Value* items, size_t size);
Value record(const Value* pairs, size_t pair_count);
Value range(double first, size_t size);
Value loop(const LoopState& state);
Value of_kind(Kind kind);
Value from_json(const Json& value);

// Memory of one render, given back as a whole. `used` counts what was asked for.
class Arena {
 public:
  explicit Arena(size_t bytes_max) : bytes_max_(bytes_max) {}
  // nullptr once the limit is reached.
  void* allocate(size_t bytes);
  [[nodiscard]] size_t bytes_left() const { return bytes_max_ - used_; }

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  size_t room_ = 0;
  size_t used_ = 0;
  size_t bytes_max_;
};

// Lists of any kind.
bool is_array(const Value& value);
size_t array_size(const Value& value);
Value array_at(const Value& value, size_t index);

bool is_nil(const Value& value);      // null, undefined and the literal nil
bool is_missing(const Value& value);  // null and undefined only
bool is_truthy(const Value& value);
bool js_truthy(const Value& value);         // if (value)
double to_number(const Value& value);       // Number(value)
double number_or_zero(const Value& value);  // Number(value) || 0
// What an output writes: lists run together, nothing for nil. Lists stop once `out` is longer than `bytes_max`.
void append_text(std::string& out, const Value& value, size_t bytes_max = SIZE_MAX);
// String(value): lists with commas, "null" and "undefined" spelled out.
void append_js_text(std::string& out, const Value& value, size_t bytes_max = SIZE_MAX);

bool equals(const Value& left, const Value& right);
bool contains(const Value& left, const Value& right);
enum class Order { kLess, kGreater, kLessOrEqual, kGreaterOrEqual };
bool compares(const Value& left, Order order, const Value& right);

// left.key and left[key]; kUndefined where there is nothing. size, first and last work on lists and objects.
Value property(const Value& object, const Value& key);
// The member of an object of the context; nullptr when it has none.
const Json* member(const Json& object, std::string_view key);

}  // namespace spreaders::liquid
