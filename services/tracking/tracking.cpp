#include "services/tracking/tracking.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "services/audience/contacts.hpp"
#include "services/audience/facts.hpp"
#include "services/consent/consent.hpp"
#include "services/sending/stops.hpp"

namespace spreaders::services {

using storage::Tx;

namespace {

constexpr size_t kMacCharacters = 16;           // 96 bits
constexpr int64_t kOpenRepeat_us = kMinute_us;  // opens of one message within it are one

std::string mac(const Tracking& tracking, TokenKind kind, const MessageRef& ref, const std::string& url) {
  std::string text = std::string(1, static_cast<char>(kind)) + "|" + ref.workspace + "|" + ref.outbox_id + "|" + url;
  return base64url(hmac_sha256(tracking.key.reveal(), text)).substr(0, kMacCharacters);
}

Result<MessageOrigin> known_origin(Tx& tx, const MessageRef& ref) {
  auto origin = TRY(message_origin(tx, ref));
  if (!origin) return not_found("that message is not known");
  return std::move(*origin);
}

// Whether it is new.
Result<bool> append_mail_fact(Tx& tx, const MessageRef& ref, const std::string& message_id, const std::string& name,
                              const Json& properties, Instant at, const audience::Journal& journal) {
  auto origin = TRY(known_origin(tx, ref));
  audience::Fact fact{.name = name,
                      .contact_id = origin.contact_id,
                      .campaign_id = origin.campaign_id,
                      .outbox_id = ref.outbox_id,
                      .properties = to_text(properties),
                      .message_id = message_id};
  return TRY(audience::record_facts(tx, ref.workspace, {&fact, 1}, at, journal)) > 0;
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

Result<void> record_open(Tx& tx, const MessageRef& ref, Instant at, const audience::Journal& journal) {
  TRY(append_mail_fact(tx, ref, "open:" + ref.outbox_id + ":" + std::to_string(at.us / kOpenRepeat_us), "Email Opened",
                       Json::object(), at, journal));
  return {};
}

Result<void> record_click(Tx& tx, const MessageRef& ref, const std::string& url, Instant at,
                          const audience::Journal& journal) {
  std::string link = hex(sha256(url)).substr(0, 16);
  TRY(append_mail_fact(tx, ref, "click:" + ref.outbox_id + ":" + link + ":" + std::to_string(at.us / kSecond_us),
                       "Email Clicked", {{"url", url}}, at, journal));
  return {};
}

Result<std::string> record_unsubscribe(Tx& tx, const MessageRef& ref, const std::string& how, Instant at,
                                       const audience::Journal& journal) {
  auto origin = TRY(known_origin(tx, ref));
  consent::Word word{.who = {origin.contact_id, origin.address},
                     .channel = origin.channel,
                     .source = how,
                     .proof = "message " + ref.outbox_id,
                     .campaign_id = origin.campaign_id};
  TRY(consent::unsubscribe(tx, ref.workspace, word, at, journal));
  return audience::masked_email(origin.address);
}

Result<void> record_bounce(Tx& tx, const MessageRef& ref, const BounceFact& bounce, Instant at,
                           const audience::Journal& journal) {
  auto origin = TRY(known_origin(tx, ref));
  bool hard = bounce.kind == "hard";
  bool complaint = bounce.kind == "complaint";
  consent::Suppression entry{.address = origin.address,
                             .channel = origin.channel,
                             .reason = hard ? consent::Reason::kHardBounce : consent::Reason::kComplaint,
                             .source = hard ? "bounce" : "feedback loop",
                             .at = at};
  if (hard || complaint) TRY(consent::suppress(tx, ref.workspace, entry));
  bool added = TRY(append_mail_fact(
      tx, ref, "bounce:" + ref.outbox_id + ":" + bounce.kind, complaint ? "Email Complained" : "Email Bounced",
      {{"kind", bounce.kind}, {"status", bounce.status}, {"text", bounce.text}}, at, journal));
  if (added && (hard || complaint) && !origin.transactional)
    TRY(sending::note_bad(tx, ref.workspace, origin.campaign_id,
                          hard ? sending::Bad::kBounce : sending::Bad::kComplaint, at, journal.ids));
  return {};
}

Result<std::optional<MessageOrigin>> message_origin(Tx& tx, const MessageRef& ref) {
  auto row = TRY(tx.query_one(
      "SELECT contact_id, campaign_id, address, channel, transactional FROM outbox WHERE workspace_id = $1 AND id = $2",
      {ref.workspace, ref.outbox_id}));
  if (!row) return std::optional<MessageOrigin>();
  return std::optional<MessageOrigin>(MessageOrigin{(*row)[0].text_or(""), (*row)[1].text_or(""), (*row)[2].text(),
                                                    (*row)[3].text(), (*row)[4].boolean()});
}

}  // namespace spreaders::services
