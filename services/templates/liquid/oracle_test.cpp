// Every case of tests/liquid/corpus.jsonl must render as liquidjs renders it (tests/golden/liquid/expected.jsonl).
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "services/templates/liquid/liquid.hpp"

namespace spreaders::liquid {
namespace {

// Cases that differ from liquidjs on purpose; README.md gives the reasons.
const std::map<std::string, std::string> kDeviations = {
    {"output-39", "\"abc\".size reads no variable"},
    {"output-41", "true.x reads no variable"},
    {"for-11", "continue is no variable"},
    {"for-12", "continue is no variable"},
    {"for-13", "continue is no variable"},
    {"for-43", "a loop variable may be called forloop"},
    {"date-zone-2", "the wall clock is right when the machine's own zone changes its offset"},
    {"date-zone-3", "the wall clock is right when the machine's own zone changes its offset"},
};

std::vector<Json> read_lines(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path << " cannot be read; run from the source directory";
  std::vector<Json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(Json::parse(line));
  return lines;
}

struct Outcome {
  bool is_error = false;
  std::string text;
  std::vector<std::string> paths;
};

Outcome run(const Json& test_case, const Json& context) {
  CompileLimits limits;
  limits.unknown_filters = test_case.value("unknown_filters", false);
  const auto compiled = compile(test_case["template"].get<std::string>(), limits);
  if (!compiled) {
    Outcome outcome{true, compiled.error().message, {}};
    for (const Issue& issue : compiled.error().issues) outcome.text += "\n" + issue.pointer + ": " + issue.message;
    return outcome;
  }
  RenderOptions options;
  options.strict_variables = test_case.value("strict", false);
  options.escape_html = test_case.value("escape", false);
  options.zone = test_case.value("zone", "UTC");
  options.now = Instant{1795256430456000};  // 2026-11-21T10:20:30.456Z
  if (test_case.contains("now")) options.now = *parse_instant(test_case["now"].get<std::string>());
  options.partials = [&](std::string_view name) -> std::optional<Template> {
    if (!test_case.contains("partials") || !test_case["partials"].contains(std::string(name))) return std::nullopt;
    auto partial = compile(test_case["partials"][std::string(name)].get<std::string>(), limits);
    return partial ? std::optional<Template>(*std::move(partial)) : std::nullopt;
  };
  const auto rendered = render(*compiled, context, options);
  if (!rendered) return {true, rendered.error().message, {}};
  return {false, *rendered, variables(*compiled)};
}

TEST(LiquidOracle, EveryCaseIsAsLiquidjsHasIt) {
  const std::vector<Json> cases = read_lines("tests/liquid/corpus.jsonl");
  const std::vector<Json> expected = read_lines("tests/golden/liquid/expected.jsonl");
  ASSERT_GE(cases.size(), 400U);
  ASSERT_EQ(cases.size(), expected.size());
  size_t different = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string name = cases[i]["name"];
    ASSERT_EQ(name, expected[i]["name"].get<std::string>());
    const Json empty = Json::object();
    const Json& context = cases[i].contains("shared")    ? cases[0]["context"]
                          : cases[i].contains("context") ? cases[i]["context"]
                                                         : empty;
    const Outcome outcome = run(cases[i], context);
    bool same = outcome.is_error == expected[i].contains("error");
    if (same && !outcome.is_error) same = outcome.text == expected[i]["output"].get<std::string>();
    if (same && expected[i].contains("variables")) {
      same = outcome.paths == expected[i]["variables"].get<std::vector<std::string>>();
    }
    if (kDeviations.contains(name)) {
      EXPECT_FALSE(same) << name << " is listed as a deviation but is the same";
      continue;
    }
    different += static_cast<size_t>(!same);
    EXPECT_TRUE(same) << name << "\n template " << cases[i]["template"] << "\n ours     " << Json(outcome.text) << " "
                      << Json(outcome.paths) << "\n liquidjs " << expected[i];
  }
  RecordProperty("cases", static_cast<int>(cases.size()));
  RecordProperty("different", static_cast<int>(different));
}

}  // namespace
}  // namespace spreaders::liquid
