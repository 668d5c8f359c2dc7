// A table of resources over a runner of notes: every read is a call as the caller.
#include "mcp-server/protocol/runner_resources.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>

#include "mcp-server/protocol/server.hpp"
#include "mcp-server/test_support.hpp"

namespace spreaders::mcp {
namespace {

using testing::modern_info;
using testing::request_of;

struct ListArgs {
  int limit = 2;
  std::optional<std::string> before;
  SPR_FIELDS(ListArgs, SPR_FIELD(limit, "How many", .min = 1, .max = 100, .defaulted = true),
             SPR_FIELD(before, "The last of the page before", .format = Format::kIdentifier));
};
struct ById {
  std::string note_id;
  SPR_FIELDS(ById, SPR_FIELD(note_id, "Id", .format = Format::kIdentifier));
};
struct Nothing {
  std::string text;
  SPR_FIELDS(Nothing, SPR_FIELD(text, "Text"));
};
Result<Nothing> list_notes(ToolContext&, const ListArgs&) { return Nothing{}; }
Result<Nothing> get_note(ToolContext&, const ById&) { return Nothing{}; }

const ToolSpec kList{.name = "note.list",
                     .title = "List notes",
                     .description = "Lists notes.",
                     .effect = Effect::kRead,
                     .repeat = Repeat::kSafe,
                     .scopes = {"notes:read"},
                     .body = handler<&list_notes>()};
const ToolSpec kGet{.name = "note.get",
                    .title = "Get a note",
                    .description = "Gets a note.",
                    .effect = Effect::kRead,
                    .repeat = Repeat::kSafe,
                    .scopes = {"notes:read"},
                    .body = handler<&get_note>()};
const ToolSpec kDrop{.name = "trash.drop",
                     .title = "Drop a note",
                     .description = "Drops a note.",
                     .effect = Effect::kDestroy,
                     .repeat = Repeat::kSafe,
                     .scopes = {"notes:write"},
                     .body = handler<&get_note>()};

// Notes n000, n001, ... newest first; those of "wsp_1" only.
class NoteRunner final : public ToolRunner {
 public:
  explicit NoteRunner(int count) : count_(count) {}
  [[nodiscard]] ToolList list() const override {
    static const ToolSpec* const all[] = {&kList, &kGet, &kDrop};
    return all;
  }
  [[nodiscard]] const ToolSpec* find(std::string_view name) const override { return find_tool(list(), name); }
  Result<Json> call(const ToolCall& call) override {
    calls.push_back(call);
    if (failure) return *failure;
    if (!call.principal.may("notes:read")) return Error{Code::kPermissionDenied, "this needs the scope notes:read"};
    bool owner = call.principal.workspace == "wsp_1";
    if (call.name == "note.get") {
      std::string id = call.arguments["note_id"];
      if (!owner || id != "n000") return not_found("there is no note " + id);
      return Json{{"id", id}, {"lines", {"a", "b"}}};
    }
    Json notes = Json::array();
    int from =
        call.arguments.contains("before") ? std::stoi(call.arguments["before"].get<std::string>().substr(1)) + 1 : 0;
    int limit = call.arguments.value("limit", 2);
    for (int i = from; owner && i < count_ && static_cast<int>(notes.size()) < limit; ++i) {
      std::string number = std::to_string(i);
      notes.push_back({{"id", "n" + std::string(3 - number.size(), '0') + number},
                       {"name", (i % 2 == 0 ? "Even " : "Odd ") + number + "\nsecond line"},
                       {"kind", i % 2 == 0 ? "even" : "odd"},
                       {"at", "2026-01-01T00:00:00Z"}});
    }
    return Json{{"notes", std::move(notes)}};
  }
  Result<void> admit(storage::Tx&, const ToolCall&) override { return {}; }
  std::vector<ToolCall> calls;
  std::optional<Error> failure;

