// Resources as views of what read tools answer, and completion from the same tools. A resource has no data of its own:
// reading it is a call of its tools as the caller, so scopes, workspaces, limits and the audit are theirs. What there
// is stands in a table:
//
//   const std::vector<ResourceSpec> kTable = {
//       {.uri = "notes://all", .name = "notes", .title = "Notes", .description = "...", .parts = {{.tool =
//       "note.list"}}},
//       {.uri = "notes://{note_id}", .name = "note", ..., .parts = {{.tool = "note.get", .argument = "note_id"}},
//        .rows = ToolRows{.tool = "note.list", .array = "notes", .id = "note_id", .title = "name"}}};
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp-server/protocol/providers.hpp"

namespace spreaders::mcp {

// Rows that a tool lists: entries of resources/list, values of completion.
struct ToolRows {
  std::string_view tool;
  std::string_view array;          // member of the result that holds the rows
  std::string_view id;             // member of a row
  std::string_view title = {};     // the same, for people; its first line is used
  std::string_view modified = {};  // the same, ISO 8601
  std::string_view only = {};      // only rows whose member `only` is `only_value`
  std::string_view only_value = {};
  std::string_view before = {};  // argument that takes the last id of the page before; empty: there is one page
  std::string_view limit = {};   // argument that takes how many; at most 100
};

// A tool whose result is the resource, or one member of it.
struct ResourcePart {
  std::string_view tool;
  std::string_view argument = {};  // gets what stands in the URI for the variable
  std::string_view array = {};     // takes this member of the result only
  std::string_view member = {};    // under which name it joins the first part's result
};

struct ResourceSpec {
  std::string_view uri;  // "a://b", or "a://b/{variable}" with the variable at the end
  std::string_view name, title, description;
  std::vector<ResourcePart> parts;
  std::optional<ToolRows> rows = {};  // those of a template that exist
  [[nodiscard]] bool is_template() const { return uri.ends_with('}'); }
};

struct RunnerResourcesOptions {
  std::vector<ResourceSpec> table;
  // The tools by service (what stands before the dot), at this URI and at "{URI}/{service}"; empty = not offered.
  std::string catalogue_uri = {};
  Selection selection = {};  // of every request, before its own
};

class RunnerResources : public ResourceProvider {
 public:
  RunnerResources(ToolRunner& runner, RunnerResourcesOptions options);
  std::variant<ResourcePage, RpcError> list_page(std::string_view cursor, size_t page_size,
                                                 const CallContext& context) override;
  [[nodiscard]] Json templates() override;
  Answer read(std::string_view uri, const CallContext& context) override;
  // The row of the table that a URI belongs to, and its variable's value.
  struct Place {
    const ResourceSpec* spec = nullptr;
    std::string_view value;
  };
  [[nodiscard]] Place find(std::string_view uri) const;

 private:
  [[nodiscard]] bool offered(const ResourceSpec& spec) const;
  Json fixed_entries(const CallContext& context) const;
  std::optional<Json> read_catalogue(std::string_view uri, const CallContext& context) const;
  [[nodiscard]] Answer refused(const ResourceSpec& spec, const Error& error, std::string_view uri,
                               const CallContext& context) const;

  ToolRunner& runner_;
  RunnerResourcesOptions options_;
};

// Where the values of an argument or a URI's variable come from: rows of a tool, or a fixed list.
struct CompletionSource {
  std::string_view argument;
  std::optional<ToolRows> rows = {};
  std::vector<std::string> values = {};
};

struct RunnerCompletionOptions {
  std::vector<CompletionSource> sources;
  std::function<bool(std::string_view name)> has_prompt;
  std::function<bool(std::string_view uri_template)> has_template;
};

class RunnerCompletion final : public CompletionProvider {
 public:
  RunnerCompletion(ToolRunner& runner, RunnerCompletionOptions options)
      : runner_(runner), options_(std::move(options)) {}
  // What begins with the typed text, or whose title holds it, in the tool's order.
  std::variant<Json, RpcError> complete(const Json& reference, std::string_view argument, std::string_view value,
                                        const Json& known_arguments, const CallContext& context) override;

 private:
  ToolRunner& runner_;
  RunnerCompletionOptions options_;
};

// What stands before the dot of the tools' names, each once, in their order.
std::vector<std::string> services_of(const ToolList& tools);

}  // namespace spreaders::mcp
