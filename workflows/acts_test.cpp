// Nodes that act in the transaction of their step (profiles, tags, templates), calls that nobody waits for or that take
// too long, and what a workflow says about failures, age and length; on both databases.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "services/audience/contacts.hpp"
#include "services/audience/lists.hpp"
#include "services/templates/templates.hpp"
#include "workflows/fakes_test.hpp"

namespace spreaders::workflows {
namespace {

using events::fakes::eventually;
using events::fakes::FakeSender;
using events::fakes::MortalStorage;
using fakes::EngineTest;
using fakes::kWorkspace;
using fakes::parsed;
using storage::Tx;

using Lines = std::vector<std::string>;

class Acts : public EngineTest {
 protected:
  std::string person(const std::string& email, audience::Attributes attributes = {}) {
    audience::ContactChange change{.email = email, .attributes = std::move(attributes)};
    auto made = write([&](Tx& tx) { return audience::upsert_contact(tx, kWorkspace, change, clock_.now(), {ids_}); });
    EXPECT_TRUE(made.ok()) << made.error().text();
    return made.ok() ? made->contact.id : "";
  }
  audience::Contact contact(const std::string& id) {
    auto found = write([&](Tx& tx) { return audience::find_contact(tx, kWorkspace, id); });
    EXPECT_TRUE(found.ok() && found->has_value());
    return **found;
  }
  std::string names_of_lists(const std::string& contact) {
    std::string names;
    for (const auto& row : query("SELECT l.name FROM list l JOIN list_member m ON m.workspace_id = l.workspace_id AND "
                                 "m.list_id = l.id WHERE m.contact_id = $1 ORDER BY l.name",
                                 {contact}))
      names += row[0].text() + " ";
    return names;
  }
  void store_with(const std::string& id, const std::string& start, const std::string& nodes, const char* settings) {
    Json json = {
        {"id", id}, {"name", "Test"}, {"start", start}, {"nodes", parsed(nodes)}, {"settings", parsed(settings)}};
    auto stored = write([&](Tx& tx) { return store_definition(tx, kWorkspace, json, 1, clock_.now()); });
    ASSERT_TRUE(stored.ok()) << stored.error().text();
  }
  Json result_of(const std::string& run, const std::string& node) {
    return parsed(query("SELECT context FROM run WHERE id = $1", {run})[0][0].text())["results"].value(node, Json());
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, Acts, ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         events::fakes::engine_name);

constexpr const char* kActs = R"({
  "a":{"type":"action","tool":"x.a","next":"u"},
  "u":{"type":"update_profile","set":{"vip":true,"score":{"$from":{"node":"a","pointer":"/n"}},"old":null,"first_name":"Ada"},"next":"g"},
  "g":{"type":"tag","add":["Customers","New"],"remove":["Trial","Nobody"],"next":"end"},"end":{"type":"end"}})";

TEST_P(Acts, AProfileAndItsListsChangeWithTheStep) {
  tools_.on_call = [](const ToolCall&, int) -> Result<Json> { return Json{{"n", 7}}; };
  std::string who = person("a@example.org", {{"old", std::string("x")}, {"kept", int64_t{1}}});
  auto trial = write([&](Tx& tx) -> Result<void> {
    auto made = TRY(audience::create_list(tx, kWorkspace, "Trial", "", clock_.now(), ids_));
    TRY(audience::create_list(tx, kWorkspace, "customers", "", clock_.now(), ids_));
    TRY(audience::add_members(tx, kWorkspace, made.id, std::vector<std::string>{who}, clock_.now(), {ids_}));
    return {};
  });
  ASSERT_TRUE(trial.ok());
  store("wf_1", "a", parsed(kActs));
  std::string run = start("wf_1", who);
  drain(*engine());
  EXPECT_EQ(history(run), (Lines{"a done", "u done", "g done", "end ended"}));
  EXPECT_EQ(parsed(contact(who).attributes), parsed(R"({"kept":1,"score":7,"vip":true})"));
  EXPECT_EQ(contact(who).first_name, "Ada");
  EXPECT_EQ(names_of_lists(who), "New customers ");
  EXPECT_EQ(result_of(run, "u"),
            parsed(R"({"outcome":"updated","set":["vip","score","old","first_name"],"by":"usr_1"})"));
  EXPECT_EQ(result_of(run, "g"), parsed(R"({"added":["Customers","New"],"removed":["Trial"],"by":"usr_1"})"));
}

TEST_P(Acts, WhoIsNoContactOrMayNotTakesTheWayOfFailure) {
  store("wf_1", "u", parsed(R"({"u":{"type":"update_profile","set":{"vip":true},"next":"end","on_fail":"f"},
    "f":{"type":"tag","add":["X"],"next":"end"},"end":{"type":"end"}})"));
  std::string run = start("wf_1", "cmp_1");
  drain(*engine());
  EXPECT_EQ(status(run), "failed");
  EXPECT_EQ(history(run), (Lines{"u failed", "f failed"}));
  EXPECT_NE(view(run).reason.find("about no contact"), std::string::npos) << view(run).reason;
  EXPECT_EQ(count("SELECT COUNT(*) FROM list"), 0);
  std::string who = person("a@example.org");
  std::string poor = start("wf_1", who);
  execute("UPDATE run SET principal = '{\"id\":\"usr_1\",\"scopes\":[\"audience:read\"]}' WHERE id = $1", {poor});
  drain(*engine());
  EXPECT_NE(view(poor).reason.find("audience:write"), std::string::npos) << view(poor).reason;
}

TEST_P(Acts, ATagNodeThatCannotDoAllDoesNothing) {
  std::string who = person("a@example.org");
  for (size_t i = 0; i + 1 < audience::kListsMax; ++i)
    execute("INSERT INTO list (workspace_id, id, name, description, created_at) VALUES ($1, $2, $2, '', 1)",
            {kWorkspace, "lst_" + std::to_string(i)});
  store("wf_1", "g",
        parsed(R"({"g":{"type":"tag","add":["One","Too many"],"next":"end","on_fail":"end"},"end":{"type":"end"}})"));
  std::string run = start("wf_1", who);
  drain(*engine());
  EXPECT_EQ(history(run), (Lines{"g failed", "end ended"}));
  EXPECT_EQ(names_of_lists(who), "");
}

TEST_P(Acts, ATemplateIsRenderedForThePerson) {
  std::string who = person("a@example.org", {{"city", std::string("<b>Rome</b>")}});
  auto made = write([&](Tx& tx) -> Result<std::string> {
    TRY(tx.execute("INSERT INTO workspace (workspace_id, name, settings, created_at) VALUES ($1, 'Shop', '{}', 1)",
                   {kWorkspace}));
    auto stored = TRY(services::save_template(
        tx, kWorkspace, "Hello", {"Hi {{ contact.city }}{{ contact.nothing }}", "", "<p>{{ user.city }}</p>", ""},
        clock_.now(), ids_));
    TRY(services::save_template(tx, kWorkspace, "Message", {"Hi", "", "<a href='{{ unsubscribe_url }}'>x</a>", ""},
                                clock_.now(), ids_));
    return stored.id;
  });
  ASSERT_TRUE(made.ok()) << made.error().text() << made.error().detail;
  Json nodes = parsed(R"({"r":{"type":"render","version":1,"next":"a"},
    "a":{"type":"action","tool":"x.a","args":{"text":{"$from":{"node":"r","pointer":"/subject"}}},"next":"end"},"end":{"type":"end"}})");
  nodes["r"]["template"] = *made;
  store("wf_1", "r", nodes);
  std::string run = start("wf_1", who);
  nodes["r"]["template"] = "Message";
  store("wf_2", "r", nodes);
  std::string wrong = start("wf_2", who);
  drain(*engine());
  EXPECT_EQ(status(run), "completed") << view(run).reason;
  EXPECT_EQ(result_of(run, "r"),
            parsed(R"({"subject":"Hi <b>Rome</b>","preheader":"","html":"<p>&lt;b&gt;Rome&lt;/b&gt;</p>","text":""})"));
  EXPECT_EQ(result_of(run, "a").is_null(), false);
  EXPECT_EQ(status(wrong), "failed");
  EXPECT_NE(view(wrong).reason.find("unsubscribe_url"), std::string::npos) << view(wrong).reason;
}

