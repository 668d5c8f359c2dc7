// A floor: Debian's cpp-httplib as fast as it gets (no Nagle, connections that last, 96 threads), nlohmann's parser,
// and an echo in JSON-RPC. No protocol, no checks, no limits.
//
//   httplib_echo PORT
#include <cstdio>
#include <cstdlib>
#include <httplib.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <sys/socket.h>

namespace {
constexpr size_t kThreads = 96;
constexpr time_t kKeepAlive_s = 60;
}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: httplib_echo PORT\n");
    return 2;
  }
  httplib::Server server;
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(std::numeric_limits<size_t>::max());
  server.set_keep_alive_timeout(kKeepAlive_s);
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server.Post("/mcp", [](const httplib::Request& request, httplib::Response& response) {
    auto message = nlohmann::json::parse(request.body, nullptr, false);
    if (message.is_discarded() || !message.contains("/params/arguments/message"_json_pointer)) {
      response.status = 400;
      return;
    }
    nlohmann::json answer = {
        {"jsonrpc", "2.0"},
        {"id", message["id"]},
        {"result", {{"content", {{{"type", "text"}, {"text", message["params"]["arguments"]["message"]}}}}}}};
    response.set_content(answer.dump(), "application/json");
  });
  return server.listen("127.0.0.1", std::atoi(argv[1])) ? 0 : 1;
}
