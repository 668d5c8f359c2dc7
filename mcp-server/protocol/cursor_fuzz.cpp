// Any cursor on the lists: a page of the caller's own or -32602, and each chain of cursors ends at the end of the list.
//   byte 0: who and which list; byte 1: wrapped as ours are (bit 0), JSON (bit 1); then the cursor
#include <cstdint>

#include "mcp-server/protocol/lists.hpp"
#include "mcp-server/protocol/provider_fuzz.hpp"

namespace {

using namespace spreaders;
using namespace spreaders::fuzz;

struct List {
  const char* method;
  const char* member;
};
constexpr List kLists[] = {{"resources/list", "resources"},
                           {"tools/list", "tools"},
                           {"prompts/list", "prompts"},
                           {"resources/templates/list", "resourceTemplates"}};

Json ask(Server& server, const List& list, const Principal& caller, Json cursor, bool modern) {
  mcp::RequestInfo info{.client = {.era = modern ? mcp::Era::kModern : mcp::Era::kLegacy,
                                   .revision = std::string(modern ? mcp::kModernRevision : mcp::kLegacyNewest),
                                   .capabilities = Json::object()},
                        .principal = caller};
  auto outlet = std::make_shared<Outlet>(caller.id, true);
  auto message = std::get<mcp::Message>(jsonrpc::parse(
      {{"jsonrpc", "2.0"}, {"id", 1}, {"method", list.method}, {"params", {{"cursor", std::move(cursor)}}}}));
  server.mcp.request(std::move(message), std::move(info), outlet);
  demand(outlet->answers == 1, "a list is answered at once");
  return outlet->answer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || has_mark({reinterpret_cast<const char*>(data), size})) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  Json cursor = is_utf8(text) ? std::string(text) : base64url(text);
  if ((data[1] & 1) != 0) cursor = mcp::wrap_cursor(text);
  if ((data[1] & 2) != 0) {
    auto json = parse_json(text);
    if (!json) return 0;
    cursor = *std::move(json);
  }
  auto page = mcp::page_index({{"cursor", cursor}}, 3);
  if (const auto* index = std::get_if<size_t>(&page)) demand(*index < 3, "there is no such page");

  Server server;
  const List& list = kLists[(data[0] >> 2) % std::size(kLists)];
  for (size_t pages = 0;; ++pages) {
    demand(pages <= kNotesEach, "the pages have no end", to_text(cursor));
    const Json answer = ask(server, list, person(data[0] & 1), cursor, (data[0] & 2) != 0);
    if (answer.contains("error")) {
      demand(answer["error"]["code"] == jsonrpc::kInvalidParams && pages == 0, "our own cursor was refused",
             to_text(answer));
      return 0;
    }
    const Json& result = answer["result"];
    demand(result[list.member].is_array() && result[list.member].size() <= kPageSize, "a page", to_text(answer));
    if (!result.contains("nextCursor")) return 0;
    cursor = result["nextCursor"];
  }
}
