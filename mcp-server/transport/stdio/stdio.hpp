// MCP over standard input and output: one JSON-RPC message a line, nothing else on stdout. While it serves, everything
// that the program prints by mistake on file descriptor 1 goes to standard error instead.
//
//   McpServer server({...});
//   auto ended = serve_stdio(server, {.principal = local_owner});   // returns when the client closes stdin
//
// Calls run at the same time on a small pool; answers are whole lines in the order in which they are ready.
#pragma once

#include "mcp-server/protocol/server.hpp"
#include "mcp-server/transport/worker_pool.hpp"

namespace spreaders::mcp {

struct StdioOptions {
  Principal principal = {};
  int input = 0;  // file descriptors
  int output = 1;
  WorkerPoolOptions pool = {.threads = 4, .queue_max = 256};  // a full queue stops the reading
  JsonLimits json = {};                                       // bytes_max is also the longest line
  size_t unwritten_bytes_max = 8 * 1024 * 1024;               // answers that the client has not read; then calls wait
  int64_t finish_timeout_ms =
      2'000;  // after the end of input: for running calls, then again after they were told to stop
  size_t batch_max = 64;
};

// Returns at the end of input. kUnavailable: a handler did not return in time and still runs on a thread of its own;
// the program should end with std::_Exit, without destroying what the handler uses.
Result<void> serve_stdio(McpServer& server, StdioOptions options);

}  // namespace spreaders::mcp
