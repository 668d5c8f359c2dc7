// One route of a door, as values, so that a door can be made and tested without a server.
//
//   add_routes(server, tracking_routes(storage, clock, ids, tracking), policy);
#pragma once

#include <string>
#include <vector>

#include "mcp-server/transport/http/origin.hpp"
#include "mcp-server/transport/http/server.hpp"

namespace spreaders::doors {

struct Route {
  std::string method;
  std::string path;
  HttpHandler handler;
  HttpRouteOptions options = {};
  HttpExchangeHandler exchange = nullptr;  // instead of `handler`, for those that answer later from another thread
};

// Every route answers only to the names of `policy` (DNS rebinding). What a foreign page may do is each door's own
// matter: shops report events from their pages, and a token or key is what counts there.
inline void add_routes(HttpServer& server, std::vector<Route> routes, const OriginPolicy& policy = {}) {
  auto is_stranger = [policy](const HttpServerRequest& request) {
    const auto* host = request.header("host");
    return host == nullptr || !host_allowed(*host, policy);
  };
  const HttpServerResponse refusal{.status = 403,
                                   .headers = {{"content-type", "text/plain; charset=utf-8"}},
                                   .body = "This server does not answer to that Host.\n"};
  for (auto& route : routes) {
    if (route.exchange) {
      server.route_exchange(
          route.method, route.path,
          [is_stranger, refusal, handler = std::move(route.exchange)](HttpExchangePtr exchange) {
            if (is_stranger(exchange->request())) exchange->respond(refusal);
            else handler(std::move(exchange));
          },
          route.options);
    } else {
      server.route(
          route.method, route.path,
          [is_stranger, refusal, handler = std::move(route.handler)](const HttpServerRequest& request) {
            return is_stranger(request) ? refusal : handler(request);
          },
          route.options);
    }
  }
}

// What follows `prefix` in the path: rest_of({"/c/abc"}, "/c/") is "abc", empty when there is nothing.
inline std::string rest_of(const HttpServerRequest& request, std::string_view prefix) {
  return request.path.starts_with(prefix) ? request.path.substr(prefix.size()) : std::string();
}

}  // namespace spreaders::doors
