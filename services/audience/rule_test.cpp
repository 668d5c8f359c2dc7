#include "services/audience/rule.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "services/audience/audience.hpp"
#include "services/audience/facts.hpp"
#include "services/audience/segments.hpp"
#include "services/audience/test_database.hpp"
#include "services/consent/consent.hpp"

namespace spreaders::audience {
namespace {

std::vector<std::string> pointers(const Error& error) {
  std::vector<std::string> out;
  for (const auto& issue : error.issues) out.push_back(issue.pointer);
  return out;
}

Json json_of(std::string_view text) {
  auto rule = parse_rule_text(text);
  EXPECT_TRUE(rule.ok()) << text << ": " << rule.error().text();
  return rule.ok() ? rule_to_json(*rule) : Json();
}

TEST(RuleJson, EveryProblemIsReportedWithItsPointer) {
  auto json = parse_json(
      R"({"all":[{"attribute":"city","op":"equals","value":1},{"any":[]},{"attribute":"","op":"eq","value":"x"},
    {"event":"Order Completed","count_min":0,"within_days":"7","where":[{"attribute":"total"},{"property":"total","op":"gt","value":true}]},
    {"not":{"attribute":"a","op":"in","value":"b"}},{"attribute":"a","op":"exists","value":1},{"list":5},{"color":"red"},
    {"attribute":"created_at","op":"gt","value":"soon"},7,{"attribute":"a","op":"eq","value":"x","extra":1}]})");
  ASSERT_TRUE(json.ok()) << json.error().text();
  auto rule = parse_rule(*json);
  ASSERT_FALSE(rule.ok());
  EXPECT_EQ(
      pointers(rule.error()),
      (std::vector<std::string>{"/all/0/op", "/all/1/any", "/all/2/attribute", "/all/3/count_min", "/all/3/within_days",
                                "/all/3/where/0", "/all/3/where/1/value", "/all/4/not/value", "/all/5/value",
                                "/all/6/list", "/all/7", "/all/8/value", "/all/9", "/all/10/extra"}))
      << rule.error().text();
}

TEST(RuleJson, DepthAndSizeAreLimited) {
  Json deep = {{"consent", "email"}};
  for (int i = 0; i < 12; ++i) deep = Json{{"not", deep}};
  EXPECT_FALSE(parse_rule(deep).ok());
  Json wide = Json::array();
  for (int i = 0; i < 300; ++i) wide.push_back({{"consent", "email"}});
  EXPECT_FALSE(parse_rule({{"all", wide}}).ok());
}

TEST(RuleText, BecomesTheSameTree) {
  EXPECT_EQ(
      json_of("city = \"Berlin\" and orders >= 2 and in list \"Newsletter\""),
      Json::parse(
          R"({"all":[{"attribute":"city","op":"eq","value":"Berlin"},{"attribute":"orders","op":"gte","value":2},{"list":"Newsletter"}]})"));
  EXPECT_EQ(
      json_of("a = 1 or b is not true and not (c contains 'x' or d starts with 'y')"),
      Json::parse(R"({"any":[{"attribute":"a","op":"eq","value":1},{"all":[{"attribute":"b","op":"ne","value":true},
              {"not":{"any":[{"attribute":"c","op":"contains","value":"x"},{"attribute":"d","op":"starts_with","value":"y"}]}}]}]})"));
  EXPECT_EQ(json_of("did \"Order Completed\" at least 2 times within 90 days where (total >= 50 and currency = EUR)"),
            Json::parse(R"({"event":"Order Completed","op":"did","count_min":2,"within_days":90,
              "where":[{"property":"total","op":"gte","value":50},{"property":"currency","op":"eq","value":"EUR"}]})"));
  EXPECT_EQ(json_of("did not \"Email Opened\" in the last 30 days AND consent email"),
            Json::parse(R"({"all":[{"event":"Email Opened","op":"did_not","within_days":30},{"consent":"email"}]})"));
  EXPECT_EQ(
      json_of("\"favourite color\" in (red, 'dark \\'blue\\'', -1.5) and phone is set and vip is missing and city not "
              "in (Bonn)"),
      Json::parse(
          R"({"all":[{"attribute":"favourite color","op":"in","value":["red","dark 'blue'",-1.5]},{"attribute":"phone","op":"exists"},
              {"attribute":"vip","op":"missing"},{"not":{"attribute":"city","op":"in","value":["Bonn"]}}]})"));
  EXPECT_EQ(json_of("created_at >= 2026-01-01"),
            Json::parse(R"({"attribute":"created_at","op":"gte","value":"2026-01-01"})"));
  EXPECT_EQ(json_of("städte = \"Köln\" and consent = yes and did = 3").size(), 1U)
      << "words of the grammar can still be attributes";
}

