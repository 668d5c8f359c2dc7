// Triggers by call: a program outside, or somebody with the tool, says for whom a run is to start.
//
//   Call call{.user_id = "u1", .idempotency = "order-7", .properties = {{"plan", "pro"}}};
//   auto called = TRY(start_by_call(tx, workspace, "trg_1", call, now, ids));          // called.run_id
//   auto hooked = TRY(start_by_webhook(tx, workspace, "trg_2", {body, "key\nlead-7"}, now, ids));
//
// The person is a contact that is known already; nobody is made here. The same call said twice starts one run: for the
// same person, its entry key is the idempotency text, or what the trigger says is to count. The run acts under the
// trigger's approval, whoever calls, and keeps the properties: {"$trigger":"/properties/plan"},
// {"$trigger":"/body/plan"}.
#pragma once

#include "workflows/triggers/triggers.hpp"

namespace spreaders::workflows {

constexpr size_t kIdempotencySizeMax = 255;        // bytes
constexpr size_t kPropertiesBytesMax = 64 * 1024;  // as JSON, kept with the run

struct Call {
  std::string user_id = {}, email = {};  // at least one; both are of the same person
  std::string idempotency = {};          // empty: this call is like no other
  Json properties = {};                  // an object, or nothing
  bool by_public_key = false;
};
struct Called {
  std::string run_id, trigger_id;
  bool started = false;  // false: the call was said before, or the person has entered
};
// `target`: a trigger by API, or a workflow that has exactly one that runs. The failures carry their place in Call
// (/trigger_id, /user_id, /email, /idempotency, /properties): kInvalidArgument, kNotFound (no such trigger, nobody
// known by that id or address), kConflict (it does not run, its workflow is full, or two people are meant),
// kPermissionDenied (a public key, which the trigger does not allow).
Result<Called> start_by_call(storage::Tx& tx, const std::string& workspace, const std::string& target, const Call& call,
                             Instant now, Ids& ids);

struct WebhookCall {
  Json body;                // an object
  std::string idempotency;  // the caller's, or the body itself; never empty
};
struct Hooked {
  bool started = false;
  std::string reason = {};  // why not: known, no_contact, no_key
  std::string run_id = {};  // that was started, or had been
};
// kNotFound: there is no such trigger by webhook. kConflict: it is not running, or its workflow is full.
Result<Hooked> start_by_webhook(storage::Tx& tx, const std::string& workspace, const std::string& trigger_id,
                                const WebhookCall& call, Instant now, Ids& ids);

}  // namespace spreaders::workflows
