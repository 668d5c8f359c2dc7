// A run told in words, and every reason for which somebody did not get a mail.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "services/consent/consent.hpp"
#include "workflows/inspect/tools_test.hpp"

namespace spreaders::workflows::inspect {
namespace {

class Explain : public ToolsTest {
 protected:
  Json of_run(const std::string& run) { return ok("workflow.explain", {{"run_id", run}}); }
  // "node: what" of each step, then what a condition saw.
  static std::vector<std::string> told(const Json& said) {
    std::vector<std::string> lines;
    for (const auto& step : said["steps"]) {
      lines.push_back(step["node"].get<std::string>() + ": " + step["what"].get<std::string>());
      for (const auto& seen : step["seen"]) lines.push_back("  " + seen.get<std::string>());
    }
    return lines;
  }
  static bool says(const Json& list, const std::string& text) { return to_text(list).find(text) != std::string::npos; }
  // A mailing to everybody, as a campaign's run.
  std::string mail_everybody(const std::string& list_id = "") {
    Json audience = list_id.empty() ? Json::object() : Json{{"list_id", list_id}};
    store("wf_mail", "f",
          {{"f",
            {{"type", "for_each"},
             {"audience", audience},
             {"channel", "email"},
             {"connection", "con_1"},
             {"campaign", "cmp_1"},
             {"payload", Json::object()},
             {"next", "end"}}},
           {"end", {{"type", "end"}}}});
    std::string run = start("wf_mail");
    execute(
        "INSERT INTO campaign (workspace_id, id, name, status, run_id, created_at, updated_at) VALUES ($1, 'cmp_1', "
        "'Autumn', 'running', $2, 1, 1)",
        {kWorkspace, run});
    return run;
  }
  // A contact with an id of the test's own choice, as the fake audience has them.
  void contact(const std::string& id, const std::string& email) {
    execute("INSERT INTO contact (workspace_id, id, email, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)",
            {kWorkspace, id, email, clock_.now().us});
  }
  Json why(const std::string& who) { return ok("workflow.explain", {{"contact", who}, {"campaign_id", "cmp_1"}}); }
  static std::string verdict(const Json& said) { return said["verdict"]; }
};
INSTANTIATE_TEST_SUITE_P(Engines, Explain, ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         events::fakes::engine_name);

TEST_P(Explain, StepsThatStartAskAndActAreToldToo) {
  store("wf_in", "end", parsed(R"({"end":{"type":"end","exit":"enough"}})"));
  store("wf_1", "u", parsed(R"({
    "u":{"type":"update_profile","set":{"vip":true,"city":"Rome"},"next":"t"},
    "t":{"type":"tag","add":["Vips"],"remove":["Trial"],"next":"f"},
    "f":{"type":"action","tool":"x.look","fire_and_forget":true,"next":"s"},
    "s":{"type":"sub_workflow","workflow":"wf_in","version":1,"on":{"completed":"q"}},
    "q":{"type":"approval","title":"Go on?","what":"Really?","expires":"P1D","on":{"approved":"end","rejected":"end","expired":"w"}},
    "w":{"type":"wait_event","event":"Never","timeout":"P30D","on":{"event":"end","timeout":"end"}},
    "end":{"type":"end"}})"));
  Json definition = parsed(query("SELECT definition FROM workflow_version WHERE workflow_id = 'wf_1'")[0][0].text());
  definition["id"] = "wf_aged";
  definition["settings"] = {{"max_age", "P2D"}};
  ASSERT_TRUE(write([&](Tx& tx) { return store_definition(tx, kWorkspace, definition, 1, clock_.now()); }).ok());
  std::string run = start("wf_aged", person("ada@example.org"));
  drain(*engine());
  auto lines = told(of_run(run));
  const std::string inner = query("SELECT id FROM run WHERE parent_run_id = $1", {run})[0][0].text();
  const std::string asked = query("SELECT id FROM approval")[0][0].text();
  for (const std::string& line :
       {std::string("u: changed the contact's data: vip, city, for usr_1"),
        std::string("t: put the contact on the lists: Vips; took them off: nothing, for usr_1"),
        std::string("f: x.look: was begun, and the run did not wait"), std::string("f: x.look: the tool did its work"),
        "s: began the run " + inner + " of the workflow wf_in and waits for its end",
        "s: the run " + inner + " of the workflow wf_in was completed: enough",
        std::string("q: nobody answered in time"),
        std::string("w: the run had lasted as long as its workflow lets it")})
    EXPECT_TRUE(std::find(lines.begin(), lines.end(), line) != lines.end())
        << line << " not in " << Json(lines).dump(1);
  EXPECT_TRUE(says(Json(lines), "q: a person was asked (approval " + asked + "), with time until ")) << Json(lines);
}

TEST_P(Explain, ARunIsToldWithWhatItsConditionsSaw) {
  store("wf_1", "s", parsed(R"({
    "s":{"type":"split","mode":"experiment","salt":"e1","branches":[{"name":"A","weight":10000,"to":"a"}]},
    "a":{"type":"action","tool":"x.look","next":"c"},
    "c":{"type":"condition","if":{"and":[{"person":{"attribute":"orders","op":"gte","value":3}},
       {"not":{"person":{"event":"Login","within_days":7}}},
       {"op":"gt","left":{"$from":{"node":"a","pointer":"/n"}},"right":5}]},"yes":"w","no":"end"},
    "w":{"type":"wait_event","event":"Bought","timeout":"P1D","on":{"event":"end","timeout":"x"}},
    "x":{"type":"action","tool":"x.fail","next":"end"},"end":{"type":"end"}})"));
  std::string who = person("ada@example.org", {{"orders", int64_t{4}}});
  tools_.on_call = [](const ToolCall& call, int) -> Result<Json> {
    if (call.name == "x.fail") return Error{Code::kVendorRejected, "the shop said no"};
    return Json{{"n", 7}};
  };
  std::string run = start("wf_1", who);
  drain(*engine());
  happen("Login", who);
  Json said = of_run(run);
  auto lines = told(said);
  ASSERT_EQ(lines.size(), 9u) << said.dump(1);
  EXPECT_EQ(lines[0], "s: went the way 'A', by lot: number " + std::to_string(bucket_of("e1", who)) +
                          " of 10000, the same whenever it is drawn");
  EXPECT_EQ(lines[1], "a: x.look: the tool did its work");
  EXPECT_EQ(lines[2], "c: the condition held");
  EXPECT_EQ(lines[3], "  all of: orders gte 3: it is 4 today, as it was then");
  EXPECT_EQ(lines[4], "  all of: not: did 'Login' within 7 days: it had come 0 times by then");
  EXPECT_EQ(lines[5], "  all of: 'a'/n (7) gt 5");
  EXPECT_TRUE(lines[6].starts_with("w: began to wait for 'Bought' until ")) << lines[6];
  EXPECT_EQ(lines[7], "w: what it waited for did not come in time");
  EXPECT_EQ(lines[8], "x: x.fail: it failed: x.fail: the shop said no");
  EXPECT_NE(verdict(said).find("as failed: x.fail: the shop said no."), std::string::npos) << verdict(said);
  EXPECT_EQ(said["unknown"], Json::array());
  clock_.move_to(clock_.now() + kDay_us);
  person("ada@example.org", {{"orders", int64_t{1}}});
  said = of_run(run);
  EXPECT_TRUE(says(told(said), "orders gte 3: it is 1 today")) << said.dump(1);
  EXPECT_TRUE(says(said["unknown"], "what 'orders' was then is not recorded")) << "and it is not made up";
}

TEST_P(Explain, WhoGotTheMailWhoDidNotAndWhy) {
  profiles_.people = 5;
  for (int i = 0; i < 5; ++i) contact("con_00" + std::to_string(i), "a00" + std::to_string(i) + "@example.org");
  guard_.refuse("a001@example.org", "no_consent");
  guard_.refuse("a002@example.org", "suppressed:hard_bounce");
  ASSERT_TRUE(write([&](Tx& tx) {
                return consent::suppress(tx, kWorkspace,
                                         {.address = "a002@example.org",
                                          .reason = consent::Reason::kHardBounce,
                                          .source = "bounce",
                                          .at = clock_.now()});
              }).ok());
  events::fakes::FakeSender sender(receiver_);
  sender.on_send = [](const events::OutboxItem& item) -> events::SendReport {
    if (item.contact_id == "con_003") return {events::Sent::kRejected, "550 no such user"};
    return {events::Sent::kAccepted, "250 ok"};
  };
  mail_everybody();
  EXPECT_NE(verdict(why("con_000")).find("has not come to them yet"), std::string::npos);
  auto one = engine();
  auto mail = dispatcher(*one, sender);
  drain(*one, mail.get());
  Json got = why("a000@example.org");
  EXPECT_TRUE(verdict(got).starts_with("It was sent: the other side took it at ")) << verdict(got);
  EXPECT_TRUE(says(got["unknown"], "whether it was read is not known"));
  Json none = why("con_001");
  EXPECT_TRUE(verdict(none).starts_with("It was not sent, because they never agreed to be written to."));
  EXPECT_TRUE(says(none["unknown"], "no consent to email on record"));
  Json shut = why("con_002");
  EXPECT_TRUE(verdict(shut).starts_with("It was not sent, because their address is shut (hard_bounce)."));
  EXPECT_TRUE(says(shut["steps"], "the address was shut: hard_bounce, from bounce"));
  Json bounced = why("con_003");
  EXPECT_TRUE(verdict(bounced).starts_with("It was refused for good by the other side")) << verdict(bounced);
  EXPECT_NE(verdict(bounced).find("550 no such user"), std::string::npos);
  execute(
      "INSERT INTO event (workspace_id, message_id, type, name, contact_id, outbox_id, at, received_at) SELECT "
      "workspace_id, 'evt_o', 'track', 'Email Opened', contact_id, id, $2, $2 FROM outbox WHERE workspace_id = $1 "
      "AND contact_id = 'con_004'",
      {kWorkspace, clock_.now().us});
  Json opened = why("con_004");
  EXPECT_EQ(told(opened).back(), ": Email Opened");
  EXPECT_FALSE(says(opened["unknown"], "whether it was read"));
}

TEST_P(Explain, WhoWasNeverAddressed) {
  profiles_.people = 0;
  contact("con_early", "early@example.org");
  mail_everybody("lst_1");
  drain(*engine());
  EXPECT_TRUE(verdict(why("con_early")).starts_with("They are not on the list that the mailing went to."));
  EXPECT_TRUE(says(why("con_early")["unknown"], "Whether they were on the list at that time is not recorded."));
  clock_.move_to(clock_.now() + kHour_us);
  execute("INSERT INTO list_member (workspace_id, list_id, contact_id, added_at) VALUES ($1, 'lst_1', 'con_early', $2)",
          {kWorkspace, clock_.now().us});
  EXPECT_TRUE(verdict(why("con_early")).starts_with("They came onto the list only after"));
  contact("con_late", "late@example.org");
  EXPECT_TRUE(verdict(why("con_late")).starts_with("They became a contact only after"));
  Json never = ok("workflow.explain", {{"contact", "con_early"}, {"workflow_id", "wf_mail"}});
  EXPECT_EQ(never["verdict"], "No run of this workflow was ever started for them.");
  EXPECT_EQ(never["run_id"], "");
}

TEST_P(Explain, AMailThatAStepOfAJourneySentIsFound) {
  store("wf_1", "m",
        parsed(R"({"m":{"type":"action","tool":"notification.sendEmail","next":"end"},"end":{"type":"end"}})"));
  std::string who = person("ada@example.org");
  std::string run = start("wf_1", who);
  drain(*engine());
  events::Intent intent{.idem = "notification.sendEmail:" + run + ":m",
                        .contact_id = who,
                        .channel = "email",
                        .connection_id = "con_1",
                        .address = "ada@example.org",
                        .payload = "{}",
                        .skip_reason = "opted_out"};
  ASSERT_TRUE(write([&](Tx& tx) { return events::enqueue(tx, kWorkspace, {&intent, 1}, clock_.now(), ids_); }).ok());
  Json said = ok("workflow.explain", {{"contact", who}, {"workflow_id", "wf_1"}});
  EXPECT_TRUE(verdict(said).starts_with("It was not sent, because they said that they want no more.")) << verdict(said);
}

TEST_P(Explain, WhatIsAskedHasToBeClear) {
  std::string text = refused("workflow.explain", {{"contact", "con_1"}});
  EXPECT_NE(text.find("/campaign_id"), std::string::npos) << text;
  EXPECT_NE(refused("workflow.explain", Json::object()).find("/run_id"), std::string::npos);
  EXPECT_NE(refused("workflow.explain", {{"run_id", "run_none"}}).find("there is no run run_none"), std::string::npos);
}

}  // namespace
}  // namespace spreaders::workflows::inspect
