#include "mcp-server/protocol/runner_resources.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/bytes.hpp"
#include "core/service.hpp"
#include "mcp-server/protocol/step_up.hpp"

namespace spreaders::mcp {

namespace {

constexpr std::string_view kJsonType = "application/json";
constexpr size_t kPageEntries_max = 100;
constexpr int kRows_max = 100;            // of one call
constexpr int kCompletionPages_max = 10;  // calls for one completion; then there may be more
constexpr size_t kCompletionValues_max = 100;
constexpr size_t kTitleCharacters_max = 120;
constexpr size_t kUriBytes_max = 500;

std::string text_of(const Json& row, std::string_view member) {
  auto found = member.empty() ? row.end() : row.find(member);
  return found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string title_of(const Json& row, const ToolRows& rows) {
  std::string title = text_of(row, rows.title);
  return std::string(first_code_points(title.substr(0, title.find('\n')), kTitleCharacters_max));
}

Result<Json> call_tool(ToolRunner& runner, std::string_view tool, Json arguments, const CallContext& context) {
  const auto* spec = runner.find(tool);
  if (spec == nullptr) return not_found("this is not offered here");
  auto decoded = TRY(spec->body.decode(arguments));
  Effect effect = spec->effect_of != nullptr ? spec->effect_of(decoded.get()) : spec->effect;
  CHECK(effect == Effect::kRead, "a resource is a view of a tool that reads");
  ToolCall call{.name = std::string(tool),
                .arguments = std::move(arguments),
                .principal = context.principal,
                .trace_id = context.trace_id,
                .stop = context.stop};
  return runner.call(call);
}

// The rows of one page that the table wants, and whether there may be more after `last`.
struct RowPage {
  std::vector<Json> rows;
  std::string last;
  bool more = false;
};

Result<RowPage> read_rows(ToolRunner& runner, const ToolRows& from, const std::string& before, int limit,
                          const CallContext& context) {
  Json arguments = Json::object();
  if (!from.limit.empty()) arguments[std::string(from.limit)] = limit;
  if (!before.empty()) arguments[std::string(from.before)] = before;
  Json answer = TRY(call_tool(runner, from.tool, std::move(arguments), context));
  RowPage page;
  auto all = answer.find(from.array);
  if (all == answer.end() || !all->is_array()) return page;
  page.more = !from.before.empty() && all->size() >= static_cast<size_t>(limit);
  for (auto& row : *all) {
    std::string id = text_of(row, from.id);
    if (id.empty()) continue;
    page.last = id;
    if (from.only.empty() || text_of(row, from.only) == from.only_value) page.rows.push_back(std::move(row));
  }
  return page;
}

// What cannot be found, is somebody else's or is no id at all looks the same from outside.
RpcError error_for(const Error& error, std::string_view uri) {
  if (error.code == Code::kNotFound || error.code == Code::kInvalidArgument) return resource_not_found(uri);
  Json data{{"code", code_name(error.code)}};
  if (!uri.empty()) data["resource"] = uri;
  if (error.retry_after_ms > 0) data["retryAfterMs"] = error.retry_after_ms;
  bool refused = error.code == Code::kPermissionDenied || error.code == Code::kUnauthenticated;
  return {.code = refused ? jsonrpc::kInvalidParams : jsonrpc::kInternalError,
          .message = error.message,
          .data = std::move(data)};
}

Json contents_of(std::string_view uri, const Json& value) {
  return {{"contents", Json::array({{{"uri", uri}, {"mimeType", kJsonType}, {"text", to_text(value)}}})}};
}

Json described(std::string_view key, std::string_view uri, std::string_view name, std::string_view title,
               std::string_view description) {
  return {
      {std::string(key), uri}, {"name", name}, {"title", title}, {"description", description}, {"mimeType", kJsonType}};
}

std::string uri_for(const ResourceSpec& spec, std::string_view id) {
  return std::string(spec.uri.substr(0, spec.uri.find('{'))) + std::string(id);
}

Json entry_of(const ResourceSpec& spec, const Json& row) {
  std::string id = text_of(row, spec.rows->id);
  std::string title = title_of(row, *spec.rows);
  Json entry = described("uri", uri_for(spec, id), std::string(spec.name) + "/" + id,
                         std::string(spec.title) + ": " + (title.empty() ? id : title), spec.description);
  if (std::string at = text_of(row, spec.rows->modified); !at.empty()) entry["annotations"] = {{"lastModified", at}};
  return entry;
}

// "{section}:{last id}". Section 0 has the entries without a variable, the others the table's rows that list some.
struct Cursor {
  size_t section = 0;
  std::string before;
};

std::optional<Cursor> cursor_of(std::string_view text, size_t sections) {
  if (text.empty()) return Cursor{};
  size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon > 3) return std::nullopt;
  Cursor cursor;
  for (char digit : text.substr(0, colon)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    cursor.section = cursor.section * 10 + static_cast<size_t>(digit - '0');
  }
  if (cursor.section == 0 || cursor.section > sections) return std::nullopt;
  cursor.before = text.substr(colon + 1);
  return cursor;
}

}  // namespace

std::vector<std::string> services_of(const ToolList& tools) {
  std::vector<std::string> all;
  for (const auto* spec : tools) {
    if (std::ranges::find(all, family_of(spec->name.value)) == all.end()) all.emplace_back(family_of(spec->name.value));
  }
  return all;
}

RunnerResources::RunnerResources(ToolRunner& runner, RunnerResourcesOptions options)
    : runner_(runner), options_(std::move(options)) {
  for (const auto& spec : options_.table) CHECK(!spec.parts.empty(), "a resource is a view of something");
}

bool RunnerResources::offered(const ResourceSpec& spec) const {
  return std::ranges::all_of(spec.parts, [&](const auto& part) { return runner_.find(part.tool) != nullptr; });
}

RunnerResources::Place RunnerResources::find(std::string_view uri) const {
  if (uri.size() > kUriBytes_max) return {};
  for (const auto& spec : options_.table) {
    if (!spec.is_template()) {
      if (uri == spec.uri) return {&spec, {}};
      continue;
    }
    auto prefix = spec.uri.substr(0, spec.uri.find('{'));
    if (!uri.starts_with(prefix) || uri.size() == prefix.size()) continue;
    auto value = uri.substr(prefix.size());
    if (value.find('/') == std::string_view::npos) return {&spec, value};
  }
  return {};
}

// --- lists ---------------------------------------------------------------------------------------------------------

Json RunnerResources::templates() {
  Json all = Json::array();
  for (const auto& spec : options_.table) {
    if (spec.is_template() && offered(spec)) {
      all.push_back(described("uriTemplate", spec.uri, spec.name, spec.title, spec.description));
    }
  }
  if (!options_.catalogue_uri.empty()) {
    all.push_back(
        described("uriTemplate", options_.catalogue_uri + "/{service}", "service", "Tools of a service",
                  "The tools of one service: what each does, what it needs, whether a person must approve it."));
  }
  return all;
}

Json RunnerResources::fixed_entries(const CallContext& context) const {
  Json entries = Json::array();
  for (const auto& spec : options_.table) {
    if (!spec.is_template() && offered(spec)) {
      entries.push_back(described("uri", spec.uri, spec.name, spec.title, spec.description));
    }
  }
  if (options_.catalogue_uri.empty()) return entries;
  entries.push_back(
      described("uri", options_.catalogue_uri, "catalogue", "Catalogue", "The services and their tools."));
  auto catalogue = read_catalogue(options_.catalogue_uri, context);
  for (const auto& service : (*catalogue)["services"]) {
    std::string name = service["service"];
    entries.push_back(described("uri", service["uri"].get<std::string>(), "service/" + name, "Service: " + name,
                                std::to_string(service["tools"].get<int64_t>()) + " tools."));
  }
  return entries;
}

std::variant<ResourcePage, RpcError> RunnerResources::list_page(std::string_view cursor_text, size_t page_size,
                                                                const CallContext& context) {
  std::vector<const ResourceSpec*> sections;
  for (const auto& spec : options_.table) {
    if (spec.rows && offered(spec)) sections.push_back(&spec);
  }
  auto cursor = cursor_of(cursor_text, sections.size());
  if (!cursor) return bad_cursor();
  page_size = std::min(page_size, kPageEntries_max);
  ResourcePage page{.entries = cursor->section == 0 ? fixed_entries(context) : Json::array()};
  bool first = true;
  size_t section = std::max<size_t>(cursor->section, 1);
  std::string before = cursor->before;
  while (section <= sections.size() && (first || page.entries.size() < page_size)) {
    const auto& spec = *sections[section - 1];
    size_t room = page.entries.size() < page_size ? page_size - page.entries.size() : 1;
    int limit = spec.rows->before.empty() ? kRows_max : static_cast<int>(std::min<size_t>(room, kRows_max));
    auto rows = read_rows(runner_, *spec.rows, before, limit, context);
    if (!rows.ok() && rows.error().code == Code::kInvalidArgument && !before.empty()) return bad_cursor();
    // What the caller may not list is not there for them.
    if (!rows.ok() && rows.error().code != Code::kPermissionDenied) return error_for(rows.error(), "");
    std::set<std::string> seen;
    bool more = rows.ok() && rows->more;
    if (rows.ok()) {
      for (const auto& row : rows->rows) {
        if (seen.insert(text_of(row, spec.rows->id)).second) page.entries.push_back(entry_of(spec, row));
      }
    }
    before = more ? rows->last : "";
    if (!more) ++section;
    first = false;
  }
  if (section <= sections.size()) page.next = std::to_string(section) + ":" + before;
  return page;
}

// --- reading -------------------------------------------------------------------------------------------------------

std::optional<Json> RunnerResources::read_catalogue(std::string_view uri, const CallContext& context) const {
  const std::string& base = options_.catalogue_uri;
  if (base.empty() || !uri.starts_with(base)) return std::nullopt;
  std::string_view rest = uri.substr(base.size());
  if (!rest.empty() && rest.front() != '/') return std::nullopt;
  std::string_view wanted = rest.empty() ? rest : rest.substr(1);
  Json services = Json::array();
  Json tools = Json::array();
  for (const auto& service : services_of(runner_.list())) {
    int64_t count = 0;
    int64_t reading = 0;
    for (const auto* spec : runner_.list()) {
      if (family_of(spec->name.value) != service || !context.selection.shows(*spec) || !options_.selection.shows(*spec))
        continue;
      ++count;
      if (spec->effect == Effect::kRead) ++reading;
      if (service != wanted) continue;
      Json one = describe_tool(*spec);
      tools.push_back({{"name", one["name"]},
                       {"title", one["title"]},
                       {"description", one["description"]},
                       {"effect", enum_name(spec->effect)},
                       {"needs_approval", one["_meta"]["io.spreaders/needsApproval"]},
                       {"scopes", one["_meta"]["io.spreaders/scopes"]}});
    }
    if (count > 0) {
      services.push_back(
          {{"service", service}, {"uri", base + "/" + service}, {"tools", count}, {"tools_that_only_read", reading}});
    }
  }
  if (rest.empty()) return Json{{"services", std::move(services)}};
  if (tools.empty()) return std::nullopt;
  return Json{{"service", wanted}, {"tools", std::move(tools)}};
}

// A client that could get them is told the scopes of the whole resource, so that it has to ask once only.
Answer RunnerResources::refused(const ResourceSpec& spec, const Error& error, std::string_view uri,
                                const CallContext& context) const {
  if (error.code == Code::kPermissionDenied) {
    std::vector<std::string_view> needed;
    for (const auto& part : spec.parts) {
      const auto* tool = runner_.find(part.tool);
      if (tool == nullptr) continue;
      for (auto scope : tool->scopes.list())
        if (std::ranges::find(needed, scope) == needed.end()) needed.push_back(scope);
    }
    if (auto scopes = lacking_scopes(needed, context); !scopes.empty()) return step_up(std::move(scopes));
  }
  return error_for(error, uri);
}

Answer RunnerResources::read(std::string_view uri, const CallContext& context) {
  if (auto catalogue = read_catalogue(uri, context)) return contents_of(uri, *catalogue);
  Place place = find(uri);
  if (place.spec == nullptr) return resource_not_found(uri);
  Json whole;
  for (const auto& part : place.spec->parts) {
    Json arguments = Json::object();
    if (!part.argument.empty()) arguments[std::string(part.argument)] = place.value;
    auto answer = call_tool(runner_, part.tool, std::move(arguments), context);
    if (!answer.ok()) return refused(*place.spec, answer.error(), uri, context);
    Json value = part.array.empty() ? std::move(*answer) : std::move((*answer)[std::string(part.array)]);
    if (part.member.empty()) whole = std::move(value);
    else whole[std::string(part.member)] = std::move(value);
  }
  return contents_of(uri, whole);
}

// --- completion ----------------------------------------------------------------------------------------------------

namespace {

struct Values {
  std::string typed;  // lower case
  std::vector<std::string> found = {};
  bool more = false;

