// The audience, consent and list tools, called as the pipeline calls them: decode, handler in a transaction, encode.
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "services/audience/facts.hpp"
#include "services/audience/import.hpp"
#include "storage/storage.hpp"
#include "tests/support/temp_dir.hpp"
#include "tools/audience/audience_tools.hpp"
#include "tools/email/email_audience_tools.hpp"
#include "tools/notification/preference_tools.hpp"

namespace spreaders::tools {
namespace {

struct NoRunner : ToolRunner {
  [[nodiscard]] ToolList list() const override { return {}; }
  [[nodiscard]] const ToolSpec* find(std::string_view) const override { return nullptr; }
  Result<Json> call(const ToolCall&) override { return internal("not used"); }
  Result<void> admit(storage::Tx&, const ToolCall&) override { return internal("not used"); }
};

struct AudienceTools : ::testing::Test {
  void SetUp() override {
    auto opened = storage::open_sqlite({.path = temp.file("test.db"), .synchronous = "OFF"});
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    database = std::move(*opened);
    ASSERT_TRUE(database->migrate().ok());
    parts.add<storage::Storage>(*database);
    parts.add(imports);
    parts.add(journal);
  }

  static const ToolSpec& spec(std::string_view name) {
    for (auto list : {audience_tools(), people_tools(), consent_tools(), email_audience_tools(), preference_tools()}) {
      for (const auto* one : list) {
        if (one->name.value == name) return *one;
      }
    }
    ADD_FAILURE() << "no tool " << name;
    return *audience_tools()[0];
  }

  Result<Json> call(std::string_view name, const Json& arguments) {
    const ToolSpec& tool = spec(name);
    auto args = TRY(tool.body.decode(arguments));
    ToolContext context{.principal = {.id = "usr_1", .workspace = "wsp_1", .scopes = {"*"}, .door = "stdio"},
                        .clock = clock,
                        .ids = ids,
                        .parts = parts,
                        .tools = runner};
    if (tool.run == Run::kFree) return tool.body.run(context, args.get());
    return database->write(storage::Scope::of("wsp_1"), [&](storage::Tx& tx) {
      context.transaction = &tx;
      return tool.body.run(context, args.get());
    });
  }
  Json ok(std::string_view name, const Json& arguments) {
    auto result = call(name, arguments);
    EXPECT_TRUE(result.ok()) << name << " " << to_text(arguments) << ": " << result.error().text()
                             << result.error().detail;
    return result.ok() ? *result : Json();
  }
  Error fails(std::string_view name, const Json& arguments) {
    auto result = call(name, arguments);
    EXPECT_FALSE(result.ok()) << to_text(arguments);
    return result.ok() ? Error{} : result.error();
  }
  std::string pointers(std::string_view name, const Json& arguments) {
    std::string out;
    for (const auto& issue : fails(name, arguments).issues) out += (out.empty() ? "" : " ") + issue.pointer;
    return out;
  }
  Effect effect(std::string_view name, const Json& arguments) {
    const ToolSpec& tool = spec(name);
    auto args = tool.body.decode(arguments);
    EXPECT_TRUE(args.ok()) << args.error().text();
    return tool.effect_of == nullptr ? tool.effect : tool.effect_of(args->get());
  }

