#include "doors/pages/html.hpp"

#include <array>
#include <cstdlib>

#include "core/bytes.hpp"

namespace spreaders::doors {

namespace {

constexpr std::array<std::string_view, kPageLanguages> kLanguageCodes = {"en", "de", "es", "fr", "ja", "pt"};
constexpr size_t kAcceptLanguageMax = 500;

constexpr std::string_view kStyle =
    ":root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem "
    "auto;padding:0 1rem}"
    "h1{font-size:1.5rem}pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid;padding:1rem;font:1rem/1.4 "
    "ui-monospace,monospace}"
    "button,input{font:inherit;padding:.5rem 1.2rem;margin:.2rem .5rem .2rem "
    "0;min-height:2.75rem}dt{font-weight:600}dd{margin:0 0 .5rem;overflow-wrap:anywhere}"
    "[role=alert]{border-left:.3rem solid;padding-left:.8rem}";

const std::string& content_security_policy() {
  static const std::string policy = "default-src 'none'; style-src 'sha256-" + base64(sha256(kStyle)) +
                                    "'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
  return policy;
}

// "quality" of "de;q=0.8"; 1 without one, 0 when it cannot be read.
double weight_of(std::string_view parameters) {
  size_t q = parameters.find("q=");
  if (q == std::string_view::npos) return 1;
  double weight = std::strtod(std::string(parameters.substr(q + 2, 8)).c_str(), nullptr);
  return weight >= 0 && weight <= 1 ? weight : 0;
}

HttpHeaders urlencoded_fields(std::string_view body) {
  HttpHeaders fields;
  while (!body.empty() && fields.size() < kFormFieldsMax) {
    size_t end = std::min(body.find('&'), body.size());
    std::string_view pair = body.substr(0, end);
    size_t equals = std::min(pair.find('='), pair.size());
    std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
    if (!pair.empty()) fields.emplace_back(percent_decode(pair.substr(0, equals), true), percent_decode(value, true));
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return fields;
}

// The value of a parameter such as name="x" or boundary=x in a header.
std::string parameter(std::string_view header, std::string_view name) {
  std::string lower = lower_ascii(header);
  size_t at = lower.find(std::string(name) + "=");
  while (at != std::string::npos && at > 0 && lower[at - 1] != ' ' && lower[at - 1] != ';')
    at = lower.find(std::string(name) + "=", at + 1);
  if (at == std::string::npos) return {};
  std::string_view value = header.substr(at + name.size() + 1);
  if (value.starts_with('"')) return std::string(value.substr(1, value.find('"', 1) - 1));
  return std::string(trim(value.substr(0, value.find_first_of(";\r\n"))));
}

HttpHeaders multipart_fields(std::string_view body, const std::string& boundary) {
  HttpHeaders fields;
  if (boundary.empty() || boundary.size() > 70) return fields;
  std::string delimiter = "--" + boundary;
  size_t at = body.find(delimiter);
  while (at != std::string_view::npos && fields.size() < kFormFieldsMax) {
    size_t from = at + delimiter.size();
    size_t next = body.find("\r\n" + delimiter, from);
    if (body.substr(from, 2) == "--" || next == std::string_view::npos) break;
    std::string_view part = body.substr(from, next - from);
    size_t head_end = part.find("\r\n\r\n");
    if (head_end != std::string_view::npos) {
      std::string name = parameter(part.substr(0, head_end), "name");
      if (!name.empty()) fields.emplace_back(std::move(name), part.substr(head_end + 4));
    }
    at = next + 2;
  }
  return fields;
}

}  // namespace

std::string_view language_code(PageLanguage language) { return kLanguageCodes[static_cast<size_t>(language)]; }

PageLanguage choose_language(const HttpServerRequest& request) {
  const auto* header = request.header("accept-language");
  if (header == nullptr) return PageLanguage::kEn;
  std::string lower = lower_ascii(std::string_view(*header).substr(0, kAcceptLanguageMax));
  std::string_view rest = lower;
  PageLanguage best = PageLanguage::kEn;
  double best_weight = 0;
  while (!rest.empty()) {
    size_t end = std::min(rest.find(','), rest.size());
    std::string_view range = trim(rest.substr(0, end));
    size_t tag_end = std::min(range.find(';'), range.size());
    std::string_view primary = trim(range.substr(0, std::min(range.find('-'), tag_end)));
    double weight = weight_of(range.substr(tag_end));
    for (size_t i = 0; i < kPageLanguages; ++i) {
      if (primary != kLanguageCodes[i] || weight <= best_weight) continue;
      best = static_cast<PageLanguage>(i);
      best_weight = weight;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return best;
}

HttpServerResponse page(const Page& page) {
  HttpServerResponse response{.status = page.status, .headers = page.headers};
  response.headers.insert(response.headers.end(),
                          {{"content-type", "text/html; charset=utf-8"},
                           {"content-language", std::string(language_code(page.language))},
                           {"vary", "accept-language"},
                           {"cache-control", "no-store"},
                           {"content-security-policy", content_security_policy()},
                           {"x-frame-options", "DENY"},
                           {"x-content-type-options", "nosniff"},
                           // no-referrer would make browsers post our forms with Origin: null (Fetch).
                           {"referrer-policy", "same-origin"},
                           {"x-robots-tag", "noindex, nofollow"}});
  std::string title = escape_html(page.title);
  response.body =
      "<!doctype html>\n<html lang=\"" + std::string(language_code(page.language)) +
      "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta name=\"robots\" content=\"noindex, nofollow\"><title>" +
      title + "</title><style>" + std::string(kStyle) + "</style></head><body><main><h1>" + title + "</h1>\n" +
      page.body + "\n</main></body></html>\n";
  return response;
}

HttpHeaders form_fields(const HttpServerRequest& request) {
  if (request.body.size() > kFormBytesMax) return {};
  const auto* type = request.header("content-type");
  std::string kind = type == nullptr ? "" : lower_ascii(trim(std::string_view(*type).substr(0, type->find(';'))));
  if (kind == "multipart/form-data") return multipart_fields(request.body, parameter(*type, "boundary"));
  // Some mail providers leave the type of a one-click request out.
  if (kind.empty() || kind == "application/x-www-form-urlencoded") return urlencoded_fields(request.body);
  return {};
}

std::string form_value(const HttpHeaders& fields, std::string_view name) {
  for (const auto& [field, value] : fields) {
    if (field == name) return value;
  }
  return {};
}

}  // namespace spreaders::doors
