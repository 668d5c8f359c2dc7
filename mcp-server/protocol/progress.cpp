#include "mcp-server/protocol/progress.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/time.hpp"

namespace spreaders::mcp {

namespace {
// A beat moves the figure by so little that the tool's next word is still larger.
constexpr double kBeatStep = 1e-6;
}  // namespace

void CallProgress::start(Json token, OutletPtr outlet) {
  std::lock_guard lock(mutex_);
  token_ = std::move(token);
  outlet_ = std::move(outlet);
  started_ms_ = said_ms_ = monotonic_ms();
}

void CallProgress::send_locked(double done, std::string_view text) {
  last_ = done;
  said_ms_ = monotonic_ms();
  Json params{{"progressToken", token_}, {"progress", done}};
  if (total_ > 0) params["total"] = total_;
  if (!text.empty()) params["message"] = text;
  outlet_->send(to_text(jsonrpc::notification("notifications/progress", std::move(params))));
}

void CallProgress::say(double done, double total, std::string_view text) {
  std::lock_guard lock(mutex_);
  if (!outlet_ || done <= last_) return;
  total_ = total;
  send_locked(done, text);
}

int64_t CallProgress::beat(int64_t now_ms, int64_t interval_ms) {
  std::lock_guard lock(mutex_);
  if (!outlet_) return 0;
  if (now_ms - said_ms_ < interval_ms) return said_ms_ + interval_ms;
  int64_t elapsed_s = (now_ms - started_ms_) / 1000;
  send_locked(std::max(last_, 0.0) + kBeatStep, "Still working after " + std::to_string(elapsed_s) + " s");
  return said_ms_ + interval_ms;
}

void CallProgress::end() {
  std::lock_guard lock(mutex_);
  outlet_.reset();
}

void ProgressTimer::add(const std::shared_ptr<CallProgress>& progress) {
  std::lock_guard lock(mutex_);
  entries_.push_back({progress, monotonic_ms() + interval_ms_});
  if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
  if (entries_.size() == 1) changed_.notify_one();
}

void ProgressTimer::loop(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    std::erase_if(entries_, [](const Entry& entry) { return entry.progress.expired(); });
    if (entries_.empty()) {
      changed_.wait(lock, stop, [this] { return !entries_.empty(); });
      continue;
    }
    // Later entries are due later than the first wait ends, since all wait equally long.
    int64_t next_ms = std::ranges::min(entries_, {}, &Entry::due_ms).due_ms;
    int64_t wait_ms = next_ms - monotonic_ms();
    if (wait_ms > 0) {
      changed_.wait_for(lock, stop, std::chrono::milliseconds(wait_ms), [] { return false; });
      continue;
    }
    std::vector<Entry> due;
    int64_t now_ms = monotonic_ms();
    std::erase_if(entries_, [&](const Entry& entry) {
      if (entry.due_ms > now_ms) return false;
      due.push_back(entry);
      return true;
    });
    // Unlocked: sending may wait for a slow reader.
    lock.unlock();
    std::erase_if(due, [&](Entry& entry) {
      auto progress = entry.progress.lock();
      entry.due_ms = progress ? progress->beat(now_ms, interval_ms_) : 0;
      return entry.due_ms == 0;
    });
    lock.lock();
    entries_.insert(entries_.end(), due.begin(), due.end());
  }
}

}  // namespace spreaders::mcp
