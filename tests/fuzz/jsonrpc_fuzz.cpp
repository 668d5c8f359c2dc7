// One JSON-RPC message of any bytes: read as a message or refused with an error that can be sent back.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "mcp-server/jsonrpc/message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace spreaders;
  auto json = parse_json({reinterpret_cast<const char*>(data), size});
  if (!json) return 0;
  const auto parsed = jsonrpc::parse(*std::move(json));
  if (const auto* refused = std::get_if<jsonrpc::Refused>(&parsed)) {
    if (!parse_json(jsonrpc::error_text(refused->id, refused->error))) std::abort();
  }
  return 0;
}
