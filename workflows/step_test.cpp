// step() and after_call() are pure, so they are tested as tables: in goes a token, out comes what is to happen.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

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
