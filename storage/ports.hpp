// What the engine asks of the audience while it is inside its own transaction. services/ implements these, so that
// consent, suppression and the intent to send are decided in one commit.
#pragma once

#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
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

class SendGuard {
 public:
  virtual ~SendGuard() = default;
  // One answer per recipient, in order: empty = may be sent to, else the reason (no_consent, opted_out,
  // suppressed:hard_bounce). `transactional` skips consent, never suppression for hard bounces and complaints.
  virtual Result<std::vector<std::string>> refusals(Tx& tx, const std::string& workspace, const std::string& channel,
                                                    bool transactional, const std::vector<Recipient>& recipients) = 0;
};

}  // namespace spreaders::storage
