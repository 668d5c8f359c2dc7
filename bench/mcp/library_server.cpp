// A server made of the library alone, for figures that should not depend on how many tools the product has today: one
// tool that echoes, and a list padded to N descriptors.
//
//   library_server DESCRIPTORS N --port P | --stdio
//
// DESCRIPTORS is what `spreaders tools --json` prints; copies of them under generated names fill the list up.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <sstream>

#include "mcp-server/transport/http/mcp_endpoint.hpp"
#include "mcp-server/transport/stdio/stdio.hpp"

using namespace spreaders;

namespace {

class Tools final : public mcp::ToolProvider {
 public:
  Tools(const Json& known, size_t count) {
    list_.push_back({{"name", "echo"},
                     {"description", "Says the message again."},
                     {"inputSchema",
                      {{"type", "object"},
                       {"properties", {{"message", {{"type", "string"}}}}},
                       {"required", Json::array({"message"})}}}});
    for (size_t i = 0; list_.size() < count; ++i) {
      Json one = known[i % known.size()];
      if (i >= known.size()) one["name"] = "generated_" + std::to_string(i);
      list_.push_back(std::move(one));
    }
  }
  Json list() override { return list_; }
  bool has(std::string_view name) override { return name == "echo"; }
  mcp::Answer call(std::string_view, const Json& arguments, const mcp::CallContext&) override {
    auto message = arguments.find("message");
    if (message == arguments.end() || !message->is_string()) return mcp::text_result("message must be text", true);
    return mcp::text_result(message->get<std::string>());
  }

 private:
  Json list_ = Json::array();
};

int serve_http(mcp::McpServer& server, uint16_t port) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  HttpServer http({.port = port});
  mcp::McpEndpoint endpoint(server, {});
  endpoint.add_routes(http);
  if (auto started = http.start(); !started) {
    std::fprintf(stderr, "library_server: %s\n", started.error().message.c_str());
    return 1;
  }
  int signal = 0;
  sigwait(&ends, &signal);
  endpoint.close();
  http.stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  bool stdio = argc == 4 && std::string_view(argv[3]) == "--stdio";
  bool http = argc == 5 && std::string_view(argv[3]) == "--port";
  if (!stdio && !http) {
    std::fprintf(stderr, "usage: library_server DESCRIPTORS N --port P | --stdio\n");
    return 2;
  }
  std::ifstream file(argv[1]);
  std::stringstream text;
  text << file.rdbuf();
  auto descriptors = parse_json(text.str(), {.bytes_max = 16 * 1024 * 1024});
  if (!descriptors || !descriptors->contains("tools") || (*descriptors)["tools"].empty()) {
    std::fprintf(stderr, "library_server: no descriptors in %s\n", argv[1]);
    return 2;
  }
  Tools tools((*descriptors)["tools"], static_cast<size_t>(std::atoi(argv[2])));
  mcp::McpServer server({.name = "library-server", .version = "1.0.0", .tool_provider = &tools});
  if (stdio) return mcp::serve_stdio(server, {}) ? 0 : 1;
  return serve_http(server, static_cast<uint16_t>(std::atoi(argv[4])));
}
