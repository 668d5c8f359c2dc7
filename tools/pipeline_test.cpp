// The order of checks, limits, traces and counts of the pipeline, with tools of its own.
#include "tools/pipeline.hpp"

#include <condition_variable>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/trace.hpp"
#include "services/accounts/accounts.hpp"
#include "tests/support/temp_dir.hpp"
#include "tools/services/service_tools.hpp"

namespace spreaders::tools {
namespace {

using storage::Scope;
using storage::Tx;

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";

std::atomic<int64_t> now_ms{1'000};
int64_t test_now_ms() { return now_ms; }

struct Word {
  std::string word;
  SPR_FIELDS(Word, SPR_FIELD(word, "Any word", .max_size = 20));
};
Result<Word> echo(ToolContext& context, const Word& args) {
  if (args.word == "trace") return Word{context.trace_id};
  if (args.word == "fail") return internal("it broke");
  return args;
}

Result<ApprovalSubject> of_content(ToolContext&, const Word&) {
  return ApprovalSubject{"campaign", "cmp_1", "sha256:1", "What is stored"};
}

// Lets a test hold calls inside a handler.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  int inside = 0;
  bool open = false;
  void pass() {
    std::unique_lock lock(mutex);
    ++inside;
    changed.notify_all();
    changed.wait(lock, [&] { return open; });
  }
  void until_inside(int count) {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return inside == count; }));
  }
  void let_go() {
    std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
};
Result<Word> wait(ToolContext& context, const Word& args) {
  context.part<Gate>().pass();
  return args;
}

const ToolSpec kEcho{.name = "probe.echo",
                     .title = "Echo",
                     .description = "Gives back its word.",
                     .effect = Effect::kRead,
                     .repeat = Repeat::kSafe,
                     .scopes = {"probe:read"},
                     .body = handler<&echo>()};
const ToolSpec kPut{.name = "probe.put",
                    .title = "Put",
                    .description = "Changes nothing, and says that it does.",
                    .effect = Effect::kWrite,
                    .repeat = Repeat::kNeedsKey,
                    .scopes = {"probe:write"},
                    .body = handler<&echo>()};
const ToolSpec kWait{.name = "slow.wait",
                     .title = "Wait",
                     .description = "Waits.",
                     .effect = Effect::kRead,
                     .repeat = Repeat::kSafe,
                     .scopes = {"probe:read"},
                     .body = handler<&wait>(),
                     .run = Run::kFree};
const ToolSpec kTell{.name = "probe.tell",
                     .title = "Tell",
                     .description = "Tells the world nothing, and says that it does.",
                     .effect = Effect::kPublish,
                     .repeat = Repeat::kNeedsKey,
                     .scopes = {"probe:write"},
                     .body = handler<&echo>()};
const ToolSpec kTellAll{.name = "probe.tellAll",
                        .title = "Tell all",
                        .description = "Tells what is stored, not what is in its arguments.",
                        .effect = Effect::kPublish,
                        .repeat = Repeat::kNeedsKey,
                        .scopes = {"probe:write"},
                        .body = handler<&echo>(),
                        .approval_of = approval_from<&of_content>()};
Health well(ToolContext&) { return {HealthStatus::kOk, "looked at"}; }
const Service kProbe{.name = "probe",
                     .title = "Probe",
                     .version = "1.2.3",
                     .description = "For tests.",
                     .limits = {.calls_per_minute = 6, .at_once = 0},
                     .health = &well};
const Service kSlow{.name = "slow",
                    .title = "Slow",
                    .version = "1.0.0",
                    .description = "For tests.",
                    .limits = {.calls_per_minute = 0, .at_once = 2},
                    .health = &well};

class PipelineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = storage::open_sqlite({.path = directory.file("test.db"), .synchronous = "OFF"});
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    database = std::move(*opened);
    ASSERT_TRUE(database->migrate().ok());
    auto made = services::ensure_workspace(*database, clock, {});
    ASSERT_TRUE(made.ok()) << made.error().text();
    workspace = made->id;
    start({.principal = {.calls_per_minute = 4, .at_once = 3}});
  }
  void start(LimitOptions limits) {
    pipeline.reset();
    registry = std::make_unique<ServiceRegistry>(std::vector<const Service*>{&kProbe, &kSlow, &kServicesService},
                                                 buckets, std::move(limits));
    parts = {};
    parts.add(gate);
    parts.add(*registry);
    std::vector<const ToolSpec*> all{&kEcho, &kPut, &kTell, &kTellAll, &kWait};
    for (const auto* spec : service_tools()) all.push_back(spec);
    pipeline = std::make_unique<Pipeline>(*database, clock, ids, parts, *registry, all);
  }
  Principal who(const std::string& id, std::vector<std::string> scopes = {"*"}) {
    return {id, workspace, std::move(scopes), Principal::Kind::kModel, "http"};
  }
  Result<Json> call(const Principal& as, Json arguments = {{"word", "hi"}}, const std::string& tool = "probe.echo",
                    const std::string& trace = kTrace) {
    return pipeline->call({.name = tool, .arguments = std::move(arguments), .principal = as, .trace_id = trace});
  }
  Code code(const Principal& as, Json arguments = {{"word", "hi"}}, const std::string& tool = "probe.echo") {
    auto answer = call(as, std::move(arguments), tool);
    EXPECT_FALSE(answer.ok()) << to_text(*answer);
    return answer.ok() ? Code::kInternal : answer.error().code;
  }
  int asked = 0;
  std::vector<std::vector<std::string>> audit() {
    EXPECT_TRUE(pipeline->flush_audit().ok());
    auto rows = database->read(Scope::of(workspace), [&](Tx& tx) {
      return tx.query("SELECT tool, outcome, trace_id, principal FROM audit WHERE workspace_id = $1 ORDER BY seq",
                      {workspace});
    });
    EXPECT_TRUE(rows.ok());
    std::vector<std::vector<std::string>> all;
    for (const auto& row : *rows) all.push_back({row[0].text(), row[1].text(), row[2].text(), row[3].text()});
    return all;
  }
  bool shows(const std::string& line) { return pipeline->metrics_text().find("\n" + line + "\n") != std::string::npos; }

  testing::TempDir directory;
  VirtualClock clock{Instant{1'700'000'000 * kSecond_us}};
  SequenceIds ids{7};
  std::unique_ptr<storage::Storage> database;
  LocalBuckets buckets{1000, &test_now_ms};
  std::unique_ptr<ServiceRegistry> registry;
  Gate gate;
  Parts parts;
  std::unique_ptr<Pipeline> pipeline;
  std::string workspace;
};

TEST_F(PipelineTest, AStepOfAnApprovedWorkflowNeedsNoApprovalOfItsOwn) {
  auto ask = [&](const std::string& kind, Effect effect, bool yes) {
    auto id = database->write(Scope::of(workspace), [&](Tx& tx) -> Result<std::string> {
      ApprovalSubject subject{kind, "wf_" + std::to_string(++asked), "sha256:1", "Runs"};
      auto made = TRY(services::request_approval(tx, workspace, subject, effect, "usr_a", clock.now(), ids));
      std::string code = TRY(services::issue_code(tx, workspace, made.id, clock.now()));
      if (yes) TRY(services::decide(tx, workspace, {made.id, true, code, "usr_a", "cli"}, clock.now()));
      return made.id;
    });
    EXPECT_TRUE(id.ok()) << id.error().text();
    return *id;
  };
  Principal engine{"usr_a", workspace, {"*"}, Principal::Kind::kSystem, "engine"};
  auto step = [&](const std::string& approval, const std::string& tool = "probe.tell") {
    return pipeline->call({.name = tool, .arguments = {{"word", "hi"}}, .principal = engine, .approval = approval});
  };
  const std::string approved = ask("workflow", Effect::kPublish, true);
  EXPECT_TRUE(step(approved).ok());
  EXPECT_EQ(step("").error().code, Code::kApprovalRequired);
  EXPECT_EQ(step(ask("workflow", Effect::kPublish, false)).error().code, Code::kApprovalRequired) << "nobody said yes";
  EXPECT_EQ(step(ask("call", Effect::kPublish, true)).error().code, Code::kApprovalRequired) << "of something else";
  EXPECT_EQ(step(approved, "probe.tellAll").error().code, Code::kApprovalRequired) << "what it tells is not approved";
  auto model = pipeline->call(
      {.name = "probe.tell", .arguments = {{"word", "hi"}}, .principal = who("usr_a"), .approval = approved});
  EXPECT_EQ(model.error().code, Code::kApprovalRequired) << "no step";
  auto revoked = database->write(Scope::of(workspace), [&](Tx& tx) {
    return services::revoke_approvals(tx, workspace, "workflow", "wf_1", clock.now());
  });
  ASSERT_TRUE(revoked.ok());
  EXPECT_EQ(step(approved).error().code, Code::kApprovalRequired);
}

TEST_F(PipelineTest, LimitsComeAfterScopesAndBeforeValidation) {
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(call(who("usr_1")).ok());
  EXPECT_EQ(code(who("usr_1")), Code::kRateLimited);
  EXPECT_EQ(code(who("usr_1"), {{"wrong", 1}}), Code::kRateLimited) << "bad arguments are not even looked at";
  EXPECT_EQ(code(who("usr_1", {"other:read"}), {{"wrong", 1}}), Code::kPermissionDenied);
  EXPECT_EQ(code(who("usr_1"), {}, "probe.none"), Code::kNotFound);
  EXPECT_EQ(code(who("usr_2"), {{"wrong", 1}}), Code::kInvalidArgument);
  // What was refused for its scopes took nothing from the limit; what had bad arguments did.
  for (int i = 0; i < 5; ++i) EXPECT_EQ(code(who("usr_3", {"other:read"})), Code::kPermissionDenied);
  EXPECT_EQ(registry->allowance(who("usr_3")).calls_left, 4);
  EXPECT_EQ(registry->allowance(who("usr_2")).calls_left, 3);
}

TEST_F(PipelineTest, ARefusalSaysWhenAndThenItWorks) {
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(call(who("usr_1")).ok());
  auto refused = call(who("usr_1"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().retry_after_ms, 15'000);
  EXPECT_NE(refused.error().message.find("4 a minute; try again in 15 s"), std::string::npos)
      << refused.error().message;
  now_ms += refused.error().retry_after_ms - 1;
  EXPECT_FALSE(call(who("usr_1")).ok());
  now_ms += 1;
  EXPECT_TRUE(call(who("usr_1")).ok());
  EXPECT_FALSE(call(who("usr_1")).ok());
  now_ms += 60'000;
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(call(who("usr_1")).ok()) << i;
}

TEST_F(PipelineTest, AServiceHasALimitForAllOfItsCallersInOneWorkspace) {
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(call(who("usr_" + std::to_string(i))).ok());
  auto refused = call(who("usr_9"));
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("all callers of probe together may make 6"), std::string::npos);
  Principal elsewhere = who("usr_9");
  elsewhere.workspace = "wsp_other";
  EXPECT_TRUE(call(elsewhere).ok()) << "another workspace has its own";
  EXPECT_TRUE(shows("spreaders_rate_limited_calls_total{service=\"probe\",limit=\"service_rate\"} 1"));
  EXPECT_TRUE(shows("spreaders_rate_limited_calls_total{service=\"probe\",limit=\"principal_rate\"} 0"));

  start({.principal = {0, 0}, .calls_per_minute_of = {{"probe", 0}}});
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(call(who("usr_1")).ok()) << "0 is no limit";
}

TEST_F(PipelineTest, OnlySoManyRunAtOnceAndAnEndedCallMakesRoom) {
  std::vector<std::jthread> running;
  for (int i = 0; i < 2; ++i) {
    running.emplace_back([this, i] {
      EXPECT_TRUE(call(who("usr_" + std::to_string(i)), {{"word", "x"}}, "slow.wait").ok());
    });
  }
  gate.until_inside(2);
  EXPECT_TRUE(shows("spreaders_calls_in_flight{service=\"slow\"} 2"));
  auto refused = call(who("usr_5"), {{"word", "x"}}, "slow.wait");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kRateLimited);
  EXPECT_GT(refused.error().retry_after_ms, 0);
  EXPECT_TRUE(call(who("usr_5")).ok()) << "other services go on";
  gate.let_go();
  running.clear();
  EXPECT_TRUE(call(who("usr_5"), {{"word", "x"}}, "slow.wait").ok());
  EXPECT_TRUE(shows("spreaders_calls_in_flight{service=\"slow\"} 0"));
  EXPECT_TRUE(shows("spreaders_rate_limited_calls_total{service=\"slow\",limit=\"service_at_once\"} 1"));
}

TEST_F(PipelineTest, ACallerHasOnlySoManyCallsRunning) {
  start({.principal = {.calls_per_minute = 0, .at_once = 1}});
  std::jthread running([this] { EXPECT_TRUE(call(who("usr_1"), {{"word", "x"}}, "slow.wait").ok()); });
  gate.until_inside(1);
  EXPECT_EQ(code(who("usr_1")), Code::kRateLimited);
  EXPECT_TRUE(call(who("usr_2")).ok());
  gate.let_go();
  running.join();
  EXPECT_TRUE(call(who("usr_1")).ok());
}

TEST_F(PipelineTest, TheEngineIsUnderNoLimit) {
  Principal engine = who("usr_1");
  engine.kind = Principal::Kind::kSystem;
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(call(engine).ok());
  engine.kind = Principal::Kind::kPerson;
  engine.door = "chat";
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(call(engine).ok()) << "nor is who watches it in its own terminal";
  EXPECT_EQ(registry->allowance(who("usr_1")).calls_left, 4);
}

TEST_F(PipelineTest, EveryCallIsAuditedWithItsTrace) {
  EXPECT_TRUE(call(who("usr_1")).ok());
  EXPECT_TRUE(call(who("usr_1"), {{"word", "put"}}, "probe.put").ok());
  EXPECT_EQ((*call(who("usr_1"), {{"word", "trace"}}))["word"], kTrace) << "the handler knows it too";
  EXPECT_FALSE(call(who("usr_1"), {{"word", "fail"}}).ok());
  EXPECT_EQ(code(who("usr_1"), {}, "probe.put"), Code::kRateLimited);
  auto rows = audit();
  ASSERT_EQ(rows.size(), 5U);
  for (const auto& row : rows) EXPECT_EQ(row[2], kTrace);
  auto outcomes = [&](std::string_view outcome) {
    return std::count_if(rows.begin(), rows.end(), [&](const auto& row) { return row[1] == outcome; });
  };
  EXPECT_EQ(outcomes("ok"), 3);
  EXPECT_EQ(outcomes("internal"), 1);
  EXPECT_EQ(outcomes("rate_limited"), 1);
  for (const char* line : {R"(spreaders_calls_total{service="probe",tool="probe.echo",outcome="ok"} 2)",
                           R"(spreaders_calls_total{service="probe",tool="probe.echo",outcome="internal"} 1)",
                           R"(spreaders_calls_total{service="probe",tool="probe.put",outcome="rate_limited"} 1)",
                           R"(spreaders_call_duration_seconds_count{service="probe"} 5)",
                           R"(spreaders_call_duration_seconds_bucket{service="probe",le="+Inf"} 5)",
                           R"(spreaders_calls_in_flight{service="probe"} 0)"}) {
    EXPECT_TRUE(shows(line)) << line << "\n" << pipeline->metrics_text();
  }
}

TEST_F(PipelineTest, WhatIsNoTraceIdIsReplacedAndNamesOfOthersMakeNoSeries) {
  for (const std::string& bad :
       {std::string(), std::string("x"), kTrace + "1", std::string(32, '0'), kTrace.substr(1) + "\n"}) {
    auto made = call(who("usr_" + std::to_string(bad.size())), {{"word", "trace"}}, "probe.echo", bad);
    ASSERT_TRUE(made.ok());
    EXPECT_TRUE(is_trace_id((*made)["word"].get<std::string>()));
    EXPECT_NE((*made)["word"], bad);
  }
  std::string before = pipeline->metrics_text();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(code(who("usr_1"), {}, "evil.name" + std::to_string(i)), Code::kNotFound);
  std::string after = pipeline->metrics_text();
  EXPECT_EQ(after.find("evil"), std::string::npos);
  EXPECT_EQ(std::count(before.begin(), before.end(), '\n'), std::count(after.begin(), after.end(), '\n'));
  EXPECT_TRUE(shows("spreaders_calls_of_unknown_tools_total 20"));
}

TEST_F(PipelineTest, NothingRunsWhileTheAuditIsFarBehind) {
  std::vector<const ToolSpec*> all{&kEcho};
  start({.principal = {0, 0}, .calls_per_minute_of = {{"probe", 0}}});
  Pipeline small(*database, clock, ids, parts, *registry, all, {.audit_queue_max = 3});
  ToolCall one{.name = "probe.echo", .arguments = {{"word", "hi"}}, .principal = who("usr_1")};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(small.call(one).ok());
  auto refused = small.call(one);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_TRUE(small.flush_audit().ok());
  EXPECT_TRUE(small.call(one).ok());
}

TEST_F(PipelineTest, ServicesTellWhatThereIsAndWhatIsLeft) {
  auto list = call(who("usr_1"), Json::object(), "services.list");
  ASSERT_TRUE(list.ok()) << list.error().text();
  ASSERT_EQ((*list)["services"].size(), 3U);
  Json expected{{"name", "probe"}, {"title", "Probe"}, {"version", "1.2.3"},
                {"tools", 4},      {"status", "ok"},   {"reason", "looked at"}};
  EXPECT_EQ((*list)["services"][0], expected);
  EXPECT_EQ((*list)["services"][2]["status"], "ok");
  EXPECT_EQ((*list)["caller"], (Json{{"calls_per_minute", 4}, {"calls_left", 3}, {"at_once", 3}, {"running", 1}}));
  EXPECT_TRUE(call(who("usr_1")).ok());
  auto one = call(who("usr_1"), {{"service", "probe"}}, "services.get");
  ASSERT_TRUE(one.ok()) << one.error().text();
  EXPECT_EQ((*one)["tools"], Json::array({"probe.echo", "probe.put", "probe.tell", "probe.tellAll"}));
  EXPECT_EQ((*one)["limits"], (Json{{"calls_per_minute", 6}, {"calls_left", 5}, {"running", 0}}));
  EXPECT_EQ((*one)["caller"]["calls_left"], 1);
  auto none = call(who("usr_2"), {{"service", "nothing"}}, "services.get");
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, Code::kNotFound);
}

