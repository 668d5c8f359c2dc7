// A tool: one capability as one value. The catalogue is a list of these values; MCP listings, validation, scopes,
// approval rules, hints and docs all come from them.
//
//   struct Args { ... SPR_FIELDS(...) };
//   struct Answer { ... SPR_FIELDS(...) };
//   Result<Answer> publish(ToolContext& context, const Args& args);
//   const ToolSpec kPublish{
//       .name = "instagram.publishPost", .title = "Publish an Instagram post",
//       .description = "Publishes photos or video to a connected Instagram account, now or at a later time.",
//       .effect = Effect::kPublish, .repeat = Repeat::kNeedsKey, .scopes = {"social:publish"},
//       .body = handler<&publish>()};
//
// Leaving out the name, title, description, effect, repeat, scopes or body does not compile; neither does a name that
// is not family.verbNoun or a text over its limit.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
// The one header that needs the whole type: a call carries its arguments. It is in the precompiled header anyway.
#include <nlohmann/json.hpp>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "core/fields.hpp"
#include "core/random.hpp"
#include "core/time.hpp"

namespace spreaders::storage {
class Tx;
}

namespace spreaders {

// What a call does to the world, in order of risk (R0..R5).
enum class Effect : uint8_t { kRead, kWrite, kDraft, kPublish, kSpend, kDestroy };
SPR_ENUM(Effect, {Effect::kRead, "read"}, {Effect::kWrite, "write"}, {Effect::kDraft, "draft"},
         {Effect::kPublish, "publish"}, {Effect::kSpend, "spend"}, {Effect::kDestroy, "destroy"});
std::string_view risk_class(Effect effect);  // "R0_read" ... "R5_destructive_or_admin"

// kSafe: calling twice is the same as once. kNeedsKey: only with the same idempotency key.
enum class Repeat : uint8_t { kSafe, kNeedsKey };

// kTransaction: the handler only reads and writes the database; the pipeline gives it one transaction (context.tx()),
// in which the idempotency answer and the audit row are written too. kFree: the handler talks to other machines or
// opens transactions of its own; it must not be slow without reporting progress.
enum class Run : uint8_t { kTransaction, kFree };

struct ToolName {
  std::string_view value;
  consteval ToolName(const char* text) : value(text) {  // NOLINT: implicit on purpose
    size_t dot = value.find('.');
    if (dot == std::string_view::npos || dot == 0 || dot + 1 == value.size()) throw "a tool is named family.verbNoun";
    if (value.size() > 64) throw "a tool name has at most 64 characters";
    for (size_t i = 0; i < value.size(); ++i) {
      char c = value[i];
      bool lower = c >= 'a' && c <= 'z';
      bool other = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (i == dot) continue;
      if (!lower && (!other || i < dot || i == dot + 1))
        throw "a tool is named family.verbNoun, letters and digits only";
    }
  }
};

template <size_t size_max>
struct Text {
  std::string_view value;
  consteval Text(const char* text) : value(text) {  // NOLINT: implicit on purpose
    if (value.empty()) throw "say it in words";
    if (value.size() > size_max) throw "this text is over its limit";
  }
};

struct Scopes {
  std::array<std::string_view, 4> values{};
  size_t count = 0;
  consteval Scopes(std::initializer_list<const char*> list) {
    if (list.size() == 0 || list.size() > 4) throw "a tool has one to four scopes";
    for (std::string_view scope : list) {
      if (scope.find(':') == std::string_view::npos) throw "a scope is area:verb";
      values[count++] = scope;
    }
  }
  [[nodiscard]] std::span<const std::string_view> list() const { return {values.data(), count}; }
};

// Who is calling. A model never holds an approve scope, whatever its principal holds.
struct Principal {
  std::string id;                   // usr_..., key_..., "system"
  std::string workspace;            // wsp_...
  std::vector<std::string> scopes;  // "email:send"; "*" = all but approvals
  enum class Kind : uint8_t { kPerson, kModel, kSystem } kind = Kind::kModel;
  std::string door;  // stdio, http, cli, engine, agent
  [[nodiscard]] bool may(std::string_view scope) const;
  [[nodiscard]] bool may_all(std::span<const std::string_view> needed) const;
};

// Objects that handlers need, found by type and bound in main.cpp: context.part<Audience>().
class Parts {
 public:
  template <class T>
  void add(T& part) {
    parts_[key<T>()] = &part;
  }
  template <class T>
  [[nodiscard]] T& get() const {
    auto found = parts_.find(key<T>());
    CHECK(found != parts_.end(), "main.cpp has not bound this part");
    return *static_cast<T*>(found->second);
  }
  template <class T>
  [[nodiscard]] T* find() const {
    auto found = parts_.find(key<T>());
    return found == parts_.end() ? nullptr : static_cast<T*>(found->second);
  }

 private:
  template <class T>
  static const void* key() {
    static const char anchor = 0;
    return &anchor;
  }
  std::map<const void*, void*> parts_;
};

class ToolRunner;

// One call, as its handler sees it.
struct ToolContext {
  Principal principal;
  Clock& clock;
  Ids& ids;
  const Parts& parts;
  ToolRunner& tools;
  storage::Tx* transaction = nullptr;
  std::stop_token stop = {};
  std::string trace_id = {};
  std::string idempotency_key = {};
  std::string approval = {};  // the approval (apr_...) under which this call runs, when there is one
  std::function<void(double progress, double total, std::string_view message)> on_progress = {};

