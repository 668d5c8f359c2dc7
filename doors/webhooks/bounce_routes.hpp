// POST /hooks/bounces/{workspace}: a mail that came back (DSN, ARF), as the mail server received it: raw
// message/rfc822. Authenticated by a write key of that workspace, as Basic user name or, for senders that know URLs
// only, as a third part of the path. Postfix, as a pipe transport:
//
//   flags=Rq user=nobody argv=/usr/bin/curl -fsS -u KEY: --data-binary @- http://127.0.0.1:8080/hooks/bounces/wsp_local
//
// Answers {"recorded":n,"ignored":n}: ignored are automatic replies, reports of success, messages we never sent and
// mails that are no bounce at all, since none of these gets better by sending it again. Repeats change nothing. Errors
// are problem JSON: 400 empty, 401, 404 (another workspace than the key's), 413, 429, 503.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "doors/ingest/write_key.hpp"
#include "doors/pages/route.hpp"
#include "services/audience/facts.hpp"

namespace spreaders::doors {

constexpr size_t kBounceBytesMax = 4 * 1024 * 1024;
constexpr size_t kBouncedMax = 100;  // recipients of one report
constexpr size_t kBounceTextCharactersMax = 500;

// One recipient of a report.
struct BouncedRecipient {
  std::string message_ref;  // the token of the return path, or the Message-ID of our mail with or without its domain
  std::string kind;         // hard, soft, block, complaint, auto_reply; anything else is ignored
  std::string status;       // 5.1.1
  std::string text;         // the receiving server's words
};
struct ParsedBounce {
  std::vector<BouncedRecipient> recipients;
};
// kInvalidArgument: an ordinary mail.
using BounceParser = std::function<Result<ParsedBounce>(std::string_view message)>;

// Storage, clock and journal outlive the server.
std::vector<Route> bounce_routes(storage::Storage& storage, Clock& clock, const audience::Journal& journal,
                                 BounceParser parser, WriteKeyLimits limits = {});

}  // namespace spreaders::doors
