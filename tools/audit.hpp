// The audit: one hash-chained row for every call and every refusal, per workspace.
#pragma once

#include <string>

#include "core/time.hpp"
#include "core/tool.hpp"
#include "storage/storage.hpp"

namespace spreaders::tools {

struct AuditEntry {
  Instant at;
  std::string workspace;
  std::string principal;
  std::string door;
  std::string tool;
  std::string effect;
  std::string outcome;         // ok, repeated, or an error's code
  std::string arguments_hash;  // never the arguments: they hold personal data
  std::string approval_id;
  std::string trace_id;
  int64_t duration_us = 0;
};

Result<void> append_audit(storage::Tx& tx, const AuditEntry& entry);

struct AuditCheck {
  int64_t rows = 0;
  int64_t first_bad_seq = 0;  // 0 = the chain is whole
};
Result<AuditCheck> verify_audit(storage::Tx& tx, const std::string& workspace);

}  // namespace spreaders::tools
