// Approvals: a person's yes to exactly one thing, named by its hash. Whoever asks gets an id; whoever decides has to be
// a person at the server's own terminal (later: signed in), proved by a code that never travels through a tool.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "core/time.hpp"
#include "core/tool.hpp"
#include "storage/storage.hpp"

namespace spreaders::services {

constexpr size_t kApprovalSummaryMax = 4000;
constexpr int64_t kApprovalLife_us = 3 * kDay_us;  // a request that nobody answers, and a yes that nobody uses, run out
constexpr int kCodeAttemptsMax = 5;

struct Approval {
  std::string id, state;  // pending, approved, rejected, revoked, expired
  ApprovalSubject subject;
  std::string risk;  // highest class it covers
  std::string requested_by, decided_by, decided_via;
  Instant requested_at, expires_at;
  std::optional<Instant> decided_at;
  bool has_code = false;
  bool locked = false;  // too many wrong codes: only `spreaders approve` shows a new one
};

// The pending request for this subject, made if there is none, to be answered within `life_us`. Asking again never
// makes a second one.
Result<Approval> request_approval(storage::Tx& tx, const std::string& workspace, const ApprovalSubject& subject,
                                  Effect effect, const std::string& by, Instant now, Ids& ids,
                                  int64_t life_us = kApprovalLife_us);
Result<Approval> get_approval(storage::Tx& tx, const std::string& workspace, const std::string& id, Instant now);
// Empty = all; newest first.
struct ApprovalFilter {
  std::string state = {};
  std::string subject_id = {};
};
Result<std::vector<Approval>> list_approvals(storage::Tx& tx, const std::string& workspace,
                                             const ApprovalFilter& filter, int limit, Instant now);
// The approved, unexpired approval of this subject that covers this effect; nullopt if there is none.
Result<std::optional<Approval>> find_approved(storage::Tx& tx, const std::string& workspace,
                                              const ApprovalSubject& subject, Effect effect, Instant now);

// A new six-digit code for a pending approval. The caller shows it on a terminal it owns and nowhere else; only a keyed
// hash is stored.
Result<std::string> issue_code(storage::Tx& tx, const std::string& workspace, const std::string& id, Instant now);
// approve or reject. kPermissionDenied for a wrong code, which the caller then counts in a transaction of its own (this
// one is rolled back); after kCodeAttemptsMax wrong ones a new code has to be issued.
struct Decision {
  std::string id;
  bool approve = false;
  std::string code;
  std::string by;   // usr_...
  std::string via;  // cli, page, mcp_elicitation, chat
};
// kConflict for what is no longer pending: of a decision, another one and the time running out, who commits first wins.
Result<Approval> decide(storage::Tx& tx, const std::string& workspace, const Decision& decision, Instant now);
// For whoever acts on the time running out: what stands now; what is found expired stays so, and a decision that comes
// later (from a process whose clock is behind) is refused. Nothing: somebody is deciding it this very moment.
Result<std::optional<Approval>> close_if_expired(storage::Tx& tx, const std::string& workspace, const std::string& id,
                                                 Instant now);
Result<void> count_wrong_code(storage::Tx& tx, const std::string& workspace, const std::string& id);
// An approved approval is taken back; what has not been sent yet is not covered any more.
Result<void> revoke_approvals(storage::Tx& tx, const std::string& workspace, const std::string& subject_kind,
                              const std::string& subject_id, Instant now);

}  // namespace spreaders::services
