#include "net/http_client.hpp"

#include <csignal>
#include <httplib.h>

#include "core/bytes.hpp"
#include "net/http_server.hpp"

namespace spreaders::net {
namespace {

constexpr size_t kConnectionsMax = 64;  // different ports kept open at once

}  // namespace

Result<LoopbackUrl> parse_loopback_url(std::string_view url) {
  if (!lower_ascii(url.substr(0, 7)).starts_with("http://"))
    return invalid("Only http:// URLs on loopback are called.");
  std::string_view rest = url.substr(7);
  rest = rest.substr(0, rest.find('#'));
  const size_t end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  for (const char byte : rest) {
    if (static_cast<unsigned char>(byte) <= ' ') return invalid("The URL holds a space or control character.");
  }
  if (!is_loopback_authority(authority)) {
    return Error{Code::kPermissionDenied, "Only loopback addresses are called, not '" + std::string(authority) + "'."};
  }
  LoopbackUrl result;
  const bool is_ipv6 = authority.starts_with('[');
  const size_t colon = is_ipv6 ? authority.find(':', authority.find(']')) : authority.find(':');
  const std::string_view host = authority.substr(0, colon);
  result.host = is_ipv6 ? "::1" : lower_ascii(host) == "localhost" ? "127.0.0.1" : std::string(host);
  if (colon != std::string_view::npos) result.port = std::stoi(std::string(authority.substr(colon + 1)));
  if (result.port < 1 || result.port > 65535) return invalid("The port of the URL is out of range.");
  result.target = std::string(rest.substr(end));
  if (!result.target.starts_with('/')) result.target.insert(0, "/");
  return result;
}

std::string resolve_url(std::string_view base, std::string_view reference) {
  const size_t scheme = reference.find("://");
  if (scheme != std::string_view::npos && scheme < reference.find_first_of("/?#")) return std::string(reference);
  const size_t authority = base.find("://");
  if (authority == std::string_view::npos) return std::string(reference);
  if (reference.starts_with("//")) return std::string(base.substr(0, authority + 1)) + std::string(reference);
  const size_t path = std::min(base.find_first_of("/?#", authority + 3), base.size());
  const std::string origin(base.substr(0, path));
  if (reference.starts_with('/')) return origin + std::string(reference);
  const std::string_view old_path = base.substr(path, base.find_first_of("?#", path) - path);
  if (reference.starts_with('?')) return origin + std::string(old_path) + std::string(reference);
  const size_t slash = old_path.rfind('/');
  const std::string_view folder = slash == std::string_view::npos ? "/" : old_path.substr(0, slash + 1);
  return origin + std::string(folder) + std::string(reference);
}

struct LoopbackClient::Connection {
  explicit Connection(const LoopbackUrl& url) : client(url.host, url.port) {
    client.set_keep_alive(true);
    client.set_tcp_nodelay(true);
    client.set_follow_location(false);
    client.set_decompress(false);
    client.set_url_encode(false);  // the link is called as it was written in the mail
  }
  httplib::Client client;
};

LoopbackClient::LoopbackClient() {
  // A peer that closes while we write must be an error answer, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
}
LoopbackClient::~LoopbackClient() = default;

Result<HttpResponse> LoopbackClient::send(const HttpRequest& request) {
  const LoopbackUrl url = TRY(parse_loopback_url(request.url));
  const std::string key = url.host + " " + std::to_string(url.port);
  if (!connections_.contains(key)) {
    if (connections_.size() >= kConnectionsMax) connections_.clear();
    connections_.emplace(key, std::make_unique<Connection>(url));
  }
  httplib::Client& client = connections_.at(key)->client;
  client.set_connection_timeout(std::chrono::milliseconds(request.connect_timeout_ms));
  client.set_read_timeout(std::chrono::milliseconds(std::min(request.timeout_ms, request.idle_timeout_ms)));
  client.set_write_timeout(std::chrono::milliseconds(request.timeout_ms));

  httplib::Request call;
  call.method = request.method;
  call.path = url.target;
  for (const auto& [name, value] : request.headers) call.set_header(name, value);
  for (const auto& [name, value] : request.secret_headers) call.set_header(name, value.reveal());
  call.body = request.body;
  HttpResponse response;
  bool too_big = false;
  bool ended_early = false;
  size_t received = 0;
  call.response_handler = [&](const httplib::Response& head) {
    if (!request.on_head) return true;
    HttpResponse told{.status = head.status};
    for (const auto& [name, value] : head.headers) told.headers.emplace_back(lower_ascii(name), value);
    ended_early = !request.on_head(told);
    return !ended_early;
  };
  call.content_receiver = [&](const char* data, size_t size, uint64_t, uint64_t) {
    received += size;
    too_big = received > request.response_bytes_max;
    if (too_big) return false;
    if (!request.on_data) response.body.append(data, size);
    ended_early = request.stop.stop_requested() || (request.on_data && !request.on_data({data, size}));
    return !ended_early;
  };
  httplib::Response answer;
  httplib::Error problem = httplib::Error::Success;
  const bool sent = client.send(call, answer, problem);
  if (too_big) return Error{Code::kVendorRejected, "The answer is larger than the limit."};
  if (ended_early && request.stop.stop_requested()) return Error{Code::kCancelled, "Stopped."};
  if (!sent && !ended_early) {
    const bool reached = problem != httplib::Error::Connection && problem != httplib::Error::ConnectionTimeout;
    const std::string where = url.host + ":" + std::to_string(url.port);
    if (reached) return Error{Code::kOutcomeUnknown, "No whole answer came from " + where + "."};
    return Error{Code::kUnavailable, "Nothing answers on " + where + "."};
  }
  response.status = answer.status;
  for (const auto& [name, value] : answer.headers) response.headers.emplace_back(lower_ascii(name), value);
  return response;
}

}  // namespace spreaders::net
