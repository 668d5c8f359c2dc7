#include "services/tracking/tracking.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/fields.hpp"
#include "services/audience/contacts.hpp"
#include "services/consent/consent.hpp"
#include "storage/values.hpp"

namespace spreaders::services {

using storage::or_null;
using storage::Tx;

namespace {

constexpr size_t kMacCharacters = 16;             // 96 bits
constexpr int64_t kOpenRepeat_us = kMinute_us;    // opens of one message within it are one
constexpr int64_t kAttribution_us = 7 * kDay_us;  // an order belongs to the last campaign clicked within it

std::string mac(const Tracking& tracking, TokenKind kind, const MessageRef& ref, const std::string& url) {
  std::string text = std::string(1, static_cast<char>(kind)) + "|" + ref.workspace + "|" + ref.outbox_id + "|" + url;
  return base64url(hmac_sha256(tracking.key.reveal(), text)).substr(0, kMacCharacters);
}

struct Origin {
  std::string contact_id, campaign_id, address, channel;
};

Result<std::optional<Origin>> origin_of(Tx& tx, const MessageRef& ref) {
  auto row = TRY(
      tx.query_one("SELECT contact_id, campaign_id, address, channel FROM outbox WHERE workspace_id = $1 AND id = $2",
                   {ref.workspace, ref.outbox_id}));
  if (!row) return std::optional<Origin>();
  return std::optional<Origin>(
      Origin{(*row)[0].text_or(""), (*row)[1].text_or(""), (*row)[2].text(), (*row)[3].text()});
}

struct Fact {
  std::string message_id, type, name, contact_id, anonymous_id, campaign_id, outbox_id;
  Instant at, received_at;
  Json properties = Json::object();
};

Result<bool> append_fact(Tx& tx, const std::string& workspace, const Fact& fact) {
  int64_t added = TRY(tx.execute(
      "INSERT INTO event (workspace_id, message_id, type, name, contact_id, anonymous_id, campaign_id, outbox_id, at, "
      "received_at, properties) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (workspace_id, message_id) DO NOTHING",
      {workspace, fact.message_id, fact.type, fact.name, or_null(fact.contact_id), or_null(fact.anonymous_id),
       or_null(fact.campaign_id), or_null(fact.outbox_id), fact.at.us, fact.received_at.us, to_text(fact.properties)}));
  return added == 1;
}

Result<void> append_mail_fact(Tx& tx, const MessageRef& ref, const std::string& message_id, const std::string& name,
                              const Json& properties, Instant at) {
  auto origin = TRY(origin_of(tx, ref));
  if (!origin) return not_found("that message is not known");
  TRY(append_fact(tx, ref.workspace,
                  {.message_id = message_id,
                   .type = "track",
                   .name = name,
                   .contact_id = origin->contact_id,
                   .anonymous_id = {},
                   .campaign_id = origin->campaign_id,
                   .outbox_id = ref.outbox_id,
                   .at = at,
                   .received_at = at,
                   .properties = properties}));
  return {};
}

}  // namespace

std::string make_token(const Tracking& tracking, TokenKind kind, const MessageRef& ref, const std::string& url) {
  return ref.workspace + "." + ref.outbox_id + "." + mac(tracking, kind, ref, url);
}

std::optional<MessageRef> read_token(const Tracking& tracking, TokenKind kind, std::string_view token,
                                     const std::string& url) {
  if (token.size() > 200) return std::nullopt;
  size_t first = token.find('.');
  size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  MessageRef ref{std::string(token.substr(0, first)), std::string(token.substr(first + 1, second - first - 1))};
  if (!constant_time_equal(token.substr(second + 1), mac(tracking, kind, ref, url))) return std::nullopt;
  return ref;
}

std::string open_url(const Tracking& tracking, const MessageRef& ref) {
  return tracking.public_url + "/o/" + make_token(tracking, TokenKind::kOpen, ref) + ".gif";
}
std::string click_url(const Tracking& tracking, const MessageRef& ref, const std::string& url) {
  return tracking.public_url + "/c/" + make_token(tracking, TokenKind::kClick, ref, url) + "?u=" + percent_encode(url);
}
std::string unsubscribe_url(const Tracking& tracking, const MessageRef& ref) {
  return tracking.public_url + "/u/" + make_token(tracking, TokenKind::kUnsubscribe, ref);
}

std::string landing_url(const Tracking& tracking, const MessageRef& ref, const std::string& url) {
  if (tracking.click_parameter.empty()) return url;
  size_t hash = std::min(url.find('#'), url.size());
  std::string base = url.substr(0, hash);
  base += (base.find('?') == std::string::npos ? "?" : "&") + tracking.click_parameter + "=" +
          make_token(tracking, TokenKind::kSession, ref);
  return base + url.substr(hash);
}

Result<void> record_open(Tx& tx, const MessageRef& ref, Instant at) {
  return append_mail_fact(tx, ref, "open:" + ref.outbox_id + ":" + std::to_string(at.us / kOpenRepeat_us),
                          "Email Opened", Json::object(), at);
}

Result<void> record_click(Tx& tx, const MessageRef& ref, const std::string& url, Instant at) {
  std::string link = hex(sha256(url)).substr(0, 16);
  return append_mail_fact(tx, ref, "click:" + ref.outbox_id + ":" + link + ":" + std::to_string(at.us / kSecond_us),
                          "Email Clicked", {{"url", url}}, at);
}

Result<std::string> record_unsubscribe(Tx& tx, const MessageRef& ref, const std::string& how, Instant at, Ids& ids) {
  auto origin = TRY(origin_of(tx, ref));
  if (!origin) return not_found("that message is not known");
  consent::Word word{.who = {origin->contact_id, origin->address},
                     .channel = origin->channel,
                     .source = how,
                     .proof = "message " + ref.outbox_id,
                     .campaign_id = origin->campaign_id};
  TRY(consent::unsubscribe(tx, ref.workspace, word, at, ids));
  return audience::masked_email(origin->address);
}

Result<void> record_bounce(Tx& tx, const MessageRef& ref, const BounceFact& bounce, Instant at) {
  auto origin = TRY(origin_of(tx, ref));
  if (!origin) return not_found("that message is not known");
  bool hard = bounce.kind == "hard";
  bool complaint = bounce.kind == "complaint";
  consent::Suppression entry{.address = origin->address,
                             .channel = origin->channel,
                             .reason = hard ? consent::Reason::kHardBounce : consent::Reason::kComplaint,
                             .source = hard ? "bounce" : "feedback loop",
                             .at = at};
  if (hard || complaint) TRY(consent::suppress(tx, ref.workspace, entry));
  return append_mail_fact(tx, ref, "bounce:" + ref.outbox_id + ":" + bounce.kind,
                          bounce.kind == "complaint" ? "Email Complained" : "Email Bounced",
                          {{"kind", bounce.kind}, {"status", bounce.status}, {"text", bounce.text}}, at);
}

namespace {

// Everything wrong with one track event.
Issues track_issues(const Json& event) {
  Issues issues;
  if (!event.is_object()) return {{"", "must be an object"}};
  auto text = [&](const char* name, bool required, size_t max) {
    auto found = event.find(name);
    if (found == event.end() || found->is_null()) {
      if (required) issues.push_back({"/" + std::string(name), "is required"});
    } else if (!found->is_string() || found->get_ref<const std::string&>().empty() ||
               found->get_ref<const std::string&>().size() > max) {
      issues.push_back({"/" + std::string(name), "must be text of 1 to " + std::to_string(max) + " bytes"});
    }
  };
  text("event", true, 200);
  text("messageId", false, 100);
  text("userId", false, 254);
  text("anonymousId", false, 254);
  if (!event.contains("userId") && !event.contains("anonymousId"))
    issues.push_back({"/userId", "userId or anonymousId is required"});
  for (const char* name : {"properties", "context"}) {
    if (event.contains(name) && !event[name].is_object())
      issues.push_back({"/" + std::string(name), "must be an object"});
  }
  for (const char* name : {"timestamp", "sentAt", "originalTimestamp"}) {
    if (!event.contains(name)) continue;
    auto parsed = event[name].is_string() ? parse_instant(event[name].get_ref<const std::string&>())
                                          : Result<Instant>(invalid("must be a time as text"));
    if (!parsed.ok()) issues.push_back({"/" + std::string(name), parsed.error().message});
  }
  return issues;
}

// Segment's rule: the sender's clock may be wrong, but its two readings share the error.
Instant event_time(const Json& event, Instant received_at) {
  auto read = [&](const char* name) -> std::optional<Instant> {
    if (!event.contains(name)) return std::nullopt;
    auto parsed = parse_instant(event[name].get<std::string>());
    return parsed.ok() ? std::optional<Instant>(*parsed) : std::nullopt;
  };
  auto original = read("originalTimestamp");
  if (!original) original = read("timestamp");
  auto sent = read("sentAt");
  if (original && sent) return received_at - (*sent - *original);
  if (original && *original <= received_at) return *original;
  return received_at;
}

}  // namespace

Result<bool> record_track(Tx& tx, const Tracking& tracking, const std::string& workspace, const Json& event,
                          Instant received_at) {
  Issues issues = track_issues(event);
  if (!issues.empty()) return issues_error("The event", std::move(issues));
  Fact fact{.message_id = {},
            .type = "track",
            .name = event["event"].get<std::string>(),
            .contact_id = {},
            .anonymous_id = event.value("anonymousId", ""),
            .campaign_id = {},
            .outbox_id = {},
            .at = event_time(event, received_at),
            .received_at = received_at,
            .properties = event.value("properties", Json::object())};
  // Without an id of its own an event is told apart by all it says.
  fact.message_id = event.value("messageId", "hash:" + json_hash(event));
  const Json* token = at_pointer(event, "/context/spreaders/token");
  if (token != nullptr && token->is_string()) {
    auto ref = read_token(tracking, TokenKind::kSession, token->get_ref<const std::string&>());
    auto origin = ref && ref->workspace == workspace ? TRY(origin_of(tx, *ref)) : std::optional<Origin>();
    if (origin) {
      fact.contact_id = origin->contact_id;
      fact.campaign_id = origin->campaign_id;
      fact.outbox_id = ref->outbox_id;
    }
  }
  if (fact.contact_id.empty() && event.contains("userId")) {
    auto row = TRY(tx.query(
        "SELECT id FROM contact WHERE workspace_id = $1 AND (external_id = $2 OR id = $2 OR email = $2) LIMIT 1",
        {workspace, event["userId"].get<std::string>()}));
    if (!row.empty()) fact.contact_id = row[0][0].text();
  }
  if (fact.campaign_id.empty() && !fact.contact_id.empty()) {
    auto row =
        TRY(tx.query("SELECT campaign_id, outbox_id FROM event WHERE workspace_id = $1 AND contact_id = $2 AND name = "
                     "'Email Clicked' AND at >= $3 AND at <= $4 AND campaign_id IS NOT NULL ORDER BY at DESC LIMIT 1",
                     {workspace, fact.contact_id, fact.at.us - kAttribution_us, fact.at.us}));
    if (!row.empty()) {
      fact.campaign_id = row[0][0].text();
      fact.outbox_id = row[0][1].text_or("");
    }
  }
  return append_fact(tx, workspace, fact);
}

}  // namespace spreaders::services
