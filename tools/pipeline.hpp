// The one way through: every call of every tool from every door passes Pipeline::call, in this order:
//
//   name -> principal -> scopes -> limits -> decode and validate -> idempotency look-up -> policy (effect, approval)
//   -> reserve the key -> handler -> encode -> audit and metrics
//
// A tool declared Run::kTransaction shares one transaction with its idempotency answer and its audit row: either all of
// it happened or nothing. Calls of the engine are under no limit: what a person approved is not held up by what they
// click.
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
#include "tools/metrics.hpp"
#include "tools/registry.hpp"

namespace spreaders::tools {

struct PipelineOptions {
  int64_t key_life_us = 30 * kDay_us;  // how long an idempotency key is remembered
  int64_t flush_ms = 100;              // audit of reads may wait that long
  size_t audit_queue_max = 100'000;    // waiting audits of reads; beyond it nothing is called until they are written
};

class Pipeline : public ToolRunner {
 public:
  // `tools` in the order they are listed. Ends the process if two share a name or one belongs to no service: those are
  // programmer errors.
  Pipeline(storage::Storage& storage, Clock& clock, Ids& ids, const Parts& parts, ServiceRegistry& registry,
           std::vector<const ToolSpec*> tools, PipelineOptions options = {});
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
  void on_approval_requested(std::function<void(const std::string& workspace, const services::Approval&)> hook) {
    approval_requested_ = std::move(hook);
  }
  // Prometheus text.
  [[nodiscard]] std::string metrics_text() const { return metrics_.text(); }

 private:
  struct Call;
  Result<Json> run(Call& call);
  Result<std::optional<Json>> stored_answer(storage::Tx& tx, const Call& call);
  static bool covers(const services::Approval& approval, Effect effect);
  Result<bool> is_approved_step(storage::Tx& tx, const Call& call);
  Result<void> check_policy(storage::Tx& tx, Call& call);
  Result<Json> run_in_transaction(Call& call);
  Result<Json> run_free(Call& call);
  Error ask_for_approval(Call& call, const ApprovalSubject& subject);
  Result<void> take_slots(Call& call);
  void count(const Call& call, const Result<Json>& answer);
  ToolContext context_for(Call& call, storage::Tx* tx);
  Result<void> store_answer(storage::Tx& tx, const Call& call, const Json& answer);
  AuditEntry audit_entry(const Call& call, std::string_view outcome) const;
  void audit_refusal(const Call& call, const Error& error);
  void audit_later(AuditEntry entry);

  storage::Storage& storage_;
  Clock& clock_;
  Ids& ids_;
  const Parts& parts_;
  PipelineOptions options_;
  ServiceRegistry& registry_;
  std::vector<const ToolSpec*> listed_;
  struct Entry {
    const ToolSpec* spec;
    const Service* service;
    size_t tool_index, service_index;  // in the metrics
  };
  std::map<std::string, Entry, std::less<>> by_name_;
  CallMetrics metrics_;
  std::function<void(const std::string&, const services::Approval&)> approval_requested_;
  std::mutex audit_mutex_;
  std::vector<AuditEntry> audit_queue_;
  std::atomic<size_t> audit_waiting_{0};
};

}  // namespace spreaders::tools
