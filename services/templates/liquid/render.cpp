// What each tag does.
#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "services/templates/liquid/context.hpp"
#include "services/templates/liquid/html_escape.hpp"
#include "services/templates/liquid/text.hpp"

namespace spreaders::liquid {
namespace {

// Counts what was just added to `out` against the output limit.
void count_output(Context& context, size_t bytes) {
  context.state.output_bytes += bytes;
  if (context.state.output_bytes > context.state.options.output_bytes_max) {
    context.fail("the output is longer than " + std::to_string(context.state.options.output_bytes_max) + " bytes");
  }
}

void write(Context& context, std::string& out, std::string_view text) {
  out.append(text);
  count_output(context, text.size());
}

void write_value(Context& context, std::string& out, const Value& value, bool is_raw) {
  if (context.state.options.escape_html && !is_raw) {
    const size_t before = out.size();
    append_escaped(out, context.text_of(value));
    count_output(context, out.size() - before);
    return;
  }
  if (value.is(Kind::kString)) {
    write(context, out, value.view());
    return;
  }
  const size_t before = out.size();
  const size_t bytes_left = context.state.options.output_bytes_max -
                            std::min(context.state.output_bytes, context.state.options.output_bytes_max);
  if (!context.spend(value.weight / 16)) return;
  append_text(out, value, before + bytes_left);
  count_output(context, out.size() - before);
}

// What for and tablerow walk over: lists as they are, a text as one item, an object as [key, value] pairs.
struct Sequence {
  Value list;
  size_t size = 0;
  Value single = {};
  std::vector<Value> pairs = {};
  bool is_single = false;

