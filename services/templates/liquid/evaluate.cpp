// Limits, scopes and expressions of a render.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "services/templates/liquid/context.hpp"
#include "services/templates/liquid/scanner.hpp"

namespace spreaders::liquid {
namespace {

constexpr size_t kArgumentsMax = 16;  // of one filter; more are left out
constexpr size_t kPathsMax = 64;      // property texts remembered in one render

const Value* find_binding(const std::vector<Binding>& bindings, std::string_view name) {
  for (auto binding = bindings.rbegin(); binding != bindings.rend(); ++binding) {
    if (binding->name == name) return &binding->value;
  }
  return nullptr;
}

Value root(const Context& context, std::string_view name) {
  for (const auto* scope : {&context.locals, &context.assigned, &context.counters}) {
    if (const Value* found = find_binding(*scope, name)) return *found;
  }
  const Value& environment = context.environment;
  if (environment.is(Kind::kJson) && environment.json->is_object()) {
    if (const Json* found = member(*environment.json, name)) return from_json(*found);
  } else if (name != "size" && name != "first" && name != "last" && !is_missing(environment)) {
    return property(environment, string(name));
  }
  // Nothing has this name. In the oracle it is then looked up in the globals, an empty object, whose size is 0.
  return name == "size" ? number(0) : Value{};
}

void append_segment(std::string& out, const Value& key) {
  if (!out.empty()) out += '.';
  append_text(out, key);
}

Value evaluate_path(Context& context, const Operand& path, bool lenient) {
  constexpr size_t kShownBytesMax = 200;
  Value value;
  size_t next = 0;
  if (path.has_base) value = evaluate(context, path.parts[next++], lenient);
  std::string shown;  // the path so far, for a message; keys that were computed need it as they go
  const bool is_strict = context.state.options.strict_variables;
  for (; next < path.parts.size(); ++next) {
    const Operand& part = path.parts[next];
    const Value key = part.kind == Operand::Kind::kConstant ? part.constant : evaluate(context, part, false);
    if (next == 0 && key.is(Kind::kString)) value = root(context, key.view());
    else if (next == 0) value = root(context, context.text_of(key));
    else value = property(value, key);
    if (!is_strict) continue;
    if (shown.size() < kShownBytesMax) append_segment(shown, key);
    if (!value.is(Kind::kUndefined)) continue;
    if (lenient) return of_kind(Kind::kNull);
    context.fail("undefined variable: " + shown);
    return {};
  }
  return value;
}

Value evaluate_range(Context& context, const Operand& operand) {
  const double low = to_number(evaluate(context, operand.parts[0], false));
  const double high = to_number(evaluate(context, operand.parts[1], false));
  const double count = std::ceil(high + 1 - low);
  if (!(count > 0)) return list(nullptr, 0);
  if (count > static_cast<double>(context.state.options.steps_max)) {
    context.fail("a range has more items than a render may take steps");
    return {};
  }
  return range(low, static_cast<size_t>(count));
}

Value operate(Context& context, Operator operation, const Value& left, const Value& right) {
  context.spend(1 + (std::min(left.weight, right.weight) - 1) + (left.is(Kind::kString) ? left.size / 1024 : 0));
  switch (operation) {
    case Operator::kEqual:
      return boolean(equals(left, right));
    case Operator::kNotEqual:
      return boolean(!equals(left, right));
    case Operator::kGreater:
      return boolean(compares(left, Order::kGreater, right));
    case Operator::kLess:
      return boolean(compares(left, Order::kLess, right));
    case Operator::kGreaterOrEqual:
      return boolean(compares(left, Order::kGreaterOrEqual, right));
    case Operator::kLessOrEqual:
      return boolean(compares(left, Order::kLessOrEqual, right));
    case Operator::kContains:
      context.spend(left.weight);
      return boolean(contains(left, right));
    case Operator::kNot:
      return boolean(!is_truthy(right));
    case Operator::kAnd:
      return boolean(is_truthy(left) && is_truthy(right));
    case Operator::kOr:
      return boolean(is_truthy(left) || is_truthy(right));
    case Operator::kNone:
      break;
  }
  return {};
}

Value evaluate_postfix(Context& context, const std::vector<ExpressionItem>& postfix, bool lenient) {
  std::vector<Value> stack;
  const auto pop = [&stack] {
    if (stack.empty()) return Value{};
    const Value top = stack.back();
    stack.pop_back();
    return top;
  };
  for (const ExpressionItem& item : postfix) {
    if (item.operation == Operator::kNone) {
      stack.push_back(evaluate(context, item.operand, lenient));
      continue;
    }
    const Value right = pop();
    const Value left = item.operation == Operator::kNot ? Value{} : pop();
    stack.push_back(operate(context, item.operation, left, right));
  }
  return stack.empty() ? Value{} : stack.front();
}

Value apply(Context& context, const FilterCall& call, const Value& input) {
  if (!context.spend(1 + (input.is(Kind::kString) ? input.size / 1024 : 0))) return {};
  if (call.filter == nullptr) return input;
  std::array<Value, kArgumentsMax> arguments;
  size_t count = 0;
  for (const Argument& argument : call.arguments) {
    if (count == arguments.size()) break;
    const Value value = evaluate(context, argument.value, false);
    arguments[count++] = argument.key.empty() ? value : context.keep_list({string(argument.key), value});
  }
  if (context.state.failed) return {};
  return call.filter->apply(context, input, Arguments(arguments.data(), count));
}

// A plain name or dotted names, which need no parser.
bool is_plain_path(std::string_view path) {
  if (path.empty() || path.front() == '.' || path.back() == '.' || path.find("..") != std::string_view::npos) {
    return false;
  }
  return std::all_of(path.begin(), path.end(), [](char c) {
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c == '.';
  });
}

const PathText& path_text(Context& context, std::string_view path) {
  auto& known = context.state.paths;
  for (const auto& entry : known) {
    if (entry->program.source == path) return *entry;
  }
  if (known.size() >= kPathsMax) known.pop_back();
  known.push_back(std::make_unique<PathText>());
  PathText& entry = *known.back();
  entry.program.source = path;
  const CompileLimits limits;
  Compilation compilation{entry.program, limits};
  Scanner scanner(compilation, 0, path.size());
  entry.path = scanner.read_path();
  if (!compilation.problems.empty()) context.fail("in the property: " + compilation.problems[0].message);
  return entry;
}

}  // namespace

void Context::fail(std::string message) {
  if (state.failed) return;
  state.failed = true;
  state.message = std::move(message);
}

bool Context::spend(size_t steps) {
  state.steps += steps;
  if (state.steps > state.options.steps_max) {
    fail("the template takes more than " + std::to_string(state.options.steps_max) + " steps");
  }
  return !state.failed;
}

Value Context::keep(std::string_view text) {
  if (text.empty()) return string({});
  void* memory = state.arena.allocate(text.size());
  if (memory == nullptr) {
    fail("the template needs more than " + std::to_string(state.options.memory_bytes_max) + " bytes of memory");
    return string({});
  }
  std::memcpy(memory, text.data(), text.size());
  return string({static_cast<const char*>(memory), text.size()});
}

Value Context::keep_list(const std::vector<Value>& items) {
  if (items.empty()) return list(nullptr, 0);
  auto* memory = static_cast<Value*>(state.arena.allocate(items.size() * sizeof(Value)));
  if (memory == nullptr) {
    fail("the template needs more than " + std::to_string(state.options.memory_bytes_max) + " bytes of memory");
    return list(nullptr, 0);
  }
  std::uninitialized_copy(items.begin(), items.end(), memory);
  const Value result = list(memory, items.size());
  if (result.depth > kListDepthMax || result.weight > kListWeightMax) {
    fail("a list holds too many lists");
    return list(nullptr, 0);
  }
  return result;
}

Value Context::keep_record(const std::vector<Value>& pairs) {
  const Value flat = keep_list(pairs);
  return record(flat.items, flat.size / 2);
}

std::string_view Context::text_of(const Value& value) {
  if (value.is(Kind::kString)) return value.view();
  if (is_nil(value)) return {};
  spend(value.weight / 16);
  std::string text;
  append_text(text, value, text_bytes_max());
  return keep(text).view();
}

void Context::assign(std::string_view name, const Value& value) {
  for (Binding& binding : assigned) {
    if (binding.name == name) {
      binding.value = value;
      return;
    }
  }
  assigned.push_back({name, value});
}

Value evaluate(Context& context, const Operand& operand, bool lenient) {
  switch (operand.kind) {
    case Operand::Kind::kConstant:
      return operand.constant;
    case Operand::Kind::kPath:
      return evaluate_path(context, operand, lenient);
    case Operand::Kind::kRange:
      return evaluate_range(context, operand);
    case Operand::Kind::kNone:
      break;
  }
  return {};
}

Value evaluate(Context& context, const FilteredValue& filtered, bool lenient) {
  lenient = lenient || filtered.starts_with_default;
  Value value = filtered.postfix.size() == 1 && filtered.postfix[0].operation == Operator::kNone
                    ? evaluate(context, filtered.postfix[0].operand, lenient)
                    : evaluate_postfix(context, filtered.postfix, lenient);
  for (const FilterCall& call : filtered.filters) {
    if (context.state.failed) return {};
    value = apply(context, call, value);
  }
  return value;
}

Value follow(const Value& item, std::string_view dotted) {
  Value value = item;
  for (size_t at = 0;;) {
    const size_t dot = std::min(dotted.find('.', at), dotted.size());
    value = property(value, string(dotted.substr(at, dot - at)));
    if (dot == dotted.size()) return value;
    at = dot + 1;
  }
}

Value evaluate_path_text(Context& context, std::string_view path, const Value& item) {
  if (path.empty()) return {};
  if (!context.state.options.strict_variables && is_plain_path(path) && item.is(Kind::kJson) &&
      item.json->is_object()) {
    return follow(item, path);
  }
  Context of_item{context.state, item};
  return evaluate(of_item, path_text(context, path).path, false);
}

}  // namespace spreaders::liquid
