// The template language of messages: Liquid as liquidjs 10 renders it (tests/liquid compares the two case by case).
//
//   auto compiled = TRY(liquid::compile("Hi {{ user.name | default: 'there' }}", {}));   // once
//   std::string text = TRY(liquid::render(compiled, context, {.now = clock.now()}));     // many times, any thread
//
// Source and results are UTF-8. A Template is immutable and cheap to copy. Rendering never copies the context and
// never throws; what a template may use up is bounded by CompileLimits and RenderOptions. Tags: assign capture if
// unless case for tablerow cycle increment decrement render break continue comment raw echo liquid and # comments.
// README.md lists the filters and the deliberate differences from liquidjs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace spreaders::liquid {

struct Program;  // the compiled form, program.hpp

struct CompileLimits {
  size_t source_bytes_max = 1024 * 1024;
  size_t nodes_max = 100'000;    // tags, outputs and texts
  size_t depth_max = 64;         // blocks in blocks, and brackets in brackets
  size_t problems_max = 50;      // how many are listed before compiling gives up
  bool unknown_filters = false;  // true: pass the value through, as liquidjs does unless strictFilters is set
};

class Template {
 public:
  explicit Template(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  [[nodiscard]] const Program& program() const { return *program_; }

 private:
  // Shared by every copy of this Template, and by renders that still run when the last copy elsewhere goes.
  std::shared_ptr<const Program> program_;
};

// A compiled partial for {% render 'name' %}; nullopt when there is none of that name.
using PartialLookup = std::function<std::optional<Template>(std::string_view name)>;

struct RenderOptions {
  size_t steps_max = 200'000;                  // tags, outputs, loop rounds, list items and KBs of text worked through
  size_t output_bytes_max = 2 * 1024 * 1024;   // of the result and of everything captured
  size_t memory_bytes_max = 16 * 1024 * 1024;  // of strings and lists that filters make
  size_t partial_depth_max = 16;               // render inside render
  bool strict_variables = false;  // unknown variables fail, but for conditions and before `default` (lenientIf)
  bool escape_html = false;       // escape every output that does not end in `| raw`
  Instant now{};                  // what the date filter calls 'now' and 'today'
  std::string zone = "UTC";       // IANA; dates are read and shown in it
  PartialLookup partials = {};
};

// Fails with kInvalidArgument and one issue per problem, pointer "line 3, column 7".
Result<Template> compile(std::string_view source, const CompileLimits& limits = {});

// `context` must be an object. Errors name the line and column of the tag or output that failed.
Result<std::string> render(const Template& compiled, const Json& context, const RenderOptions& options = {});

// The paths a template reads from its context, each once: "user.first_name", "items[0].price", "names[user.id]".
// Loop variables and assigned names are left out. For linting against a schema.
std::vector<std::string> variables(const Template& compiled);

}  // namespace spreaders::liquid
