// Compiles and renders whatever the fuzzer makes, under small limits. Nothing may crash, hang or leave the limits.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "services/templates/liquid/liquid.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace spreaders;
  static const Json context = Json::parse(R"({
    "user": {"name": "Ada", "tags": ["a", "b"], "age": 36}, "list": [3, 1, null, "x", [1, [2]]], "n": 1.5, "s": "a,b é",
    "html": "<p>x</p>", "none": null, "yes": true, "date": "2026-11-21T10:00:00Z"})");
  const liquid::CompileLimits limits{.source_bytes_max = 64 * 1024, .unknown_filters = true};
  const auto compiled = liquid::compile(std::string_view(reinterpret_cast<const char*>(data), size), limits);
  if (!compiled) return 0;
  liquid::variables(*compiled);
  for (const bool is_strict : {false, true}) {
    liquid::RenderOptions options;
    options.steps_max = 5'000;
    options.output_bytes_max = 64 * 1024;
    options.memory_bytes_max = 256 * 1024;
    options.strict_variables = is_strict;
    options.escape_html = is_strict;
    options.partials = [&](std::string_view) { return std::optional(*compiled); };
    const auto rendered = liquid::render(*compiled, context, options);
    if (rendered && rendered->size() > options.output_bytes_max) std::abort();
  }
  return 0;
}
