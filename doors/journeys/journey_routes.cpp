#include "doors/journeys/journey_routes.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/fields.hpp"
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

constexpr size_t kIdCharactersMax = 200;

struct Body {
  std::string journeyId, userId, email, idempotencyKey;
  std::map<std::string, Json> properties;
  SPR_FIELDS(Body,
             SPR_FIELD(journeyId, "Trigger of type api, or a workflow that has one", .min_size = 1,
                       .max_size = kIdCharactersMax),
             SPR_FIELD(userId, "For whom", .max_size = kIdCharactersMax, .defaulted = true),
             SPR_FIELD(email, "For whom", .max_size = 254, .defaulted = true),
             SPR_FIELD(idempotencyKey, "One run for one key", .max_size = workflows::kIdempotencySizeMax,
                       .defaulted = true),
             SPR_FIELD(properties, "What the run may refer to", .defaulted = true));
};

// In the caller's words.
HttpServerResponse refusal(Error error) {
  constexpr std::pair<std::string_view, std::string_view> kPlaces[] = {
      {"/trigger_id", "/journeyId"}, {"/user_id", "/userId"}, {"/idempotency", "/idempotencyKey"}};
  for (auto& issue : error.issues) {
    for (const auto& [ours, theirs] : kPlaces) {
      if (issue.pointer == ours) issue.pointer = theirs;
    }
  }
  return problem(error);
}

HttpServerResponse initiate(Door& door, const HttpServerRequest& request) {
  // Whether a write key will do, the trigger says.
  auto holder = door.keys.admit(request, "", kAnyScope);
  if (!holder.ok()) return problem(holder.error());
  const bool is_public = holder->kind == services::KeyKind::kWriteKey;
  if (!is_public && !holder->principal.may("workflows:run"))
    return problem(Error{Code::kPermissionDenied, "this key does not have the scope workflows:run"});
  const auto* encoding = request.header("content-encoding");
  if (encoding != nullptr && lower_ascii(*encoding) != "identity")
    return problem(415, invalid("send the body as it is, without Content-Encoding"));
  if (request.body.size() > kJourneyBytesMax)
    return problem(413, invalid("the body has at most " + std::to_string(kJourneyBytesMax) + " bytes"));
  auto json = parse_json(request.body, {.bytes_max = kJourneyBytesMax, .depth_max = 32});
  if (!json.ok()) return problem(json.error());
  auto body = decode<Body>(*json, "The body");
  if (!body.ok()) return problem(body.error());
  workflows::Call call{.user_id = body->userId,
                       .email = body->email,
                       .idempotency = body->idempotencyKey,
                       .properties = Json::object(),
                       .by_public_key = is_public};
  for (const auto& [name, value] : body->properties) call.properties[name] = value;
  const std::string& workspace = holder->principal.workspace;
  auto called = door.storage.write(storage::Scope::of(workspace), [&](storage::Tx& tx) -> Result<workflows::Called> {
    auto done = TRY(workflows::start_by_call(tx, workspace, body->journeyId, call, door.clock.now(), door.ids));
    if (done.started && door.wake) tx.after_commit(door.wake);
    return done;
  });
  if (!called.ok()) {
    if (called.error().code == Code::kInternal)
      log_error("a call started nothing", {{"journey", body->journeyId}, {"error", called.error().message}});
    return refusal(called.error());
  }
  return {.headers = {{"content-type", "application/json"}, {"cache-control", "no-store"}},
          .body = to_text(
              Json{{"run_id", called->run_id}, {"trigger_id", called->trigger_id}, {"started", called->started}})};
}

}  // namespace

std::vector<Route> journey_routes(storage::Storage& storage, Clock& clock, Ids& ids, std::function<void()> wake,
                                  WriteKeyLimits limits) {
  // Shared by the copies of the handler; it has a mutex and cannot be copied.
  auto door = std::shared_ptr<Door>(new Door{storage, clock, ids, std::move(wake), {storage, limits}});
  return {{"POST",
           "/initiateJourney",
           [door](const HttpServerRequest& request) {
             if (request.path != "/initiateJourney") return problem(not_found("there is no " + request.path));
             return initiate(*door, request);
           },
           {.body_bytes_max = kJourneyBytesMax + 1024}}};
}

}  // namespace spreaders::doors
