// How every page of the sandbox looks: one frame, one style sheet, no script. All values are escaped by the caller with
// escape_html() (sandbox/mime.hpp).
#pragma once

#include <string>
#include <string_view>

#include "core/time.hpp"
#include "net/http_server.hpp"

namespace spreaders::sandbox {

struct Page {
  std::string title;
  std::string main;         // HTML of the main part
  std::string search = {};  // what the search field holds
  bool is_shop = false;     // the landing page has no mailbox around it
};

// With a content security policy that lets nothing be loaded from outside and no script run.
net::Response render(int status, const Page& page);
net::Response style_sheet();
std::string readable_time(Instant at);  // 2026-11-21 09:30 UTC

}  // namespace spreaders::sandbox