  [[nodiscard]] Value at(size_t index) const {
    if (is_single) return single;
    return pairs.empty() ? array_at(list, index) : pairs[index];
  }
};

Sequence sequence_of(Context& context, const Value& value) {
  Sequence result;
  if (is_array(value)) {
    result.list = value;
    result.size = array_size(value);
  } else if (value.is(Kind::kString) && value.size > 0) {
    result.single = value;
    result.is_single = true;
    result.size = 1;
  } else if (value.is(Kind::kJson)) {
    if (!context.spend(value.json->size())) return result;
    for (const auto& [key, item] : *value.json->get_ptr<const Json::object_t*>()) {
      result.pairs.push_back(context.keep_list({string(key), from_json(item)}));
    }
    result.size = result.pairs.size();
  } else if (value.is(Kind::kRecord)) {
    for (size_t i = 0; i < value.size; ++i) {
      result.pairs.push_back(context.keep_list({value.items[2 * i], value.items[2 * i + 1]}));
    }
    result.size = result.pairs.size();
  }
  return result;
}

// In the arena, because {% assign x = forloop %} keeps the loop's state beyond its end.
LoopState* keep_loop(Context& context, const LoopState& state) {
  void* memory = context.state.arena.allocate(sizeof(LoopState));
  if (memory == nullptr) context.fail("the template needs more memory than a render may take");
  return memory == nullptr ? nullptr : new (memory) LoopState(state);
}

const Operand* setting(const std::vector<NamedOperand>& settings, std::string_view name) {
  for (const NamedOperand& entry : settings) {
    if (entry.name == name) return &entry.value;
  }
  return nullptr;
}

// A setting that stands alone is true; kUndefined when it is not there.
Value setting_value(Context& context, const std::vector<NamedOperand>& settings, std::string_view name) {
  const Operand* found = setting(settings, name);
  if (found == nullptr) return {};
  return found->kind == Operand::Kind::kNone ? boolean(true) : evaluate(context, *found, false);
}

// a + b as JavaScript adds: texts and objects join.
Value add(Context& context, const Value& left, const Value& right) {
  const auto joins = [](const Value& value) {
    return value.is(Kind::kString) || value.is(Kind::kJson) || value.is(Kind::kList) || value.is(Kind::kRange) ||
           value.is(Kind::kRecord) || value.is(Kind::kEmpty) || value.is(Kind::kBlank);
  };
  if (!joins(left) && !joins(right)) return number(to_number(left) + to_number(right));
  constexpr size_t kJoinedBytesMax = 1024;
  std::string joined;
  for (const Value* side : {&left, &right}) {
    if (!side->is(Kind::kEmpty) && !side->is(Kind::kBlank)) append_js_text(joined, *side, kJoinedBytesMax);
  }
  return context.keep(joined);
}

// An index of Array.slice: cut to whole, NaN is 0, negative counts from the end.
size_t slice_index(const Value& value, size_t size) {
  const double index = std::trunc(number_or_zero(value));
  const double from_start = index < 0 ? std::max(0.0, index + static_cast<double>(size)) : index;
  return static_cast<size_t>(std::min(from_start, static_cast<double>(size)));
}

struct Window {
  size_t begin;
  size_t size;
  bool is_reversed;
};

// Evaluates offset, limit and reversed, in this order, whatever order they are written in.
Window window_of(Context& context, const ForNode& node, size_t size) {
  Value* remembered = nullptr;
  for (auto& [key, value] : context.offsets) {
    if (key == node.loop_name) remembered = &value;
  }
  if (remembered == nullptr && node.uses_register) {
    context.offsets.emplace_back(node.loop_name, record(nullptr, 0));
    remembered = &context.offsets.back().second;
  }
  if (node.uses_register) context.locals.push_back({"continue", *remembered});
  const Value offset = setting_value(context, node.settings, "offset");
  const Value limit = setting_value(context, node.settings, "limit");
  const Value reversed = setting_value(context, node.settings, "reversed");
  if (node.uses_register) context.locals.pop_back();

  Window window{0, size, !reversed.is(Kind::kUndefined)};
  if (!offset.is(Kind::kUndefined)) window.begin = slice_index(offset, size);
  window.size = size - window.begin;
  if (!limit.is(Kind::kUndefined)) window.size = slice_index(limit, window.size);
  const Value stop = add(context, js_truthy(offset) ? offset : number(0), number(static_cast<double>(window.size)));
  if (remembered != nullptr) *remembered = stop;
  else context.offsets.emplace_back(node.loop_name, stop);
  return window;
}

void render_node(Context& context, const TextNode& node, std::string& out) { write(context, out, node.text); }

void render_node(Context& context, const OutputNode& node, std::string& out) {
  const Value value = evaluate(context, node.value, false);
  if (!context.state.failed) write_value(context, out, value, node.value.ends_with_raw);
}

void render_node(Context& context, const AssignNode& node, std::string&) {
  context.assign(node.name, evaluate(context, node.value, true));
}

void render_node(Context& context, const CaptureNode& node, std::string&) {
  std::string captured;
  render_block(context, node.body, captured);
  context.assign(node.name, context.keep(captured));
}

void render_node(Context& context, const IfNode& node, std::string& out) {
  for (const Branch& branch : node.branches) {
    const bool holds = is_truthy(evaluate(context, branch.condition, true)) == branch.wants_true;
    if (context.state.failed) return;
    if (holds) {
      render_block(context, branch.body, out);
      return;
    }
  }
  render_block(context, node.otherwise, out);
}

// Every branch with an equal value is rendered, not only the first.
void render_node(Context& context, const CaseNode& node, std::string& out) {
  Value target = evaluate(context, node.value, true);
  if (target.is(Kind::kNil)) target = of_kind(Kind::kNull);
  if (target.is(Kind::kEmpty) || target.is(Kind::kBlank)) target = string({});
  bool hit = false;
  for (const When& branch : node.branches) {
    for (const Operand& operand : branch.values) {
      if (context.state.failed) return;
      if (!equals(target, evaluate(context, operand, true))) continue;
      render_block(context, branch.body, out);
      hit = true;
      break;
    }
  }
  if (!hit) render_block(context, node.otherwise, out);
}

void render_node(Context& context, const ForNode& node, std::string& out) {
  const Sequence items = sequence_of(context, evaluate(context, node.collection, false));
  if (context.state.failed) return;
  if (items.size == 0) {
    render_block(context, node.otherwise, out);
    return;
  }
  const Window window = window_of(context, node, items.size);
  if (context.state.failed) return;
  LoopState* state = keep_loop(context, {node.loop_name, 0, window.size});
  if (state == nullptr) return;
  const size_t scope = context.locals.size();
  context.locals.push_back({"forloop", loop(*state)});
  context.locals.push_back({node.variable, {}});
  for (size_t i = 0; i < window.size && context.spend(1); ++i) {
    const size_t index = window.is_reversed ? window.size - 1 - i : i;
    context.locals[scope + 1].value = items.at(window.begin + index);
    context.breaking = context.continuing = false;
    render_block(context, node.body, out);
    if (context.breaking) break;
    ++state->index;
  }
  context.breaking = context.continuing = false;
  context.locals.resize(scope);
}

void render_node(Context& context, const TablerowNode& node, std::string& out) {
  const Sequence items = sequence_of(context, evaluate(context, node.collection, false));
  Value offset = setting_value(context, node.settings, "offset");
  if (!js_truthy(offset)) offset = number(0);
  Value limit = setting_value(context, node.settings, "limit");
  if (limit.is(Kind::kUndefined)) limit = number(static_cast<double>(items.size));
  Value columns = setting_value(context, node.settings, "cols");
  if (context.state.failed) return;
  const size_t begin = slice_index(offset, items.size);
  const size_t size = std::max(begin, slice_index(add(context, offset, limit), items.size)) - begin;
  if (!js_truthy(columns)) columns = number(static_cast<double>(size));

  LoopState* state = keep_loop(context, {node.loop_name, 0, size, true});
  if (state == nullptr) return;
  state->columns = to_number(columns);
  state->columns_is_number = columns.is(Kind::kNumber);
  const size_t scope = context.locals.size();
  context.locals.push_back({"tablerowloop", loop(*state)});
  context.locals.push_back({node.variable, {}});
  std::string mark;
  for (; state->index < size && context.spend(1); ++state->index) {
    context.locals[scope + 1].value = items.at(begin + state->index);
    const double column = std::fmod(static_cast<double>(state->index), state->columns);
    mark.clear();
    if (column == 0) {
      const double row = std::floor(static_cast<double>(state->index) / state->columns) + 1;
      mark += row == 1 ? "<tr class=\"row" : "</tr><tr class=\"row";
      append_number(mark, row);
      mark += "\">";
    }
    mark += "<td class=\"col";
    append_number(mark, column + 1);
    mark += "\">";
    write(context, out, mark);
    render_block(context, node.body, out);
    write(context, out, "</td>");
  }
  if (size > 0) write(context, out, "</tr>");
  context.locals.resize(scope);
}

void render_node(Context& context, const CycleNode& node, std::string& out) {
  constexpr size_t kGroupBytesMax = 1024;
  std::string key;
  append_js_text(key, evaluate(context, node.group, false), kGroupBytesMax);
  key.append(":").append(node.fingerprint);
  auto entry =
      std::find_if(context.cycles.begin(), context.cycles.end(), [&](const auto& known) { return known.first == key; });
  if (entry == context.cycles.end()) {
    if (!context.spend(context.cycles.size())) return;
    context.cycles.emplace_back(std::move(key), 0);
    entry = context.cycles.end() - 1;
  }
  const FilteredValue& candidate = node.candidates[entry->second];
  entry->second = (entry->second + 1) % node.candidates.size();
  const Value value = evaluate(context, candidate, false);
  if (!context.state.failed) write_value(context, out, value, candidate.ends_with_raw);
}

// Counters live beside the context and hide its value of the same name.
void render_node(Context& context, const CounterNode& node, std::string& out) {
  auto entry = std::find_if(context.counters.begin(), context.counters.end(),
                            [&](const Binding& known) { return known.name == node.name; });
  if (entry == context.counters.end()) {
    const Value start = property(context.environment, string(node.name));
    context.counters.push_back({node.name, start.is(Kind::kNumber) ? start : number(0)});
    entry = context.counters.end() - 1;
  }
  if (!node.is_increment) entry->value.number -= 1;
  write_value(context, out, entry->value, true);
  if (node.is_increment) entry->value.number += 1;
}

void render_node(Context& context, const InterruptNode& node, std::string&) {
  (node.is_break ? context.breaking : context.continuing) = true;
}

void render_node(Context& context, const GroupNode& node, std::string& out) { render_block(context, node.body, out); }

std::string_view partial_name(Context& context, const RenderNode& node) {
  if (node.fixed_name) return *node.fixed_name;
  if (!node.name_template) return context.text_of(evaluate(context, node.name, false));
  std::string name;
  render_block(context, *node.name_template, name);
  return context.keep(name).view();
}

void render_partial(Context& context, const RenderNode& node, std::string_view name, std::string& out) {
  RenderState& state = context.state;
  auto partial = state.options.partials ? state.options.partials(name) : std::nullopt;
  if (!partial) {
    context.fail("no partial is called \"" + std::string(name.substr(0, 200)) + "\"");
    return;
  }
  Context inner{state, record(nullptr, 0)};
  for (const NamedOperand& entry : node.arguments) {
    const bool is_alone = entry.value.kind == Operand::Kind::kNone;
    inner.assign(entry.name, is_alone ? boolean(true) : evaluate(context, entry.value, false));
  }
  if (node.with) inner.assign(node.with->alias.value_or(name), evaluate(context, node.with->value, false));
  const Block& body = partial->program().body;
  state.partials.push_back(*partial);
  if (!node.each) {
    render_block(inner, body, out);
    return;
  }
  const Sequence items = sequence_of(context, evaluate(context, node.each->value, false));
  const std::string_view alias = node.each->alias.value_or("undefined");
  const std::string loop_name = std::string(alias) + "-" + std::string(node.each->value.text);
  LoopState loop_state{loop_name, 0, items.size};
  inner.assign("forloop", loop(loop_state));
  for (; loop_state.index < items.size && context.spend(1); ++loop_state.index) {
    inner.assign(alias, items.at(loop_state.index));
    render_block(inner, body, out);
  }
}

void render_node(Context& context, const RenderNode& node, std::string& out) {
  RenderState& state = context.state;
  const std::string_view name = partial_name(context, node);
  if (!state.failed && name.empty()) context.fail("the partial to render has no name");
  if (state.failed) return;
  if (state.partial_depth >= state.options.partial_depth_max) {
    context.fail("partials nest deeper than " + std::to_string(state.options.partial_depth_max));
    return;
  }
  ++state.partial_depth;
  render_partial(context, node, name, out);
  --state.partial_depth;
  if (state.failed && state.located) {
    state.message = "in the partial \"" + std::string(name.substr(0, 200)) + "\" at line " +
                    std::to_string(state.at.line) + ", column " + std::to_string(state.at.column) + ": " +
                    state.message;
    state.located = false;
  }
}

}  // namespace

void render_block(Context& context, const Block& block, std::string& out) {
  for (const Node& node : block) {
    if (context.spend(1)) std::visit([&](const auto& content) { render_node(context, content, out); }, node.content);
    if (context.state.failed) {
      if (!context.state.located) context.state.at = node.at;
      context.state.located = true;
      return;
    }
    if (context.breaking || context.continuing) return;
  }
}

Result<std::string> render(const Template& compiled, const Json& context, const RenderOptions& options) {
  if (!context.is_object()) return invalid("The context of a template must be an object");
  if (options.zone != "UTC" && !is_zone(options.zone)) return invalid("No time zone is called " + options.zone);
  RenderState state{options, Arena(options.memory_bytes_max)};
  Context root{state, from_json(context)};
  std::string out;
  out.reserve(std::min(compiled.program().source.size() * 2, options.output_bytes_max));
  render_block(root, compiled.program().body, out);
  if (!state.failed) return out;
  const std::string place = "line " + std::to_string(state.at.line) + ", column " + std::to_string(state.at.column);
  Error error = invalid("The template cannot be rendered: " + place + ": " + state.message);
  error.issues.push_back({place, state.message});
  return error;
}

}  // namespace spreaders::liquid