TEST_P(Acts, AtEveryWriteWhatIsDoneIsDoneOnce) {
  tools_.on_call = [](const ToolCall&, int) -> Result<Json> { return Json{{"n", 7}}; };
  store("wf_1", "a", parsed(kActs));
  int deaths = 0;
  for (int number = 1; number <= 8; ++number) {
    for (bool committed : {false, true}) {
      SCOPED_TRACE("write " + std::to_string(number) + (committed ? " committed" : " lost"));
      std::string who = person("p" + std::to_string(number) + (committed ? "c" : "l") + "@example.org");
      std::string run = start("wf_1", who);
      for (bool mortal : {true, false}) {
        MortalStorage process(*storage_);
        if (mortal) process.die_at_write(number, committed);
        FakeSender sender(receiver_, &process);
        auto one = engine(process, options(), mortal ? "prc_first" : "prc_second");
        run_process(process, *one, sender, {}, mortal ? "prc_first" : "prc_second", 500);
        deaths += process.is_dead() ? 1 : 0;
      }
      EXPECT_EQ(history(run), (Lines{"a done", "u done", "g done", "end ended"}));
      EXPECT_EQ(names_of_lists(who), "Customers New ");
      EXPECT_EQ(result_of(run, "g")["added"], parsed(R"(["Customers","New"])")) << "its one effect is in the log";
      expect_sound_history(run);
    }
  }
  EXPECT_GE(deaths, 8);
  EXPECT_EQ(count("SELECT COUNT(*) FROM list"), 2);
}