  [[nodiscard]] const std::string& workspace() const { return principal.workspace; }
  [[nodiscard]] storage::Tx& tx() const {
    CHECK(transaction != nullptr, "this tool is declared Run::kFree and has no transaction");
    return *transaction;
  }
  template <class T>
  [[nodiscard]] T& part() const {
    return parts.get<T>();
  }
  void progress(double done, double total, std::string_view message) const {
    if (on_progress) on_progress(done, total, message);
  }
};

using ErasedArgs = std::shared_ptr<const void>;  // owned by one call; shared_ptr only for its type-erased deleter

struct ToolBody {
  const FieldList& (*arguments)();
  const FieldList& (*result)();
  Result<ErasedArgs> (*decode)(const Json&);
  Result<Json> (*run)(ToolContext&, const void* args);
};

namespace tool_detail {
template <class F>
struct HandlerTypes;
template <class R, class A>
struct HandlerTypes<Result<R> (*)(ToolContext&, const A&)> {
  using Answer = R;
  using Args = A;
};
template <class Args>
Result<ErasedArgs> decode_arguments(const Json& json) {
  auto args = std::make_shared<Args>();
  Issues issues;
  decode_fields(Args::field_list(), json, args.get(), "", issues);
  if (!issues.empty()) return issues_error("The arguments", std::move(issues));
  return ErasedArgs(std::move(args));
}
}  // namespace tool_detail

template <auto function, class J = Json>
ToolBody handler() {
  using Types = tool_detail::HandlerTypes<decltype(function)>;
  using Args = typename Types::Args;
  using Answer = typename Types::Answer;
  return {&Args::field_list, &Answer::field_list, &tool_detail::decode_arguments<Args>,
          [](ToolContext& context, const void* args) -> Result<J> {
            auto answer = TRY(function(context, *static_cast<const Args*>(args)));
            return encode(answer);
          }};
}

// What an approval is of, named by its hash: a plan (its plan_hash), a campaign (its content) or one call (tool and
// arguments).
struct ApprovalSubject {
  std::string kind;     // plan, campaign, call
  std::string id;       // pln_..., cmp_..., the tool's name
  std::string hash;     // sha256:...
  std::string summary;  // what a person reads before they decide
};

// The effect of these arguments, when it is less than the spec's: effect_from<&preview_only_reads>().
using EffectOf = Effect (*)(const void* args);
// What has to be approved before a call with these arguments; the call itself where a tool says nothing.
using ApprovalOf = Result<ApprovalSubject> (*)(ToolContext&, const void* args);

namespace tool_detail {
template <class F>
struct ArgsOf;
template <class A>
struct ArgsOf<Effect (*)(const A&)> {
  using Args = A;
};
template <class A>
struct ArgsOf<Result<ApprovalSubject> (*)(ToolContext&, const A&)> {
  using Args = A;
};
}  // namespace tool_detail

template <auto function>
EffectOf effect_from() {
  using Args = typename tool_detail::ArgsOf<decltype(function)>::Args;
  return [](const void* args) { return function(*static_cast<const Args*>(args)); };
}

template <auto function>
ApprovalOf approval_from() {
  using Args = typename tool_detail::ArgsOf<decltype(function)>::Args;
  return [](ToolContext& context, const void* args) { return function(context, *static_cast<const Args*>(args)); };
}

struct ToolSpec {
  ToolName name;
  Text<80> title;
  Text<400> description;
  // What people call it who do not know its name: words and phrases, separated by "; ". Only tools_search reads them.
  std::string_view words = {};
  Effect effect;
  Repeat repeat;
  Scopes scopes;
  ToolBody body;
  Run run = Run::kTransaction;
  bool open_world = false;     // reaches people or machines outside this installation
  bool operator_only = false;  // administration: risk R5, never offered to a planner
  // Needs an approval although its effect alone would not say so (false: decided by effect, kPublish and above).
  bool always_approve = false;
  EffectOf effect_of = nullptr;
  ApprovalOf approval_of = nullptr;
  // Of the arguments, where no fields describe them: a tool of another server. Outlives the spec.
  const Json* foreign_schema = nullptr;
};

// JSON Schema of a tool's arguments.
Json argument_schema(const ToolSpec& spec);

using ToolList = std::span<const ToolSpec* const>;

// "campaign.create" -> "campaign_create"
std::string wire_name(std::string_view dotted);

// The tool of a list by its dotted or wire name; nullptr when there is none.
const ToolSpec* find_tool(ToolList tools, std::string_view name);

// One entry of MCP tools/list: name, title, description, inputSchema, outputSchema, annotations, _meta.
Json describe_tool(const ToolSpec& spec);

// The same as tools/list shows it: every client reads all of the list, so the output schema only names what every
// result has, and what only a look at one tool needs is left out. A result that fits the whole schema fits this one.
Json list_tool(const ToolSpec& spec);

struct ToolCall {
  std::string name;  // wire or dotted
  Json arguments;
  Principal principal;
  std::string idempotency_key = {};
  std::string approval = {};  // apr_...: runs under this approval when it covers exactly this call
  std::string trace_id = {};
  std::stop_token stop = {};
  std::function<void(double progress, double total, std::string_view message)> on_progress = {};
};

// The one way to a tool, for every door, the engine and the agent. Implemented by tools/pipeline.
class ToolRunner {
 public:
  virtual ~ToolRunner() = default;
  [[nodiscard]] virtual ToolList list() const = 0;
  // Finds by wire or dotted name; nullptr when there is none.
  [[nodiscard]] virtual const ToolSpec* find(std::string_view name) const = 0;
  // The structured result. Errors a model can react to are Errors here; doors map them.
  virtual Result<Json> call(const ToolCall& call) = 0;
  // For a bulk step: scopes, policy and audit of `call` (whose arguments describe the batch) in the caller's
  // transaction, without running the handler: the caller does the work in the same transaction.
  virtual Result<void> admit(storage::Tx& tx, const ToolCall& call) = 0;
};

}  // namespace spreaders
