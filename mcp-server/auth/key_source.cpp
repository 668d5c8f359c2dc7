#include "mcp-server/auth/key_source.hpp"

#include <fstream>

#include "core/log.hpp"

namespace spreaders::mcp {

namespace {

constexpr int64_t kUsPerMs = 1000;

// A clock that was set back must not stop refreshes for as long.
bool passed(int64_t since_ms, int64_t wait_ms, int64_t now_ms) {
  return now_ms < since_ms || now_ms - since_ms >= wait_ms;
}

Error no_keys(std::string detail) {
  return Error{Code::kUnavailable, "the keys that sign access tokens cannot be had at present; try again soon",
               std::move(detail), 5'000};
}

}  // namespace

KeySource::KeySource(KeySourceOptions options, HttpClient& http, Clock& clock)
    : options_(std::move(options)), http_(http), clock_(clock) {
  CHECK(options_.url.empty() != options_.file.empty(), "keys come from a URL or from a file");
}

Result<std::string> KeySource::read() const {
  if (options_.url.empty()) {
    std::ifstream file(options_.file, std::ios::binary);
    if (!file) return Error{Code::kNotConfigured, "the file " + options_.file + " cannot be read"};
    std::string text(kKeySetBytes_max + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(file.gcount()));
    return text;
  }
  HttpRequest request{.url = options_.url,
                      .headers = {{"accept", "application/jwk-set+json, application/json"}},
                      .connect_timeout_ms = options_.timeout_ms,
                      .timeout_ms = options_.timeout_ms,
                      .idle_timeout_ms = options_.timeout_ms,
                      .response_bytes_max = kKeySetBytes_max,
                      .trusted_address = true};
  auto response = TRY(http_.send(request));
  if (response.status != 200) {
    return Error{Code::kUnavailable, "the authorization server answered " + std::to_string(response.status)};
  }
  return std::move(response.body);
}

// With fetching_ held.
Result<KeySetPtr> KeySource::fetch(int64_t now_ms) {
  {
    std::lock_guard lock(mutex_);
    tried_ = true;
    tried_ms_ = now_ms;
  }
  auto text = read();
  auto parsed = text.ok() ? KeySet::parse(*text) : Result<KeySet>(text.error());
  if (!parsed.ok()) {
    log_warn("the keys that sign access tokens could not be read", {{"error", parsed.error().message}});
    return no_keys(parsed.error().message);
  }
  auto fresh = std::make_shared<const KeySet>(std::move(*parsed));
  std::lock_guard lock(mutex_);
  keys_ = fresh;
  got_ms_ = now_ms;
  return KeySetPtr(fresh);
}

Result<KeySetPtr> KeySource::keys() {
  int64_t now_ms = clock_.now().us / kUsPerMs;
  auto current = [&]() -> Result<KeySetPtr> {
    std::lock_guard lock(mutex_);
    if (keys_ && !passed(got_ms_, options_.stale_max_ms, now_ms)) return keys_;
    return no_keys("none yet, or too old");
  };
  auto is_due = [&] {
    std::lock_guard lock(mutex_);
    bool wanted = !keys_ || passed(got_ms_, options_.refresh_after_ms, now_ms);
    return wanted && (!tried_ || passed(tried_ms_, options_.refetch_min_ms, now_ms));
  };
  auto have = current();
  if (!is_due()) return have;
  std::unique_lock fetching(fetching_, std::defer_lock);
  // Whoever has keys that still hold does not wait for better ones.
  if (!have.ok()) fetching.lock();
  else if (!fetching.try_lock()) return have;
  if (!is_due()) return current();
  auto fresh = fetch(now_ms);
  return fresh.ok() ? fresh : current();
}

Result<KeySetPtr> KeySource::newer_than(const KeySetPtr& seen) {
  std::lock_guard fetching(fetching_);
  int64_t now_ms = clock_.now().us / kUsPerMs;
  {
    std::lock_guard lock(mutex_);
    if (keys_ && keys_ != seen) return keys_;
    if (tried_ && !passed(tried_ms_, options_.refetch_min_ms, now_ms)) return seen;
  }
  auto fresh = fetch(now_ms);
  // The keys that are there still hold; only this token's is not among them.
  return fresh.ok() ? fresh : Result<KeySetPtr>(seen);
}

}  // namespace spreaders::mcp
