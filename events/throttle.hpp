// How fast each connection may send: a token bucket a connection, filled by the injected clock. It keeps nothing beyond
// the process; where several processes send, each has its own.
//
//   throttle.set({{{"wsp_1", "con_1"}, 10}}, now);          // ten messages a second, at most ten at once
//   int may = throttle.allowance({"wsp_1", "con_1"}, now);  // INT_MAX when it is not limited
//   throttle.take({"wsp_1", "con_1"}, 3, now);
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "core/time.hpp"
#include "storage/ports.hpp"

namespace spreaders::events {

class Throttle {
 public:
  // Which connections are limited, in messages a second; a new one starts with a second's worth.
  void set(const std::map<storage::ConnectionKey, double>& per_second, Instant now);
  [[nodiscard]] int allowance(const storage::ConnectionKey& connection, Instant now);
  void take(const storage::ConnectionKey& connection, int count, Instant now);

  struct Closed {
    storage::ConnectionKey connection;
    Instant opens;
  };
  // Those that may send nothing at this moment.
  [[nodiscard]] std::vector<Closed> closed(Instant now);

 private:
  struct Bucket {
    double per_second = 0;
    double tokens = 0;
    Instant at;
  };
  static void fill(Bucket& bucket, Instant now);

  std::mutex mutex_;
  std::map<storage::ConnectionKey, Bucket> buckets_;
};

}  // namespace spreaders::events
