#include "mcp-server/protocol/lists.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"

namespace spreaders::mcp {

namespace {
constexpr std::string_view kCursorPrefix = "page:";

std::string cursor_of(size_t page) { return wrap_cursor(std::string(kCursorPrefix) + std::to_string(page)); }
}  // namespace

std::string page_text(Json entries, std::string_view name, const std::string& next_cursor, const ListStyle& style) {
  Json result = Json::object();
  if (style.era == Era::kModern) result["resultType"] = "complete";
  result[std::string(name)] = std::move(entries);
  if (!next_cursor.empty()) result["nextCursor"] = next_cursor;
  if (style.era == Era::kModern) {
    result["ttlMs"] = style.ttl_ms;
    result["cacheScope"] = style.cache_scope;
    if (!style.meta.is_null()) result["_meta"] = style.meta;
  }
  return to_text(result);
}

std::string wrap_cursor(std::string_view bytes) { return base64url(bytes); }

std::variant<std::string, RpcError> read_cursor(const Json& params) {
  auto cursor = params.find("cursor");
  if (cursor == params.end() || cursor->is_null()) return std::string();
  if (!cursor->is_string()) return bad_cursor();
  auto bytes = base64url_decode(cursor->get_ref<const std::string&>());
  if (!bytes.ok() || bytes->empty()) return bad_cursor();
  return std::string(std::move(*bytes));
}

std::vector<std::string> make_pages(const Json& entries, std::string_view name, size_t page_size,
                                    const ListStyle& style) {
  std::vector<std::string> pages;
  size_t from = 0;
  do {
    Json page = Json::array();
    size_t to = std::min(entries.size(), from + page_size);
    for (size_t i = from; i < to; ++i) page.push_back(entries[i]);
    std::string next = to < entries.size() ? cursor_of(pages.size() + 1) : std::string();
    pages.push_back(page_text(std::move(page), name, next, style));
    from = to;
  } while (from < entries.size());
  return pages;
}

std::variant<size_t, RpcError> page_index(const Json& params, size_t page_count) {
  auto cursor = read_cursor(params);
  if (auto* error = std::get_if<RpcError>(&cursor)) return *error;
  std::string_view text = std::get<std::string>(cursor);
  if (text.empty()) return size_t{0};
  if (!text.starts_with(kCursorPrefix)) return bad_cursor();
  size_t page = 0;
  const char* begin = text.data() + kCursorPrefix.size();
  const char* end = text.data() + text.size();
  auto [stop, problem] = std::from_chars(begin, end, page);
  if (problem != std::errc() || stop != end || page == 0 || page >= page_count) return bad_cursor();
  return page;
}

ListCache::Pages ListCache::get(Era era, uint64_t version, const std::string& selection,
                                const std::function<std::vector<std::string>()>& make) {
  std::lock_guard lock(mutex_);
  std::pair key{era, selection};
  if (slots_.size() >= kSelections_max && !slots_.contains(key)) slots_.clear();
  auto& slot = slots_[key];
  if (!slot.pages || slot.version != version) {
    slot.pages = std::make_shared<const std::vector<std::string>>(make());
    slot.version = version;
  }
  return slot.pages;
}

}  // namespace spreaders::mcp
