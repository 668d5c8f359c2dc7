// Filters on lists. A single value counts as a list of one, nil as an empty one.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <unordered_set>

#include "services/templates/liquid/context.hpp"
#include "services/templates/liquid/filters.hpp"
#include "services/templates/liquid/text.hpp"

namespace spreaders::liquid {
namespace {

// The values of a list, one by one. Making one costs a step per item, so that lists cannot outrun the step limit.
class Items {
 public:
  Items(Context& context, const Value& value) : value_(value) {
    is_list_ = is_array(value);
    size_ = is_list_ ? array_size(value) : static_cast<size_t>(!is_nil(value));
    if (!context.spend(size_)) size_ = 0;
    if (value.is(Kind::kEmpty) || value.is(Kind::kBlank)) value_ = string({});
  }
  [[nodiscard]] size_t size() const { return size_; }
  Value operator[](size_t index) const { return is_list_ ? array_at(value_, index) : value_; }
  [[nodiscard]] std::vector<Value> all() const {
    std::vector<Value> result;
    result.reserve(size_);
    for (size_t i = 0; i < size_; ++i) result.push_back((*this)[i]);
    return result;
  }

 private:
  Value value_;
  bool is_list_ = false;
  size_t size_ = 0;
};

Value join(Context& context, const Value& input, Arguments arguments) {
  const Items items(context, input);
  const Value wanted = argument(arguments, 0);
  const std::string_view separator = is_nil(wanted) ? " " : context.text_of(wanted);
  const size_t bytes_max = context.text_bytes_max();
  std::string out;
  for (size_t i = 0; i < items.size() && out.size() <= bytes_max; ++i) {
    if (i > 0) out.append(separator);
    const Value item = items[i];
    if (!is_missing(item)) append_js_text(out, item, bytes_max);
  }
  return context.keep(out);
}

Value edge(const Value& input, bool is_first) {
  if (is_array(input)) return property(input, string(is_first ? "first" : "last"));
  if (!input.is(Kind::kString) || input.size == 0) return string({});
  return string(unit_at(input.view(), is_first ? 0 : utf16_length(input.view()) - 1));
}

Value first(Context&, const Value& input, Arguments) { return edge(input, true); }
Value last(Context&, const Value& input, Arguments) { return edge(input, false); }

Value size_of(Context&, const Value& input, Arguments) {
  const Value length = property(input, string("length"));
  return js_truthy(length) ? length : number(0);
}

Value reverse(Context& context, const Value& input, Arguments) {
  std::vector<Value> items = Items(context, input).all();
  std::reverse(items.begin(), items.end());
  return context.keep_list(items);
}

struct Keyed {
  Value item;
  Value key;
};
using Compare = std::function<int(const Keyed&, const Keyed&)>;

// Puts items[sorted..end) where they belong among items[begin..sorted).
void insert_sorted(std::span<Keyed> items, size_t sorted, const Compare& compare) {
  for (size_t i = sorted; i < items.size(); ++i) {
    size_t left = 0;
    size_t right = i;
    while (left < right) {
      const size_t middle = (left + right) / 2;
      if (compare(items[i], items[middle]) < 0) right = middle;
      else left = middle + 1;
    }
    std::rotate(items.begin() + static_cast<ptrdiff_t>(left), items.begin() + static_cast<ptrdiff_t>(i),
                items.begin() + static_cast<ptrdiff_t>(i + 1));
  }
}

// Merge sort whose short lists go the way of the oracle's engine (a run, then binary insertion): mixed kinds compare
// without order, and then the way decides the result. std::stable_sort may not be used on such lists at all.
void stable_order(std::span<Keyed> items, const Compare& compare) {
  constexpr size_t kShort = 64;
  if (items.size() < 2) return;
  if (items.size() >= kShort) {
    const auto middle = items.begin() + static_cast<ptrdiff_t>(items.size() / 2);
    stable_order({items.begin(), middle}, compare);
    stable_order({middle, items.end()}, compare);
    std::vector<Keyed> merged;
    merged.reserve(items.size());
    auto left = items.begin();
    auto right = middle;
    while (left != middle && right != items.end()) merged.push_back(compare(*right, *left) < 0 ? *right++ : *left++);
    merged.insert(merged.end(), left, middle);
    merged.insert(merged.end(), right, items.end());
    std::copy(merged.begin(), merged.end(), items.begin());
    return;
  }
  const bool descends = compare(items[1], items[0]) < 0;
  size_t run = 2;
  while (run < items.size() && (compare(items[run], items[run - 1]) < 0) == descends) ++run;
  if (descends) std::reverse(items.begin(), items.begin() + static_cast<ptrdiff_t>(run));
  insert_sorted(items, run, compare);
}

int compare_missing(const Value& left, const Value& right) {
  if (is_missing(left)) return is_missing(right) ? 0 : 1;
  return is_missing(right) ? -1 : 2;  // 2: neither is missing
}

int compare_ordered(const Keyed& left, const Keyed& right) {
  if (const int decided = compare_missing(left.key, right.key); decided != 2) return decided;
  if (compares(left.key, Order::kLess, right.key)) return -1;
  return compares(left.key, Order::kGreater, right.key) ? 1 : 0;
}

int compare_natural(const Keyed& left, const Keyed& right) {
  if (const int decided = compare_missing(left.key, right.key); decided != 2) return decided;
  return compare_utf16(left.key.view(), right.key.view());
}

std::vector<Keyed> keyed_items(Context& context, const Value& input, Arguments arguments) {
  const Items items(context, input);
  const Value wanted = argument(arguments, 0);
  const bool has_property = js_truthy(wanted);
  const std::string_view path = has_property ? context.text_of(wanted) : std::string_view{};
  std::vector<Keyed> result;
  result.reserve(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    result.push_back({items[i], has_property ? follow(items[i], path) : items[i]});
  }
  size_t rounds = 1;
  for (size_t n = result.size(); n > 1; n /= 2) ++rounds;
  if (!context.spend(result.size() * rounds)) result.clear();
  return result;
}

Value items_of(Context& context, const std::vector<Keyed>& keyed) {
  std::vector<Value> items;
  items.reserve(keyed.size());
  for (const Keyed& entry : keyed) items.push_back(entry.item);
  return context.keep_list(items);
}

Value sort(Context& context, const Value& input, Arguments arguments) {
  std::vector<Keyed> items = keyed_items(context, input, arguments);
  stable_order(items, compare_ordered);
  return items_of(context, items);
}

Value sort_natural(Context& context, const Value& input, Arguments arguments) {
  std::vector<Keyed> items = keyed_items(context, input, arguments);
  for (Keyed& entry : items) {
    if (is_missing(entry.key)) continue;
    std::string shown, lower;
    append_js_text(shown, entry.key, context.text_bytes_max());
    append_lower(lower, shown);
    entry.key = context.keep(lower);
  }
  stable_order(items, compare_natural);
  return items_of(context, items);
}

Value map(Context& context, const Value& input, Arguments arguments) {
  const Items items(context, input);
  const std::string_view path = context.text_of(argument(arguments, 0));
  std::vector<Value> result;
  result.reserve(items.size());
  for (size_t i = 0; i < items.size(); ++i) result.push_back(follow(items[i], path));
  return context.keep_list(result);
}

Value sum(Context& context, const Value& input, Arguments arguments) {
  const Items items(context, input);
  const Value wanted = argument(arguments, 0);
  const std::string_view path = js_truthy(wanted) ? context.text_of(wanted) : std::string_view{};
  double total = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    total += number_or_zero(js_truthy(wanted) ? follow(items[i], path) : items[i]);
  }
  return number(total);
}

Value compact(Context& context, const Value& input, Arguments) {
  std::vector<Value> items = Items(context, input).all();
  std::erase_if(items, is_nil);
  return context.keep_list(items);
}

Value concat(Context& context, const Value& input, Arguments arguments) {
  std::vector<Value> items = Items(context, input).all();
  const std::vector<Value> more = Items(context, argument(arguments, 0)).all();
  items.insert(items.end(), more.begin(), more.end());
  return context.keep_list(items);
}

Value push(Context& context, const Value& input, Arguments arguments) {
  std::vector<Value> items = Items(context, input).all();
  items.push_back(argument(arguments, 0));
  return context.keep_list(items);
}

Value unshift(Context& context, const Value& input, Arguments arguments) {
  std::vector<Value> items = Items(context, input).all();
  items.insert(items.begin(), argument(arguments, 0));
  return context.keep_list(items);
}

Value pop(Context& context, const Value& input, Arguments) {
  std::vector<Value> items = Items(context, input).all();
  if (!items.empty()) items.pop_back();
  return context.keep_list(items);
}

Value shift(Context& context, const Value& input, Arguments) {
  std::vector<Value> items = Items(context, input).all();
  if (!items.empty()) items.erase(items.begin());
  return context.keep_list(items);
}

// begin + length as JavaScript adds: a text on either side joins the two.
double sum_or_join(const Value& left, const Value& right, double left_number) {
  if (!left.is(Kind::kString) && !right.is(Kind::kString)) return left_number + to_number(right);
  std::string joined;
  if (left.is(Kind::kString)) joined.append(left.view());
  else append_number(joined, left_number);
  append_js_text(joined, right, 64);
  return number_from(joined);
}

// A slice index: cut to whole, NaN is 0, negative counts from the end.
size_t slice_index(double index, size_t size) {
  if (std::isnan(index)) return 0;
  index = std::trunc(index);
  if (index < 0) index = std::max(0.0, index + static_cast<double>(size));
  return static_cast<size_t>(std::min(index, static_cast<double>(size)));
}

Value slice(Context& context, const Value& input, Arguments arguments) {
  if (is_nil(input)) return list(nullptr, 0);
  const bool is_list = is_array(input);
  const std::string_view text = is_list ? std::string_view{} : context.text_of(input);
  Value begin_value = argument(arguments, 0);
  double begin = to_number(begin_value);
  const Value length_value = argument(arguments, 1).is(Kind::kUndefined) ? number(1) : arguments[1];
  const double length = to_number(length_value);
  if (begin < 0) {
    begin += static_cast<double>(is_list ? array_size(input) : point_count(text));
    begin_value = number(begin);
  }
  if (begin < 0 || length < 0) return is_list ? list(nullptr, 0) : string({});
  if (is_list) {
    const Items items(context, input);
    const size_t from = slice_index(begin, items.size());
    const size_t to = slice_index(sum_or_join(begin_value, length_value, begin), items.size());
    std::vector<Value> kept;
    for (size_t i = from; i < to; ++i) kept.push_back(items[i]);
    return context.keep_list(kept);
  }
  const size_t from = skip_points(text, 0, begin);
  return string(text.substr(from, skip_points(text, from, length) - from));
}

// Calls visit(item, index) for each item whose property is as expected, until it answers false.
void each_match(Context& context, const Value& input, Arguments arguments,
                const std::function<bool(const Value&, size_t, bool)>& visit) {
  const Items items(context, input);
  const std::string_view path = context.text_of(argument(arguments, 0));
  const Value expected = argument(arguments, 1);
  for (size_t i = 0; i < items.size() && !context.state.failed; ++i) {
    const Value found = evaluate_path_text(context, path, items[i]);
    if (!visit(items[i], i, expected.is(Kind::kUndefined) ? is_truthy(found) : equals(found, expected))) return;
  }
}

Value filtered(Context& context, const Value& input, Arguments arguments, bool wanted) {
  std::vector<Value> kept;
  each_match(context, input, arguments, [&](const Value& item, size_t, bool matches) {
    if (matches == wanted) kept.push_back(item);
    return true;
  });
  return context.keep_list(kept);
}

Value where(Context& context, const Value& input, Arguments arguments) {
  return filtered(context, input, arguments, true);
}
Value reject(Context& context, const Value& input, Arguments arguments) {
  return filtered(context, input, arguments, false);
}

Value find(Context& context, const Value& input, Arguments arguments) {
  Value found;
  each_match(context, input, arguments, [&](const Value& item, size_t, bool matches) {
    if (matches) found = item;
    return !matches;
  });
  return found;
}

Value find_index(Context& context, const Value& input, Arguments arguments) {
  Value found;
  each_match(context, input, arguments, [&](const Value&, size_t index, bool matches) {
    if (matches) found = number(static_cast<double>(index));
    return !matches;
  });
  return found;
}

Value has(Context& context, const Value& input, Arguments arguments) {
  return boolean(!find_index(context, input, arguments).is(Kind::kUndefined));
}

// Two values have the same key when a JavaScript Set takes them for one: lists and objects are only like themselves.
std::string identity(const Value& value) {
  std::string key(1, static_cast<char>('0' + static_cast<int>(value.kind)));
  switch (value.kind) {
    case Kind::kJson:
      return key + std::to_string(reinterpret_cast<uintptr_t>(value.json));
    case Kind::kList:
    case Kind::kRecord:
      return key + std::to_string(reinterpret_cast<uintptr_t>(value.items));
    case Kind::kRange:
      append_number(key, value.number);
      return key + '+' + std::to_string(value.size);
    default:
      append_js_text(key, value);
      return key;
  }
}

Value uniq(Context& context, const Value& input, Arguments) {
  const Items items(context, input);
  std::unordered_set<std::string> seen;
  std::vector<Value> kept;
  for (size_t i = 0; i < items.size(); ++i) {
    if (seen.insert(identity(items[i])).second) kept.push_back(items[i]);
  }
  return context.keep_list(kept);
}

// [{name, items}], in the order the names first appear.
Value group_by(Context& context, const Value& input, Arguments arguments) {
  const Items items(context, input);
  const std::string_view path = context.text_of(argument(arguments, 0));
  std::vector<std::pair<Value, std::vector<Value>>> groups;
  std::unordered_map<std::string, size_t> places;
  for (size_t i = 0; i < items.size() && !context.state.failed; ++i) {
    const Value name = evaluate_path_text(context, path, items[i]);
    const auto [place, is_new] = places.emplace(identity(name), groups.size());
    if (is_new) groups.push_back({name, {}});
    groups[place->second].second.push_back(items[i]);
  }
  std::vector<Value> result;
  for (const auto& [name, members] : groups) {
    result.push_back(context.keep_record({string("name"), name, string("items"), context.keep_list(members)}));
  }
  return context.keep_list(result);
}

constexpr std::array kFilters = {
    Filter{"compact", compact},
    Filter{"concat", concat},
    Filter{"find", find},
    Filter{"find_index", find_index},
    Filter{"first", first},
    Filter{"group_by", group_by},
    Filter{"has", has},
    Filter{"join", join},
    Filter{"last", last},
    Filter{"map", map},
    Filter{"pop", pop},
    Filter{"push", push},
    Filter{"reject", reject},
    Filter{"reverse", reverse},
    Filter{"shift", shift},
    Filter{"size", size_of},
    Filter{"slice", slice},
    Filter{"sort", sort},
    Filter{"sort_natural", sort_natural},
    Filter{"sum", sum},
    Filter{"uniq", uniq},
    Filter{"unshift", unshift},
    Filter{"where", where},
};

}  // namespace

std::span<const Filter> list_filters() { return kFilters; }

}  // namespace spreaders::liquid
