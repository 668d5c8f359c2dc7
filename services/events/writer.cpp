#include "services/events/writer.hpp"

#include <nlohmann/json.hpp>

#include "core/log.hpp"

namespace spreaders::services {

namespace {

constexpr int64_t kBusyRetry_ms = 1000;

}  // namespace

EventWriter::EventWriter(storage::Storage& storage, Clock& clock, RecordSetup setup, EventWriterLimits limits)
    : storage_(storage), clock_(clock), setup_(std::move(setup)), limits_(limits) {
  thread_ = std::jthread([this](std::stop_token stop) { loop(stop); });
}

EventWriter::~EventWriter() = default;

void EventWriter::add(std::string workspace, std::vector<IncomingEvent> events, size_t bytes, Done done) {
  {
    std::lock_guard lock(mutex_);
    if (waiting_bytes_ == 0 || waiting_bytes_ + bytes <= limits_.waiting_bytes_max) {
      waiting_bytes_ += bytes;
      waiting_.push_back({std::move(workspace), std::move(events), bytes, std::move(done)});
      changed_.notify_one();
      return;
    }
  }
  counts.failed += events.size();
  done(Error{Code::kUnavailable, "too many events are waiting; send them again", "", kBusyRetry_ms});
}

void EventWriter::loop(const std::stop_token& stop) {
  while (true) {
    Group group = next_group(stop);
    if (group.empty()) return;
    write_group(group);
  }
}

// The first that waits and whatever else waits for the same workspace; nothing once all is written and it is to end.
EventWriter::Group EventWriter::next_group(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [&] { return !waiting_.empty(); });
  Group group;
  size_t events = 0;
  for (auto job = waiting_.begin(); job != waiting_.end();) {
    bool same = group.empty() || job->workspace == group.front().workspace;
    if (!same || (!group.empty() && events + job->events.size() > limits_.group_events_max)) {
      if (same) break;  // in the order in which they came
      ++job;
      continue;
    }
    events += job->events.size();
    waiting_bytes_ -= job->bytes;
    group.push_back(std::move(*job));
    job = waiting_.erase(job);
  }
  return group;
}

Result<std::vector<Recorded>> EventWriter::write(std::span<Job> jobs) {
  std::vector<const IncomingEvent*> events;
  for (const auto& job : jobs) {
    for (const auto& event : job.events) events.push_back(&event);
  }
  auto body = [&](storage::Tx& tx) { return record_events(tx, setup_, jobs.front().workspace, events, clock_.now()); };
  auto scope = storage::Scope::of(jobs.front().workspace);
  auto result = storage_.write(scope, body);
  if (!result.ok() && result.error().code == Code::kOutcomeUnknown) result = storage_.write(scope, body);
  ++counts.commits;
  if (!result.ok() && result.error().code == Code::kOutcomeUnknown)
    return Error{Code::kUnavailable, "the database does not answer; send it again", result.error().detail,
                 kBusyRetry_ms};
  return result;
}

void EventWriter::write_group(Group& group) {
  auto all = write(group);
  if (!all.ok() && all.error().code != Code::kUnavailable && group.size() > 1) {
    for (auto& job : group) finish(job, write({&job, 1}));
    return;
  }
  size_t from = 0;
  for (auto& job : group) {
    if (!all.ok()) {
      finish(job, all.error());
      continue;
    }
    auto first = std::make_move_iterator(all->begin() + static_cast<std::ptrdiff_t>(from));
    from += job.events.size();
    finish(job, std::vector<Recorded>(first, first + static_cast<std::ptrdiff_t>(job.events.size())));
  }
}

void EventWriter::finish(Job& job, const Result<std::vector<Recorded>>& result) {
  if (result.ok()) {
    for (const auto& one : *result) ++(one.is_new ? counts.recorded : counts.known);
  } else {
    counts.failed += job.events.size();
    log_error("events were not recorded", {{"workspace", job.workspace},
                                           {"events", std::to_string(job.events.size())},
                                           {"error", result.error().message},
                                           {"detail", result.error().detail}});
  }
  job.done(result);
}

}  // namespace spreaders::services
