// What a node does by itself, in the transaction of its step: it is done when the step is, once, whoever dies. It acts
// for the run's principal, whose scopes it needs as a tool would, and the step log is its audit (docs/adr/0005).
#include <nlohmann/json.hpp>

#include "services/audience/contacts.hpp"
#include "services/audience/lists.hpp"
#include "services/mail/personal.hpp"
#include "workflows/engine_parts.hpp"
#include "workflows/listening.hpp"

namespace spreaders::workflows {

using storage::Tx;

namespace {

struct Acting {
  Tx& tx;
  const std::string& workspace;
  const Node& node;
  const std::string& subject;
  const std::string& campaign;
  Instant now;
  const audience::Journal& journal;
};

Error no_contact() { return not_found("the run is about no contact, or one that is no longer there"); }

Result<std::string> text_of(const std::string& name, const Json& value) {
  if (value.is_null()) return std::string();
  if (value.is_string()) return value.get<std::string>();
  return issues_error("The contact", {{"/set" + pointer_step(name), "must be text"}});
}

Result<Json> update_profile(const Acting& at, const Json& values) {
  auto contact = TRY(audience::find_contact(at.tx, at.workspace, at.subject));
  if (!contact) return no_contact();
  audience::ContactChange change{.email = contact->email, .external_id = contact->external_id};
  Json attributes = values;
  for (auto& [name, field] : {std::pair{"first_name", &change.first_name}, std::pair{"last_name", &change.last_name},
                              std::pair{"language", &change.language}, std::pair{"time_zone", &change.time_zone}}) {
    if (!values.contains(name)) continue;
    *field = TRY(text_of(name, values[name]));
    attributes.erase(name);
  }
  Issues issues;
  change.attributes = audience::attributes_from_json(attributes, "/set", issues);
  if (!issues.empty()) return issues_error("The contact", std::move(issues));
  auto done = TRY(audience::upsert_contact(at.tx, at.workspace, change, at.now, at.journal));
  Json names = Json::array();
  for (const auto& [name, value] : values.items()) names.push_back(name);
  return Json{{"outcome", enum_name(done.what)}, {"set", names}};
}

Result<Json> tag(const Acting& at) {
  if (!TRY(audience::find_contact(at.tx, at.workspace, at.subject))) return no_contact();
  std::vector<std::string> who = {at.subject};
  Json added = Json::array();
  Json removed = Json::array();
  for (const auto& name : at.node.add) {
    auto list = audience::get_list(at.tx, at.workspace, name);
    bool missing = !list.ok() && list.error().code == Code::kNotFound;
    if (!list.ok() && !missing) return list.error();
    std::string id =
        missing ? TRY(audience::create_list(at.tx, at.workspace, name, "", at.now, at.journal.ids)).id : list->id;
    if (TRY(audience::add_members(at.tx, at.workspace, id, who, at.now, at.journal)) > 0) added.push_back(name);
  }
  for (const auto& name : at.node.remove) {
    auto list = audience::get_list(at.tx, at.workspace, name);
    if (!list.ok() && list.error().code == Code::kNotFound) continue;  // nobody is on it
    if (TRY(audience::remove_members(at.tx, at.workspace, TRY(std::move(list)).id, who, at.now, at.journal)) > 0)
      removed.push_back(name);
  }
  return Json{{"added", added}, {"removed", removed}};
}

Result<Json> render(const Acting& at) {
  auto content = TRY(services::render_for(at.tx, at.workspace, {at.node.template_id, at.node.version}, at.subject,
                                          at.campaign, at.now));
  return Json{
      {"subject", content.subject}, {"preheader", content.preheader}, {"html", content.html}, {"text", content.text}};
}

Result<Json> act_of(const Acting& at, const Json& values) {
  if (at.node.type == NodeType::kUpdateProfile) return update_profile(at, values);
  return at.node.type == NodeType::kTag ? tag(at) : render(at);
}

}  // namespace

std::string_view scope_of(NodeType type) {
  if (type == NodeType::kRender) return "templates:read";
  return type == NodeType::kUpdateProfile || type == NodeType::kTag ? "audience:write" : "";
}

Result<void> Engine::act(Tx& tx, Batch& batch, LoadedRun& run, Token& token, const Node& node, Instant now) {
  auto journal = listening_journal(ids_, [this] { wake(); });
  Acting at{tx, token.workspace, node, run.subject, run.campaign_id, now, journal};
  std::optional<Result<Json>> answer;
  // What it could do only in part, it has not done.
  Result<void> done = tx.savepoint([&]() -> Result<void> {
    answer = [&]() -> Result<Json> {
      if (!principal_of(run.principal, token.workspace).may(scope_of(node.type)))
        return Error{Code::kPermissionDenied, "this step needs the scope " + std::string(scope_of(node.type))};
      Json values = node.set ? TRY(resolve_references(*node.set, run.results(), run.values())) : Json::object();
      return act_of(at, values);
    }();
    return answer->ok() ? Result<void>() : answer->error();
  });
  if (answer->ok() && !done.ok()) return done.error();
  // Trouble of our own is no outcome of the step: it is tried again.
  bool ours = !answer->ok() && (answer->error().code == Code::kInternal || answer->error().code == Code::kUnavailable);
  if (ours) return answer->error();
  Step step = after_call(*run.definition, token, *answer, now, rng_);
  if (answer->ok()) {
    step.result = **answer;
    if (node.type != NodeType::kRender) (*step.result)["by"] = principal_of(run.principal, token.workspace).id;
  }
  return apply(tx, batch, run, token, step, now);
}

}  // namespace spreaders::workflows
