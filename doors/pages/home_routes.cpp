#include "doors/pages/home_routes.hpp"

#include "doors/pages/html.hpp"

namespace spreaders::doors {

namespace {

std::string link(const std::string& url, const std::string& title) {
  bool safe =
      url.starts_with("http://") || url.starts_with("https://") || (url.starts_with('/') && !url.starts_with("//"));
  return safe ? "<a href=\"" + escape_html(url) + "\">" + escape_html(title) + "</a>" : escape_html(title);
}

HttpServerResponse home_page(const Home& home) {
  std::string body =
      "<p>This is Spreaders" + (home.version.empty() ? "" : " " + escape_html(home.version)) +
      ". It turns a goal in your words into a plan, and, once you have approved it, into a campaign and a report.</p>\n"
      "<dl><dt>For MCP clients (Streamable HTTP)</dt><dd><code>" +
      escape_html(home.mcp_url) +
      "</code></dd>"
      "<dt>For events of your shop</dt><dd><code>POST /v1/track</code> with a write key</dd>";
  if (!home.mailbox_url.empty()) {
    body += "<dt>Sandbox</dt><dd>" + link(home.mailbox_url, "Mailbox") +
            ": the mails of this run, which nobody real receives</dd>";
  }
  body +=
      "</dl>\n<p>In a terminal: <code>spreaders chat</code> plans with you, <code>spreaders approve ID</code> "
      "approves.</p>";
  if (!home.links.empty()) {
    body += "\n<ul>";
    for (const auto& one : home.links) body += "<li>" + link(one.url, one.title) + "</li>";
    body += "</ul>";
  }
  return page({.title = "Spreaders", .body = body});
}

}  // namespace

std::vector<Route> home_routes(Home home) {
  return {{"GET", "/", [home = std::move(home)](const HttpServerRequest& request) {
             if (request.path == "/") return home_page(home);
             return page({.status = 404,
                          .title = "Nothing here",
                          .body = "<p>There is no such page. " + link("/", "Start page") + "</p>"});
           }}};
}

}  // namespace spreaders::doors
