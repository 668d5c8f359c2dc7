// What the fuzz target and the test with damaged mail both ask: any bytes at all must come out of the readers of
// inbound mail without a crash and within their limits, and out of the MIME builder without a forged header.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "integrations/email/address.hpp"
#include "integrations/email/bounce.hpp"
#include "integrations/email/mime.hpp"
#include "integrations/email/mime_parse.hpp"

namespace spreaders::email {

inline void fuzz_mail(std::string_view input) {
  if (const auto bounce = parse_bounce(input); bounce.ok()) {
    if (bounce->recipients.empty() || bounce->recipients.size() > kBounceRecipientsMax) std::abort();
    for (const auto& recipient : bounce->recipients) {
      if (recipient.diagnostic.size() > kDiagnosticBytesMax || !is_utf8(recipient.diagnostic)) std::abort();
    }
  }
  (void)decode_words(input);
  (void)ascii_domain(input);
  (void)parse_verp(input);
  // Whatever is accepted for a header must give lines that nothing can break out of.
  const std::string text(input.substr(0, 600));
  const auto mail = build_mime({.from_name = text,
                                .from_email = "a@b.example",
                                .to_name = "",
                                .to_email = "c@d.example",
                                .reply_to = "",
                                .subject = "S" + text,
                                .html = "",
                                .text = "x" + text,
                                .message_id = "m@b.example",
                                .date = {},
                                .headers = {{"X-A", "v" + text}},
                                .envelope_from = ""});
  if (mail.ok()) {
    const auto fields = parse_fields(*mail);
    if (fields.size() != 9 || decode_words(field(fields, "subject")).empty()) std::abort();
  }
}

}  // namespace spreaders::email
