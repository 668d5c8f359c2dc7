#include <algorithm>
#include <charconv>

#include "core/bytes.hpp"
#include "net/http_server.hpp"

namespace spreaders::net {
namespace {

constexpr size_t kFormPairsMax = 1000;

bool is_ipv4_loopback(std::string_view host) {
  if (!host.starts_with("127.")) return false;
  int parts = 0;
  while (true) {
    const size_t dot = host.find('.');
    const std::string_view part = host.substr(0, dot);
    int value = 0;
    const auto [end, problem] = std::from_chars(part.data(), part.data() + part.size(), value);
    const bool plain = !part.empty() && part.size() <= 3 && (part.size() == 1 || part[0] != '0');
    if (problem != std::errc{} || end != part.data() + part.size() || !plain || value > 255) return false;
    ++parts;
    if (dot == std::string_view::npos) return parts == 4;
    host.remove_prefix(dot + 1);
  }
}

}  // namespace

std::string_view find_value(const Pairs& pairs, std::string_view name) {
  const auto found = std::find_if(pairs.begin(), pairs.end(), [&](const auto& pair) { return pair.first == name; });
  return found == pairs.end() ? std::string_view{} : std::string_view(found->second);
}

Response text_response(int status, std::string text) { return {.status = status, .body = std::move(text)}; }
Response html_response(int status, std::string html) {
  return {.status = status, .content_type = "text/html; charset=utf-8", .body = std::move(html)};
}
Response json_response(int status, std::string json) {
  return {.status = status, .content_type = "application/json", .body = std::move(json)};
}

Pairs parse_form(std::string_view text) {
  Pairs pairs;
  while (!text.empty() && pairs.size() < kFormPairsMax) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = equals < pair.size() ? pair.substr(equals + 1) : std::string_view{};
    pairs.emplace_back(percent_decode(pair.substr(0, equals), true), percent_decode(value, true));
  }
  return pairs;
}

std::string to_form(const Pairs& pairs) {
  std::string text;
  for (const auto& [name, value] : pairs) {
    if (!text.empty()) text += '&';
    text += percent_encode(name) + "=" + percent_encode(value);
  }
  return text;
}

bool is_loopback_authority(std::string_view authority) {
  std::string_view host = authority;
  std::string_view port;
  if (authority.starts_with('[')) {
    const size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return false;
    host = authority.substr(0, bracket + 1);
    port = authority.substr(bracket + 1);
  } else if (const size_t colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  if (!port.empty()) {
    if (port.size() < 2 || port.size() > 6 || port[0] != ':') return false;
    if (port.find_first_not_of("0123456789", 1) != std::string_view::npos) return false;
  }
  return host == "[::1]" || lower_ascii(host) == "localhost" || is_ipv4_loopback(host);
}

}  // namespace spreaders::net
