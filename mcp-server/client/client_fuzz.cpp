// What other servers send, as any bytes: an event stream in pieces, a challenge, a tool's schema, a redirect's address.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "mcp-server/client/authorizer.hpp"
#include "mcp-server/client/oauth_metadata.hpp"
#include "mcp-server/client/sse.hpp"
#include "mcp-server/client/tool_headers.hpp"

namespace {

using namespace spreaders;

void read_stream(std::string_view text, size_t piece) {
  mcp::SseReader reader({.event_bytes_max = 4096, .stream_bytes_max = 8192, .events_max = 100, .id_bytes_max = 64});
  bool sound = true;
  while (!text.empty() && sound) {
    sound = reader
                .feed(text.substr(0, piece),
                      [](const mcp::SseEvent& event) {
                        if (event.data.empty() || event.data.size() > 4096) std::abort();
                        return true;
                      })
                .ok();
    text.remove_prefix(std::min(piece, text.size()));
  }
  // The id goes into a header.
  for (char c : reader.last_event_id()) {
    if ((c >= '\0' && c < ' ') || c == '\x7f') std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  read_stream(text, 1 + data[0] % 64);
  for (const auto& challenge : mcp::parse_challenges(text)) {
    if (challenge.scheme.empty()) std::abort();
  }
  [[maybe_unused]] const auto query = mcp::query_of(text);
  const std::string origin = mcp::origin_of(text);
  if (!origin.empty() && mcp::origin_of(origin) != origin) std::abort();
  const auto schema = parse_json(text);
  if (!schema.ok()) return 0;
  const auto params = mcp::header_params(*schema);
  if (!params.ok()) return 0;
  for (const auto& [name, value] : mcp::param_headers(*params, *schema)) {
    if (name.find_first_of("\r\n:") != std::string::npos || value.find_first_of("\r\n") != std::string::npos)
      std::abort();
  }
  return 0;
}
