// What the engine asks of the audience while it is inside its own transaction. services/ implements these, so that
// consent, suppression and the intent to send are decided in one commit.
#pragma once

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "storage/storage.hpp"

namespace spreaders::storage {

// Whom a step addresses: exactly one of them is set, or none for every contact.
struct AudienceRef {
  std::string list_id;
  std::string segment_id;
};

struct Recipient {
  std::string contact_id;
  std::string address;  // on the channel asked for
};

class ProfileSource {
 public:
  virtual ~ProfileSource() = default;
  // The next recipients in the order of their contact id. Fewer than `limit` means the end.
  virtual Result<std::vector<Recipient>> page(Tx& tx, const std::string& workspace, const AudienceRef& audience,
                                              const std::string& after_contact_id, int limit) = 0;
};

// A message as the rules about when and how often see it.
struct Message {
  std::string run_id = {};  // of the workflow whose rules hold for it; empty = only the workspace's
  std::string contact_id;
  Instant since;  // when it was written down: what has to wait too long after that is left out
};

// When a message may leave: now, not before `at`, or never. `reason` says why not now (quiet_hours, cap:2 in 7 days).
struct Timing {
  enum class Kind : uint8_t { kNow, kLater, kNever };
  Kind kind = Kind::kNow;
  Instant at = {};
  std::string reason = {};
};
enum class Stage : uint8_t {
  kWritten,  // the intent is written down: what would be said now
  kLeaving,  // its claim: who may leave counts from now on, and nobody else counts the same people meanwhile
};

// A connection by its workspace and id.
using ConnectionKey = std::pair<std::string, std::string>;

class SendGuard {
 public:
  virtual ~SendGuard() = default;
  // One answer per recipient, in order: empty = may be sent to, else the reason (no_consent, opted_out,
  // suppressed:hard_bounce). `transactional` skips consent, never suppression for hard bounces and complaints.
  virtual Result<std::vector<std::string>> refusals(Tx& tx, const std::string& workspace, const std::string& channel,
                                                    bool transactional, const std::vector<Recipient>& recipients) = 0;
  // One answer for each marketing message, in order, those before counting for those after. Caps count the rows of the
  // outbox that have counted_at, which is written in the transaction that claims them and taken back when it is known
  // that they were not sent.
  virtual Result<std::vector<Timing>> timings(Tx&, const std::string& /*workspace*/, const std::string& /*channel*/,
                                              std::span<const Message> messages, Instant /*now*/, Stage) {
    return std::vector<Timing>(messages.size());
  }
  // Messages a second that connections may send, for those that are limited.
  virtual Result<std::map<ConnectionKey, double>> paces(Tx&) { return std::map<ConnectionKey, double>(); }
};

}  // namespace spreaders::storage