 private:
  int count_;
};

constexpr ToolRows kRows{.tool = "note.list",
                         .array = "notes",
                         .id = "id",
                         .title = "name",
                         .modified = "at",
                         .before = "before",
                         .limit = "limit"};
constexpr ToolRows kEven{.tool = "note.list",
                         .array = "notes",
                         .id = "id",
                         .title = "name",
                         .only = "kind",
                         .only_value = "even",
                         .limit = "limit"};

struct World {
  explicit World(int count = 3) : runner(count) {}
  NoteRunner runner;
  RunnerResources resources{runner,
                            {.table = {{.uri = "n://notes",
                                        .name = "notes",
                                        .title = "Notes",
                                        .description = "All.",
                                        .parts = {{.tool = "note.list"}}},
                                       {.uri = "n://notes/{note_id}",
                                        .name = "note",
                                        .title = "Note",
                                        .description = "One.",
                                        .parts = {{.tool = "note.get", .argument = "note_id"},
                                                  {.tool = "note.list", .array = "notes", .member = "others"}},
                                        .rows = kRows},
                                       {.uri = "n://even/{note_id}",
                                        .name = "even",
                                        .title = "Even",
                                        .description = "One.",
                                        .parts = {{.tool = "note.get", .argument = "note_id"}},
                                        .rows = kEven},
                                       {.uri = "n://missing",
                                        .name = "missing",
                                        .title = "M",
                                        .description = "M.",
                                        .parts = {{.tool = "note.gone"}}}},
                             .catalogue_uri = "n://catalogue"}};
  RunnerCompletion completion{
      runner,
      {.sources = {{.argument = "note_id", .rows = kRows}, {.argument = "color", .values = {"red", "Rust", "blue"}}},
       .has_prompt = [](std::string_view name) { return name == "p"; },
       .has_template = [](std::string_view uri) { return uri == "n://notes/{note_id}"; }}};
  McpServer server{{.name = "t", .version = "1", .tools = &runner, .resources = &resources, .completion = &completion}};
  RequestInfo info = modern_info();
  Json ask(const char* method, Json params) {
    return testing::ask(server, request_of(method, std::move(params)), info);
  }
  Json read(const std::string& uri) { return ask("resources/read", {{"uri", uri}}); }
  Json content(const std::string& uri) {
    return Json::parse(read(uri)["result"]["contents"][0]["text"].get<std::string>());
  }
};

TEST(RunnerResourcesTest, ReadsAreCallsAsTheCaller) {
  World world;
  world.info.trace_id = "trace";
  EXPECT_EQ(world.content("n://notes")["notes"].size(), 2U);
  Json note = world.content("n://notes/n000");
  EXPECT_EQ(note["id"], "n000");
  EXPECT_EQ(note["others"].size(), 2U) << "a further tool's result joins as a member";
  for (const auto& call : world.runner.calls) {
    EXPECT_EQ(call.principal.id, "usr_1");
    EXPECT_EQ(call.trace_id, "trace");
  }
  EXPECT_EQ(world.read("n://notes/n000")["result"]["contents"][0]["mimeType"], "application/json");
}

TEST(RunnerResourcesTest, UnknownForeignAndWrongIdsLookTheSame) {
  World world;
  for (const char* uri : {"n://notes/n999", "n://notes/not an id!", "n://notes/", "n://notes/n000/x", "n://nothing",
                          "n://missing", "n://catalogue/none", "n://cataloguex", "x"}) {
    auto error = world.read(uri)["error"];
    EXPECT_EQ(error["code"], -32602) << uri;
    EXPECT_EQ(error["message"], "Resource not found") << uri;
    EXPECT_EQ(error["data"], (Json{{"uri", uri}})) << uri;
  }
  world.info.principal.workspace = "wsp_2";
  EXPECT_EQ(world.read("n://notes/n000")["error"], world.read("n://notes/n000")["error"]);
  EXPECT_EQ(world.read("n://notes/n000")["error"]["message"], "Resource not found");
}

TEST(RunnerResourcesTest, OtherFailuresSayWhatTheyAre) {
  World world;
  world.info.principal.scopes = {"other:read"};
  auto refused = world.read("n://notes")["error"];
  EXPECT_EQ(refused["code"], -32602);
  EXPECT_EQ(refused["data"]["code"], "permission_denied");
  EXPECT_NE(refused["message"], "Resource not found");
  world.runner.failure = Error{Code::kRateLimited, "too many", "", 1000};
  auto limited = world.read("n://notes")["error"];
  EXPECT_EQ(limited["code"], -32603);
  EXPECT_EQ(limited["data"]["retryAfterMs"], 1000);
  EXPECT_EQ(world.ask("resources/list", Json::object())["error"]["data"]["code"], "rate_limited");
}

TEST(RunnerResourcesTest, WhoCouldGetTheScopesIsToldWhichTheyAre) {
  World world;
  world.info.principal.scopes = {"other:read"};
  world.info.selection.may_step_up = true;
  auto refused = world.read("n://notes/n000")["error"];
  EXPECT_EQ(refused["data"]["requiredScopes"], Json::array({"notes:read"}));
  world.info.principal.scopes.emplace_back("notes:read");
  EXPECT_EQ(world.content("n://notes/n000")["id"], "n000");
  EXPECT_EQ(world.read("n://notes/n999")["error"]["message"], "Resource not found") << "no scope would help";
}

TEST(RunnerResourcesTest, ListsWhatThereIsPageByPage) {
  World world(250);
  std::vector<std::string> uris;
  Json params = Json::object();
  int pages = 0;
  for (; pages < 10; ++pages) {
    auto result = world.ask("resources/list", params)["result"];
    for (const auto& entry : result["resources"]) uris.push_back(entry["uri"]);
    if (pages == 0) {
      EXPECT_EQ(uris.size(), 100U) << "clients that read one page see the newest";
      EXPECT_EQ(result["resources"][0]["title"], "Notes");
      EXPECT_EQ(result["resources"][4]["title"], "Note: Even 0") << "one line";
      EXPECT_EQ(result["resources"][4]["annotations"]["lastModified"], "2026-01-01T00:00:00Z");
    }
    if (!result.contains("nextCursor")) break;
    params = {{"cursor", result["nextCursor"]}};
  }
  // One fixed, the catalogue, two services, 250 notes, and the 50 even ones of the one page that has no cursor.
  EXPECT_EQ(uris.size(), 1U + 1 + 2 + 250 + 50);
  EXPECT_EQ(std::set<std::string>(uris.begin(), uris.end()).size(), uris.size());
  EXPECT_EQ(uris.back(), "n://even/n098");
  for (const char* cursor : {"MA", "OTk6", "MTpub3QgYW4gaWQh", "Og", "MTExMTox"}) {
    EXPECT_EQ(world.ask("resources/list", {{"cursor", cursor}})["error"]["code"], -32602) << cursor;
  }
  world.info.principal.scopes = {"other:read"};
  EXPECT_EQ(world.ask("resources/list", Json::object())["result"]["resources"].size(), 4U)
      << "what the caller may not list is left out";
}

TEST(RunnerResourcesTest, TemplatesAreThoseWhoseToolsExist) {
  World world;
  auto templates = world.ask("resources/templates/list", Json::object())["result"]["resourceTemplates"];
  ASSERT_EQ(templates.size(), 3U);
  EXPECT_EQ(templates[0]["uriTemplate"], "n://notes/{note_id}");
  EXPECT_EQ(templates[2]["uriTemplate"], "n://catalogue/{service}");
}

TEST(RunnerResourcesTest, TheCatalogueShowsWhatTheConnectionMayUse) {
  World world;
  EXPECT_EQ(world.content("n://catalogue")["services"].size(), 2U);
  Json note = world.content("n://catalogue/note");
  EXPECT_EQ(note["tools"][0]["name"], "note_list");
  EXPECT_EQ(note["tools"][0]["effect"], "read");
  EXPECT_EQ(world.content("n://catalogue/trash")["tools"][0]["needs_approval"], true);
  world.info.selection.read_only = true;
  EXPECT_EQ(world.content("n://catalogue")["services"].size(), 1U);
  EXPECT_EQ(world.read("n://catalogue/trash")["error"]["code"], -32602);
}

TEST(RunnerCompletionTest, CompletesFromTheCallersOwnThings) {
  World world(250);
  auto complete = [&](Json reference, const char* argument, const char* value) {
    return world.ask("completion/complete",
                     {{"ref", std::move(reference)}, {"argument", {{"name", argument}, {"value", value}}}});
  };
  Json note{{"type", "ref/resource"}, {"uri", "n://notes/{note_id}"}};
  auto all = complete(note, "note_id", "")["result"]["completion"];
  EXPECT_EQ(all["values"].size(), 100U);
  EXPECT_EQ(all["hasMore"], true);
  EXPECT_FALSE(all.contains("total")) << "not counted";
  auto by_name = complete(note, "note_id", "odd 24")["result"]["completion"];
  EXPECT_EQ(by_name["values"], Json::array({"n241", "n243", "n245", "n247", "n249"}));
  EXPECT_EQ(by_name["hasMore"], false);
  EXPECT_EQ(by_name["total"], 5);
  EXPECT_EQ(complete(note, "note_id", "n24")["result"]["completion"]["values"].size(), 10U);
  EXPECT_EQ(complete({{"type", "ref/prompt"}, {"name", "p"}}, "color", "R")["result"]["completion"]["values"],
            Json::array({"red", "Rust"}));
  EXPECT_EQ(complete({{"type", "ref/prompt"}, {"name", "p"}}, "other", "")["result"]["completion"]["values"],
            Json::array());
  for (Json reference : {Json{{"type", "ref/prompt"}, {"name", "q"}}, Json{{"type", "ref/resource"}, {"uri", "n://x"}},
                         Json{{"type", "x"}}, Json::object()}) {
    EXPECT_EQ(complete(reference, "note_id", "")["error"]["code"], -32602) << reference;
  }
  world.info.principal.workspace = "wsp_2";
  EXPECT_EQ(complete(note, "note_id", "")["result"]["completion"]["values"], Json::array());
  world.info.principal.scopes = {"other:read"};
  EXPECT_EQ(complete(note, "note_id", "")["result"]["completion"]["values"], Json::array());
}

}  // namespace
}  // namespace spreaders::mcp
