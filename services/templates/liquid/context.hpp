// The state of one render: scopes, counters and what is left of the limits. Failing is a flag, not an exception: the
// first failure is kept, everything after it evaluates to nothing, and render() answers the error.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/templates/liquid/filters.hpp"
#include "services/templates/liquid/liquid.hpp"
#include "services/templates/liquid/program.hpp"
#include "services/templates/liquid/value.hpp"

namespace spreaders::liquid {

// A variable path that came as text at render time: the property argument of where, find and their like.
struct PathText {
  Program program;  // only its source and strings
  Operand path;
};

// Shared by the contexts of a render and its partials.
struct RenderState {
  const RenderOptions& options;
  Arena arena;
  size_t steps = 0;
  size_t output_bytes = 0;
  size_t partial_depth = 0;
  bool failed = false;
  bool located = false;
  std::string message = {};
  Position at = {};
  std::vector<Template> partials = {};                // kept: values point into them
  std::vector<std::unique_ptr<PathText>> paths = {};  // those read so far
};

struct Binding {
  std::string_view name;
  Value value;
};

struct Context {
  RenderState& state;
  Value environment;                   // where names are looked up that nothing below defines
  std::vector<Binding> assigned = {};  // assign and capture
  std::vector<Binding> locals = {};    // loops, innermost last
  std::vector<Binding> counters = {};  // increment and decrement
  std::vector<std::pair<std::string, size_t>> cycles = {};
  std::vector<std::pair<std::string_view, Value>> offsets = {};  // where each loop stopped, for `offset: continue`
  bool breaking = false;
  bool continuing = false;

  void fail(std::string message);
  // Counts work; false and a failure once there was too much.
  bool spend(size_t steps);
  // Copies into the arena; an empty value and a failure when it is full.
  Value keep(std::string_view text);
  Value keep_list(const std::vector<Value>& items);
  Value keep_record(const std::vector<Value>& pairs);
  // What an output would write, as text that lives as long as the render.
  std::string_view text_of(const Value& value);
  void assign(std::string_view name, const Value& value);
  [[nodiscard]] size_t text_bytes_max() const { return state.arena.bytes_left(); }
};

// The nth argument; kUndefined when it was left out.
inline Value argument(Arguments arguments, size_t index) {
  return index < arguments.size() ? arguments[index] : Value{};
}

Value evaluate(Context& context, const Operand& operand, bool lenient);
Value evaluate(Context& context, const FilteredValue& value, bool lenient);
// The value of a path read from a text at render time, as "address.city" of `where`, with `item` as its context.
Value evaluate_path_text(Context& context, std::string_view path, const Value& item);
// Follows a dotted text without conditions: "a.b" of map and sort.
Value follow(const Value& item, std::string_view dotted);

void render_block(Context& context, const Block& block, std::string& out);

}  // namespace spreaders::liquid
