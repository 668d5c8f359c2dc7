#include "doors/ingest/ingest_routes.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "doors/ingest/problem.hpp"

namespace spreaders::doors {

namespace {

struct Door {
  storage::Storage& storage;
  Clock& clock;
  const services::Tracking& tracking;
  WriteKeys keys;
};

HttpServerResponse track(Door& door, const HttpServerRequest& request) {
  auto holder = door.keys.admit(request);
  if (!holder.ok()) return problem(holder.error());
  const auto* encoding = request.header("content-encoding");
  if (encoding != nullptr && lower_ascii(*encoding) != "identity") {
    return problem(415, invalid("send the body as it is, without Content-Encoding"));
  }
  if (request.body.size() > services::kEventBytesMax) {
    return problem(413, invalid("an event has at most " + std::to_string(services::kEventBytesMax) + " bytes"));
  }
  auto event = parse_json(request.body, {.bytes_max = services::kEventBytesMax, .depth_max = 32});
  if (!event.ok()) return problem(event.error());
  const std::string& workspace = holder->principal.workspace;
  auto recorded = door.storage.write(storage::Scope::of(workspace), [&](storage::Tx& tx) {
    return services::record_track(tx, door.tracking, workspace, *event, door.clock.now());
  });
  if (!recorded.ok()) {
    if (recorded.error().code == Code::kInternal) {
      log_error(
          "an event was not recorded",
          {{"key", holder->principal.id}, {"error", recorded.error().message}, {"detail", recorded.error().detail}});
    }
    return problem(recorded.error());
  }
  return {.headers = {{"content-type", "application/json"}}, .body = R"({"success":true})"};
}

HttpServerResponse preflight(const HttpServerRequest&) {
  return {.status = 204,
          .headers = {{"access-control-allow-methods", "POST"},
                      {"access-control-allow-headers", "authorization, content-type"},
                      {"access-control-max-age", "86400"}}};
}

HttpHandler for_any_origin(HttpHandler handler) {
  return [handler = std::move(handler)](const HttpServerRequest& request) {
    // A route covers what is below it; an event sent to a wrong address must not vanish quietly.
    HttpServerResponse response =
        request.path == "/v1/track" ? handler(request)
                                    : problem(not_found("there is no " + request.path + "; send events to /v1/track"));
    response.headers.emplace_back("access-control-allow-origin", "*");
    return response;
  };
}

}  // namespace

std::vector<Route> ingest_routes(storage::Storage& storage, Clock& clock, const services::Tracking& tracking,
                                 WriteKeyLimits limits) {
  // Shared by the copies of the handler; it has a mutex and cannot be copied.
  auto door = std::shared_ptr<Door>(new Door{storage, clock, tracking, {storage, limits}});
  auto handler = for_any_origin([door](const HttpServerRequest& request) { return track(*door, request); });
  // Twice the limit reaches the handler, so that all but absurd bodies get the 413 that clients can read.
  return {{"POST", "/v1/track", handler, {.body_bytes_max = 2 * services::kEventBytesMax}},
          {"OPTIONS", "/v1/track", for_any_origin(preflight)}};
}

}  // namespace spreaders::doors
