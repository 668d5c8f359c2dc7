// tools/list, prompts/list and the other lists as ready text: described once, cut into pages, kept until the provider's
// version changes. Serving a page is one copy.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mcp-server/protocol/types.hpp"

namespace spreaders::mcp {

// Extra members of modern results: resultType, caching hints, serverInfo.
struct ListStyle {
  Era era = Era::kLegacy;
  int64_t ttl_ms = 0;
  std::string_view cache_scope = "public";
  Json meta;  // `_meta` of modern results; null = none
};

// The result text of one page; `next_cursor` is empty on the last.
std::string page_text(Json entries, std::string_view name, const std::string& next_cursor, const ListStyle& style);

// The result texts of all pages of `entries` under the member `name` ("tools").
std::vector<std::string> make_pages(const Json& entries, std::string_view name, size_t page_size,
                                    const ListStyle& style);

// Index of the page that params.cursor asks for; an error for a cursor that we did not give.
std::variant<size_t, RpcError> page_index(const Json& params, size_t page_count);

// params.cursor as the bytes that were wrapped by wrap_cursor(); "" when there is none.
std::variant<std::string, RpcError> read_cursor(const Json& params);
std::string wrap_cursor(std::string_view bytes);

class ListCache {
 public:
  using Pages = std::shared_ptr<const std::vector<std::string>>;  // shared with requests that are copying a page
  // `selection` tells lists of one provider apart. `make` runs when there are no pages of this version yet.
  Pages get(Era era, uint64_t version, const std::string& selection,
            const std::function<std::vector<std::string>()>& make);

  static constexpr size_t kSelections_max =
      64;  // kept at once; then all are forgotten, so that callers cannot fill the memory

 private:
  struct Slot {
    uint64_t version = 0;
    Pages pages;
  };
  std::mutex mutex_;
  std::map<std::pair<Era, std::string>, Slot> slots_;
};

}  // namespace spreaders::mcp