TEST_F(PipelineTest, AToolMayHaveALimitOfItsOwnForEachCaller) {
  start({.principal = {0, 0}, .calls_per_minute_of = {{"probe", 0}, {"probe.echo", 2}}});
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(call(who("usr_1")).ok());
  auto refused = call(who("usr_1"));
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("a caller of probe.echo may make 2 a minute"), std::string::npos)
      << refused.error().message;
  EXPECT_TRUE(call(who("usr_2")).ok()) << "another caller has its own";
  EXPECT_TRUE(call(who("usr_1"), {{"service", "probe"}}, "services.get").ok()) << "other tools are not counted";
  EXPECT_TRUE(shows("spreaders_rate_limited_calls_total{service=\"probe\",limit=\"tool_rate\"} 1"));
}

TEST(ServiceLimits, AreReadStrictlyAndEveryMistakeIsNamed) {
  const Service* const all[] = {&kProbe, &kSlow};
  auto is_tool = [](std::string_view name) { return name == "probe.echo"; };
  auto read = parse_limits(" probe=60, slow=0,probe.echo=5,", all, is_tool);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ((*read)["probe.echo"], 5);
  EXPECT_EQ((*read)["probe"], 60);
  EXPECT_EQ((*read)["slow"], 0);
  EXPECT_TRUE(parse_limits("", all, is_tool)->empty());
  auto wrong = parse_limits("probe=-1,slow,other=5,probe=1x,probe=99999999,=3,probe.tell=1", all, is_tool);
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().issues.size(), 7U);
}

}  // namespace
}  // namespace spreaders::tools
