// Group commit for events: many small requests share one transaction, and each is answered once it is durable.
//
//   EventWriter writer(storage, clock, {tracking, journal});
//   writer.add(workspace, std::move(events), [exchange](const Result<std::vector<Recorded>>& done) { ... });
//
// One thread writes what has gathered while it wrote; nobody waits for a timer. When a group fails, its requests are
// tried one by one, so that one cannot take others down. A commit whose outcome is unknown is done again: known
// messages are left out, so nothing is doubled. Errors: kUnavailable, also when too much waits; what storage says else.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "services/events/record.hpp"

namespace spreaders::services {

struct EventWriterLimits {
  size_t group_events_max = 1000;               // of one transaction, unless one request alone has more
  size_t waiting_bytes_max = 32 * 1024 * 1024;  // of requests, as they came in
};

class EventWriter {
 public:
  using Done = std::function<void(const Result<std::vector<Recorded>>&)>;
  EventWriter(storage::Storage& storage, Clock& clock, RecordSetup setup, EventWriterLimits limits = {});
  ~EventWriter();  // writes what waits
  EventWriter(const EventWriter&) = delete;
  EventWriter& operator=(const EventWriter&) = delete;

  // `bytes`: what the request took, for the limit. `done` is called exactly once, from the writer's thread or, when
  // nothing more may wait, from here; it must be short.
  void add(std::string workspace, std::vector<IncomingEvent> events, size_t bytes, Done done);

  struct Counts {
    std::atomic<uint64_t> recorded = 0, known = 0, refused = 0, failed = 0, commits = 0;
  };
  // The doors count what they refuse before it gets here.
  Counts counts;

 private:
  struct Job {
    std::string workspace;
    std::vector<IncomingEvent> events;
    size_t bytes = 0;
    Done done;
  };
  using Group = std::vector<Job>;
  void loop(const std::stop_token& stop);
  Group next_group(const std::stop_token& stop);
  Result<std::vector<Recorded>> write(std::span<Job> jobs);
  void write_group(Group& group);
  void finish(Job& job, const Result<std::vector<Recorded>>& result);

  storage::Storage& storage_;
  Clock& clock_;
  const RecordSetup setup_;
  const EventWriterLimits limits_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Job> waiting_;
  size_t waiting_bytes_ = 0;
  std::jthread thread_;
};

}  // namespace spreaders::services
