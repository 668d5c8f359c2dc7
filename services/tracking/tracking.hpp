// Opens, clicks, unsubscribes and conversions. Links in mails carry a token that names the message and proves, by HMAC,
// that we made it: nothing can be forged, and a click link redirects only to the address it was made for.
//
//   token = workspace "." outbox id "." 16 characters of base64url HMAC-SHA256(key, kind "|" workspace "|" outbox id
//   "|" url)
#pragma once

#include <optional>
#include <string>

#include "core/json.hpp"
#include "core/random.hpp"
#include "core/secret.hpp"
#include "core/time.hpp"
#include "services/audience/facts.hpp"
#include "storage/storage.hpp"

namespace spreaders::services {

struct Tracking {
  Secret key;
  std::string public_url;              // https://news.example.org, without a slash at the end
  std::string click_parameter = "sp";  // added to the landing address, so that orders can be told from whom they came
};

enum class TokenKind : char { kOpen = 'o', kClick = 'c', kUnsubscribe = 'u', kSession = 's' };
struct MessageRef {
  std::string workspace;
  std::string outbox_id;
};

std::string make_token(const Tracking& tracking, TokenKind kind, const MessageRef& ref, const std::string& url = "");
std::optional<MessageRef> read_token(const Tracking& tracking, TokenKind kind, std::string_view token,
                                     const std::string& url = "");

std::string open_url(const Tracking& tracking, const MessageRef& ref);
std::string click_url(const Tracking& tracking, const MessageRef& ref, const std::string& url);
std::string unsubscribe_url(const Tracking& tracking, const MessageRef& ref);
// `url` with the session token added as its click parameter.
std::string landing_url(const Tracking& tracking, const MessageRef& ref, const std::string& url);

// Facts. Recording one twice is recording it once.
Result<void> record_open(storage::Tx& tx, const MessageRef& ref, Instant at, const audience::Journal& journal);
Result<void> record_click(storage::Tx& tx, const MessageRef& ref, const std::string& url, Instant at,
                          const audience::Journal& journal);
// Consent out, address suppressed, event written. The answer is the address, masked for the page that thanks.
Result<std::string> record_unsubscribe(storage::Tx& tx, const MessageRef& ref, const std::string& how, Instant at,
                                       const audience::Journal& journal);
struct BounceFact {
  std::string kind;    // hard, soft, block, complaint
  std::string status;  // 5.1.1
  std::string text;    // cleaned
};
Result<void> record_bounce(storage::Tx& tx, const MessageRef& ref, const BounceFact& bounce, Instant at,
                           const audience::Journal& journal);

// Whom a message went to, and for which campaign; nothing when there is no such message.
struct MessageOrigin {
  std::string contact_id, campaign_id, address, channel;
  bool transactional = false;
};
Result<std::optional<MessageOrigin>> message_origin(storage::Tx& tx, const MessageRef& ref);

}  // namespace spreaders::services
