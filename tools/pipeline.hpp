// The one way through: every call of every tool from every door passes Pipeline::call, in this order:
//
//   name -> principal -> scopes -> rate limit -> decode and validate -> idempotency look-up -> policy (effect, approval)
//   -> reserve the key -> handler -> encode -> audit and metrics
//
// A tool declared Run::kTransaction shares one transaction with its idempotency answer and its audit row: either all of it
// happened or nothing.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/tool.hpp"
#include "services/approvals/approvals.hpp"
#include "storage/storage.hpp"
#include "tools/audit.hpp"

namespace spreaders::tools {

struct PipelineOptions {
  int64_t key_life_us = 30 * kDay_us;      // how long an idempotency key is remembered
  double calls_per_second = 200;           // of one principal
  double burst = 400;
  int64_t flush_ms = 100;                  // audit of reads may wait that long
  size_t audit_queue_max = 5000;           // waiting read audits; then they are written at once
};

class Pipeline : public ToolRunner {
 public:
  // `tools` in the order they are listed. Ends the process if two share a name: that is a programmer error.
  Pipeline(storage::Storage& storage, Clock& clock, Ids& ids, const Parts& parts, std::vector<const ToolSpec*> tools, PipelineOptions options = {});
  ~Pipeline() override;

  // Everything but what only a person at the server's terminal may call (scope approvals:...).
  [[nodiscard]] ToolList list() const override { return listed_; }
  [[nodiscard]] const ToolSpec* find(std::string_view name) const override;
  Result<Json> call(const ToolCall& call) override;
  Result<void> admit(storage::Tx& tx, const ToolCall& call) override;

  // Writes the waiting audit rows of reads. main calls it every flush_ms and at the end.
  Result<void> flush_audit();
  // Forgets keys whose life is over.
  Result<int64_t> forget_old_keys();
  // Told each new pending approval, after it is durable: shows its code on a terminal, if there is one.
  void on_approval_requested(std::function<void(const std::string& workspace, const services::Approval&)> hook) { approval_requested_ = std::move(hook); }
  // Prometheus text: calls, errors and durations by tool.
  [[nodiscard]] std::string metrics_text() const;

 private:
  struct Call;
  struct Metric;
  Result<Json> run(Call& call);
  Result<std::optional<Json>> stored_answer(storage::Tx& tx, const Call& call);
  Result<void> check_policy(storage::Tx& tx, Call& call);
  Result<Json> run_in_transaction(Call& call);
  Result<Json> run_free(Call& call);
  Error ask_for_approval(Call& call, const ApprovalSubject& subject);
  bool take_token(const std::string& principal);
  ToolContext context_for(Call& call, storage::Tx* tx);
  Result<void> store_answer(storage::Tx& tx, const Call& call, const Json& answer);
  AuditEntry audit_entry(const Call& call, std::string_view outcome) const;
  void audit_refusal(const Call& call, const Error& error);

  storage::Storage& storage_;
  Clock& clock_;
  Ids& ids_;
  const Parts& parts_;
  PipelineOptions options_;
  std::vector<const ToolSpec*> listed_;
  std::map<std::string, const ToolSpec*, std::less<>> by_name_;
  std::function<void(const std::string&, const services::Approval&)> approval_requested_;
  std::mutex buckets_mutex_;
  struct Bucket {
    double tokens = 0;
    int64_t at_ms = 0;
  };
  std::map<std::string, Bucket> buckets_;
  std::mutex audit_mutex_;
  std::vector<AuditEntry> audit_queue_;
  std::map<std::string, std::unique_ptr<Metric>, std::less<>> metrics_;
};

}  // namespace spreaders::tools
