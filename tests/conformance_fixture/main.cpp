// conformance_fixture --port N | --stdio
// Prints "ready" and the port, and serves until its standard input ends or it gets SIGTERM.
#include <charconv>
#include <cstdio>
#include <signal.h>
#include <string_view>

#include "fixture.hpp"
#include "mcp-server/transport/http/mcp_endpoint.hpp"
#include "mcp-server/transport/stdio/stdio.hpp"

namespace {

int serve_http(spreaders::mcp::McpServer& server, uint16_t port) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  spreaders::HttpServer http({.port = port, .worker_threads = 16});
  spreaders::mcp::McpEndpoint endpoint(server, {});
  endpoint.add_routes(http);
  auto started = http.start();
  if (!started) {
    std::fprintf(stderr, "%s\n", started.error().message.c_str());
    return 1;
  }
  std::printf("ready %u\n", static_cast<unsigned>(http.port()));
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  endpoint.close();
  http.stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  fixture::Tools tools;
  fixture::Prompts prompts;
  fixture::Resources resources;
  fixture::Completion completion;
  spreaders::mcp::McpServer server({.name = "conformance-fixture",
                                    .version = "1.0.0",
                                    .instructions = "A server for tests.",
                                    .tool_provider = &tools,
                                    .prompts = &prompts,
                                    .resources = &resources,
                                    .completion = &completion,
                                    // Sessions must survive a restart of this program; nothing here is secret.
                                    .signing_key = "conformance-fixture-signing-key-0001",
                                    .tasks_max = 1000});
  tools.server = &server;
  tools.prompts_changed = [&] {
    ++prompts.list_version;
    server.prompts_changed();
  };
  if (argc == 2 && std::string_view(argv[1]) == "--stdio") return spreaders::mcp::serve_stdio(server, {}) ? 0 : 1;
  unsigned port = 0;
  bool asked = argc == 3 && std::string_view(argv[1]) == "--port";
  std::string_view text = asked ? argv[2] : "";
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (!asked || problem != std::errc() || port > 65535) {
    std::fprintf(stderr, "usage: conformance_fixture --port N | --stdio\n");
    return 2;
  }
  return serve_http(server, static_cast<uint16_t>(port));
}
