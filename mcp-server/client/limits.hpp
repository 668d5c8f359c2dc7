// What a foreign MCP server may cost us. Everything that it can make large, many or slow has its limit here.
#pragma once

#include <cstddef>
#include <cstdint>

namespace spreaders::mcp {

struct ClientLimits {
  size_t message_bytes_max = 4 * 1024 * 1024;  // one JSON-RPC message: a body, an event's data or a line
  size_t stream_bytes_max = 16 * 1024 * 1024;  // all events of one HTTP answer together
  size_t error_body_bytes_max = 64 * 1024;     // of an HTTP answer that is no success
  size_t events_max = 10'000;                  // of one call, over all its streams
  size_t event_id_bytes_max = 1024;            // sent back in Last-Event-ID
  size_t session_id_bytes_max = 1024;
  int64_t connect_timeout_ms = 10'000;
  int64_t call_timeout_ms = 60'000;   // one round of a call, unless the call says otherwise
  int64_t idle_timeout_ms = 60'000;   // a stream on which nothing comes
  int64_t probe_timeout_ms = 10'000;  // server/discover, before an older server is assumed
  int64_t standing_wait_ms = 2'000;   // for the stream of a session to open, before its first call
  int64_t retry_ms = 1'000;           // before a stream is taken up again, unless the server says otherwise
  int64_t retry_ms_max = 30'000;      // a server may not park us for longer
  int reconnects_max = 5;             // of one stream, in a row without a message
  int rounds_max = 8;                 // input_required answers of one call
  size_t inputs_max = 16;             // questions of one round
  size_t server_requests_max = 64;    // of one call
  size_t pages_max = 100;
  size_t items_max = 5'000;      // of one list
  int64_t task_poll_ms = 1'000;  // unless the server says otherwise
  int64_t task_poll_ms_min = 100;
  int64_t task_time_ms_max = 15 * 60'000;
  size_t stray_lines_max = 16;          // lines of a command's output that are no JSON
  size_t stderr_bytes_kept = 4 * 1024;  // the end of what a command wrote to standard error
  int64_t exit_timeout_ms = 2'000;      // after its input was closed, then again after SIGTERM
};

}  // namespace spreaders::mcp
