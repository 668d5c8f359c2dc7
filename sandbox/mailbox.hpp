// The pages on which a person reads what was sent, and the look-up a sender asks whether a mail arrived.
//   GET /?to=&page=            the list, newest first
//   GET /mail/{n}              one mail: HTML part in a frame, text part, links, headers
//   GET /mail/{n}/html         the HTML part alone, for the frame
//   GET /mail/{n}/raw          the whole mail as text
//   GET /lookup?message_id=    {"message_id":"...","count":n}
//   GET /stats                 what `stats` returns (JSON text)
// The HTML part is hostile until proven otherwise: no script, no form, no frame, images from loopback only (so that an
// open is counted when a person looks), links open in a new tab.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "net/http_server.hpp"
#include "sandbox/mail_store.hpp"

namespace spreaders::sandbox {

// `store` outlives the routes.
std::vector<net::Route> mailbox_routes(const MailStore& store, std::function<std::string()> stats);

// The HTML part as the frame gets it.
std::string framed_html(std::string html);

}  // namespace spreaders::sandbox
