// The local page on which a person approves or rejects: GET and POST /approve/{approval_id}?k=KEY.
//
//   show_on_terminal(approval_page_url("http://127.0.0.1:8080", tracking.key, approval.id));
//
// For browsers on this machine only (the peer is loopback, Host is a loopback name, nothing was forwarded). The key in
// the address is bound to the one approval, so no other page can make a form for it (CSRF) and it is of no use once the
// approval is decided. It does not prove a person: that is the code, which is shown on the server's own terminal, typed
// here, and never on the page. Reads and decides through the tools approvals.get and approvals.decide as `person`,
// door "page".
#pragma once

#include <string>
#include <vector>

#include "core/secret.hpp"
#include "core/tool.hpp"
#include "doors/pages/route.hpp"

namespace spreaders::doors {

std::string approval_page_key(const Secret& key, const std::string& approval_id);
// `base` without a slash at the end.
std::string approval_page_url(const std::string& base, const Secret& key, const std::string& approval_id);

// `person` is who sits at this machine: the local owner. The runner outlives the server.
std::vector<Route> approval_routes(ToolRunner& tools, const Secret& key, Principal person);

}  // namespace spreaders::doors
