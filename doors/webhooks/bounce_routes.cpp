#include "doors/webhooks/bounce_routes.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "doors/ingest/problem.hpp"
#include "services/tracking/tracking.hpp"

namespace spreaders::doors {

using storage::Scope;
using storage::Tx;

namespace {

struct Door {
  storage::Storage& storage;
  Clock& clock;
  const audience::Journal& journal;
  BounceParser parser;
  WriteKeys keys;
};

struct Counts {
  int64_t recorded = 0;
  int64_t ignored = 0;
};

// "<out_1@mail.example>" and "out_1" are the same message.
std::string left_part(std::string_view message_ref) {
  std::string_view text = trim(message_ref);
  if (text.starts_with('<')) text.remove_prefix(1);
  text = text.substr(0, text.find_first_of("@>"));
  return std::string(text.size() <= 200 ? text : std::string_view());
}

// Words of a stranger's server: one line of printable UTF-8.
std::string clean(std::string_view text, size_t characters_max) {
  if (!is_utf8(text)) return {};
  std::string out(first_code_points(text, characters_max));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return out;
}

bool is_recorded_kind(std::string_view kind) {
  return kind == "hard" || kind == "soft" || kind == "block" || kind == "complaint";
}

Result<bool> record_one(Tx& tx, const std::string& workspace, const BouncedRecipient& bounced, Instant now,
                        const audience::Journal& journal) {
  if (!is_recorded_kind(bounced.kind)) return false;
  std::string ref = left_part(bounced.message_ref);
  if (ref.empty()) return false;
  auto row = TRY(tx.query_one("SELECT id FROM outbox WHERE workspace_id = $1 AND vendor_ref = $2", {workspace, ref}));
  if (!row) return false;
  TRY(services::record_bounce(tx, {workspace, (*row)[0].text()},
                              {bounced.kind, clean(bounced.status, 20), clean(bounced.text, kBounceTextCharactersMax)},
                              now, journal));
  return true;
}

Result<Counts> record_all(Door& door, const std::string& workspace, const ParsedBounce& bounce) {
  return door.storage.write(Scope::of(workspace), [&](Tx& tx) -> Result<Counts> {
    Counts counts;
    size_t count = std::min(bounce.recipients.size(), kBouncedMax);
    for (size_t i = 0; i < count; ++i) {
      bool recorded = TRY(record_one(tx, workspace, bounce.recipients[i], door.clock.now(), door.journal));
      (recorded ? counts.recorded : counts.ignored) += 1;
    }
    counts.ignored += static_cast<int64_t>(bounce.recipients.size() - count);
    return counts;
  });
}

HttpServerResponse bounces(Door& door, const HttpServerRequest& request) {
  std::string rest = rest_of(request, "/hooks/bounces/");
  size_t slash = std::min(rest.find('/'), rest.size());
  std::string workspace = rest.substr(0, slash);
  auto holder = door.keys.admit(request, rest.substr(std::min(slash + 1, rest.size())));
  if (!holder.ok()) return problem(holder.error());
  if (holder->principal.workspace != workspace)
    return problem(not_found("this key is of another workspace than the address"));
  if (request.body.size() > kBounceBytesMax)
    return problem(413, invalid("a returned mail has at most " + std::to_string(kBounceBytesMax) + " bytes"));
  if (trim(request.body).empty())
    return problem(invalid("the body is empty; send the returned mail as it was received"));
  Result<Counts> counts = Counts{0, 1};
  auto parsed = door.parser(request.body);
  if (parsed.ok()) counts = record_all(door, workspace, *parsed);
  else if (parsed.error().code != Code::kInvalidArgument) counts = parsed.error();
  if (!counts.ok()) {
    log_error("a bounce was not recorded",
              {{"key", holder->principal.id}, {"error", counts.error().message}, {"detail", counts.error().detail}});
    return problem(counts.error());
  }
  return {.headers = {{"content-type", "application/json"}},
          .body = to_text(Json{{"recorded", counts->recorded}, {"ignored", counts->ignored}})};
}

}  // namespace

std::vector<Route> bounce_routes(storage::Storage& storage, Clock& clock, const audience::Journal& journal,
                                 BounceParser parser, WriteKeyLimits limits) {
  // Shared by the copies of the handler; it has a mutex and cannot be copied.
  auto door = std::shared_ptr<Door>(new Door{storage, clock, journal, std::move(parser), {storage, limits}});
  return {{"POST",
           "/hooks/bounces",
           [door](const HttpServerRequest& request) { return bounces(*door, request); },
           {.body_bytes_max = kBounceBytesMax + 1024}}};
}

}  // namespace spreaders::doors
