// Small web pages without scripts: escaping, the common frame with its protective headers, forms, languages.
//
//   return page({.status = 200, .language = choose_language(request), .title = "Thank you", .body = "<p>" +
//   escape_html(name) + "</p>"});
//
// Every page: no scripts, no other site's content, no framing (CSP, WebAppSec level 3), no referrer to others, no
// caching, no index.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/html.hpp"
#include "mcp-server/transport/http/server.hpp"

namespace spreaders::doors {

constexpr size_t kFormBytesMax = 8 * 1024;
constexpr size_t kFormFieldsMax = 20;

enum class PageLanguage : uint8_t { kEn, kDe, kEs, kFr, kJa, kPt };
constexpr size_t kPageLanguages = 6;
std::string_view language_code(PageLanguage language);
// By Accept-Language (RFC 9110 section 12.5.4): the best of ours by weight, English when there is none.
PageLanguage choose_language(const HttpServerRequest& request);

struct Page {
  int status = 200;
  PageLanguage language = PageLanguage::kEn;
  std::string_view title = {};  // plain text
  std::string body = {};        // HTML, its texts escaped by the caller
  HttpHeaders headers = {};     // more of them
};
HttpServerResponse page(const Page& page);

// The fields of a form body, in order: application/x-www-form-urlencoded or multipart/form-data (RFC 7578). Anything
// else, and what is over the limits, yields nothing.
HttpHeaders form_fields(const HttpServerRequest& request);
// The first field of that name; empty when there is none.
std::string form_value(const HttpHeaders& fields, std::string_view name);

}  // namespace spreaders::doors