  // False when there is no room for more.
  bool offer(const std::string& value, const std::string& title) {
    bool fits = lower_ascii(value).starts_with(typed) ||
                (!title.empty() && lower_ascii(title).find(typed) != std::string::npos);
    if (!fits || std::ranges::find(found, value) != found.end()) return true;
    if (found.size() >= kCompletionValues_max) {
      more = true;
      return false;
    }
    found.push_back(value);
    return true;
  }
};

Result<void> offer_rows(ToolRunner& runner, const ToolRows& from, Values& values, const CallContext& context) {
  std::string before;
  for (int page = 0; page < kCompletionPages_max; ++page) {
    auto rows = TRY(read_rows(runner, from, before, kRows_max, context));
    for (const auto& row : rows.rows) {
      if (!values.offer(text_of(row, from.id), title_of(row, from))) return {};
    }
    if (!rows.more) return {};
    before = rows.last;
  }
  values.more = true;
  return {};
}

}  // namespace

std::variant<Json, RpcError> RunnerCompletion::complete(const Json& reference, std::string_view argument,
                                                        std::string_view value, const Json& /*known_arguments*/,
                                                        const CallContext& context) {
  std::string type = text_of(reference, "type");
  bool known = type == "ref/prompt"     ? options_.has_prompt(text_of(reference, "name"))
               : type == "ref/resource" ? options_.has_template(text_of(reference, "uri"))
                                        : false;
  if (!known) return invalid_params("params.ref must name a prompt or a resource template of this server");
  Values values{.typed = lower_ascii(value)};
  for (const auto& source : options_.sources) {
    if (source.argument != argument) continue;
    for (const auto& fixed : source.values) {
      if (!values.offer(fixed, "")) break;
    }
    if (!source.rows) continue;
    auto offered = offer_rows(runner_, *source.rows, values, context);
    // Who may not see the things may not see their names; that is no fault of the request.
    bool hidden =
        !offered.ok() && (offered.error().code == Code::kPermissionDenied || offered.error().code == Code::kNotFound);
    if (!offered.ok() && !hidden) return error_for(offered.error(), "");
  }
  Json completion{{"values", values.found}, {"hasMore", values.more}};
  if (!values.more) completion["total"] = values.found.size();
  return completion;
}

}  // namespace spreaders::mcp
