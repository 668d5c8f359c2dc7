#include "mcp-server/catalogue/compact.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/service.hpp"

namespace spreaders::mcp {

namespace {

constexpr int kFound_max = 20;
constexpr size_t kDescribed_max = 10;
constexpr size_t kNameShown_max = 80;
constexpr size_t kSuggestions = 3;

enum class Detail : uint8_t { kNames, kSchemas };
SPR_ENUM(Detail, {Detail::kNames, "names"}, {Detail::kSchemas, "schemas"});

struct SearchArgs {
  std::string query;
  std::string toolset;
  int limit = 5;
  Detail detail = Detail::kSchemas;
  SPR_FIELDS(SearchArgs, SPR_FIELD(query, "What you want to do, in words", .min_size = 1, .max_size = 500),
             SPR_FIELD(toolset, "Only this service, for example campaign", .max_size = 64, .defaulted = true),
             SPR_FIELD(limit, "How many at most", .min = 1, .max = kFound_max, .defaulted = true),
             SPR_FIELD(detail, "names only, or with the schemas of the arguments", .defaulted = true));
};
struct FoundTool {
  std::string name, title, description;
  bool read_only = false, needs_approval = false;
  std::optional<Json> input_schema;
  SPR_FIELDS(FoundTool, SPR_FIELD(name, "Name to call it by"), SPR_FIELD(title, "Title"),
             SPR_FIELD(description, "What it does"),
             SPR_FIELD(read_only, "Changes nothing: tools_call_read may call it"),
             SPR_FIELD(needs_approval, "A person has to approve it first"),
             SPR_FIELD(input_schema, "JSON Schema of its arguments"));
};
struct SearchAnswer {
  std::vector<FoundTool> tools;
  SPR_FIELDS(SearchAnswer, SPR_FIELD(tools, "Best first"));
};

struct DescribeArgs {
  std::vector<std::string> names;
  SPR_FIELDS(DescribeArgs,
             SPR_FIELD(names, "Names of tools", .min_size = 1, .max_size = kDescribed_max, .item_max_size = 128));
};
struct DescribeAnswer {
  std::vector<Json> tools;
  std::vector<std::string> unknown;
  SPR_FIELDS(DescribeAnswer, SPR_FIELD(tools, "Descriptors as in tools/list"),
             SPR_FIELD(unknown, "Names that no tool has, with the nearest that exist"));
};

struct CallArgs {
  std::string name;
  std::optional<Json> arguments;
  SPR_FIELDS(CallArgs, SPR_FIELD(name, "Name of the tool, as tools_search gave it", .min_size = 1, .max_size = 128),
             SPR_FIELD(arguments, "Its arguments, an object"));
};
struct OneOf {
  std::string name;
  std::optional<Json> arguments;
  std::string idempotency_key;
  SPR_FIELDS(OneOf, SPR_FIELD(name, "Name of the tool", .min_size = 1, .max_size = 128),
             SPR_FIELD(arguments, "Its arguments, an object"),
             SPR_FIELD(idempotency_key, "The same key and arguments again: the same answer, and nothing is done twice",
                       .max_size = 255, .defaulted = true));
};
struct WriteArgs {
  std::vector<OneOf> calls;
  SPR_FIELDS(WriteArgs,
             SPR_FIELD(calls, "The calls, made one after the other", .min_size = 1, .max_size = kBatchCalls_max));
};

struct MetaSpec {
  std::string_view name, title, description;
  bool read, open_world;
  Json (*input)();
  Json (*output)();  // nullptr: the result is the called tool's
};

const std::vector<MetaSpec>& meta_specs() {
  static const std::vector<MetaSpec> all = {
      {"tools_search", "Find tools",
       "Finds tools of the whole catalogue by what you want to do. Then call one with tools_call_read or "
       "tools_call_write, or by its own name.",
       true, false, [] { return schema_of<SearchArgs>(); }, [] { return schema_of<SearchAnswer>(); }},
      {"tools_describe", "Describe tools", "The full descriptors of tools by name: arguments, result, hints.", true,
       false, [] { return schema_of<DescribeArgs>(); }, [] { return schema_of<DescribeAnswer>(); }},
      {"tools_call_read", "Call a tool that reads", "Calls any tool that changes nothing.", true, true,
       [] { return schema_of<CallArgs>(); }, nullptr},
      {"tools_call_write", "Call tools that change something",
       "Calls any tools, up to 20 one after the other. Sending, publishing and spending still need a person's "
       "approval.",
       false, true, [] { return schema_of<WriteArgs>(); }, nullptr},
  };
  return all;
}

bool needs_approval(const ToolSpec& spec) { return spec.always_approve || spec.effect >= Effect::kPublish; }

Json object_or_empty(std::optional<Json>& given) { return given ? std::move(*given) : Json::object(); }

}  // namespace

MetaTool meta_tool(std::string_view wire_name) {
  if (wire_name == "tools_search") return MetaTool::kSearch;
  if (wire_name == "tools_describe") return MetaTool::kDescribe;
  if (wire_name == "tools_call_read") return MetaTool::kCallRead;
  if (wire_name == "tools_call_write") return MetaTool::kCallWrite;
  return MetaTool::kNone;
}

CompactTools::CompactTools(ToolList tools, const std::vector<std::string_view>& synonyms)
    : tools_(tools), search_(search_entries(tools), synonyms) {}

Json CompactTools::descriptors(bool read_only) const {
  Json all = Json::array();
  for (const auto& spec : meta_specs()) {
    if (read_only && !spec.read) continue;
    Json one{
        {"name", spec.name}, {"title", spec.title}, {"description", spec.description}, {"inputSchema", spec.input()}};
    if (spec.output != nullptr) one["outputSchema"] = spec.output();
    one["annotations"] = {{"title", spec.title},
                          {"readOnlyHint", spec.read},
                          {"destructiveHint", !spec.read},
                          {"idempotentHint", spec.read},
                          {"openWorldHint", spec.open_world}};
    all.push_back(std::move(one));
  }
  return all;
}

std::string CompactTools::unknown(std::string_view name) const {
  std::string text = "there is no tool '" + std::string(first_code_points(name, kNameShown_max)) + "'";
  std::string nearest;
  for (const auto& hit : search_.find(name, kSuggestions))
    nearest += (nearest.empty() ? "" : ", ") + wire_name(tools_[hit.index]->name.value);
  return nearest.empty() ? text + "; tools_search finds those that exist" : text + "; the nearest are " + nearest;
}

Result<Json> CompactTools::search(const Json& arguments, const Selection& selection) const {
  auto args = TRY(decode<SearchArgs>(arguments, "The arguments"));
  SearchAnswer answer;
  for (const auto& hit : search_.find(args.query, tools_.size())) {
    const ToolSpec& spec = *tools_[hit.index];
    if (!args.toolset.empty() && family_of(spec.name.value) != args.toolset) continue;
    if (selection.read_only && spec.effect != Effect::kRead) continue;
    FoundTool found{wire_name(spec.name.value),   std::string(spec.title.value), std::string(spec.description.value),
                    spec.effect == Effect::kRead, needs_approval(spec),          std::nullopt};
    if (args.detail == Detail::kSchemas) found.input_schema = schema_of_fields(spec.body.arguments());
    answer.tools.push_back(std::move(found));
    if (answer.tools.size() == static_cast<size_t>(args.limit)) break;
  }
  return encode(answer);
}

Result<Json> CompactTools::describe(const Json& arguments) const {
  auto args = TRY(decode<DescribeArgs>(arguments, "The arguments"));
  DescribeAnswer answer;
  for (const auto& name : args.names) {
    if (const auto* spec = find_tool(tools_, name)) answer.tools.push_back(describe_tool(*spec));
    else answer.unknown.push_back(unknown(name));
  }
  return encode(answer);
}

Result<std::vector<InnerCall>> CompactTools::inner_calls(MetaTool tool, const Json& arguments) const {
  std::vector<InnerCall> calls;
  Issues issues;  // of the arguments and of the names, so that all are told at once
  if (tool == MetaTool::kCallRead) {
    CallArgs args;
    decode_fields(CallArgs::field_list(), arguments, &args, "", issues);
    calls.push_back({args.name, object_or_empty(args.arguments)});
  } else {
    WriteArgs args;
    decode_fields(WriteArgs::field_list(), arguments, &args, "", issues);
    for (auto& one : args.calls) calls.push_back({one.name, object_or_empty(one.arguments), one.idempotency_key});
  }
  for (size_t i = 0; i < calls.size(); ++i) {
    std::string pointer = tool == MetaTool::kCallRead ? "" : "/calls/" + std::to_string(i);
    if (calls[i].name.empty()) continue;  // told already
    const auto* spec = find_tool(tools_, calls[i].name);
    if (spec == nullptr) issues.push_back({pointer + "/name", unknown(calls[i].name)});
    else if (tool == MetaTool::kCallRead && spec->effect != Effect::kRead)
      issues.push_back({pointer + "/name", calls[i].name + " changes something: call it with tools_call_write"});
  }
  std::stable_sort(issues.begin(), issues.end(), [](const Issue& a, const Issue& b) { return a.pointer < b.pointer; });
  if (!issues.empty()) return issues_error("The call", std::move(issues));
  return calls;
}

}  // namespace spreaders::mcp
