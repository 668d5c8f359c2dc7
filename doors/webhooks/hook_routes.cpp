#include "doors/webhooks/hook_routes.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/log.hpp"
#include "doors/ingest/problem.hpp"
#include "workflows/triggers/calls.hpp"

namespace spreaders::doors {

namespace {

struct Door {
  storage::Storage& storage;
  Clock& clock;
  Ids& ids;
  std::function<void()> wake;
  WriteKeys keys;
};

Result<workflows::WebhookCall> read_call(const HttpServerRequest& request) {
  workflows::WebhookCall call{.body = TRY(parse_json(request.body, {.bytes_max = kHookBytesMax, .depth_max = 32})),
                              .idempotency = {}};
  Issues issues;
  if (!call.body.is_object()) issues.push_back({"", "must be a JSON object"});
  const auto* key = request.header("idempotency-key");
  if (key != nullptr && (trim(*key).empty() || key->size() > workflows::kIdempotencySizeMax || !is_utf8(*key)))
    issues.push_back(
        {"/Idempotency-Key", "is a header of 1 to " + std::to_string(workflows::kIdempotencySizeMax) + " bytes"});
  if (!issues.empty()) return issues_error("The webhook", std::move(issues));
  call.idempotency = key != nullptr ? "key\n" + std::string(trim(*key)) : "body\n" + request.body;
  return call;
}

HttpServerResponse hook(Door& door, const HttpServerRequest& request) {
  std::string rest = rest_of(request, "/hooks/");
  size_t slash = std::min(rest.find('/'), rest.size());
  const std::string trigger_id = rest.substr(0, slash);
  auto holder = door.keys.admit(request, rest.substr(std::min(slash + 1, rest.size())), "hooks:" + trigger_id);
  if (!holder.ok()) return problem(holder.error());
  const auto* encoding = request.header("content-encoding");
  if (encoding != nullptr && lower_ascii(*encoding) != "identity")
    return problem(415, invalid("send the body as it is, without Content-Encoding"));
  if (request.body.size() > kHookBytesMax)
    return problem(413, invalid("a webhook has at most " + std::to_string(kHookBytesMax) + " bytes"));
  auto call = read_call(request);
  if (!call.ok()) return problem(call.error());
  const std::string& workspace = holder->principal.workspace;
  auto hooked = door.storage.write(storage::Scope::of(workspace), [&](storage::Tx& tx) -> Result<workflows::Hooked> {
    auto done = TRY(workflows::start_by_webhook(tx, workspace, trigger_id, *call, door.clock.now(), door.ids));
    if (done.started && door.wake) tx.after_commit(door.wake);
    return done;
  });
  if (!hooked.ok()) {
    if (hooked.error().code == Code::kInternal)
      log_error("a webhook started nothing", {{"trigger", trigger_id}, {"error", hooked.error().message}});
    return problem(hooked.error());
  }
  Json answer = {{"started", hooked->started}};
  if (!hooked->reason.empty()) answer["reason"] = hooked->reason;
  if (!hooked->run_id.empty()) answer["run_id"] = hooked->run_id;
  return {.headers = {{"content-type", "application/json"}, {"cache-control", "no-store"}}, .body = to_text(answer)};
}

}  // namespace

std::vector<Route> hook_routes(storage::Storage& storage, Clock& clock, Ids& ids, std::function<void()> wake,
                               WriteKeyLimits limits) {
  // Shared by the copies of the handler; it has a mutex and cannot be copied.
  auto door = std::shared_ptr<Door>(new Door{storage, clock, ids, std::move(wake), {storage, limits}});
  return {{"POST",
           "/hooks",
           [door](const HttpServerRequest& request) { return hook(*door, request); },
           {.body_bytes_max = kHookBytesMax + 1024}}};
}

}  // namespace spreaders::doors
