#include "doors/pages/approval_routes.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "doors/pages/html.hpp"
#include "mcp-server/transport/http/origin.hpp"

namespace spreaders::doors {

namespace {

constexpr std::string_view kPath = "/approve/";

struct Door {
  ToolRunner& tools;
  Secret key;
  Principal person;
};

HttpServerResponse notice(int status, std::string_view title, const std::string& text) {
  return page({.status = status, .title = title, .body = "<p role=\"alert\">" + escape_html(text) + "</p>"});
}

bool is_loopback(std::string_view address) {
  return address == "::1" || address.starts_with("127.") || address.starts_with("::ffff:127.");
}

// Why this browser may not use the page; empty when it may.
std::string stranger(const HttpServerRequest& request) {
  if (!is_loopback(request.remote_address)) return "This page opens only on the machine that the server runs on.";
  for (std::string_view name : {"forwarded", "x-forwarded-for", "x-real-ip", "via"}) {
    if (request.header(name) != nullptr)
      return "This page opens only on the machine that the server runs on, not through a proxy.";
  }
  return origin_problem(request, {});
}

std::string text_of(const Json& approval, const char* name) {
  auto found = approval.find(name);
  return found != approval.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string summary(const Json& approval) {
  return "<pre tabindex=\"0\" aria-label=\"What is to be approved\">" + escape_html(text_of(approval, "summary")) +
         "</pre>\n";
}

// "2026-11-24T09:25:42.077232Z" as a person writes it.
std::string minute_of(const std::string& instant) {
  constexpr size_t kMinute = 16;
  if (instant.size() < kMinute) return instant;
  std::string minute = instant.substr(0, kMinute);
  minute[10] = ' ';
  return minute + " UTC";
}

// What a person rarely needs; it stands below what they decide.
std::string details(const Json& approval) {
  std::string body = "<p>It can be approved until " + escape_html(minute_of(text_of(approval, "expires_at"))) +
                     ".</p>\n<details><summary>What exactly this is bound to</summary><dl>";
  constexpr std::pair<const char*, const char*> kRows[] = {{"of", "Approval of"},
                                                           {"of_id", "Its id"},
                                                           {"hash", "Exactly this content"},
                                                           {"risk", "Highest risk"},
                                                           {"requested_by", "Asked by"}};
  for (const auto& [name, label] : kRows)
    body += "<dt>" + std::string(label) + "</dt><dd>" + escape_html(text_of(approval, name)) + "</dd>";
  return body + "</dl></details>\n";
}

// The first submit button of a form is what Enter in a field presses. Here that one is disabled, so that Enter does
// nothing (HTML, implicit submission): approving takes the code and the button. The safe button has the focus.
std::string form(const std::string& key, const std::string& problem) {
  std::string body = problem.empty() ? "" : "<p role=\"alert\">" + escape_html(problem) + "</p>\n";
  return body + "<form method=\"post\" autocomplete=\"off\"><input type=\"hidden\" name=\"k\" value=\"" +
         escape_html(key) +
         "\"><button type=\"submit\" disabled hidden></button>"
         "<p><label>Code from the server’s terminal <input name=\"code\" inputmode=\"numeric\" maxlength=\"12\" "
         "size=\"8\"></label></p>"
         "<p>There is no code on the terminal? Run <code>spreaders approve</code> there with this approval’s id.</p>"
         "<p><button type=\"submit\" name=\"decision\" value=\"reject\" autofocus>Reject</button>"
         "<button type=\"submit\" name=\"decision\" value=\"approve\">Approve</button></p></form>";
}

HttpServerResponse show(const Json& approval, const std::string& key, int status, const std::string& problem) {
  std::string state = text_of(approval, "state");
  if (state == "pending")
    return page({.status = status,
                 .title = "Approve this?",
                 .body = summary(approval) + form(key, problem) + details(approval)});
  std::string by = text_of(approval, "decided_by");
  std::string said = "This is " + state +
                     (by.empty() ? "" : ", decided by " + by + " (" + text_of(approval, "decided_via") + ")") + ".";
  std::string_view title = state == "approved" ? "Approved" : state == "rejected" ? "Rejected" : "Nothing to decide";
  return page({.status = status,
               .title = title,
               .body = "<p role=\"status\">" + escape_html(said) + "</p>\n" + summary(approval) + details(approval)});
}

HttpServerResponse failed(const Error& error) {
  switch (error.code) {
    case Code::kNotFound:
      return notice(404, "No such approval", error.message);
    case Code::kRateLimited:
    case Code::kUnavailable:
      return notice(503, "Please try again", error.message);
    case Code::kPermissionDenied:
    case Code::kUnauthenticated:
      return notice(403, "Not allowed", error.message);
    case Code::kInvalidArgument:
      return notice(400, "That does not work", error.text());
    default:
      return notice(500, "Something went wrong", "Something went wrong on our side and nothing was decided.");
  }
}

Result<Json> call(const Door& door, const char* tool, Json arguments) {
  return door.tools.call({.name = tool, .arguments = std::move(arguments), .principal = door.person});
}

HttpServerResponse decide(const Door& door, const std::string& id, const std::string& key, const HttpHeaders& fields) {
  std::string decision = form_value(fields, "decision");
  std::string code(trim(form_value(fields, "code")));
  if (decision != "approve" && decision != "reject")
    return notice(400, "That does not work", "The form says neither approve nor reject.");
  bool approve = decision == "approve";
  Error refusal = invalid("Type the code from the server’s terminal to approve.");
  if (!approve || !code.empty()) {
    auto decided =
        call(door, "approvals.decide", {{"approval_id", id}, {"decision", decision}, {"code", approve ? code : ""}});
    if (decided.ok()) return show(*decided, key, 200, "");
    refusal = decided.error();
  }
  if (refusal.code != Code::kInvalidArgument && refusal.code != Code::kPermissionDenied &&
      refusal.code != Code::kConflict)
    return failed(refusal);
  // What can be put right on the page is shown on it, together with the present state.
  auto approval = call(door, "approvals.get", {{"approval_id", id}});
  if (!approval.ok()) return failed(approval.error());
  int status = refusal.code == Code::kConflict ? 409 : refusal.code == Code::kPermissionDenied ? 403 : 400;
  return show(*approval, key, status, refusal.text());
}

HttpServerResponse approve_page(const Door& door, const HttpServerRequest& request) {
  std::string problem = stranger(request);
  if (!problem.empty()) return notice(403, "Not allowed", problem);
  std::string id = rest_of(request, kPath);
  bool posted = request.method == "POST";
  HttpHeaders fields = posted ? form_fields(request) : HttpHeaders();
  const auto* from_query = request.query_value("k");
  std::string key = posted ? form_value(fields, "k") : from_query != nullptr ? *from_query : std::string();
  if (!constant_time_equal(key, approval_page_key(door.key, id))) {
    return notice(404, "This link does not work",
                  "It is not complete or not ours. Run `spreaders approve` on the server’s terminal instead.");
  }
  if (posted) return decide(door, id, key, fields);
  auto approval = call(door, "approvals.get", {{"approval_id", id}});
  return approval.ok() ? show(*approval, key, 200, "") : failed(approval.error());
}

}  // namespace

std::string approval_page_key(const Secret& key, const std::string& approval_id) {
  return base64url(hmac_sha256(key.reveal(), "approve|" + approval_id));
}

std::string approval_page_url(const std::string& base, const Secret& key, const std::string& approval_id) {
  return base + std::string(kPath) + approval_id + "?k=" + approval_page_key(key, approval_id);
}

std::vector<Route> approval_routes(ToolRunner& tools, const Secret& key, Principal person) {
  person.door = "page";
  person.kind = Principal::Kind::kPerson;
  Door door{tools, key, std::move(person)};
  auto handler = [door](const HttpServerRequest& request) { return approve_page(door, request); };
  return {{"GET", "/approve", handler}, {"POST", "/approve", handler, {.body_bytes_max = kFormBytesMax}}};
}

}  // namespace spreaders::doors
