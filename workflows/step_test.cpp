// step() and after_call() are pure, so they are tested as tables: in goes a token, out comes what is to happen.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "workflows/conditions.hpp"
#include "workflows/engine.hpp"

namespace spreaders::workflows {
namespace {

const Instant kNow = *parse_instant("2026-11-21T12:00:00Z");

Json parsed(const std::string& text) {
  auto json = parse_json(text);
  EXPECT_TRUE(json.ok()) << text;
  return json.ok() ? *json : Json();
}

// One node "n" whose ways out are the ends a, b and c.
Definition with(const std::string& node) {
  Json nodes = {{"n", parsed(node)}};
  for (const char* end : {"a", "b", "c"}) nodes[end] = {{"type", "end"}};
  Json json = {{"id", "wf_1"}, {"name", "One"}, {"start", "n"}, {"nodes", nodes}};
  auto made = parse_definition(json);
  Definition definition;
  if (made.ok()) return *made;
  // Ends that this node does not lead to are unreachable; they are left out.
  for (const auto& issue : made.error().issues) {
    if (issue.message == "is not reachable from the start") json["nodes"].erase(issue.pointer.substr(7));
  }
  made = parse_definition(json);
  EXPECT_TRUE(made.ok()) << made.error().text();
  return made.ok() ? *made : definition;
}

Token at(const std::string& node = "n") {
  Token token;
  token.workspace = "wsp_1";
  token.id = "tok_1";
  token.run_id = "run_1";
  token.node_id = node;
  token.state = "ready";
  token.due = kNow;
  return token;
}

TEST(Step, AnEndEnds) {
  Step made = step(with(R"({"type":"end"})"), at(), {}, kNow);
  EXPECT_EQ(made.kind, Step::Kind::kMove);
  EXPECT_EQ(made.next, "");
  EXPECT_EQ(made.log_kind, "ended");
}

TEST(Step, ANodeThatIsNotThereFailsTheRun) {
  Step made = step(with(R"({"type":"end"})"), at("ghost"), {}, kNow);
  EXPECT_EQ(made.kind, Step::Kind::kFail);
  EXPECT_EQ(made.reason, "the workflow has no node 'ghost'");
}

struct Delay {
  const char* node;
  const char* now;
  const char* due;  // "" = moves on at once
};
const Delay kDelays[] = {
    {R"({"type":"delay","for":"PT1H30M","next":"a"})", "2026-11-21T12:00:00Z", "2026-11-21T13:30:00Z"},
    {R"({"type":"delay","for":"P2D","next":"a"})", "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"},
    {R"({"type":"delay","for":"PT0S","next":"a"})", "2026-11-21T12:00:00Z", ""},
    {R"({"type":"delay","until":"2026-11-22T09:00:00+02:00","next":"a"})", "2026-11-21T12:00:00Z",
     "2026-11-22T07:00:00Z"},
    {R"({"type":"delay","until":"2026-11-21T12:00:00Z","next":"a"})", "2026-11-21T12:00:00Z", ""},
    {R"({"type":"delay","until":"2020-01-01T00:00:00Z","next":"a"})", "2026-11-21T12:00:00Z", ""},
    {R"({"type":"delay","local_time":"09:00","next":"a"})", "2026-11-21T08:59:59Z", "2026-11-21T09:00:00Z"},
    {R"({"type":"delay","local_time":"09:00","next":"a"})", "2026-11-21T09:00:00Z", "2026-11-22T09:00:00Z"},
    {R"({"type":"delay","local_time":"09:00","zone":"Europe/Berlin","next":"a"})", "2026-11-21T12:00:00Z",
     "2026-11-22T08:00:00Z"},
    // Clocks that change: the local time that is left out becomes the first after it, the one that comes twice is the
    // first.
    {R"({"type":"delay","local_time":"02:30","zone":"Europe/Berlin","next":"a"})", "2026-03-28T23:00:00Z",
     "2026-03-29T01:00:00Z"},
    {R"({"type":"delay","local_time":"02:30","zone":"Europe/Berlin","next":"a"})", "2026-10-24T23:00:00Z",
     "2026-10-25T00:30:00Z"},
    {R"({"type":"delay","local_time":"08:00","zone":"Pacific/Kiritimati","next":"a"})", "2026-11-21T20:00:00Z",
     "2026-11-22T18:00:00Z"},
    {R"({"type":"delay","local_time":"00:00","zone":"America/New_York","next":"a"})", "2026-12-31T12:00:00Z",
     "2027-01-01T05:00:00Z"},
};
TEST(Step, DelaysHaveTheirHour) {
  for (const auto& one : kDelays) {
    SCOPED_TRACE(std::string(one.node) + " at " + one.now);
    Definition definition = with(one.node);
    Token token = at();
    token.data = R"({"groups":[{"id":"tok_0","size":2}]})";
    Step made = step(definition, token, {}, *parse_instant(one.now));
    if (*one.due == '\0') {
      EXPECT_EQ(made.kind, Step::Kind::kMove);
      EXPECT_EQ(made.next, "a");
      continue;
    }
    EXPECT_EQ(made.kind, Step::Kind::kWait);
    EXPECT_EQ(to_text(made.due), one.due);
    EXPECT_EQ(made.data, token.data) << "what a join needs is kept while waiting";
    token.visit = 1;
    Step after = step(definition, token, {}, made.due);
    EXPECT_EQ(after.kind, Step::Kind::kMove) << "it waits once";
    EXPECT_EQ(after.next, "a");
  }
}

struct Ask {
  const char* node;
  const char* zone;       // of the contact
  const char* attribute;  // of the contact
  const char* now;
  const char* due;
};
const Ask kAsks[] = {
    // Days of the week: 2026-11-21 is a Saturday.
    {R"({"type":"delay","local_time":"09:00","days":[1,3],"next":"a"})", "", "", "2026-11-21T08:00:00Z",
     "2026-11-23T09:00:00Z"},
    {R"({"type":"delay","local_time":"09:00","days":[6],"next":"a"})", "", "", "2026-11-21T09:00:00Z",
     "2026-11-28T09:00:00Z"},
    {R"({"type":"delay","local_time":"09:00","days":[7],"next":"a"})", "", "", "2026-11-21T08:00:00Z",
     "2026-11-22T09:00:00Z"},
    // The contact's own zone, or the one for who has none.
    {R"({"type":"delay","local_time":"09:00","zone":"user","next":"a"})", "America/Sao_Paulo", "",
     "2026-11-21T08:00:00Z", "2026-11-21T12:00:00Z"},
    {R"({"type":"delay","local_time":"09:00","zone":"user","fallback_zone":"Europe/Berlin","next":"a"})", "", "",
     "2026-11-21T07:00:00Z", "2026-11-21T08:00:00Z"},
    // Clocks that change: forward in a gap the first time after it, back the first of the two.
    {R"({"type":"delay","local_time":"00:30","zone":"America/Sao_Paulo","next":"a"})", "", "", "2018-11-03T12:00:00Z",
     "2018-11-04T03:00:00Z"},
    {R"({"type":"delay","local_time":"23:30","zone":"America/Sao_Paulo","next":"a"})", "", "", "2019-02-16T12:00:00Z",
     "2019-02-17T01:30:00Z"},
    {R"({"type":"delay","local_time":"02:15","zone":"Australia/Lord_Howe","next":"a"})", "", "", "2026-10-03T12:00:00Z",
     "2026-10-03T15:30:00Z"},
    {R"({"type":"delay","local_time":"01:45","zone":"Australia/Lord_Howe","next":"a"})", "", "", "2026-04-04T10:00:00Z",
     "2026-04-04T14:45:00Z"},
    // In the second of two equal hours the time has been: it is tomorrow's turn.
    {R"({"type":"delay","local_time":"02:30","zone":"Europe/Berlin","next":"a"})", "", "", "2026-10-25T01:10:00Z",
     "2026-10-26T01:30:00Z"},
    {R"({"type":"delay","local_time":"00:10","zone":"Pacific/Kiritimati","next":"a"})", "", "", "2026-12-31T09:00:00Z",
     "2026-12-31T10:10:00Z"},
    // Business hours.
    {R"({"type":"delay","business_hours":{"days":[1,2,3,4,5],"from":"09:00","to":"17:00"},"zone":"Europe/Berlin","next":"a"})",
     "", "", "2026-11-20T15:59:59Z", ""},
    {R"({"type":"delay","business_hours":{"days":[1,2,3,4,5],"from":"09:00","to":"17:00"},"zone":"Europe/Berlin","next":"a"})",
     "", "", "2026-11-20T16:00:00Z", "2026-11-23T08:00:00Z"},
    {R"({"type":"delay","business_hours":{"days":[1,2,3,4,5],"from":"09:00","to":"17:00"},"zone":"Europe/Berlin","next":"a"})",
     "", "", "2026-11-20T07:00:00Z", "2026-11-20T08:00:00Z"},
    {R"({"type":"delay","business_hours":{"from":"02:30","to":"03:30"},"zone":"Europe/Berlin","next":"a"})", "", "",
     "2026-03-28T23:00:00Z", "2026-03-29T01:00:00Z"},
    {R"({"type":"delay","business_hours":{"from":"09:00","to":"17:00"},"zone":"user","next":"a"})",
     "Pacific/Kiritimati", "", "2026-11-20T20:00:00Z", ""},
    // By a date of the contact.
    {R"({"type":"delay","relative_to":{"attribute":"d","before":"P1D","at":"09:00"},"zone":"Europe/Berlin","next":"a"})",
     "", "2026-10-26", "2026-10-01T00:00:00Z", "2026-10-25T08:00:00Z"},
    {R"({"type":"delay","relative_to":{"attribute":"d"},"zone":"Europe/Berlin","next":"a"})", "", "2026-12-01",
     "2026-11-21T12:00:00Z", "2026-11-30T23:00:00Z"},
    {R"({"type":"delay","relative_to":{"attribute":"d","after":"PT90M"},"next":"a"})", "", "2026-12-01T10:00:00+02:00",
     "2026-11-21T12:00:00Z", "2026-12-01T09:30:00Z"},
    {R"({"type":"delay","relative_to":{"attribute":"d","before":"P2DT1H"},"next":"a"})", "", "2026-12-01T10:00:00Z",
     "2026-11-21T12:00:00Z", "2026-11-29T09:00:00Z"},
    {R"({"type":"delay","relative_to":{"attribute":"d"},"next":"a"})", "", "2020-01-01", "2026-11-21T12:00:00Z", ""},
};
TEST(Step, DelaysAskTheCalendarAndTheContact) {
  for (const auto& one : kAsks) {
    SCOPED_TRACE(std::string(one.node) + " at " + one.now);
    Step made = step(with(one.node), at(), {}, *parse_instant(one.now), {.zone = one.zone, .attribute = one.attribute});
    EXPECT_EQ(made.kind == Step::Kind::kWait ? to_text(made.due) : made.next == "a" ? "" : made.reason, one.due);
  }
}

TEST(Step, ADateThatIsMissingTakesItsWayOrFailsTheRun) {
  const char* node = R"({"type":"delay","relative_to":{"attribute":"d"},"on_missing":"b","next":"a"})";
  for (const char* value : {"", "soon", "2026-13-01"}) {
    EXPECT_EQ(step(with(node), at(), {}, kNow, {.attribute = value}).next, "b") << value;
    Step made = step(with(R"({"type":"delay","relative_to":{"attribute":"d"},"next":"a"})"), at(), {}, kNow,
                     {.attribute = value});
    EXPECT_EQ(made.reason, "the contact has no date in the attribute 'd'");
  }
}

TEST(Step, ASplitIsStickyAndEven) {
  EXPECT_EQ(bucket_of("e1", "ctc_1"), 4020) << "never changes: a running experiment would be mixed up";
  Definition definition = with(
      R"({"type":"split","mode":"experiment","salt":"e1","branches":[{"name":"A","weight":5000,"to":"a"},{"name":"B","weight":4000,"to":"b"}],"holdout":{"weight":1000,"to":"c"}})");
  Definition without_salt = with(
      R"({"type":"split","mode":"experiment","branches":[{"name":"A","weight":5000,"to":"a"},{"name":"B","weight":5000,"to":"b"}]})");
  std::map<std::string, int> taken;
  int same = 0;
  for (int i = 0; i < 10'000; ++i) {
    std::string subject = "ctc_" + std::to_string(i);
    Seen seen{.run = {{"subject", subject}}};
    Step made = step(definition, at(), {}, kNow, seen);
    int bucket = bucket_of("e1", subject);
    EXPECT_EQ(made.next, bucket < 5000 ? "a" : bucket < 9000 ? "b" : "c");
    EXPECT_EQ((*made.result)["variant"], bucket < 5000 ? "A" : bucket < 9000 ? "B" : "holdout");
    ++taken[made.next];
    Step other = step(without_salt, at(), {}, kNow, seen);
    EXPECT_EQ(other.next, bucket_of("wf_1/n", subject) < 5000 ? "a" : "b");
    same += (bucket < 5000) == (other.next == "a") ? 1 : 0;
  }
  EXPECT_NEAR(taken["a"], 5000, 200);
  EXPECT_NEAR(taken["b"], 4000, 200);
  EXPECT_NEAR(taken["c"], 1000, 120);
  EXPECT_NEAR(same, 5000, 200) << "two experiments have nothing to do with each other";
}

TEST(Step, ALoopCountsAndBeginsWhatIsInItAnew) {
  Definition definition = *parse_definition(
      {{"id", "wf_1"},
       {"name", "L"},
       {"start", "b"},
       {"nodes",
        parsed(
            R"({"b":{"type":"delay","for":"PT1S","next":"inner"},"inner":{"type":"loop","to":"b","max":2,"next":"outer"},
          "outer":{"type":"loop","to":"b","max":1,"next":"e"},"e":{"type":"end"}})")}});
  Token token = at("inner");
  token.data = R"({"loops":{"inner":1}})";
  Step made = step(definition, token, {}, kNow);
  EXPECT_EQ(made.next, "b");
  EXPECT_EQ(to_text(*made.loops), R"({"inner":2})");
  token.data = R"({"loops":{"inner":2}})";
  made = step(definition, token, {}, kNow);
  EXPECT_EQ(made.next, "outer");
  EXPECT_EQ(to_text(*made.loops), "{}");
  token.node_id = "outer";
  made = step(definition, token, {}, kNow);
  EXPECT_EQ(made.next, "b");
  EXPECT_EQ(to_text(*made.loops), R"({"outer":1})") << "whoever left the inner one early begins it anew";
  EXPECT_EQ(round_of(parsed(R"({"loops":{"outer":1,"inner":2}})")), "#inner=2#outer=1");
  EXPECT_EQ(round_of(Json::object()), "");
}

TEST(Step, AnExitSaysWhy) {
  Step made = step(with(R"({"type":"end","exit":"enough"})"), at(), {}, kNow);
  EXPECT_EQ(made.kind, Step::Kind::kExit);
  EXPECT_EQ(made.reason, "enough");
}

TEST(Step, ConditionsAreJoined) {
  const std::pair<const char*, bool> cases[] = {
      {R"({"and":[{"op":"eq","left":1,"right":1},{"op":"eq","left":1,"right":2}]})", false},
      {R"({"or":[{"op":"eq","left":1,"right":2},{"op":"eq","left":{"$run":"key"},"right":"k"}]})", true},
      {R"({"not":{"or":[{"op":"eq","left":1,"right":2}]}})", true},
      {R"({"person":{"consent":"email"}})", true},
      {R"({"person":{"consent":"sms"}})", false},
      {R"({"and":[{"person":{"consent":"email"}},{"not":{"person":{"consent":"sms"}}}]})", true}};
  Seen seen{.run = {{"key", "k"}}, .people = {{R"({"consent":"email"})", true}, {R"({"consent":"sms"})", false}}};
  for (const auto& [condition, expected] : cases) {
    std::string node = std::string(R"({"type":"condition","if":)") + condition + R"(,"yes":"a","no":"b"})";
    EXPECT_EQ(step(with(node), at(), {}, kNow, seen).next, expected ? "a" : "b") << condition;
  }
}

TEST(Step, AForkStartsEveryBranchWithItsGroup) {
  Json nodes = parsed(
      R"({"n":{"type":"parallel","branches":["a","b","c"],"join":"j"},"j":{"type":"join","next":"end"},"end":{"type":"end"}})");
  for (const char* branch : {"a", "b", "c"}) nodes[branch] = {{"type", "delay"}, {"for", "PT1S"}, {"next", "j"}};
  Definition definition = *parse_definition({{"id", "wf_1"}, {"name", "Fork"}, {"start", "n"}, {"nodes", nodes}});
  Token token = at();
  token.data = R"({"groups":[{"id":"tok_0","size":2}],"cursor":"x"})";
  Step made = step(definition, token, {}, kNow);
  EXPECT_EQ(made.kind, Step::Kind::kMove);
  EXPECT_EQ(made.next, "") << "the forking token is done";
  ASSERT_EQ(made.fork.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(made.fork[i].node_id, std::string(1, static_cast<char>('a' + i)));
    EXPECT_EQ(made.fork[i].state, "ready");
    EXPECT_EQ(made.fork[i].due, kNow);
    EXPECT_EQ(made.fork[i].data, R"({"groups":[{"id":"tok_0","size":2},{"id":"tok_1","size":3}]})");
  }
  Step arrived = step(definition, at("j"), {}, kNow);
  EXPECT_EQ(arrived.kind, Step::Kind::kArrive);
  EXPECT_EQ(arrived.next, "end");
}

TEST(Step, ForEachPagesUntilEverythingIsSettled) {
  Definition definition =
      with(R"({"type":"for_each","audience":{},"channel":"email","connection":"con_1","payload":{},"next":"a"})");
  Token token = at();
  EXPECT_EQ(step(definition, token, {}, kNow).kind, Step::Kind::kForEach);
  token.data = R"({"cursor":"con_500"})";
  EXPECT_EQ(step(definition, token, {}, kNow).kind, Step::Kind::kForEach);
  token.data = R"({"cursor":"con_500","phase":"drained"})";
  EXPECT_EQ(step(definition, token, {}, kNow).next, "a");
  token.data = "not json";
  EXPECT_EQ(step(definition, token, {}, kNow).kind, Step::Kind::kForEach)
      << "unreadable memory is no reason to skip the send";
}

TEST(Step, AWaitGoesOnWithItsEventOrAtItsTime) {
  Definition definition =
      with(R"({"type":"wait_event","event":"X","timeout":"PT2H","on":{"event":"a","timeout":"b"}})");
  Token token = at();
  token.data = R"({"groups":[{"id":"tok_0","size":2}]})";
  Step made = step(definition, token, {}, kNow);
  EXPECT_EQ(made.kind, Step::Kind::kSubscribe);
  EXPECT_EQ(made.due, kNow + 2 * kHour_us);
  EXPECT_EQ(made.data, token.data);
  EXPECT_EQ(step(definition, token, {}, kNow, {.event = Json::object()}).next, "a") << "it has come before";
  token.visit = 1;
  EXPECT_EQ(step(definition, token, {}, kNow, {.event = Json::object()}).next, "a");
  EXPECT_EQ(step(definition, token, {}, made.due).next, "b");
  EXPECT_EQ(step(definition, token, {}, made.due).log_kind, "timeout");
}

TEST(Step, ReferencesToTheRunAreItsOwnWords) {
  Json run = {{"id", "run_1"}, {"subject", "ctc_1"}, {"key", "cart_7"}, {"campaign", ""}};
  auto made = resolve_references(parsed(R"({"to":[{"$run":"subject"}],"key":{"$run":"key"}})"), {}, run);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(to_text(*made), R"({"to":["ctc_1"],"key":"cart_7"})");
  for (const char* wrong : {R"({"$run":"mood"})", R"({"$run":7})", R"({"$run":"id","x":1})"})
    EXPECT_FALSE(resolve_references(parsed(wrong), {}, run).ok()) << wrong;
}

TEST(Step, ReferencesToTheTriggerAreOfWhatStartedTheRun) {
  Json run = {{"id", "run_1"}, {"trigger", parsed(R"({"id":"trg_1","body":{"plan":"pro"}})")}};
  auto made = resolve_references(
      parsed(R"([{"$trigger":"/body/plan"},{"$trigger":"/body/none","default":7},{"$trigger":"/id"}])"), {}, run);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(to_text(*made), R"(["pro",7,"trg_1"])");
  for (const char* wrong : {R"({"$trigger":"/body/none"})", R"({"$trigger":7})", R"({"$run":"trigger"})"})
    EXPECT_FALSE(resolve_references(parsed(wrong), {}, run).ok()) << wrong;
  EXPECT_FALSE(resolve_references(parsed(R"({"$trigger":"/body/plan"})"), {}, {{"trigger", Json()}}).ok());
  auto exists = [&](const char* pointer) {
    return holds({{"op", "exists"}, {"left", {{"$trigger", pointer}}}}, {}, run, {}).value_or(true);
  };
  EXPECT_TRUE(exists("/body/plan"));
  EXPECT_FALSE(exists("/body/none"));
}

TEST(Step, AnActionIsCalled) {
  EXPECT_EQ(step(with(R"({"type":"action","tool":"x.y","next":"a"})"), at(), {}, kNow).kind, Step::Kind::kCall);
}

struct Condition {
  const char* condition;
  const char* way;  // "fail" or the node
};
const Condition kConditions[] = {
    {R"({"op":"gt","left":11,"right":10})", "a"},
    {R"({"op":"gt","left":9,"right":10})", "b"},
    {R"({"op":"gt","left":10,"right":10})", "b"},
    {R"({"op":"gte","left":10,"right":10})", "a"},
    {R"({"op":"lt","left":2.5,"right":10})", "a"},
    {R"({"op":"lte","left":10.0,"right":10})", "a"},
    {R"({"op":"eq","left":10.0,"right":10})", "a"},
    {R"({"op":"ne","left":"x","right":"y"})", "a"},
    {R"({"op":"eq","left":"x","right":"x"})", "a"},
    {R"({"op":"eq","left":"10","right":10})", "b"},
    {R"({"op":"eq","left":null,"right":null})", "a"},
    {R"({"op":"lt","left":"apple","right":"pear"})", "a"},
    {R"({"op":"gt","left":{"$from":{"node":"look","pointer":"/orders"}},"right":10})", "a"},
    {R"({"op":"eq","left":{"$from":{"node":"look","pointer":"/deep/0/name"}},"right":"x"})", "a"},
    {R"({"op":"gt","left":{"$from":{"node":"look","pointer":"/clicks"}},"right":10})", "fail"},
    {R"({"op":"gt","left":{"$from":{"node":"look","pointer":"/clicks","default":0}},"right":10})", "b"},
    {R"({"op":"exists","left":{"$from":{"node":"look","pointer":"/orders"}}})", "a"},
    {R"({"op":"exists","left":{"$from":{"node":"look","pointer":"/clicks"}}})", "b"},
    {R"({"op":"exists","left":{"$from":{"node":"look","pointer":"/nothing"}}})", "b"},
};
TEST(Step, ConditionsChooseTheirWay) {
  Json results = {{"look", {{"orders", 12}, {"nothing", nullptr}, {"deep", Json::array({Json{{"name", "x"}}})}}}};
  for (const auto& one : kConditions) {
    SCOPED_TRACE(one.condition);
    Json nodes = {{"look", {{"type", "action"}, {"tool", "x.y"}, {"next", "n"}}},
                  {"n", {{"type", "condition"}, {"if", parsed(one.condition)}, {"yes", "a"}, {"no", "b"}}}};
    for (const char* end : {"a", "b"}) nodes[end] = {{"type", "end"}};
    auto definition = parse_definition({{"id", "wf_1"}, {"name", "If"}, {"start", "look"}, {"nodes", nodes}});
    ASSERT_TRUE(definition.ok()) << definition.error().text();
    Step made = step(*definition, at(), results, kNow);
    if (std::string(one.way) == "fail") {
      EXPECT_EQ(made.kind, Step::Kind::kFail);
      EXPECT_EQ(made.reason, "the step 'look' has no result at '/clicks'");
      continue;
    }
    EXPECT_EQ(made.kind, Step::Kind::kMove);
    EXPECT_EQ(made.next, one.way);
    // An earlier step that was not taken has no result at all.
    bool exists = std::string(one.condition).find("exists") != std::string::npos;
    EXPECT_EQ(!exists || step(*definition, at(), Json::object(), kNow).next == "b", true);
  }
}

struct Answer {
  Code code;
  bool again;
};
TEST(AfterCall, OnlyWhatSurelyDidNotHappenIsTriedAgain) {
  const Answer cases[] = {
      {Code::kRateLimited, true},       {Code::kUnavailable, true},       {Code::kInvalidArgument, false},
      {Code::kNotFound, false},         {Code::kConflict, false},         {Code::kUnauthenticated, false},
      {Code::kPermissionDenied, false}, {Code::kApprovalRequired, false}, {Code::kReconnectNeeded, false},
      {Code::kNotConfigured, false},    {Code::kUnsupported, false},      {Code::kOutcomeUnknown, false},
      {Code::kVendorRejected, false},   {Code::kCancelled, false},        {Code::kInternal, false}};
  Definition plain = with(R"({"type":"action","tool":"x.y","next":"a"})");
  Definition guarded = with(R"({"type":"action","tool":"x.y","next":"a","on_fail":"b"})");
  for (const auto& one : cases) {
    SCOPED_TRACE(code_name(one.code));
    Rng rng(1);
    Result<Json> answer = Error{one.code, "why"};
    Step made = after_call(plain, at(), answer, kNow, rng);
    EXPECT_EQ(made.kind, one.again ? Step::Kind::kWait : Step::Kind::kFail);
    EXPECT_EQ(made.log_kind, one.again ? "retry" : "failed");
    EXPECT_EQ(made.reason, one.again ? "why" : "x.y: why");
    Step other = after_call(guarded, at(), answer, kNow, rng);
    EXPECT_EQ(other.kind, one.again ? Step::Kind::kWait : Step::Kind::kMove);
    EXPECT_EQ(other.next, one.again ? "" : "b");
  }
  Rng rng(1);
  Step done = after_call(plain, at(), Result<Json>(Json{{"x", 1}}), kNow, rng);
  EXPECT_EQ(done.kind, Step::Kind::kMove);
  EXPECT_EQ(done.next, "a");
}

TEST(AfterCall, RetriesWaitLongerUpToTheCapAndEnd) {
  Definition definition = with(R"({"type":"action","tool":"x.y","retry":{"max":6,"base_s":2,"cap_s":20},"next":"a"})");
  Result<Json> answer = Error{Code::kUnavailable, "down"};
  const int64_t waits_s[] = {2, 4, 8, 16, 20, 20};
  Rng rng(5);
  for (int attempt = 0; attempt < 6; ++attempt) {
    Token token = at();
    token.attempt = attempt;
    token.data = R"({"groups":[]})";
    Step made = after_call(definition, token, answer, kNow, rng);
    ASSERT_EQ(made.kind, Step::Kind::kWait);
    EXPECT_GE(made.due - kNow, waits_s[attempt] * kSecond_us);
    EXPECT_LE(made.due - kNow, waits_s[attempt] * kSecond_us * 5 / 4);
    EXPECT_EQ(made.data, token.data);
  }
  Token spent = at();
  spent.attempt = 6;
  EXPECT_EQ(after_call(definition, spent, answer, kNow, rng).kind, Step::Kind::kFail);
  Error later{Code::kRateLimited, "slow down", "", 90'000};
  EXPECT_GE(after_call(definition, at(), Result<Json>(later), kNow, rng).due - kNow, 90 * kSecond_us)
      << "the other side knows better";
  Definition never = with(R"({"type":"action","tool":"x.y","retry":{"max":0},"next":"a"})");
  EXPECT_EQ(after_call(never, at(), answer, kNow, rng).kind, Step::Kind::kFail);
}

TEST(Step, TheSameInputGivesTheSameOutput) {
  const char* nodes[] = {R"({"type":"delay","local_time":"09:00","zone":"Europe/Berlin","next":"a"})",
                         R"({"type":"action","tool":"x.y","next":"a"})",
                         R"({"type":"condition","if":{"op":"lt","left":1,"right":2},"yes":"a","no":"b"})"};
  for (const char* node : nodes) {
    Definition definition = with(node);
    Step one = step(definition, at(), Json::object(), kNow);
    Step two = step(definition, at(), Json::object(), kNow);
    EXPECT_EQ(std::tie(one.kind, one.next, one.due, one.data, one.reason, one.log_kind),
              std::tie(two.kind, two.next, two.due, two.data, two.reason, two.log_kind));
  }
  Definition definition = with(R"({"type":"action","tool":"x.y","next":"a"})");
  Result<Json> answer = Error{Code::kUnavailable, "down"};
  Rng one(9);
  Rng two(9);
  Rng other(10);
  Instant due = after_call(definition, at(), answer, kNow, one).due;
  EXPECT_EQ(due, after_call(definition, at(), answer, kNow, two).due);
  EXPECT_NE(due, after_call(definition, at(), answer, kNow, other).due) << "the jitter comes from the given randomness";
}

TEST(References, AreReplacedWhereverTheyStand) {
  Json results = {{"look", {{"id", "cmp_1"}, {"list", {1, 2}}}}, {"plain", 7}};
  Json args = parsed(
      R"({"a":{"$from":{"node":"look","pointer":"/id"}},"b":[1,{"$from":{"node":"look","pointer":"/list/1"}}],"c":{"d":{"$from":{"node":"plain"}}},"e":"$from",
                         "f":{"$from":{"node":"ghost","default":"none"}}})");
  auto resolved = resolve_references(args, results);
  ASSERT_TRUE(resolved.ok()) << resolved.error().text();
  EXPECT_EQ(to_text(*resolved), R"({"a":"cmp_1","b":[1,2],"c":{"d":7},"e":"$from","f":"none"})");
  for (const char* bad :
       {R"({"$from":"look"})", R"({"$from":{"pointer":"/x"}})", R"({"$from":{"node":"look"},"more":1})",
        R"({"$from":{"node":"look","pointer":"/gone"}})", R"([{"$from":{"node":"ghost"}}])"}) {
    EXPECT_FALSE(resolve_references(parsed(bad), results).ok()) << bad;
  }
}

}  // namespace
}  // namespace spreaders::workflows
