// The rules of a workspace, and what the engine and the outbox ask before something is sent: consent, then when and how
// often. Counting is exact: the outbox rows that left or may have left are what caps count, under a lock of the person
// that the claim holds until it is committed, so two campaigns together never go over a cap.
//
//   sending::Guard guard("Europe/Berlin");                  // the zone of people without one
//   TRY(sending::set_rules(tx, workspace, rules, "usr_1", now));
//   auto timings = TRY(guard.timings(tx, workspace, "email", messages, now, storage::Stage::kLeaving));
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "services/consent/consent.hpp"
#include "services/sending/rules.hpp"
#include "storage/storage.hpp"

namespace spreaders::sending {

using storage::Tx;

struct StoredRules {
  Rules rules;  // the defaults while nobody has set any
  std::optional<Instant> updated_at;
  std::string updated_by;
};
Result<StoredRules> get_rules(Tx& tx, const std::string& workspace);
Result<void> set_rules(Tx& tx, const std::string& workspace, const Rules& rules, const std::string& by, Instant now);

// Consent as consent::Guard has it, and the rules of the workspace and of the workflows that send.
class Guard : public consent::Guard {
 public:
  explicit Guard(std::string default_zone = "UTC") : default_zone_(std::move(default_zone)) {}
  void set_default_zone(std::string zone) { default_zone_ = std::move(zone); }  // before anything is sent
  Result<std::vector<Timing>> timings(Tx& tx, const std::string& workspace, const std::string& channel,
                                      std::span<const storage::Message> messages, Instant now,
                                      storage::Stage stage) override;
  Result<std::map<storage::ConnectionKey, double>> paces(Tx& tx) override;

 private:
  struct Workflow {
    std::string id;
    std::shared_ptr<const WorkflowSettings> settings;  // shared with the cache; nullptr = it has none
  };
  struct Question;
  Result<std::map<std::string, Workflow>> workflows_of(Tx& tx, const std::string& workspace,
                                                       std::span<const storage::Message> messages);
  Result<std::shared_ptr<const WorkflowSettings>> settings_of(Tx& tx, const std::string& workspace,
                                                              const std::string& workflow_id, int64_t version);
  Result<void> load_people(Tx& tx, Question& question) const;

  std::string default_zone_;
  std::mutex mutex_;
  // Versions of workflows never change.
  std::map<std::tuple<std::string, std::string, int64_t>, std::shared_ptr<const WorkflowSettings>> settings_;
};

// What a campaign's messages were held back by: rules and refusals, most frequent first.
struct HeldBack {
  std::string reason;
  int64_t waiting = 0, left_out = 0, sent_later = 0;
  SPR_FIELDS(HeldBack,
             SPR_FIELD(reason, "The rule or refusal: quiet_hours, send_window, cap:N in D days, no_consent..."),
             SPR_FIELD(waiting, "Messages that wait for it now"), SPR_FIELD(left_out, "Messages that are not sent"),
             SPR_FIELD(sent_later, "Messages that were sent after it"));
};
Result<std::vector<HeldBack>> held_back(Tx& tx, const std::string& workspace, const std::string& campaign_id);

}  // namespace spreaders::sending
