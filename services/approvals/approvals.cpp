#include "services/approvals/approvals.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "storage/values.hpp"

namespace spreaders::services {

using storage::Tx;

namespace {

constexpr std::string_view kColumns =
    "id, subject, subject_id, subject_hash, risk, summary, state, requested_by, requested_at, decided_by, decided_via, "
    "decided_at, expires_at, code_hash, attempts";

Approval approval_of(const storage::Row& row, Instant now) {
  Approval approval{row[0].text(),
                    row[6].text(),
                    {row[1].text(), row[2].text(), row[3].text(), row[5].text()},
                    row[4].text(),
                    row[7].text(),
                    row[9].text_or(""),
                    row[10].text_or(""),
                    row[8].instant(),
                    row[12].instant(),
                    {},
                    !row[13].text().empty(),
                    row[14].integer() >= kCodeAttemptsMax};
  approval.decided_at = storage::optional_instant(row[11]);
  if ((approval.state == "pending" || approval.state == "approved") && approval.expires_at <= now)
    approval.state = "expired";
  return approval;
}

// A code has only a million values, so its hash is made slow to try out by keeping it with the approval's random id.
std::string code_hash(const std::string& id, const std::string& code) {
  std::string hash = sha256(id + "\n" + code);
  for (int i = 0; i < 20'000; ++i) hash = sha256(hash + id);
  return hex(hash);
}

}  // namespace

Result<Approval> request_approval(Tx& tx, const std::string& workspace, const ApprovalSubject& subject, Effect effect,
                                  const std::string& by, Instant now, Ids& ids, int64_t life_us) {
  auto existing =
      TRY(tx.query("SELECT " + std::string(kColumns) +
                       " FROM approval WHERE workspace_id = $1 AND subject = $2 AND subject_id = $3 AND subject_hash = "
                       "$4 AND state = 'pending' AND expires_at > $5 AND risk >= $6 ORDER BY requested_at DESC LIMIT 1",
                   {workspace, subject.kind, subject.id, subject.hash, now.us, risk_class(effect)}));
  if (!existing.empty()) return approval_of(existing[0], now);
  std::string id = ids.make("apr");
  std::string summary(first_code_points(subject.summary, kApprovalSummaryMax));
  // A newer request for the same thing replaces what was pending for its older content.
  TRY(
      tx.execute("UPDATE approval SET state = 'revoked' WHERE workspace_id = $1 AND subject = $2 AND subject_id = $3 "
                 "AND state = 'pending'",
                 {workspace, subject.kind, subject.id}));
  TRY(
      tx.execute("INSERT INTO approval (workspace_id, id, subject, subject_id, subject_hash, risk, summary, state, "
                 "requested_by, requested_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9, $10)",
                 {workspace, id, subject.kind, subject.id, subject.hash, risk_class(effect), summary, by, now.us,
                  now.us + life_us}));
  return get_approval(tx, workspace, id, now);
}

Result<Approval> get_approval(Tx& tx, const std::string& workspace, const std::string& id, Instant now) {
  auto row = TRY(tx.query_one("SELECT " + std::string(kColumns) + " FROM approval WHERE workspace_id = $1 AND id = $2",
                              {workspace, id}));
  if (!row) return not_found("there is no approval " + std::string(first_code_points(id, 60)));
  return approval_of(*row, now);
}

Result<std::vector<Approval>> list_approvals(Tx& tx, const std::string& workspace, const ApprovalFilter& filter,
                                             int limit, Instant now) {
  auto rows = TRY(tx.query("SELECT " + std::string(kColumns) +
                               " FROM approval WHERE workspace_id = $1 AND ($2 = '' OR subject_id = $2) ORDER BY "
                               "requested_at DESC, id LIMIT 500",
                           {workspace, filter.subject_id}));
  std::vector<Approval> list;
  for (const auto& row : rows) {
    Approval approval = approval_of(row, now);
    if ((filter.state.empty() || approval.state == filter.state) && static_cast<int>(list.size()) < limit)
      list.push_back(std::move(approval));
  }
  return list;
}

Result<std::optional<Approval>> find_approved(Tx& tx, const std::string& workspace, const ApprovalSubject& subject,
                                              Effect effect, Instant now) {
  auto rows =
      TRY(tx.query("SELECT " + std::string(kColumns) +
                       " FROM approval WHERE workspace_id = $1 AND subject = $2 AND subject_id = $3 AND subject_hash = "
                       "$4 AND state = 'approved' AND expires_at > $5 AND risk >= $6 ORDER BY decided_at DESC LIMIT 1",
                   {workspace, subject.kind, subject.id, subject.hash, now.us, risk_class(effect)}));
  if (rows.empty()) return std::optional<Approval>();
  return std::optional<Approval>(approval_of(rows[0], now));
}

Result<std::string> issue_code(Tx& tx, const std::string& workspace, const std::string& id, Instant now) {
  Approval approval = TRY(get_approval(tx, workspace, id, now));
  if (approval.state != "pending") return conflict("the approval " + id + " is " + approval.state + ", not pending");
  std::string bytes = secure_bytes(8);
  uint64_t number = 0;
  for (unsigned char c : bytes) number = number << 8 | c;
  std::string code = std::to_string(number % 1'000'000);
  code.insert(0, 6 - code.size(), '0');
  TRY(tx.execute("UPDATE approval SET code_hash = $1, attempts = 0 WHERE workspace_id = $2 AND id = $3",
                 {code_hash(id, code), workspace, id}));
  return code;
}

Result<Approval> decide(Tx& tx, const std::string& workspace, const Decision& decision, Instant now) {
  Approval approval = TRY(get_approval(tx, workspace, decision.id, now));
  if (approval.state != "pending") return conflict("the approval " + decision.id + " is already " + approval.state);
  auto row =
      TRY(tx.query_one("SELECT code_hash FROM approval WHERE workspace_id = $1 AND id = $2", {workspace, decision.id}));
  if (decision.approve) {
    const std::string& hash = (*row)[0].text();
    if (hash.empty())
      return Error{Code::kConflict, "no code has been shown for this approval yet; run `spreaders approve " +
                                        decision.id + "` in a terminal"};
    if (approval.locked)
      return Error{
          Code::kPermissionDenied,
          "too many wrong codes; a new code has to be shown first: run `spreaders approve " + decision.id + "`"};
    std::string code;
    for (char c : decision.code) {
      if (c >= '0' && c <= '9') code += c;
    }
    if (!constant_time_equal(hash, code_hash(decision.id, code))) {
      return Error{Code::kPermissionDenied, "that is not the code shown on the server's terminal"};
    }
  }
  // The process that asked may live in virtual time, ahead of the one that is answered: no answer is older than its
  // question.
  now = std::max(now, approval.requested_at);
  int64_t decided =
      TRY(tx.execute("UPDATE approval SET state = $1, decided_by = $2, decided_via = $3, decided_at = $4, code_hash = "
                     "'', expires_at = $5 WHERE workspace_id = $6 AND id = $7 AND state = 'pending'",
                     {decision.approve ? "approved" : "rejected", decision.by, decision.via, now.us,
                      now.us + kApprovalLife_us, workspace, decision.id}));
  approval = TRY(get_approval(tx, workspace, decision.id, now));
  // Between the look and the change somebody else had the word.
  if (decided == 0) return conflict("the approval " + decision.id + " is already " + approval.state);
  return approval;
}

Result<std::optional<Approval>> close_if_expired(Tx& tx, const std::string& workspace, const std::string& id,
                                                 Instant now) {
  bool postgres = tx.dialect() == storage::Dialect::kPostgres;
  auto row = TRY(tx.query_one("SELECT " + std::string(kColumns) + " FROM approval WHERE workspace_id = $1 AND id = $2" +
                                  std::string(postgres ? " FOR UPDATE SKIP LOCKED" : ""),
                              {workspace, id}));
  if (!row) {
    TRY(get_approval(tx, workspace, id, now));  // there is one: whoever holds it decides it this very moment
    return std::optional<Approval>();
  }
  Approval approval = approval_of(*row, now);
  if (approval.state == "expired" && !approval.decided_at)
    TRY(tx.execute("UPDATE approval SET state = 'expired', code_hash = '' WHERE workspace_id = $1 AND id = $2",
                   {workspace, id}));
  return std::optional(std::move(approval));
}

Result<void> count_wrong_code(Tx& tx, const std::string& workspace, const std::string& id) {
  TRY(tx.execute("UPDATE approval SET attempts = attempts + 1 WHERE workspace_id = $1 AND id = $2", {workspace, id}));
  return {};
}

Result<void> revoke_approvals(Tx& tx, const std::string& workspace, const std::string& subject_kind,
                              const std::string& subject_id, Instant) {
  TRY(
      tx.execute("UPDATE approval SET state = 'revoked' WHERE workspace_id = $1 AND subject = $2 AND subject_id = $3 "
                 "AND state IN ('pending', 'approved')",
                 {workspace, subject_kind, subject_id}));
  return {};
}

}  // namespace spreaders::services
