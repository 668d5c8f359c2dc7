#include "sandbox/pages.hpp"

#include "sandbox/mime.hpp"

namespace spreaders::sandbox {
namespace {

constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'";

constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --ground: #f6f5f2; --card: #fff; --ink: #1c1b19; --soft: #6a665f; --line: #e3e0d9;
  --accent: #0f6b5c; --accent-ink: #fff; --note: #fdf3d7; --note-ink: #6b4a00; --bad: #a32b1f; --badge: #eceae4; }
@media (prefers-color-scheme: dark) { :root { --ground: #171614; --card: #211f1d; --ink: #eeece7; --soft: #a29d94;
  --line: #35322e; --accent: #57c4ad; --accent-ink: #07231d; --note: #33290f; --note-ink: #f0d48a; --bad: #ff9c8f;
  --badge: #322f2b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -999px; } .skip:focus { left: 8px; top: 8px; background: var(--card); padding: 8px; }
.note { margin: 0; background: var(--note); color: var(--note-ink); padding: 8px 16px;
  text-align: center; font-size: 14px; }
header.bar { display: flex; flex-wrap: wrap; gap: 12px 24px; align-items: center; max-width: 960px; margin: 0 auto;
  padding: 20px 16px 8px; }
header.bar .name { font-weight: 700; font-size: 20px; text-decoration: none; color: var(--ink); margin-right: auto; }
form.search { display: flex; gap: 8px; }
input[type=search] { font: inherit; padding: 8px 12px; border: 1px solid var(--line); border-radius: 8px;
  background: var(--card); color: var(--ink); min-width: 220px; }
button { font: inherit; font-weight: 600; padding: 8px 16px; border: 0; border-radius: 8px; background: var(--accent);
  color: var(--accent-ink); cursor: pointer; } button:hover { filter: brightness(1.08); }
main { max-width: 960px; margin: 0 auto; padding: 8px 16px 48px; }
h1 { font-size: 24px; line-height: 1.25; margin: 12px 0; overflow-wrap: anywhere; }
.card > h1 { padding: 8px 16px 0; }
.soft { color: var(--soft); } .bad { color: var(--bad); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
ul.mails { list-style: none; margin: 12px 0; padding: 0; }
ul.mails li + li { border-top: 1px solid var(--line); }
ul.mails a { display: grid; grid-template-columns: 40px minmax(0, 1fr) auto; gap: 2px 14px; padding: 12px 16px;
  text-decoration: none; color: inherit; } ul.mails a:hover { background: var(--badge); }
.face { grid-row: 1 / 3; width: 40px; height: 40px; border-radius: 50%; background: var(--badge); color: var(--accent);
  display: grid; place-items: center; font-weight: 700; }
.who, .subject { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.who { font-weight: 600; } .subject { grid-column: 2 / 4; color: var(--soft); }
.when { color: var(--soft); font-size: 13px; }
.badge { background: var(--badge); border-radius: 6px; padding: 1px 8px; font-size: 12px; font-weight: 600; }
.badge.bad { background: none; border: 1px solid var(--bad); }
nav.pages { display: flex; gap: 16px; justify-content: space-between; }
dl.head { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 16px; margin: 0; padding: 16px; }
dl.head dt { color: var(--soft); } dl.head dd { margin: 0; overflow-wrap: anywhere; }
iframe { display: block; width: 100%; height: 70vh; border: 0; border-top: 1px solid var(--line); background: #fff; }
details { border-top: 1px solid var(--line); padding: 12px 16px; } summary { cursor: pointer; font-weight: 600; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 13px; }
.empty { padding: 48px 16px; text-align: center; }
.shop { max-width: 880px; display: grid; grid-template-columns: 1fr 1fr; gap: 0; margin: 24px auto; }
.shop .picture { background: linear-gradient(135deg, #0f6b5c, #d9a441); min-height: 340px; display: grid;
  place-items: center; } .shop .picture svg { width: 55%; }
.shop .words { padding: 32px; } .price { font-size: 28px; font-weight: 700; margin: 16px 0; }
.shop button { font-size: 18px; padding: 12px 32px; }
@media (max-width: 640px) { .shop { grid-template-columns: 1fr; } .shop .picture { min-height: 180px; } }
)css";

}  // namespace

net::Response render(int status, const Page& page) {
  std::string html =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\"><title>" +
      escape_html(page.title) +
      "</title><link rel=\"stylesheet\" href=\"/style.css\"></head><body>"
      "<a class=\"skip\" href=\"#main\">Skip to the content</a>";
  html +=
      page.is_shop
          ? "<p class=\"note\" role=\"note\"><strong>Sandbox shop.</strong> No money moves, nothing is shipped and "
            "nothing leaves this machine.</p>"
          : "<p class=\"note\" role=\"note\"><strong>Sandbox.</strong> Every mail was caught here; nothing left this "
            "machine. Links to other sites are real, so think before you follow them.</p>";
  if (!page.is_shop) {
    html +=
        "<header class=\"bar\"><a class=\"name\" href=\"/\">Sandbox mailbox</a><form class=\"search\" action=\"/\" "
        "role=\"search\"><input type=\"search\" name=\"to\" aria-label=\"Recipient\" placeholder=\"Recipient\" "
        "maxlength=\"200\" value=\"" +
        escape_html(page.search) + "\"><button>Search</button></form></header>";
  }
  html += "<main id=\"main\">" + page.main + "</main></body></html>";
  net::Response response = net::html_response(status, std::move(html));
  response.headers = {{"Content-Security-Policy", std::string(kPolicy)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "same-origin"},
                      {"Cache-Control", "no-store"}};
  return response;
}

net::Response style_sheet() {
  return {.status = 200, .content_type = "text/css; charset=utf-8", .body = std::string(kStyle), .headers = {}};
}

std::string readable_time(Instant at) {
  const std::string text = to_text(at);  // 2026-11-21T09:30:00Z
  return text.size() < 16 ? text : text.substr(0, 10) + " " + text.substr(11, 5) + " UTC";
}

}  // namespace spreaders::sandbox
