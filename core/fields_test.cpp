#include "core/fields.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/tool.hpp"

namespace spreaders {
namespace {

enum class Mood { kCalm, kLoud };
SPR_ENUM(Mood, {Mood::kCalm, "calm"}, {Mood::kLoud, "loud"});

struct Inner {
  std::string email;
  SPR_FIELDS(Inner, SPR_FIELD(email, "Where to", .format = Format::kEmail));
};

struct Outer {
  std::string name;
  int count = 3;
  Mood mood = Mood::kCalm;
  std::optional<Instant> at;
  std::vector<Inner> people;
  std::map<std::string, std::string> labels;
  std::optional<double> rate;
  Json extra;
  static void check(const Outer& outer, Issues& issues) {
    if (outer.mood == Mood::kLoud && outer.count > 5)
      issues.push_back({"/count", "is at most 5 when the mood is loud"});
  }
  SPR_FIELDS(Outer, SPR_FIELD(name, "Its name", .min_size = 1, .max_size = 5),
             SPR_FIELD(count, "How many", .min = 1, .max = 9, .defaulted = true),
             SPR_FIELD(mood, "How", .defaulted = true), SPR_FIELD(at, "When"),
             SPR_FIELD(people, "Who", .min_size = 1, .max_size = 3),
             SPR_FIELD(labels, "Labels", .max_size = 2, .item_max_size = 4, .defaulted = true),
             SPR_FIELD(rate, "Share", .min = 0, .max = 1), SPR_FIELD(extra, "Anything", .defaulted = true));
};

Json parsed(std::string_view text) { return *parse_json(text); }

std::string problems(std::string_view text) {
  auto result = decode<Outer>(parsed(text));
  if (result.ok()) return "";
  std::string all;
  for (const auto& issue : result.error().issues) all += issue.pointer + " " + issue.message + "\n";
  return all;
}

struct Open {
  Json rule;
  std::map<std::string, Json> values;
  std::optional<Json> more;
  SPR_FIELDS(Open, SPR_FIELD(rule, "An object"), SPR_FIELD(values, "By name", .defaulted = true),
             SPR_FIELD(more, "More"));
};

TEST(Fields, JsonIsAnObjectAndInAMapOneValue) {
  Json schema = schema_of<Open>()["properties"];
  EXPECT_EQ(to_text(schema["rule"]), R"({"type":"object","additionalProperties":true,"description":"An object"})");
  EXPECT_EQ(to_text(schema["more"]["type"]), R"("object")");
  EXPECT_EQ(to_text(schema["values"]["additionalProperties"]),
            R"({"anyOf":[{"type":"string"},{"type":"number"},{"type":"boolean"},{"type":"null"}]})");
  EXPECT_TRUE(decode<Open>(parsed(R"({"rule":{"any":[]},"values":{"a":1,"b":"x","c":null,"d":true}})")).ok());
  auto wrong = decode<Open>(parsed(R"({"rule":[1],"more":"x"})"));
  ASSERT_FALSE(wrong.ok());
  ASSERT_EQ(wrong.error().issues.size(), 2u);
  EXPECT_EQ(wrong.error().issues[0].message, "must be an object, is a list");
  EXPECT_EQ(wrong.error().issues[1].pointer, "/more");
  EXPECT_FALSE(decode<Open>(parsed(R"({"rule":null})")).ok());
  EXPECT_TRUE(decode<Open>(parsed(R"({"rule":{},"more":null})")).ok());
  EXPECT_EQ(to_text(encode(Open{})), R"({"values":{}})");  // never set: left out, not null
}

TEST(Fields, DecodesEveryKindOfMember) {
  auto outer = decode<Outer>(parsed(R"({"name":"ünïcö","count":4,"mood":"loud","at":"2026-11-21T09:00:00+02:00",
    "people":[{"email":"a@example.org"}],"labels":{"k":"v"},"rate":0.5,"extra":{"x":[1]}})"));
  ASSERT_TRUE(outer.ok()) << outer.error().text();
  EXPECT_EQ(outer->name, "ünïcö");
  EXPECT_EQ(outer->mood, Mood::kLoud);
  EXPECT_EQ(to_text(*outer->at), "2026-11-21T07:00:00Z");
  EXPECT_EQ(outer->people.at(0).email, "a@example.org");
  EXPECT_EQ(outer->labels.at("k"), "v");
  EXPECT_EQ(to_text(encode(*outer)),
            R"({"name":"ünïcö","count":4,"mood":"loud","at":"2026-11-21T07:00:00Z",)"
            R"("people":[{"email":"a@example.org"}],"labels":{"k":"v"},"rate":0.5,"extra":{"x":[1]}})");
}

TEST(Fields, ListsEveryProblemWithItsPlace) {
  EXPECT_EQ(
      problems(
          R"({"count":12,"mood":"sad","at":"2026-02-30T00:00:00Z","people":[{"email":"x"},{}],"labels":{"a/b":"12345"},"rate":"1","nmae":1})"),
      "/name is required\n"
      "/count must be at most 9, is 12\n"
      "/mood 'sad' is not one of: calm, loud\n"
      "/at there is no such time as 2026-02-30T00:00:00Z\n"
      "/people/0/email is not an email address\n"
      "/people/1/email is required\n"
      "/labels/a~1b has 5 characters; at most 4 are allowed\n"
      "/rate must be a number, is text\n"
      "/nmae is not known here; known: name, count, mood, at, people, labels, rate, extra\n");
}

TEST(Fields, ChecksAcrossFieldsOnlyOnceTheFieldsAreFine) {
  EXPECT_EQ(problems(R"({"name":"a","count":6,"mood":"loud","people":[{"email":"a@b.c"}]})"),
            "/count is at most 5 when the mood is loud\n");
}

TEST(Fields, NullIsAbsentForOptionalMembersOnly) {
  EXPECT_EQ(problems(R"({"name":"a","at":null,"rate":null,"people":[{"email":"a@b.c"}]})"), "");
  EXPECT_EQ(problems(R"({"name":null,"people":[{"email":"a@b.c"}]})"), "/name must be text, is null\n");
}

TEST(Fields, SchemaIsInDeclarationOrderWithDefaults) {
  Json schema = schema_of<Outer>();
  std::vector<std::string> names;
  for (auto it = schema["properties"].begin(); it != schema["properties"].end(); ++it) names.push_back(it.key());
  EXPECT_EQ(names, (std::vector<std::string>{"name", "count", "mood", "at", "people", "labels", "rate", "extra"}));
  EXPECT_EQ(to_text(schema["required"]), R"(["name","people"])");
  EXPECT_EQ(to_text(schema["properties"]["count"]),
            R"({"type":"integer","minimum":1,"maximum":9,"description":"How many","default":3})");
  EXPECT_EQ(to_text(schema["properties"]["mood"]["enum"]), R"(["calm","loud"])");
  EXPECT_EQ(schema["properties"]["people"]["items"]["properties"]["email"]["format"], "email");
  EXPECT_EQ(schema["additionalProperties"], false);
}

TEST(Fields, RejectsNumbersThatDoNotFit) {
  EXPECT_EQ(problems(R"({"name":"a","count":3000000000,"people":[{"email":"a@b.c"}]})"),
            "/count is out of range: 3000000000\n");
  EXPECT_EQ(problems(R"({"name":"a","count":2.5,"people":[{"email":"a@b.c"}]})"),
            "/count must be a whole number, is 2.5\n");
}

TEST(Tool, WireNamesAndRisk) {
  EXPECT_EQ(wire_name("campaign.create"), "campaign_create");
  EXPECT_EQ(risk_class(Effect::kPublish), "R3_public_or_send");
}

TEST(Principal, AModelNeverHoldsAnApproveScope) {
  Principal model{.id = "m",
                  .workspace = "w",
                  .scopes = {"*", "approvals:decide"},
                  .kind = Principal::Kind::kModel,
                  .door = "stdio"};
  EXPECT_TRUE(model.may("email:send"));
  EXPECT_FALSE(model.may("approvals:decide"));
  Principal person = model;
  person.kind = Principal::Kind::kPerson;
  EXPECT_TRUE(person.may("approvals:decide"));
  person.scopes = {"*"};
  EXPECT_FALSE(person.may("approvals:decide"));
  person.scopes = {"email:*"};
  EXPECT_TRUE(person.may("email:send"));
  EXPECT_FALSE(person.may("emails:send"));
}

}  // namespace
}  // namespace spreaders