TEST_P(Acts, ACallThatNobodyWaitsForIsMadeOnceAllTheSame) {
  store("wf_1", "o", parsed(R"({"o":{"type":"action","tool":"x.o","next":"p"},
    "p":{"type":"parallel","branches":["f","g"],"join":"j"},
    "f":{"type":"action","tool":"x.f","fire_and_forget":true,"retry":{"max":1,"base_s":60},"next":"j"},
    "g":{"type":"action","tool":"x.g","fire_and_forget":true,"next":"j"},
    "j":{"type":"join","next":"l"},"l":{"type":"loop","to":"o","max":1,"next":"end"},"end":{"type":"end"}})"));
  tools_.on_call = [](const ToolCall& call, int attempt) -> Result<Json> {
    if (call.name == "x.g") return Error{Code::kVendorRejected, "no"};
    if (call.name == "x.f" && attempt == 1) return Error{Code::kUnavailable, "down"};
    return Json::object();
  };
  std::string run = start("wf_1", "ctc_1");
  Instant began = clock_.now();
  drain(*engine());
  EXPECT_EQ(status(run), "completed");
  Lines lines = history(run);
  for (const auto& [line, times] : std::map<std::string, int>{{"f left", 2},
                                                              {"f done", 2},
                                                              {"f retry", 2},
                                                              {"g left", 2},
                                                              {"g failed", 2},
                                                              {"j arrived", 4},
                                                              {"end ended", 1}})
    EXPECT_EQ(std::count(lines.begin(), lines.end(), line), times) << line;
  for (const char* key : {":f", ":f#l=1"}) EXPECT_EQ(tools_.effects(run + key), 1) << key;
  EXPECT_GE(*view(run).ended - began, kMinute_us) << "a run ends when all of its calls are made";
  expect_sound_history(run);
}

TEST_P(Acts, ACallThatTakesTooLongIsAskedToStop) {
  std::string run = start_with(
      "wf_1", "a", R"({"a":{"type":"action","tool":"x.a","timeout":"PT1S","next":"end"},"end":{"type":"end"}})");
  bool stopped = false;
  tools_.before = [&](const ToolCall& call) {
    stopped = eventually([&] { return call.stop.stop_requested(); }, 20'000);
  };
  drain(*engine());
  EXPECT_TRUE(stopped);
  EXPECT_EQ(status(run), "completed") << "what it answered counts";
}

constexpr const char* kFails =
    R"({"a":{"type":"action","tool":"x.a","next":"b"},"b":{"type":"action","tool":"x.b","next":"end"},
  "end":{"type":"end"}})";

TEST_P(Acts, AWorkflowSaysWhatComesOfAFailure) {
  tools_.on_call = [](const ToolCall& call, int) -> Result<Json> {
    if (call.name == "x.a") return Error{Code::kVendorRejected, "no"};
    return Json::object();
  };
  store_with("wf_dead", "a", kFails, R"({"on_error":"dead_letter"})");
  store_with("wf_exit", "a", kFails, R"({"on_error":"exit"})");
  store_with("wf_on", "a", kFails, R"({"on_error":"continue"})");
  std::string dead = start("wf_dead"), exits = start("wf_exit"), goes_on = start("wf_on");
  drain(*engine());
  EXPECT_EQ(status(dead) + " " + view(dead).reason, "failed x.a: no");
  EXPECT_EQ(status(exits) + " " + view(exits).reason, "completed error: x.a: no");
  EXPECT_EQ(history(goes_on), (Lines{"a failed", "b done", "end ended"}));
  EXPECT_EQ(status(goes_on) + view(goes_on).reason, "completed");
}

TEST_P(Acts, ARunIsOverAtItsAgeAndFailsAtItsLength) {
  store_with("wf_old", "w",
             R"({"w":{"type":"wait_event","event":"X","timeout":"P30D","on":{"event":"end","timeout":"end"}},
    "end":{"type":"end"}})",
             R"({"max_age":"P2D"})");
  store_with("wf_long", "a",
             R"({"a":{"type":"action","tool":"x.a","next":"l"},"l":{"type":"loop","to":"a","max":100,"next":"end"},
    "end":{"type":"end"}})",
             R"({"max_steps":10})");
  std::string old = start("wf_old"), long_one = start("wf_long");
  drain(*engine());
  EXPECT_EQ(status(old) + " " + view(old).reason, "completed max_age");
  EXPECT_EQ(*view(old).ended - clock_.now(), 0);
  EXPECT_EQ(history(old), (Lines{"w waiting", "w over"}));
  EXPECT_EQ(count("SELECT COUNT(*) FROM wait_sub"), 0);
  EXPECT_EQ(status(long_one), "failed");
  EXPECT_EQ(history(long_one).size(), 11u);
}

}  // namespace
}  // namespace spreaders::workflows
