#include "doors/ingest/ingest_routes.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/json.hpp"
#include "doors/ingest/captured.hpp"
#include "doors/ingest/problem.hpp"

namespace spreaders::doors {

namespace {

using services::EventType;
using services::IncomingEvent;
using services::Recorded;

struct Address {
  std::string_view path, short_path;
  std::optional<EventType> type;  // none: a batch
  bool plain = false;             // the form of captured.hpp
};
constexpr Address kAddresses[] = {
    {"/v1/track", "/v1/t", EventType::kTrack}, {"/v1/identify", "/v1/i", EventType::kIdentify},
    {"/v1/page", "/v1/p", EventType::kPage},   {"/v1/screen", "/v1/s", EventType::kScreen},
    {"/v1/group", "/v1/g", EventType::kGroup}, {"/v1/alias", "/v1/a", EventType::kAlias},
    {"/v1/batch", "/v1/b", std::nullopt},      {"/v1/import", "", std::nullopt},
    {"/event", "", EventType::kTrack, true}};

struct Door {
  Clock& clock;
  Ids& ids;
  services::EventWriter& writer;
  WriteKeys keys;
};

HttpServerResponse for_any_origin(HttpServerResponse response) {
  response.headers.emplace_back("access-control-allow-origin", "*");
  return response;
}

Error too_large(const char* what, size_t bytes_max) {
  return invalid(std::string(what) + " has at most " + std::to_string(bytes_max) + " bytes");
}

// What one request says: the events to record, where each stood, and what is wrong with the others.
struct Parsed {
  std::vector<IncomingEvent> events;
  std::vector<std::string> places;  // "/batch/3", empty for a single event
  Issues refused;
  size_t refused_count = 0;
};

void parse_one(Door& door, Json& json, const services::EventFrame& frame, const std::string& place, Parsed& parsed) {
  Issues issues;
  std::optional<services::Event> event;
  if (!place.empty() && to_text(json).size() > services::kEventBytesMax)
    issues.push_back({place, too_large("an event", services::kEventBytesMax).message});
  else event = services::read_event(json, frame, door.ids, place, issues);
  if (event) {
    parsed.events.push_back({std::move(*event), {}, false, {}});
    parsed.places.push_back(place);
    return;
  }
  ++parsed.refused_count;
  for (auto& issue : issues) {
    if (parsed.refused.size() < kIssuesMax) parsed.refused.push_back(std::move(issue));
  }
}

Result<Parsed> parse_batch(Door& door, Json& body, Instant now) {
  if (!body.is_object()) return issues_error("The batch", {{"", "must be an object"}});
  Issues issues;
  auto batch = body.find("batch");
  if (batch == body.end() || !batch->is_array() || batch->empty() || batch->size() > kBatchEventsMax)
    issues.push_back({"/batch", "must be an array of 1 to " + std::to_string(kBatchEventsMax) + " events"});
  services::EventFrame frame{.received_at = now};
  if (auto sent = body.find("sentAt"); sent != body.end() && !sent->is_null()) {
    auto at = sent->is_string() ? parse_instant(sent->get_ref<const std::string&>())
                                : Result<Instant>(invalid("must be a time as text"));
    if (at.ok()) frame.sent_at = *at;
    else issues.push_back({"/sentAt", at.error().message});
  }
  if (!issues.empty()) return issues_error("The batch", std::move(issues));
  Parsed parsed;
  for (size_t i = 0; i < batch->size(); ++i) parse_one(door, (*batch)[i], frame, "/batch/" + std::to_string(i), parsed);
  return parsed;
}

Result<Parsed> parse(Door& door, const Address& address, Json& body) {
  Instant now = door.clock.now();
  Parsed parsed;
  if (address.plain) {
    auto track = track_of_captured(body);
    if (!track.ok()) ++door.writer.counts.refused;
    body = TRY(std::move(track));
  }
  if (address.type) parse_one(door, body, {.type = address.type, .received_at = now}, "", parsed);
  else parsed = TRY(parse_batch(door, body, now));
  if (address.plain) {
    for (auto& issue : parsed.refused) issue.pointer = captured_pointer(issue.pointer);
  }
  door.writer.counts.refused += parsed.refused_count;
  if (parsed.events.empty())
    return issues_error(address.type ? "The event" : "Every event of the batch", std::move(parsed.refused));
  return parsed;
}

void list(Json& answer, const char* name, const Issues& issues) {
  for (const auto& issue : issues) answer[name].push_back({{"pointer", issue.pointer}, {"message", issue.message}});
}

HttpServerResponse answer_of(const Result<std::vector<Recorded>>& done, const std::vector<std::string>& places,
                             const Issues& refused, bool plain) {
  if (!done.ok()) return problem(done.error());
  Json answer = {{"success", true}};
  if (plain) answer["eventId"] = done->front().message_id;
  list(answer, "refused", refused);
  Issues notes;
  for (size_t i = 0; i < done->size(); ++i) {
    for (const auto& note : (*done)[i].notes) {
      if (notes.size() < kIssuesMax) notes.push_back({places[i] + note.pointer, note.message});
    }
  }
  list(answer, "notes", notes);
  return {.headers = {{"content-type", "application/json"}}, .body = to_text(answer)};
}

// The key of a page's client stands in the body, where there is no header.
std::string key_in(const Json& body) {
  auto key = body.is_object() ? body.find("writeKey") : body.end();
  return key != body.end() && key->is_string() ? key->get<std::string>() : std::string();
}

// Everything up to the queue; an answer only when it does not get there.
std::optional<HttpServerResponse> take(Door& door, const Address& address, const HttpExchangePtr& exchange) {
  const HttpServerRequest& request = exchange->request();
  if (request.path != address.path && (address.short_path.empty() || request.path != address.short_path))
    return problem(not_found("there is no " + request.path + "; send events to " + std::string(address.path)));
  // A known key first: nobody else makes us read half a megabyte of JSON.
  bool has_header = request.header("authorization") != nullptr;
  Result<services::KeyHolder> holder = Error{Code::kUnauthenticated, ""};
  if (has_header) {
    holder = door.keys.admit(request);
    if (!holder.ok()) return problem(holder.error());
  }
  const auto* encoding = request.header("content-encoding");
  if (encoding != nullptr && lower_ascii(*encoding) != "identity")
    return problem(415, invalid("send the body as it is, without Content-Encoding"));
  size_t bytes_max = address.type ? services::kEventBytesMax : kBatchBytesMax;
  if (request.body.size() > bytes_max) return problem(413, too_large(address.type ? "an event" : "a batch", bytes_max));
  auto body = parse_json(request.body, {.bytes_max = bytes_max, .depth_max = services::kEventJson.depth_max + 2});
  if (!has_header) {
    holder = door.keys.admit(request, body.ok() ? key_in(*body) : std::string());
    if (!holder.ok()) return problem(holder.error());
  }
  if (!body.ok()) return problem(body.error());
  auto parsed = parse(door, address, *body);
  if (!parsed.ok()) return problem(parsed.error());
  const auto* agent = request.header("user-agent");
  for (auto& one : parsed->events) {
    one.source = holder->principal.id;
    one.trusted = holder->kind == services::KeyKind::kService;
    if (agent != nullptr) one.user_agent = *agent;
  }
  door.writer.add(holder->principal.workspace, std::move(parsed->events), request.body.size(),
                  [exchange, places = std::move(parsed->places), refused = std::move(parsed->refused),
                   plain = address.plain](const Result<std::vector<Recorded>>& done) {
                    exchange->respond(for_any_origin(answer_of(done, places, refused, plain)));
                  });
  return std::nullopt;
}

HttpServerResponse preflight(const HttpServerRequest&) {
  return for_any_origin({.status = 204,
                         .headers = {{"access-control-allow-methods", "POST"},
                                     {"access-control-allow-headers", "authorization, content-type"},
                                     {"access-control-max-age", "86400"}}});
}

}  // namespace

std::vector<Route> ingest_routes(storage::Storage& storage, Clock& clock, Ids& ids, services::EventWriter& writer,
                                 WriteKeyLimits limits) {
  // Shared by the copies of the handlers; it has a mutex and cannot be copied.
  auto door = std::shared_ptr<Door>(new Door{clock, ids, writer, {storage, limits}});
  std::vector<Route> routes;
  for (const Address& address : kAddresses) {
    auto handler = [door, &address](const HttpExchangePtr& exchange) {
      if (auto answer = take(*door, address, exchange)) exchange->respond(for_any_origin(std::move(*answer)));
    };
    // Twice the limit reaches the handler, so that all but absurd bodies get the 413 that clients can read.
    size_t bytes_max = address.type ? services::kEventBytesMax : kBatchBytesMax;
    for (std::string_view path : {address.path, address.short_path}) {
      if (path.empty()) continue;
      routes.push_back({"POST", std::string(path), nullptr, {.body_bytes_max = 2 * bytes_max}, handler});
      routes.push_back({"OPTIONS", std::string(path), preflight});
    }
  }
  return routes;
}

}  // namespace spreaders::doors
