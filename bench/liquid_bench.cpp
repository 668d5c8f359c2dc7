// Renders a second of a template with a loop and five filters, compiled once. tests/liquid/bench.mjs renders the same
// template and context with liquidjs.
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/json.hpp"
#include "core/time.hpp"
#include "services/templates/liquid/liquid.hpp"

int main() {
  using namespace spreaders;
  std::ifstream file("tests/liquid/bench.json");
  std::ostringstream text;
  text << file.rdbuf();
  const auto input = parse_json(text.str());
  if (!input) {
    std::fprintf(stderr, "tests/liquid/bench.json: %s\n", input.error().message.c_str());
    return 1;
  }
  const std::string source = (*input)["template"];
  const Json& context = (*input)["context"];
  const auto compiled = liquid::compile(source);
  if (!compiled) return 1;
  const auto measure = [](auto&& once) {
    constexpr int64_t kMeasured_ms = 2000;
    constexpr int kBatch = 500;
    for (int i = 0; i < kBatch; ++i) once();
    const int64_t begin_ms = monotonic_ms();
    int64_t rounds = 0;
    int64_t spent_ms = 0;
    do {
      for (int i = 0; i < kBatch; ++i) once();
      rounds += kBatch;
      spent_ms = monotonic_ms() - begin_ms;
    } while (spent_ms < kMeasured_ms);
    return static_cast<double>(rounds) * 1000 / static_cast<double>(spent_ms);
  };
  size_t bytes = 0;
  const double rendered = measure([&] { bytes = liquid::render(*compiled, context)->size(); });
  const double both = measure([&] { bytes = liquid::render(*liquid::compile(source), context)->size(); });
  std::printf("{\"bytes\": %zu, \"renders_per_s\": %.0f, \"compile_and_render_per_s\": %.0f}\n", bytes, rendered, both);
  return 0;
}
