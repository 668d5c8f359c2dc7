#include "sandbox/mailbox.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/json.hpp"
#include "sandbox/mime.hpp"
#include "sandbox/pages.hpp"

namespace spreaders::sandbox {
namespace {

constexpr size_t kMailsPerPage = 50;
constexpr size_t kPagesMax = 100'000;
constexpr std::string_view kFramePolicy =
    "default-src 'none'; img-src http://127.0.0.1:* http://localhost:* data:; style-src 'unsafe-inline'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";

std::optional<size_t> parse_number(std::string_view text) {
  size_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

std::string subject_of(const Mail& mail) {
  std::string subject = decode_words(mail.subject);
  return subject.empty() ? "(no subject)" : subject;
}

std::string badges(const MailStore& store, const Mail& mail) {
  std::string text;
  const size_t count = mail.message_id.empty() ? 1 : store.count(mail.message_id);
  if (count > 1) text += " <span class=\"badge bad\">arrived " + std::to_string(count) + " times</span>";
  if (mail.bounced) text += " <span class=\"badge bad\">bounced</span>";
  return text;
}

std::string row(const MailStore& store, const Mail& mail) {
  const std::string who = joined(mail.recipients);
  std::string_view initial = first_code_points(who, 1);
  if (!is_utf8(initial) || initial.empty()) initial = "?";
  return "<li><a href=\"/mail/" + std::to_string(mail.number) + "\"><span class=\"face\" aria-hidden=\"true\">" +
         escape_html(initial) + "</span><span class=\"who\">" + escape_html(who) + badges(store, mail) +
         "</span><time class=\"when\" datetime=\"" + to_text(mail.accepted_at) + "\">" +
         readable_time(mail.accepted_at) + "</time><span class=\"subject\">" + escape_html(subject_of(mail)) +
         "</span></a></li>";
}

net::Response list_page(const MailStore& store, const net::Request& request) {
  const std::string to(request.parameter("to").substr(0, 200));
  const size_t number = std::min(parse_number(request.parameter("page")).value_or(0), kPagesMax);
  const MailPage page = store.list(to, number * kMailsPerPage, kMailsPerPage);
  Page html{.title = "Sandbox mailbox", .main = {}, .search = to};
  html.main = "<h1>" + std::to_string(page.found) + (page.found == 1 ? " mail" : " mails") +
              (to.empty() ? "" : " to “" + escape_html(to) + "”") + "</h1>";
  if (page.mails.empty()) {
    html.main += "<div class=\"card empty\"><p>" +
                 std::string(to.empty() ? "No mail yet. Send a campaign and it appears here."
                                        : "No recipient matches. <a href=\"/\">Show all mails</a>") +
                 "</p></div>";
    return render(200, html);
  }
  html.main += "<ul class=\"mails card\">";
  for (const Mail& mail : page.mails) html.main += row(store, mail);
  html.main += "</ul><nav class=\"pages\" aria-label=\"Pages\">";
  const auto link = [&](size_t target, std::string_view words) {
    return "<a href=\"/?" + escape_html(net::to_form({{"to", to}, {"page", std::to_string(target)}})) + "\">" +
           std::string(words) + "</a>";
  };
  html.main += number > 0 ? link(number - 1, "← Newer") : "<span></span>";
  if ((number + 1) * kMailsPerPage < page.found) html.main += link(number + 1, "Older →");
  html.main += "</nav>";
  return render(200, html);
}

std::string link_list(std::string_view html) {
  std::string text;
  for (const Link& link : find_links(html)) {
    const std::string lower = lower_ascii(link.url);
    const bool is_web = lower.starts_with("http://") || lower.starts_with("https://");
    const std::string url = escape_html(link.url);
    const std::string words = link.text.empty() ? "(image or empty)" : escape_html(link.text);
    text += "<li>" + words + "<br>" +
            (is_web ? "<a href=\"" + url + "\" target=\"_blank\" rel=\"noopener noreferrer\">" + url + "</a>" : url) +
            "</li>";
  }
  return text;
}

net::Response mail_page(const MailStore& store, const Mail& mail) {
  const std::string path = "/mail/" + std::to_string(mail.number);
  const Readable readable = read_mail(mail.headers, mail.body);
  Page page{.title = subject_of(mail), .main = "<p><a href=\"/\">← All mails</a></p>"};
  page.main += "<article class=\"card\"><h1>" + escape_html(subject_of(mail)) + "</h1><dl class=\"head\">";
  const auto fact = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) page.main += "<dt>" + std::string(name) + "</dt><dd>" + escape_html(value) + "</dd>";
  };
  fact("From", decode_words(find_header(mail.headers, "from")));
  fact("To", joined(mail.recipients));
  fact("Return path", "<" + mail.return_path + ">");
  fact("Message-ID", mail.message_id);
  fact("Attachments", joined(readable.attachments));
  page.main += "<dt>Accepted</dt><dd>" + readable_time(mail.accepted_at) + ", " + std::to_string(mail.bytes) +
               " bytes" + badges(store, mail) + "</dd></dl>";
  if (!mail.body_kept) {
    page.main += "<p class=\"empty soft\">The body was dropped to keep the sandbox within its memory limit.</p>";
  }
  if (!readable.html.empty()) {
    page.main +=
        "<iframe title=\"The mail as its reader sees it\" sandbox=\"allow-popups allow-popups-to-escape-sandbox\" "
        "referrerpolicy=\"no-referrer\" src=\"" +
        path + "/html\"></iframe>";
  }
  const auto section = [&](std::string_view name, const std::string& html, bool open) {
    page.main += "<details" + std::string(open ? " open" : "") + "><summary>" + std::string(name) + "</summary>" +
                 html + "</details>";
  };
  if (!readable.text.empty())
    section("Text part", "<pre>" + escape_html(readable.text) + "</pre>", readable.html.empty());
  if (const std::string links = link_list(readable.html); !links.empty())
    section("Links", "<ol>" + links + "</ol>", false);
  section("Headers", "<pre>" + escape_html(mail.headers) + "</pre>", false);
  page.main += "</article><p><a href=\"" + path + "/raw\">Source of the mail</a></p>";
  return render(200, page);
}

net::Response html_part(const Mail& mail) {
  net::Response response = net::html_response(200, framed_html(read_mail(mail.headers, mail.body).html));
  response.headers = {{"Content-Security-Policy", std::string(kFramePolicy)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Cache-Control", "no-store"}};
  return response;
}

net::Response with_mail(const MailStore& store, const net::Request& request,
                        const std::function<net::Response(const Mail&)>& show) {
  const std::optional<size_t> number = parse_number(request.captures.at(0));
  const std::optional<Mail> mail = number ? store.get(*number) : std::nullopt;
  if (mail) return show(*mail);
  return render(404, {.title = "No such mail", .main = "<h1>No such mail</h1><p><a href=\"/\">All mails</a></p>"});
}

net::Response lookup(const MailStore& store, const net::Request& request) {
  const std::string message_id(request.parameter("message_id"));
  if (message_id.empty()) return net::json_response(400, R"({"error":"message_id is missing"})");
  return net::json_response(200, to_text(Json{{"message_id", message_id}, {"count", store.count(message_id)}}));
}

}  // namespace

std::string framed_html(std::string html) {
  // Links of the mail must open in a new tab, or they would be shown, and blocked, inside the frame.
  constexpr std::string_view kBase = "<base target=\"_blank\">";
  const std::string lower = lower_ascii(html);
  const size_t head = lower.find("<head");
  const size_t end = head == std::string::npos ? head : lower.find('>', head);
  const size_t doctype = lower.starts_with("<!doctype") ? lower.find('>') : std::string::npos;
  if (end != std::string::npos) html.insert(end + 1, kBase);
  else html.insert(doctype == std::string::npos ? 0 : doctype + 1, kBase);
  return html;
}

std::vector<net::Route> mailbox_routes(const MailStore& store, std::function<std::string()> stats) {
  std::vector<net::Route> routes;
  routes.push_back({"GET", "/", [&store](const net::Request& request) { return list_page(store, request); }});
  routes.push_back({"GET", "/mail/{n}", [&store](const net::Request& request) {
                      return with_mail(store, request, [&](const Mail& mail) { return mail_page(store, mail); });
                    }});
  routes.push_back({"GET", "/mail/{n}/html",
                    [&store](const net::Request& request) { return with_mail(store, request, html_part); }});
  routes.push_back({"GET", "/mail/{n}/raw", [&store](const net::Request& request) {
                      return with_mail(store, request, [](const Mail& mail) {
                        net::Response response = net::text_response(200, mail.headers + "\r\n" + mail.body);
                        response.headers = {{"X-Content-Type-Options", "nosniff"}};
                        return response;
                      });
                    }});
  routes.push_back({"GET", "/lookup", [&store](const net::Request& request) { return lookup(store, request); }});
  routes.push_back(
      {"GET", "/stats", [stats = std::move(stats)](const net::Request&) { return net::json_response(200, stats()); }});
  routes.push_back({"GET", "/style.css", [](const net::Request&) { return style_sheet(); }});
  return routes;
}

}  // namespace spreaders::sandbox
