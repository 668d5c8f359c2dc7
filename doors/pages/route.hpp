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
};

// Every route answers only to the names of `policy` (DNS rebinding). What a foreign page may do is each door's own
// matter: shops report events from their pages, and a token or key is what counts there.
inline void add_routes(HttpServer& server, std::vector<Route> routes, const OriginPolicy& policy = {}) {
  for (auto& route : routes) {
    auto guarded = [policy,
                    handler = std::move(route.handler)](const HttpServerRequest& request) -> HttpServerResponse {
      const auto* host = request.header("host");
      if (host != nullptr && host_allowed(*host, policy)) return handler(request);
      return {.status = 403,
              .headers = {{"content-type", "text/plain; charset=utf-8"}},
              .body = "This server does not answer to that Host.\n"};
    };
    server.route(route.method, route.path, std::move(guarded), route.options);
  }
}

// What follows `prefix` in the path: rest_of({"/c/abc"}, "/c/") is "abc", empty when there is nothing.
inline std::string rest_of(const HttpServerRequest& request, std::string_view prefix) {
  return request.path.starts_with(prefix) ? request.path.substr(prefix.size()) : std::string();
}

}  // namespace spreaders::doors
