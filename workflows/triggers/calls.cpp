#include "workflows/triggers/calls.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "services/audience/contacts.hpp"
#include "services/events/people.hpp"
#include "workflows/triggers/starting.hpp"

namespace spreaders::workflows {

using storage::Tx;

namespace {

Error at(Code code, const char* pointer, std::string message) {
  Error error{code, message};
  error.issues.push_back({pointer, std::move(message)});
  return error;
}

std::string running_only(const Trigger& trigger) {
  return "the trigger is " + std::string(enum_name(trigger.state)) + "; it starts nothing now";
}

// The trigger by API that is meant, as it stays until the transaction ends.
Result<Trigger> find_target(Tx& tx, const std::string& workspace, const std::string& target) {
  auto rows =
      TRY(tx.query("SELECT id, state, workflow_id FROM trigger_instance WHERE workspace_id = $1 AND (id = $2 OR "
                   "workflow_id = $2) AND type = 'api' AND state <> 'destroyed' ORDER BY id",
                   {workspace, target}));
  std::string found, running;
  int count_running = 0;
  for (const auto& row : rows) {
    if (row[0].text() == target) return get_trigger_to_start(tx, workspace, target);
    found = row[0].text();
    if (row[1].text() != enum_name(TriggerState::kRunning)) continue;
    running = row[0].text();
    ++count_running;
  }
  if (rows.empty())
    return at(Code::kNotFound, "/trigger_id",
              "there is no trigger of type api, nor a workflow that has one, with this id");
  if (count_running > 1)
    return at(
        Code::kConflict, "/trigger_id",
        "the workflow has " + std::to_string(count_running) + " triggers of type api; name the one that is meant");
  return get_trigger_to_start(tx, workspace, running.empty() ? found : running);
}

// Empty: nobody.
Result<std::string> contact_by_email(Tx& tx, const std::string& workspace, const std::string& email) {
  auto contact = TRY(audience::find_contact_by_email(tx, workspace, email));
  return contact ? contact->id : std::string();
}

Result<std::string> person_of(Tx& tx, const std::string& workspace, const Call& call) {
  if (call.user_id.empty() && call.email.empty())
    return at(Code::kInvalidArgument, "/user_id", "or an email is needed to know whom it is about");
  std::string by_id, by_email;
  if (!call.user_id.empty()) by_id = TRY(services::contact_of_user(tx, workspace, call.user_id));
  if (!call.email.empty()) by_email = TRY(contact_by_email(tx, workspace, call.email));
  if (!by_id.empty() && !by_email.empty() && by_id != by_email)
    return at(Code::kConflict, "/email", "belongs to another person than the user_id");
  if (by_id.empty() && by_email.empty())
    return at(Code::kNotFound, call.user_id.empty() ? "/email" : "/user_id", "nobody is known by that id or address");
  return by_id.empty() ? by_email : by_id;
}

// One text for a call of this trigger, whatever the caller's is.
std::string entry_key_of(const Trigger& trigger, std::string_view kind, const std::string& idempotency) {
  return std::string(kind) + ":" + hex(sha256(trigger.id + "\n" + idempotency)).substr(0, 32);
}

Result<std::string> run_under(Tx& tx, const std::string& workspace, const Trigger& trigger, const Entry& entry) {
  auto run = TRY(tx.query_one(
      "SELECT id FROM run WHERE workspace_id = $1 AND workflow_id = $2 AND subject = $3 AND entry_key = $4",
      {workspace, trigger.workflow_id, entry.contact_id, entry.key}));
  return run ? (*run)[0].text() : std::string();
}

// The caller hears what is wrong with the trigger's workflow, so it is not paused as where nobody hears it.
Result<Called> enter_by_call(Tx& tx, const std::string& workspace, const Trigger& trigger, const Entry& entry,
                             Instant now, Ids& ids) {
  Called called{.run_id = TRY(run_under(tx, workspace, trigger, entry)), .trigger_id = trigger.id};
  if (!called.run_id.empty()) return called;
  if (trigger.state != TriggerState::kRunning) return at(Code::kConflict, "/trigger_id", running_only(trigger));
  auto entered = enter(tx, workspace, trigger, entry, now, ids);
  if (!entered.ok() && entered.error().code != Code::kInternal && is_its_own(entered.error().code))
    return at(Code::kConflict, "/trigger_id", entered.error().message);
  called.started = TRY(std::move(entered));
  called.run_id = TRY(run_under(tx, workspace, trigger, entry));
  return called;
}

// Text, or a number or word as text; empty where there is neither.
std::string scalar_at(const Json& body, const std::string& pointer) {
  const Json* value = pointer.empty() ? nullptr : at_pointer(body, pointer);
  if (value == nullptr || value->is_structured() || value->is_null()) return {};
  return value->is_string() ? value->get<std::string>() : to_text(*value);
}

std::string entry_key_of(const WebhookSpec& spec, const Trigger& trigger, const WebhookCall& call) {
  if (spec.only_once) return "once";
  if (spec.key.empty()) return entry_key_of(trigger, "hook", call.idempotency);
  std::string key = scalar_at(call.body, spec.key);
  return count_code_points(key) <= kEntryKeySizeMax ? key : std::string();
}

}  // namespace

Result<Called> start_by_call(Tx& tx, const std::string& workspace, const std::string& target, const Call& call,
                             Instant now, Ids& ids) {
  Json properties = call.properties.is_null() ? Json::object() : call.properties;
  Issues issues;
  if (!properties.is_object()) issues.push_back({"/properties", "must be an object"});
  else if (to_text(properties).size() > kPropertiesBytesMax)
    issues.push_back({"/properties", "have at most " + std::to_string(kPropertiesBytesMax) + " bytes"});
  if (call.idempotency.size() > kIdempotencySizeMax || !is_utf8(call.idempotency))
    issues.push_back({"/idempotency", "is UTF-8 text of at most " + std::to_string(kIdempotencySizeMax) + " bytes"});
  if (!issues.empty()) return issues_error("The call", std::move(issues));
  Trigger trigger = TRY(find_target(tx, workspace, target));
  const auto& spec = std::get<ApiSpec>(trigger.spec);
  if (call.by_public_key && !spec.public_keys)
    return at(Code::kPermissionDenied, "/trigger_id", "this trigger takes no public write key; use a service key");
  Entry entry{.contact_id = TRY(person_of(tx, workspace, call)), .key = {}, .cause = {{"properties", properties}}};
  if (spec.only_once) entry.key = "once";
  else entry.key = call.idempotency.empty() ? ids.make("call") : entry_key_of(trigger, "call", call.idempotency);
  return enter_by_call(tx, workspace, trigger, entry, now, ids);
}

Result<Hooked> start_by_webhook(Tx& tx, const std::string& workspace, const std::string& trigger_id,
                                const WebhookCall& call, Instant now, Ids& ids) {
  auto trigger = TRY(get_trigger_to_start(tx, workspace, trigger_id));
  const auto* spec = std::get_if<WebhookSpec>(&trigger.spec);
  if (spec == nullptr || trigger.state == TriggerState::kDestroyed)
    return not_found("there is no trigger '" + trigger_id + "' by webhook");
  Entry entry{.contact_id = {}, .key = entry_key_of(*spec, trigger, call), .cause = {{"body", call.body}}};
  if (std::string user_id = scalar_at(call.body, spec->user_id); !user_id.empty())
    entry.contact_id = TRY(services::contact_of_user(tx, workspace, user_id));
  if (std::string email = scalar_at(call.body, spec->email); entry.contact_id.empty() && !email.empty())
    entry.contact_id = TRY(contact_by_email(tx, workspace, email));
  if (trigger.state != TriggerState::kRunning && (entry.contact_id.empty() || entry.key.empty()))
    return conflict(running_only(trigger));
  if (entry.contact_id.empty()) return Hooked{.reason = "no_contact"};
  if (entry.key.empty()) return Hooked{.reason = "no_key"};
  auto called = TRY(enter_by_call(tx, workspace, trigger, entry, now, ids));
  return Hooked{.started = called.started, .reason = called.started ? "" : "known", .run_id = called.run_id};
}

}  // namespace spreaders::workflows