TEST(RuleText, MistakesAreReportedWithTheirPlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "character 1"},
      {"city = ", "character 8"},
      {"city = \"Ber", "character 8"},
      {"köln = \"x\" and ", "character 16"},
      {"city Berlin", "character 6"},
      {"(city = a", "character 10"},
      {"city = a) ", "character 9"},
      {"city = a b = c", "character 10"},
      {"city in ()", "character 10"},
      {"did x at least 0 times", "character 16"},
      {"did x within 7 weeks", "character 16"},
      {"city = a ; drop table contact", "character 10"},
      {"a = 1 and and b = 2", "character 11"},
      {"in list", "character 8"},
      {"created_at = 5", "character 1"},
      {"vip > true", "character 1"},
  };
  for (const auto& [text, place] : cases) {
    auto rule = parse_rule_text(text);
    ASSERT_FALSE(rule.ok()) << text;
    EXPECT_EQ(rule.error().issues.at(0).pointer, place) << text << ": " << rule.error().message;
  }
  std::string deep(40, '(');
  EXPECT_FALSE(parse_rule_text(deep + "a = 1").ok());
  EXPECT_FALSE(parse_rule_text(std::string(20'000, ' ') + "a = 1").ok());
  EXPECT_FALSE(parse_rule_text("a = \"\xFF\"").ok());
}

// --- rules against the database, compared with an evaluation that knows no SQL -----------------------------------

struct Person {
  std::string id, email, first_name, city, plan;  // empty = absent
  std::optional<int64_t> orders;
  std::optional<std::string> zip;  // text that looks like a number, or not
  std::optional<bool> vip;
  bool on_list = false, consents = false;
  std::vector<std::pair<int64_t, double>> purchases;  // days ago, total
  Instant created;
};
using Predicate = std::function<bool(const Person&)>;
struct Generated {
  std::string text;
  Predicate matches;
};

struct RuleDatabase : DatabaseTest {
  std::vector<Person> people;
  Rng rng{20261121};

  std::string pick(std::initializer_list<const char*> from) { return *(from.begin() + rng.below(from.size())); }

  void SetUp() override {
    DatabaseTest::SetUp();
    if (IsSkipped()) return;
    write([&](Tx& tx) -> Result<bool> {
      auto list = TRY(create_list(tx, workspace, "Newsletter", "", clock.now(), ids));
      std::vector<Fact> facts;
      for (int i = 0; i < 300; ++i) {
        Person person = make_person(i);
        ContactChange change{.email = person.email, .first_name = person.first_name};
        if (!person.city.empty()) change.attributes["city"] = person.city;
        if (!person.plan.empty()) change.attributes["it's \"a\" plan.$1"] = person.plan;
        if (person.orders) change.attributes["orders"] = *person.orders;
        if (person.zip) change.attributes["zip"] = *person.zip;
        if (person.vip) change.attributes["vip"] = *person.vip;
        person.id = TRY(upsert_contact(tx, workspace, change, person.created, {ids})).contact.id;
        if (person.on_list) TRY(add_members(tx, workspace, list.id, {{person.id}}, clock.now(), {ids}));
        if (person.consents)
          TRY(consent::record(tx, workspace, {person.id, "email", consent::State::kOptedIn, "form", "", {1}}));
        for (const auto& [days, total] : person.purchases) {
          Fact fact{.name = "Order Completed", .contact_id = person.id, .properties = to_text(Json{{"total", total}})};
          TRY(record_facts(tx, workspace, {&fact, 1}, clock.now() - days * kDay_us, {ids}));
        }
        people.push_back(std::move(person));
      }
      return true;
    });
  }

  Person make_person(int i) {
    Person person;
    person.email = "p" + std::to_string(i) + "@" + pick({"example.org", "example.com"});
    person.first_name = pick({"Ada", "ada", "Bram", "", "\xC3\x89lise"});
    person.city = pick({"Berlin", "BERLIN", "Bern", "M\xC3\xBCnchen", "", "100", "x'; DROP TABLE contact; --"});
    person.plan = pick({"gold", "silver", ""});
    if (rng.below(4) != 0) person.orders = static_cast<int64_t>(rng.below(12)) - 1;
    if (rng.below(3) != 0) person.zip = pick({"007", "12", "12.5", "1e2", "1e999", "12abc", " 12", "-3", ""});
    if (rng.below(2) != 0) person.vip = rng.below(2) != 0;
    person.on_list = rng.below(2) != 0;
    person.consents = rng.below(2) != 0;
    for (uint64_t n = rng.below(4); n > 0; --n)
      person.purchases.emplace_back(rng.below(120), static_cast<double>(rng.below(100)));
    person.created = clock.now() - static_cast<int64_t>(rng.below(60)) * kDay_us;
    return person;
  }

  static bool same(const std::string& a, const std::string& b) { return lower_ascii(a) == lower_ascii(b); }
  // The number a text is in JSON's notation with a short exponent.
  static std::optional<double> number(const std::string& text) {
    if (text == "12") return 12;
    if (text == "12.5") return 12.5;
    if (text == "1e2") return 100;
    if (text == "-3") return -3;
    return std::nullopt;
  }
  static bool compares(double a, const std::string& op, double b) {
    return op == "="    ? a == b
           : op == "!=" ? a != b
           : op == ">"  ? a > b
           : op == ">=" ? a >= b
           : op == "<"  ? a < b
                        : a <= b;
  }

  Generated leaf() {
    const uint64_t kind = rng.below(13);
    return kind < 4 ? comparison(kind) : kind < 10 ? membership(kind) : history(kind);
  }
  // An attribute against one value: text, number, number kept as text, flag.
  Generated comparison(uint64_t kind) {
    switch (kind) {
      case 0: {
        std::string city = pick({"Berlin", "bern", "M\xC3\xBCnchen", "100", "x'; DROP TABLE contact; --", "Nowhere"});
        bool negated = rng.below(2) != 0;
        return {"city " + std::string(negated ? "!=" : "=") + " \"" + city + "\"",
                [=](const Person& p) { return negated != (!p.city.empty() && same(p.city, city)); }};
      }
      case 1: {
        std::string op = pick({"=", "!=", ">", ">=", "<", "<="});
        int64_t value = static_cast<int64_t>(rng.below(12)) - 1;
        return {"orders " + op + " " + std::to_string(value), [=](const Person& p) {
                  return p.orders ? compares(static_cast<double>(*p.orders), op, static_cast<double>(value))
                                  : op == "!=";
                }};
      }
      case 2: {
        std::string op = pick({"=", ">", "<="});
        double value = static_cast<double>(rng.below(30)) / 2;
        std::string text = value == std::floor(value) ? std::to_string(static_cast<int>(value))
                                                      : std::to_string(static_cast<int>(value)) + ".5";
        return {"zip " + op + " " + text, [=](const Person& p) {
                  auto mine = p.zip ? number(*p.zip) : std::nullopt;
                  return mine && compares(*mine, op, value);
                }};
      }
      default: {
        bool wanted = rng.below(2) != 0;
        return {std::string("vip = ") + (wanted ? "true" : "false"), [=](const Person& p) { return p.vip == wanted; }};
      }
    }
  }
  // Lists, consent, parts of a text, sets, presence.
  Generated membership(uint64_t kind) {
    switch (kind) {
      case 4:
        return {"in list newsletter", [](const Person& p) { return p.on_list; }};
      case 5:
        return {"consent email", [](const Person& p) { return p.consents; }};
      case 6: {
        std::string part = pick({"er", "BER", "\xC3\xBC", "%", "_"});
        return {"city contains \"" + part + "\"",
                [=](const Person& p) { return lower_ascii(p.city).find(lower_ascii(part)) != std::string::npos; }};
      }
      case 7: {
        std::string start = pick({"p1", "P2", "p29", "@"});
        return {"email starts with '" + start + "'",
                [=](const Person& p) { return lower_ascii(p.email).starts_with(lower_ascii(start)); }};
      }
      case 8:
        return {"city in (berlin, 100, 'M\xC3\xBCnchen')", [](const Person& p) {
                  return same(p.city, "Berlin") || p.city == "100" || p.city == "M\xC3\xBCnchen";
                }};
      default: {
        bool set = rng.below(2) != 0;
        return {set ? "zip exists" : "zip is missing",
                [=](const Person& p) { return set == (p.zip && !p.zip->empty()); }};
      }
    }
  }
  // What a contact did and when it came; and names that need quoting.
  Generated history(uint64_t kind) {
    switch (kind) {
      case 10: {
        int64_t days = static_cast<int64_t>(rng.below(120)) + 1;
        int64_t times = static_cast<int64_t>(rng.below(3)) + 1;
        int64_t total = static_cast<int64_t>(rng.below(100));
        bool did = rng.below(2) != 0;
        std::string text = std::string(did ? "did" : "did not") + " \"Order Completed\" at least " +
                           std::to_string(times) + " times within " + std::to_string(days) +
                           " days where (total >= " + std::to_string(total) + ")";
        return {text, [=](const Person& p) {
                  auto n = std::count_if(p.purchases.begin(), p.purchases.end(), [=](const auto& one) {
                    return one.first <= days && one.second >= static_cast<double>(total);
                  });
                  return did == (n >= times);
                }};
      }
      case 11: {
        int days = static_cast<int>(rng.below(60));
        Instant from = clock.now() - days * kDay_us;
        return {"created_at >= \"" + to_text(from) + "\"", [=](const Person& p) { return p.created >= from; }};
      }
      default: {
        std::string name = pick({"ADA", "\xC3\x89lise", "\xC3\xA9lise"});
        std::string plan = pick({"gold", "Silver"});
        return {"(first_name is \"" + name + "\" or \"it's \\\"a\\\" plan.$1\" = " + plan + ")",
                [=](const Person& p) { return same(p.first_name, name) || same(p.plan, plan); }};
      }
    }
  }

  Generated tree(int depth) {
    if (depth == 0 || rng.below(3) == 0) return leaf();
    if (rng.below(4) == 0) {
      auto inner = tree(depth - 1);
      return {"not (" + inner.text + ")", [inner](const Person& p) { return !inner.matches(p); }};
    }
    bool all = rng.below(2) != 0;
    auto left = tree(depth - 1);
    auto right = tree(depth - 1);
    return {"(" + left.text + (all ? " and " : " or ") + right.text + ")", [=](const Person& p) {
              return all ? left.matches(p) && right.matches(p) : left.matches(p) || right.matches(p);
            }};
  }
};

TEST_P(RuleDatabase, TextBecomesATreeBecomesSqlThatCountsWhatAPlainLoopCounts) {
  int64_t matched = 0;
  for (int i = 0; i < 600; ++i) {
    Generated generated = tree(i % 4);
    auto rule = parse_rule_text(generated.text);
    ASSERT_TRUE(rule.ok()) << generated.text << ": " << rule.error().text();
    auto again = parse_rule(rule_to_json(*rule));
    ASSERT_TRUE(again.ok()) << again.error().text();
    auto found = write([&](Tx& tx) -> Result<std::vector<Contact>> {
      TRY(bind_lists(tx, workspace, *again));
      auto page = TRY(rule_page(tx, workspace, *again, {.limit = 1000}, clock.now()));
      EXPECT_EQ(TRY(rule_count(tx, workspace, *again, clock.now())), static_cast<int64_t>(page.size()));
      return page;
    });
    std::set<std::string> got;
    for (const auto& contact : found) got.insert(contact.email);
    for (const auto& person : people) {
      ASSERT_EQ(got.contains(person.email), generated.matches(person))
          << generated.text << " for " << person.email << " city=" << person.city
          << " zip=" << person.zip.value_or("-");
    }
    matched += static_cast<int64_t>(got.size());
  }
  EXPECT_GT(matched, 600 * 30) << "the rules are not all empty";
  EXPECT_LT(matched, 600 * 270);
}

TEST_P(RuleDatabase, ASegmentIsStoredBoundCountedAndPagedStably) {
  auto rule = parse_rule_text("in list NEWSLETTER and orders >= 3");
  ASSERT_TRUE(rule.ok());
  auto made = write([&](Tx& tx) { return create_segment(tx, workspace, "Good readers", *rule, clock.now(), ids); });
  EXPECT_TRUE(made.created);
  EXPECT_FALSE(
      write([&](Tx& tx) { return create_segment(tx, workspace, "good READERS", *rule, clock.now(), ids); }).created);
  auto other = parse_rule_text("orders = 1");
  EXPECT_EQ(
      write_error([&](Tx& tx) { return create_segment(tx, workspace, "Good readers", *other, clock.now(), ids); }).code,
      Code::kConflict);
  auto list = write([&](Tx& tx) { return get_list(tx, workspace, "Newsletter"); });
  write([&](Tx& tx) { return rename_list(tx, workspace, list.id, "Weekly letter"); });

  AudienceRef ref{"", made.id};
  int64_t size = write([&](Tx& tx) { return audience_count(tx, workspace, ref, clock.now()); });
  auto expected = std::count_if(people.begin(), people.end(),
                                [](const Person& p) { return p.on_list && p.orders.value_or(0) >= 3; });
  EXPECT_EQ(size, expected) << "a renamed list is still the same list";
  std::vector<std::string> seen;
  while (true) {
    auto page = write([&](Tx& tx) {
      return audience_page(tx, workspace, ref, {.after = seen.empty() ? "" : seen.back(), .limit = 7}, clock.now());
    });
    for (const auto& contact : page) seen.push_back(contact.id);
    if (page.size() < 7) break;
  }
  EXPECT_EQ(static_cast<int64_t>(seen.size()), size);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));

  auto unknown = parse_rule_text("not in list \"Nobody\" and in list Nothing");
  EXPECT_EQ(
      pointers(write_error([&](Tx& tx) { return create_segment(tx, workspace, "X", *unknown, clock.now(), ids); })),
      (std::vector<std::string>{"/all/0/not/list", "/all/1/list"}));
  write([&](Tx& tx) { return update_segment(tx, workspace, made.id, "Renamed", *other, clock.now()); });
  EXPECT_EQ(write([&](Tx& tx) { return get_segment(tx, workspace, "renamed"); }).rule.kind, Rule::Kind::kAttribute);
}

INSTANTIATE_TEST_SUITE_P(Both, RuleDatabase, both_databases(), database_name);

}  // namespace
}  // namespace spreaders::audience
