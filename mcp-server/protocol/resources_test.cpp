// Resources, completion, icons and progress, as far as the protocol goes: who hears what, and in which words.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "mcp-server/protocol/progress.hpp"
#include "mcp-server/protocol/server.hpp"
#include "mcp-server/test_support.hpp"

namespace spreaders::mcp {
namespace {

using testing::ask;
using testing::eventually;
using testing::modern_info;
using testing::RecordingOutlet;
using testing::request_of;

// note://{workspace}/{number} for each of three notes; nobody reads another workspace's.
class Notes final : public ResourceProvider {
 public:
  Json list(const Principal& principal) override {
    Json all = Json::array();
    for (int i = 1; i <= 3; ++i)
      all.push_back({{"uri", "note://" + principal.workspace + "/" + std::to_string(i)}, {"name", std::to_string(i)}});
    return all;
  }
  Answer read(std::string_view uri, const CallContext& context) override {
    if (uri == "note://throws") throw std::runtime_error("a secret detail");
    std::string mine = "note://" + context.principal.workspace + "/";
    if (uri != "note://shared" && !uri.starts_with(mine)) return resource_not_found(uri);
    return Json{{"contents", Json::array({Json{{"uri", uri}, {"text", "x"}}})}};
  }
};

class Words final : public CompletionProvider {
 public:
  std::variant<Json, RpcError> complete(const Json& reference, std::string_view argument, std::string_view value,
                                        const Json& known, const CallContext& context) override {
    if (reference["type"] != "ref/prompt") return invalid_params("no such thing");
    if (argument == "throw") throw std::runtime_error("a secret detail");
    Json values = Json::array();
    for (int i = 0; i < 101; ++i) values.push_back(std::string(value) + std::to_string(i));
    if (argument == "who") values = Json::array({context.principal.id, known.value("other", "")});
    return Json{{"values", std::move(values)}, {"hasMore", false}};
  }
};

struct World {
  Notes notes;
  Words words;
  McpServer server{{.name = "t",
                    .version = "1",
                    .title = "Tests",
                    .website_url = "https://example.org",
                    .icons = {{.src = "data:image/svg+xml,x", .mime_type = "image/svg+xml", .sizes = {"any"}}},
                    .resources = &notes,
                    .completion = &words,
                    .page_size = 2}};
  Json modern(const char* method, Json params, const std::string& workspace = "wsp_1") {
    auto info = modern_info();
    info.principal.workspace = workspace;
    return ask(server, request_of(method, std::move(params)), std::move(info));
  }
};

struct Session {
  explicit Session(McpServer& server_, const std::string& workspace, const std::string& revision = "2025-11-25")
      : server(server_),
        peer(std::make_shared<Peer>(Principal{.id = "usr", .workspace = workspace, .scopes = {"*"}, .door = "test"})) {
    peer->set_client({.era = Era::kLegacy, .revision = revision});
    peer->set_standing(heard);
    server.attach(peer);
  }
  Json ask(const char* method, Json params) {
    RequestInfo info;
    info.client = peer->client();
    info.principal = peer->principal();
    info.peer = peer;
    return testing::ask(server, request_of(method, std::move(params)), std::move(info));
  }
  McpServer& server;
  std::shared_ptr<RecordingOutlet> heard = std::make_shared<RecordingOutlet>();
  PeerPtr peer;
};

TEST(ResourcesTest, ListsAreCutIntoPagesOfTheCaller) {
  World world;
  auto first = world.modern("resources/list", Json::object())["result"];
  EXPECT_EQ(first["resources"].size(), 2U);
  EXPECT_EQ(first["cacheScope"], "private");
  EXPECT_EQ(first["ttlMs"], 0) << "what is the caller's own may change any time";
  auto second = world.modern("resources/list", {{"cursor", first["nextCursor"]}})["result"];
  ASSERT_EQ(second["resources"].size(), 1U);
  EXPECT_EQ(second["resources"][0]["uri"], "note://wsp_1/3");
  EXPECT_FALSE(second.contains("nextCursor"));
  for (Json cursor : {Json("x"), Json(7), Json("OTk"), Json("LTE"), Json("MA")}) {
    EXPECT_EQ(world.modern("resources/list", {{"cursor", cursor}})["error"]["code"], -32602) << cursor;
  }
}

TEST(ResourcesTest, EachEraHasItsOwnWordForNotFound) {
  World world;
  Session session(world.server, "wsp_2");
  Json uri{{"uri", "note://wsp_1/1"}};
  auto modern = world.modern("resources/read", uri, "wsp_2")["error"];
  EXPECT_EQ(modern["code"], -32602);
  EXPECT_EQ(modern["data"], uri);
  for (const char* method : {"resources/read", "resources/subscribe"}) {
    auto legacy = session.ask(method, uri)["error"];
    EXPECT_EQ(legacy["code"], -32002) << method;
    EXPECT_EQ(legacy["data"], uri) << method;
  }
  EXPECT_EQ(session.ask("resources/read", Json::object())["error"]["code"], -32602) << "no URI at all";
}

TEST(ResourcesTest, OnlyWhoMayReadHearsOfChanges) {
  World world;
  Session mine(world.server, "wsp_1");
  Session other(world.server, "wsp_2");
  EXPECT_EQ(mine.ask("resources/subscribe", {{"uri", "note://wsp_1/1"}})["result"], Json::object());
  EXPECT_TRUE(other.ask("resources/subscribe", {{"uri", "note://wsp_1/1"}}).contains("error"));
  EXPECT_EQ(mine.ask("resources/subscribe", {{"uri", "note://throws"}})["error"]["code"], -32603);
  mine.ask("resources/subscribe", {{"uri", "note://shared"}});
  other.ask("resources/subscribe", {{"uri", "note://shared"}});
  EXPECT_EQ(world.server.watched(), (std::vector<Watched>{{"wsp_1", ""},
                                                          {"wsp_1", "note://shared"},
                                                          {"wsp_1", "note://wsp_1/1"},
                                                          {"wsp_2", ""},
                                                          {"wsp_2", "note://shared"}}));
  world.server.resource_updated("note://wsp_1/1", "wsp_1");
  world.server.resource_updated("note://shared", "wsp_2");
  world.server.resources_changed("wsp_2");
  ASSERT_EQ(mine.heard->sent().size(), 1U) << "the other workspace's changes are not told";
  EXPECT_EQ(mine.heard->sent()[0]["params"]["uri"], "note://wsp_1/1");
  ASSERT_EQ(other.heard->sent().size(), 2U);
  EXPECT_EQ(other.heard->sent()[1]["method"], "notifications/resources/list_changed");

  mine.ask("resources/unsubscribe", {{"uri", "note://wsp_1/1"}});
  world.server.resource_updated("note://wsp_1/1", "wsp_1");
  EXPECT_EQ(mine.heard->sent().size(), 1U);
  other.peer->close();
  for (const auto& watched : world.server.watched()) EXPECT_NE(watched.uri, "note://wsp_1/1");
}

TEST(ResourcesTest, ListenHonoursWhatTheCallerMayRead) {
  World world;
  auto listen = [&](const std::string& workspace) {
    auto outlet = std::make_shared<RecordingOutlet>();
    auto info = modern_info();
    info.principal.workspace = workspace;
    Json filter{{"resourcesListChanged", true},
                {"resourceSubscriptions", {"note://wsp_1/1", "note://shared", "note://shared", "note://throws"}}};
    ask(world.server, request_of("subscriptions/listen", {{"notifications", filter}}), info, outlet);
    return outlet;
  };
  auto mine = listen("wsp_1");
  auto other = listen("wsp_2");
  EXPECT_EQ(mine->sent()[0]["params"]["notifications"]["resourceSubscriptions"],
            Json::array({"note://wsp_1/1", "note://shared"}));
  EXPECT_EQ(other->sent()[0]["params"]["notifications"]["resourceSubscriptions"], Json::array({"note://shared"}));
  world.server.resource_updated("note://wsp_1/1", "wsp_1");
  world.server.resource_updated("note://shared", "wsp_1");
  world.server.resources_changed("wsp_1");
  EXPECT_EQ(mine->sent().size(), 4U);
  EXPECT_EQ(other->sent().size(), 1U);
  world.server.resource_updated("note://shared");
  EXPECT_EQ(other->sent().size(), 2U) << "without a workspace it is for everyone";
  world.server.close();
}

TEST(CompletionTest, CutsAtAHundredAndSaysSo) {
  World world;
  auto complete = [&](const char* type, const char* argument) {
    return world.modern("completion/complete", {{"ref", {{"type", type}, {"name", "p"}}},
                                                {"argument", {{"name", argument}, {"value", "v"}}},
                                                {"context", {{"arguments", {{"other", "known"}}}}}});
  };
  auto many = complete("ref/prompt", "any")["result"]["completion"];
  EXPECT_EQ(many["values"].size(), 100U);
  EXPECT_EQ(many["hasMore"], true);
  EXPECT_EQ(complete("ref/prompt", "who")["result"]["completion"]["values"], Json::array({"usr_1", "known"}));
  EXPECT_EQ(complete("ref/resource", "any")["error"]["code"], -32602);
  auto thrown = complete("ref/prompt", "throw");
  EXPECT_EQ(thrown["error"]["code"], -32603);
  EXPECT_EQ(thrown.dump().find("secret"), std::string::npos);
}

TEST(ServerInfoTest, IconsAreShownOnceWhereRevisionsKnowThem) {
  World world;
  auto discovered = world.modern("server/discover", Json::object())["result"];
  const auto& info = discovered["_meta"]["io.modelcontextprotocol/serverInfo"];
  EXPECT_EQ(info["icons"],
            Json::array({Json{{"src", "data:image/svg+xml,x"}, {"mimeType", "image/svg+xml"}, {"sizes", {"any"}}}}));
  EXPECT_EQ(info["websiteUrl"], "https://example.org");
  EXPECT_EQ(info["title"], "Tests");
  EXPECT_EQ(world.modern("resources/list", Json::object()).dump().find("icons"), std::string::npos)
      << "a picture in every result would cost every call";
  for (const auto& [revision, shown] : {std::pair("2025-11-25", true), std::pair("2025-06-18", false)}) {
    Session session(world.server, "wsp_1");
    auto result =
        session.ask("initialize", {{"protocolVersion", revision}, {"capabilities", Json::object()}})["result"];
    EXPECT_EQ(result["serverInfo"].contains("icons"), shown) << revision;
  }
}

// --- progress ------------------------------------------------------------------------------------------------------

TEST(ProgressTest, BeatsOnlyInSilenceAndNeverOvertakesTheTool) {
  auto outlet = std::make_shared<RecordingOutlet>();
  CallProgress progress;
  EXPECT_EQ(progress.beat(monotonic_ms(), 10), 0) << "nobody asked";
  progress.start("p", outlet);
  int64_t now_ms = monotonic_ms();
  EXPECT_GE(progress.beat(now_ms, 1000), now_ms) << "not silent for long enough";
  EXPECT_TRUE(outlet->sent().empty());
  progress.beat(now_ms + 8000, 4000);
  ASSERT_EQ(outlet->sent().size(), 1U);
  EXPECT_EQ(outlet->sent()[0]["params"]["message"], "Still working after 8 s");
  progress.say(0.5, 10, "half");
  progress.say(0.5, 10, "again");
  progress.say(0.25, 10, "back");
  progress.beat(now_ms + 16'000, 4000);
  auto sent = outlet->sent();
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[1]["params"], (Json{{"progressToken", "p"}, {"progress", 0.5}, {"total", 10.0}, {"message", "half"}}));
  EXPECT_EQ(sent[2]["params"]["total"], 10.0);
  EXPECT_GT(sent[2]["params"]["progress"], 0.5);
  EXPECT_LT(sent[2]["params"]["progress"], 0.51);
  progress.end();
  progress.say(1, 10, "late");
  EXPECT_EQ(progress.beat(now_ms + 60'000, 4000), 0);
  EXPECT_EQ(outlet->sent().size(), 3U);
}

// Works until the test has heard three times that it does.
class Slow final : public ToolProvider {
 public:
  Json list() override { return Json::array(); }
  bool has(std::string_view) override { return true; }
  Answer call(std::string_view name, const Json&, const CallContext& context) override {
    if (name == "slow") heard = eventually([this] { return outlet->sent().size() >= 3; });
    context.progress(1, 2, "half");
    return text_result("done");
  }
  std::shared_ptr<RecordingOutlet> outlet = std::make_shared<RecordingOutlet>();
  bool heard = false;
};

TEST(ProgressTest, ACallThatRunsLongIsHeardOf) {
  Slow tool;
  McpServer server({.name = "t", .version = "1", .tool_provider = &tool, .progress_interval_ms = 5});
  Json params{{"name", "slow"}, {"_meta", {{"progressToken", 7}}}};
  auto answer = ask(server, request_of("tools/call", params), modern_info(), tool.outlet);
  EXPECT_TRUE(tool.heard);
  EXPECT_EQ(answer["result"]["content"][0]["text"], "done");
  auto sent = tool.outlet->sent();
  double last = -1;
  for (const auto& each : sent) {
    EXPECT_EQ(each["method"], "notifications/progress");
    EXPECT_EQ(each["params"]["progressToken"], 7);
    EXPECT_GT(each["params"]["progress"], last);
    last = each["params"]["progress"];
  }
  EXPECT_EQ(last, 1) << "the tool's own word still counts";

  auto silent = std::make_shared<RecordingOutlet>();
  ask(server, request_of("tools/call", {{"name", "quick"}}), modern_info(), silent);
  EXPECT_TRUE(silent->sent().empty()) << "nobody asked for progress";
}

}  // namespace
}  // namespace spreaders::mcp