  testing::TempDir temp;
  std::filesystem::path directory = temp.path();
  std::unique_ptr<storage::Storage> database;
  VirtualClock clock{{1'764'000'000'000'000}};
  SequenceIds ids{3};
  audience::Journal journal{ids};
  Parts parts;
  audience::ImportDirectory imports;
  NoRunner runner;
};

TEST_F(AudienceTools, AnAudienceIsImportedSegmentedAndListed) {
  Json imported = ok(
      "audience.importContacts",
      {{"csv", "email,city,orders,consent\na@example.org,Berlin,3,yes\nb@example.org,Bonn,0,yes\nbroken,Bonn,1,yes\n"},
       {"mode", "subscribe"},
       {"list", "Newsletter"},
       {"consent_source", "signup form"}});
  EXPECT_EQ(imported["rows_total"], 3);
  EXPECT_EQ(imported["added"], 2);
  EXPECT_EQ(imported["errors"][0]["line"], 4);
  EXPECT_EQ(imported["errors"][0]["field"], "email");
  EXPECT_EQ(ok("audience.getImport", {{"import_id", imported["import_id"]}})["failed"], 1);

  Json preview = ok("email.segmentAudience", {{"rule_text", "city = berlin and in list newsletter"}});
  EXPECT_EQ(preview["size"], 1);
  EXPECT_EQ(preview["sample"], Json::array({"a***@example.org"})) << "no whole address leaves";
  EXPECT_FALSE(preview.contains("segment_id"));
  Json made = ok("email.segmentAudience", {{"action", "create"},
                                           {"name", "Berliners"},
                                           {"rule", {{"attribute", "city"}, {"op", "eq"}, {"value", "Berlin"}}}});
  EXPECT_TRUE(made["created"]);
  Json changed =
      ok("email.segmentAudience", {{"action", "update"}, {"segment", "Berliners"}, {"rule_text", "orders >= 0"}});
  EXPECT_EQ(changed["segment_id"], made["segment_id"]);
  EXPECT_EQ(changed["size"], 2);

  Json all = ok("audience.listAudiences", Json::object());
  EXPECT_EQ(all["contacts_total"], 2);
  ASSERT_EQ(all["audiences"].size(), 2U);
  EXPECT_EQ(all["audiences"][0]["kind"], "list");
  EXPECT_EQ(all["audiences"][1]["size"], 2);

  Json page = ok("audience.listContacts", {{"audience", "newsletter readers"}, {"limit", 1}});
  ASSERT_TRUE(page.contains("next_cursor"));
  Json rest =
      ok("audience.listContacts", {{"audience", "newsletter readers"}, {"limit", 1}, {"cursor", page["next_cursor"]}});
  EXPECT_FALSE(rest.contains("next_cursor"));
  EXPECT_NE(page["contacts"][0]["email"], rest["contacts"][0]["email"]);
  EXPECT_EQ(rest["audience_size"], 2);
}

TEST_F(AudienceTools, ASubscriberComesGoesAndIsDeleted) {
  Json in = ok("email.manageSubscriber", {{"action", "subscribe"},
                                          {"email", "ada@example.org"},
                                          {"first_name", "Ada"},
                                          {"attributes", {{"city", "London"}, {"orders", 2}}},
                                          {"consent_source", "shop checkout"}});
  EXPECT_TRUE(in["changed"]);
  EXPECT_TRUE(in["consent"]["may_send_marketing"]);
  EXPECT_EQ(in["attributes"], Json::parse(R"({"city":"London","orders":2})"));
  ok("email.manageList", {{"action", "create"}, {"name", "Newsletter"}});
  Json joined = ok("email.manageSubscriber", {{"action", "update"},
                                              {"email", "ada@example.org"},
                                              {"lists", {"newsletter"}},
                                              {"attributes", {{"city", nullptr}}}});
  EXPECT_EQ(joined["lists"], Json::array({"Newsletter"}));
  EXPECT_EQ(joined["attributes"], Json::parse(R"({"orders":2})"));
  Json out = ok("email.manageSubscriber", {{"action", "unsubscribe"}, {"email", "ADA@example.org"}});
  EXPECT_EQ(out["consent"]["suppressed"], "unsubscribed") << "whatever the case of its letters";
  EXPECT_EQ(
      ok("email.manageSubscriber", {{"action", "get"}, {"email", "ada@example.org"}})["consent"]["may_send_marketing"],
      false);
  EXPECT_TRUE(ok("email.manageSubscriber", {{"action", "subscribe"},
                                            {"email", "ada@example.org"},
                                            {"consent_source", "shop"}})["consent"]["may_send_marketing"]);
  EXPECT_TRUE(ok("email.manageSubscriber", {{"action", "delete"}, {"email", "ada@example.org"}})["changed"]);
  EXPECT_EQ(fails("email.manageSubscriber", {{"action", "get"}, {"email", "ada@example.org"}}).code, Code::kNotFound);
  EXPECT_EQ(ok("email.manageSubscriber",
               {{"action", "unsubscribe"}, {"email", "nobody@example.org"}})["consent"]["suppressed"],
            "unsubscribed")
      << "who wants no mail need not be known";
}

TEST_F(AudienceTools, ListsAreManagedByOneTool) {
  Json made = ok("email.manageList", {{"action", "create"}, {"name", "Shop"}});
  EXPECT_EQ(made["changed"], 1);
  EXPECT_EQ(ok("email.manageList", {{"action", "create"}, {"name", "shop"}})["changed"], 0);
  ok("email.manageSubscriber", {{"action", "subscribe"}, {"email", "a@example.org"}, {"consent_source", "form"}});
  Json added =
      ok("email.manageList", {{"action", "add"}, {"list", "Shop"}, {"emails", {"a@example.org", "b@example.org"}}});
  EXPECT_EQ(added["changed"], 1);
  EXPECT_EQ(added["unknown_emails"], Json::array({"b@example.org"}));
  EXPECT_EQ(added["lists"][0]["size"], 1);
  EXPECT_EQ(ok("email.manageList", {{"action", "rename"}, {"list", "Shop"}, {"name", "Store"}})["lists"][0]["name"],
            "Store");
  EXPECT_EQ(ok("email.manageList", {{"action", "remove"}, {"list", "store"}, {"emails", {"a@example.org"}}})["changed"],
            1);
  EXPECT_EQ(ok("email.manageList", {{"action", "delete"}, {"list", "store"}})["lists"].size(), 0U);
  EXPECT_EQ(ok("email.manageList", {{"action", "list"}})["lists"].size(), 0U);
}

TEST_F(AudienceTools, ConsentIsShownShutAndOpened) {
  ok("email.manageSubscriber",
     {{"action", "subscribe"}, {"email", "a@example.org"}, {"consent_source", "form"}, {"consent_proof", "ticket 7"}});
  Json status = ok("consent.getStatus", {{"address", "a@example.org"}});
  EXPECT_EQ(status["consent"]["state"], "opted_in");
  EXPECT_EQ(status["consent"]["proof"], "ticket 7");
  Json shut = ok("consent.suppress", {{"address", "A@Example.org"}, {"reason", "hard_bounce"}});
  EXPECT_TRUE(shut["changed"]);
  EXPECT_EQ(shut["consent"]["reason"], "suppressed:hard_bounce");
  EXPECT_FALSE(ok("consent.suppress", {{"address", "a@example.org"}})["changed"]);
  EXPECT_TRUE(ok("consent.unsuppress", {{"address", "a@example.org"}})["consent"]["may_send_marketing"]);
  ok("consent.suppress", {{"address", "a@example.org"}, {"reason", "unsubscribed"}});
  EXPECT_EQ(ok("consent.unsuppress", {{"address", "a@example.org"}})["consent"]["reason"], "opted_out")
      << "opening an address is not consent";
}

TEST_F(AudienceTools, BadArgumentsAreAllReportedWithTheirPlace) {
  EXPECT_EQ(pointers("email.manageList", {{"action", "rename"}, {"emails", {"a@example.org"}}}), "/list /name /emails");
  EXPECT_EQ(pointers("email.manageList", {{"action", "burn"}, {"emails", {"x"}}, {"color", 1}}),
            "/action /emails/0 /color");
  EXPECT_EQ(pointers("email.manageSubscriber", {{"action", "subscribe"},
                                                {"email", "a@example.org"},
                                                {"attributes", {{"x", Json::array()}, {"email", "y"}}}}),
            "/consent_source /attributes/x /attributes/email");
  EXPECT_EQ(pointers("email.manageSubscriber", {{"action", "get"}, {"email", "a@example.org"}, {"first_name", "A"}}),
            "/action");
  EXPECT_EQ(pointers("email.segmentAudience", {{"action", "create"}}), "/name /rule");
  EXPECT_EQ(
      pointers("email.segmentAudience", {{"rule", {{"all", {{{"attribute", "x"}, {"op", "near"}}, {{"list", ""}}}}}}}),
      "/rule/all/0/op /rule/all/1/list");
  EXPECT_NE(fails("email.segmentAudience", {{"rule_text", "city == "}}).text().find("character 9"), std::string::npos);
  EXPECT_EQ(pointers("audience.importContacts", {{"mode", "subscribe"}}), "/consent_source")
      << "and one about csv and path together, without a place";
  EXPECT_EQ(pointers("consent.suppress", {{"address", "not an address"}, {"reason", "because"}}), "/reason");
  EXPECT_EQ(pointers("consent.suppress", {{"address", "not an address"}}), "/address");
}

TEST_F(AudienceTools, AFileOutsideTheImportDirectoryIsNeverRead) {
  EXPECT_EQ(fails("audience.importContacts", {{"path", "a.csv"}}).code, Code::kNotConfigured);
  imports.path = (directory / "in").string();
  std::filesystem::create_directories(imports.path);
  std::ofstream(directory / "a.csv") << "email\na@example.org\n";
  EXPECT_EQ(fails("audience.importContacts", {{"path", "../a.csv"}}).code, Code::kNotFound);
  std::ofstream(directory / "in" / "a.csv") << "email\na@example.org\n";
  EXPECT_EQ(ok("audience.importContacts", {{"path", "a.csv"}})["failed"], 1)
      << "update_only is the mode that is assumed";
}

TEST_F(AudienceTools, EffectsFollowTheActionAndEverySpecDescribesItself) {
  EXPECT_EQ(effect("email.manageList", {{"action", "list"}}), Effect::kRead);
  EXPECT_EQ(effect("email.manageList", {{"action", "create"}, {"name", "x"}}), Effect::kWrite);
  EXPECT_EQ(effect("email.manageList", {{"action", "delete"}, {"list", "x"}}), Effect::kDestroy);
  EXPECT_EQ(effect("email.manageSubscriber", {{"action", "delete"}, {"email", "a@example.org"}}), Effect::kDestroy);
  EXPECT_EQ(effect("email.segmentAudience", {{"rule_text", "a = 1"}}), Effect::kRead);
  EXPECT_TRUE(spec("consent.unsuppress").always_approve);
  for (auto list : {audience_tools(), people_tools(), consent_tools(), email_audience_tools(), preference_tools()}) {
    for (const auto* one : list) {
      Json described = describe_tool(*one);
      EXPECT_TRUE(described["inputSchema"].contains("properties")) << one->name.value;
      EXPECT_TRUE(described["outputSchema"].contains("properties")) << one->name.value;
    }
  }
}

TEST_F(AudienceTools, APersonIsAddedFoundByAnyNameAndChanged) {
  Json made =
      ok("audience.saveContact", {{"email", "Ana@Example.ORG"}, {"user_id", "u1"}, {"attributes", {{"city", "Bonn"}}}});
  EXPECT_TRUE(made["changed"]);
  for (const std::string& name :
       {made["contact_id"].get<std::string>(), std::string("u1"), std::string("Ana@example.org")}) {
    Json found = ok("audience.getContact", {{"person", name}});
    EXPECT_EQ(found["contact_id"], made["contact_id"]) << name;
    EXPECT_EQ(found["user_id"], "u1");
    EXPECT_EQ(found["consents"][0]["state"], "unknown") << "adding somebody is no consent";
  }
  EXPECT_EQ(fails("audience.getContact", {{"person", "u2"}}).code, Code::kNotFound);
  EXPECT_EQ(fails("audience.saveContact", {{"email", "Ana@example.org"}}).code, Code::kConflict);
  EXPECT_EQ(fails("audience.saveContact", {{"email", "new@example.org"}, {"user_id", "u1"}}).code, Code::kConflict);

  ok("email.manageList", {{"action", "create"}, {"name", "Friends"}});
  Json changed = ok("audience.saveContact", {{"person", "u1"},
                                             {"first_name", "Ana"},
                                             {"attributes", {{"city", nullptr}, {"orders", 3}}},
                                             {"lists", {"Friends"}}});
  EXPECT_TRUE(changed["changed"]);
  EXPECT_EQ(changed["attributes"], (Json{{"orders", 3}}));
  EXPECT_EQ(changed["lists"], Json::array({"Friends"}));
  EXPECT_FALSE(ok("audience.saveContact", {{"person", "u1"}, {"first_name", "Ana"}})["changed"]);
  EXPECT_EQ(ok("audience.saveContact", {{"person", "u1"}, {"email", "ana@new.example.org"}})["email"],
            "ana@new.example.org");
  EXPECT_EQ(ok("audience.getContact", {{"person", "ana@new.example.org"}})["contact_id"], made["contact_id"]);
}

TEST_F(AudienceTools, AnAddressMovesOnlyWithAnIdToFindItBy) {
  Json made = ok("audience.saveContact", {{"email", "bo@example.org"}});
  auto refused = fails("audience.saveContact", {{"person", "bo@example.org"}, {"email", "bo@new.example.org"}});
  EXPECT_EQ(refused.code, Code::kInvalidArgument);
  EXPECT_EQ(refused.issues[0].pointer, "/email");
  Json moved =
      ok("audience.saveContact", {{"person", "bo@example.org"}, {"email", "bo@new.example.org"}, {"user_id", "u7"}});
  EXPECT_EQ(moved["contact_id"], made["contact_id"]);
  EXPECT_EQ(moved["user_id"], "u7");
  EXPECT_EQ(pointers("audience.saveContact", {{"person", "u7"}}), "");
  EXPECT_EQ(pointers("audience.saveContact", {{"first_name", "x"}, {"attributes", {{"a b\n", 1}}}}).substr(0, 6),
            "/email");
}

TEST_F(AudienceTools, EventsOfAPersonComeNewestFirstInPages) {
  Json made = ok("audience.saveContact", {{"email", "ana@example.org"}, {"user_id", "u1"}});
  std::string contact = made["contact_id"];
  for (int i = 0; i < 5; ++i) {
    audience::Fact fact{.name = i % 2 == 0 ? "Viewed" : "Bought",
                        .contact_id = contact,
                        .at = Instant{clock.now().us - (i / 2) * kMinute_us},
                        .properties = R"({"n":)" + std::to_string(i) + "}",
                        .message_id = "m" + std::to_string(i)};
    auto written = database->write(storage::Scope::of("wsp_1"), [&](storage::Tx& tx) {
      return audience::record_facts(tx, "wsp_1", {&fact, 1}, clock.now(), journal);
    });
    ASSERT_TRUE(written.ok()) << written.error().text();
  }
  std::string seen;
  Json arguments = {{"person", "u1"}, {"limit", 2}};
  for (int page = 0; page < 3; ++page) {
    Json answer = ok("audience.listEvents", arguments);
    for (const auto& event : answer["events"]) seen += event["event_id"].get<std::string>() + " ";
    EXPECT_EQ(answer.contains("next_cursor"), page < 2);
    if (page < 2) arguments["cursor"] = answer["next_cursor"];
  }
  EXPECT_EQ(seen, "m1 m0 m3 m2 m4 ") << "of one time the later recorded first, none twice, none left out";
  EXPECT_EQ(ok("audience.listEvents", {{"person", "u1"}, {"name", "Bought"}})["events"].size(), 2U);
  EXPECT_EQ(ok("audience.listEvents", {{"person", "u1"}, {"event_id", "m3"}})["events"][0]["properties"],
            (Json{{"n", 3}}));
  EXPECT_EQ(ok("audience.listEvents", {{"person", "u1"}, {"since", to_text(clock.now())}})["events"].size(), 2U);
  for (const char* cursor : {"", "x", "1", "1-", "-1", "1-2-3", "99999999999999999999-1"})
    EXPECT_EQ(pointers("audience.listEvents", {{"person", "u1"}, {"cursor", cursor}}), "/cursor") << cursor;
}

TEST_F(AudienceTools, PreferencesAreThePersonsOwnLatestWord) {
  ok("audience.saveContact", {{"email", "ana@example.org"}, {"user_id", "u1"}});
  Json before = ok("notification.getUserPreferences", {{"person", "u1"}});
  ASSERT_EQ(before["channels"].size(), 3U);
  EXPECT_FALSE(before["channels"][0].contains("subscribed"));
  EXPECT_FALSE(before["channels"][0]["marketing"]);
  EXPECT_TRUE(before["channels"][0]["transactional"]);
  EXPECT_FALSE(before["channels"][1]["reachable"]) << "there is no number to send to";
  EXPECT_EQ(pointers("notification.updatePreferences", {{"person", "u1"}, {"email", true}}), "/consent_source");
  EXPECT_EQ(pointers("notification.updatePreferences", {{"person", "u1"}}), "");
  Json on = ok("notification.updatePreferences",
               {{"person", "u1"}, {"email", true}, {"sms", true}, {"consent_source", "account page"}});
  EXPECT_TRUE(on["changed"]);
  EXPECT_TRUE(on["channels"][0]["marketing"]);
  EXPECT_EQ(on["channels"][0]["source"], "account page");
  EXPECT_TRUE(on["channels"][1]["subscribed"]);
  EXPECT_FALSE(on["channels"][1]["marketing"]);
  Json off = ok("notification.updatePreferences", {{"person", "u1"}, {"email", false}});
  EXPECT_FALSE(off["channels"][0]["subscribed"]);
  EXPECT_FALSE(off["channels"][0]["marketing"]);
  EXPECT_TRUE(off["channels"][1]["subscribed"]) << "one channel at a time";
  EXPECT_FALSE(ok("notification.updatePreferences", {{"person", "u1"}, {"email", false}})["changed"]);
}

}  // namespace
}  // namespace spreaders::tools
