#include "tools/audit.hpp"

#include "core/bytes.hpp"

namespace spreaders::tools {

using storage::Tx;

namespace {

std::string chain(const std::string& previous, int64_t seq, const AuditEntry& e) {
  // Lengths in front keep two different rows from reading the same.
  std::string text =
      previous + "\n" + std::to_string(seq) + "\n" + std::to_string(e.at.us) + "\n" + std::to_string(e.duration_us);
  for (const auto& part :
       {e.workspace, e.principal, e.door, e.tool, e.effect, e.outcome, e.arguments_hash, e.approval_id, e.trace_id}) {
    text += "\n" + std::to_string(part.size()) + ":" + part;
  }
  return hex(sha256(text));
}

}  // namespace

Result<void> append_audit(Tx& tx, const AuditEntry& e) {
  TRY(tx.execute(
      "INSERT INTO audit_head (workspace_id, seq, hash) VALUES ($1, 0, '') ON CONFLICT (workspace_id) DO NOTHING",
      {e.workspace}));
  auto head =
      TRY(tx.query("UPDATE audit_head SET seq = seq + 1 WHERE workspace_id = $1 RETURNING seq, hash", {e.workspace}));
  int64_t seq = head[0][0].integer();
  std::string hash = chain(head[0][1].text(), seq, e);
  TRY(
      tx.execute("INSERT INTO audit (workspace_id, seq, at, principal, door, tool, effect, outcome, arguments_hash, "
                 "approval_id, trace_id, duration_us, hash) "
                 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                 {e.workspace, seq, e.at.us, e.principal, e.door, e.tool, e.effect, e.outcome, e.arguments_hash,
                  e.approval_id, e.trace_id, e.duration_us, hash}));
  TRY(tx.execute("UPDATE audit_head SET hash = $1 WHERE workspace_id = $2", {hash, e.workspace}));
  return {};
}

Result<AuditCheck> verify_audit(Tx& tx, const std::string& workspace) {
  AuditCheck check;
  std::string previous;
  constexpr int page = 1000;
  for (;;) {
    auto rows =
        TRY(tx.query("SELECT seq, at, principal, door, tool, effect, outcome, arguments_hash, approval_id, trace_id, "
                     "duration_us, hash FROM audit "
                     "WHERE workspace_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
                     {workspace, check.rows, page}));
    for (const auto& row : rows) {
      AuditEntry e{row[1].instant(), workspace,     row[2].text(), row[3].text(), row[4].text(),    row[5].text(),
                   row[6].text(),    row[7].text(), row[8].text(), row[9].text(), row[10].integer()};
      std::string hash = chain(previous, check.rows + 1, e);
      if (row[0].integer() != check.rows + 1 || hash != row[11].text()) {
        check.first_bad_seq = check.rows + 1;
        return check;
      }
      previous = hash;
      ++check.rows;
    }
    if (rows.size() < page) break;
  }
  auto head = TRY(tx.query_one("SELECT seq, hash FROM audit_head WHERE workspace_id = $1", {workspace}));
  bool whole = head ? (*head)[0].integer() == check.rows && (*head)[1].text() == previous : check.rows == 0;
  if (!whole) check.first_bad_seq = check.rows + 1;
  return check;
}

}  // namespace spreaders::tools
