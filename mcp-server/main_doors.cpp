// The doors beside MCP, on the same server.
#include "mcp-server/main_app.hpp"
#include "mcp-server/main_parts.hpp"

namespace spreaders::app {

void add_door_routes(App&, HttpServer&, const services::Tracking&) {}

}  // namespace spreaders::app
