// What the oracle cannot say: limits, error places, time and numbers beyond doubles.
#include "services/templates/liquid/liquid.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace spreaders::liquid {
namespace {

Result<std::string> run(std::string_view source, const Json& context = Json::object(),
                        const RenderOptions& options = {}) {
  const Template compiled = TRY(compile(source));
  return render(compiled, context, options);
}

std::string failure(const Result<std::string>& result) {
  return result ? "no failure: " + *result : result.error().message;
}

TEST(Liquid, CompileListsEveryProblemWithItsPlace) {
  const auto compiled = compile("a\n  {{ x | nosuch }}\n{% bogus %}{% endbogus %}\né{% assign = 1 %}{% if x %}");
  ASSERT_FALSE(compiled.ok());
  EXPECT_EQ(compiled.error().code, Code::kInvalidArgument);
  ASSERT_EQ(compiled.error().issues.size(), 4U);
  EXPECT_EQ(compiled.error().issues[0].pointer, "line 2, column 10");
  EXPECT_EQ(compiled.error().issues[0].message, "no filter is called nosuch");
  EXPECT_EQ(compiled.error().issues[1].pointer, "line 3, column 1");
  EXPECT_EQ(compiled.error().issues[2].message, "assign needs a name");
  EXPECT_EQ(compiled.error().issues[3].pointer, "line 4, column 18");
}

TEST(Liquid, CompileStopsAtItsLimits) {
  EXPECT_FALSE(compile("12345", {.source_bytes_max = 4}).ok());
  EXPECT_FALSE(compile("{{a}}{{a}}{{a}}", {.nodes_max = 2}).ok());
  std::string nested;
  for (int i = 0; i < 10'000; ++i) nested += "{% if a %}";
  EXPECT_EQ(compile(nested).error().issues[0].message, "blocks nest deeper than allowed");
  const auto brackets = compile("{{ " + std::string(100'000, '[') + " }}");
  EXPECT_FALSE(brackets.ok());
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "{% no %}";
  EXPECT_EQ(compile(many, {.problems_max = 7}).error().issues.size(), 7U);
}

TEST(Liquid, RenderErrorsNameThePlace) {
  const Json context = {{"user", {{"name", "Ada"}}}};
  RenderOptions strict;
  strict.strict_variables = true;
  EXPECT_EQ(failure(run("a\n {{ user.nick.short }}", context, strict)),
            "The template cannot be rendered: line 2, column 2: undefined variable: user.nick");
  strict.partials = [](std::string_view) { return std::optional(*compile("\n{{ y }}")); };
  EXPECT_EQ(failure(run("{% render 'p' %}", context, strict)),
            "The template cannot be rendered: line 1, column 1: in the partial \"p\" at line 2, column 1: "
            "undefined variable: y");
}

TEST(Liquid, EveryLimitOfARenderHolds) {
  RenderOptions options;
  options.steps_max = 1000;
  EXPECT_NE(
      failure(run("{% for i in (1..900) %}{% for j in (1..900) %}{% endfor %}{% endfor %}", Json::object(), options))
          .find("steps"),
      std::string::npos);
  EXPECT_NE(failure(run("{% for i in (1..100000000000) %}{% endfor %}")).find("range"), std::string::npos);
  options = {};
  options.output_bytes_max = 1000;
  EXPECT_NE(failure(run("{% for i in (1..200) %}0123456789{% endfor %}", Json::object(), options)).find("output"),
            std::string::npos);
  options = {};
  options.memory_bytes_max = 64 * 1024;
  EXPECT_NE(failure(run("{% assign s = 'x' %}{% for i in (1..40) %}{% assign s = s | append: s %}{% endfor %}",
                        Json::object(), options))
                .find("memory"),
            std::string::npos);
  EXPECT_FALSE(
      run("{% assign a = '1,2' | split: ',' %}{% for i in (1..200) %}{% assign a = a | push: a %}{% endfor %}").ok());
  EXPECT_FALSE(run("{{ 'now' | date: '%9999999d' }}").ok());
  options = {};
  options.partials = [](std::string_view) { return std::optional(*compile("{% render 'again' %}")); };
  EXPECT_NE(failure(run("{% render 'again' %}", Json::object(), options)).find("nest"), std::string::npos);
}

TEST(Liquid, LoopStateOutlivesItsLoop) {
  EXPECT_EQ(*run("{% for i in (1..3) %}{% assign kept = forloop %}{% endfor %}{{ kept.index }}/{{ kept.length }}"),
            "4/3");
}

TEST(Liquid, LongIntegersKeepTheirDigits) {
  const Json context = {{"id", 9007199254740993}, {"most", INT64_MAX}};
  EXPECT_EQ(*run("{{ id }} {{ most }} {{ id | append: '!' }} {{ id | json }}", context),
            "9007199254740993 9223372036854775807 9007199254740993! 9007199254740993");
}

TEST(Liquid, TheClockAndZoneAreGiven) {
  RenderOptions options;
  options.now = *parse_instant("2026-03-29T01:30:00Z");
  options.zone = "Europe/Vienna";
  EXPECT_EQ(*run("{{ 'now' | date: '%Y-%m-%d %H:%M %z' }}", Json::object(), options), "2026-03-29 03:30 +0200");
  EXPECT_EQ(*run("{{ '2026-03-29T01:30:00Z' | date: '%H:%M %Z', 'America/New_York' }}", Json::object(), options),
            "21:30 America/New_York");
  options.zone = "Nowhere/Town";
  EXPECT_FALSE(run("x", Json::object(), options).ok());
}

TEST(Liquid, TheContextIsNotCopiedOrChanged) {
  const Json context = {{"n", 5}};
  EXPECT_EQ(*run("{% increment n %}{% increment n %}{{ n }}", context), "567");
  EXPECT_EQ(context["n"], 5);
  EXPECT_FALSE(run("x", Json::array()).ok());
}

TEST(Liquid, VariablesAreTheContextPaths) {
  const auto compiled = compile(
      "{{ user.name }}{{ items[0].price }}{{ names[user.id] }}{% for i in list %}{{ i.x }}{{ total }}{% endfor %}"
      "{% assign total = a | plus: b['c d'] %}{{ total }}{{ user.name }}");
  ASSERT_TRUE(compiled.ok());
  EXPECT_EQ(variables(*compiled), (std::vector<std::string>{"user.name", "user.id", "items[0].price", "names[user.id]",
                                                            "list", "total", "a", "b['c d']"}));
}

}  // namespace
}  // namespace spreaders::liquid
