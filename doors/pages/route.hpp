// One route of a door, as values, so that a door can be made and tested without a server.
//
//   add_routes(server, tracking_routes(storage, clock, ids, tracking));
#pragma once

#include <string>
#include <vector>

#include "mcp-server/transport/http/server.hpp"

namespace spreaders::doors {

struct Route {
  std::string method;
  std::string path;
  HttpHandler handler;
  HttpRouteOptions options = {};
};

inline void add_routes(HttpServer& server, std::vector<Route> routes) {
  for (auto& route : routes) server.route(route.method, route.path, std::move(route.handler), route.options);
}

// What follows `prefix` in the path: rest_of({"/c/abc"}, "/c/") is "abc", empty when there is nothing.
inline std::string rest_of(const HttpServerRequest& request, std::string_view prefix) {
  return request.path.starts_with(prefix) ? request.path.substr(prefix.size()) : std::string();
}

}  // namespace spreaders::doors
