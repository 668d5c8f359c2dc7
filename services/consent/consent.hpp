// Who may be written to, and why not. Consent is a person's latest word on a channel; a suppression shuts an address
// whoever holds it. The engine asks in its step transaction, so that an opt-out and a send cannot pass each other:
//
//   auto decisions = TRY(consent::decide_batch(tx, workspace, "email", recipients));   // 2 queries for every 500
//   if (!decisions[i].allowed) skip(recipients[i], decisions[i].reason);
//
// Marketing needs consent opted_in and no suppression. Transactional messages (a receipt, a password link) pass without
// consent and after an unsubscribe, never past hard_bounce, complaint or manual.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/fields.hpp"
#include "core/time.hpp"
#include "services/audience/facts.hpp"
#include "storage/ports.hpp"
#include "storage/storage.hpp"

namespace spreaders::consent {

using storage::Tx;

enum class State : uint8_t { kOptedIn, kOptedOut };
SPR_ENUM(State, {State::kOptedIn, "opted_in"}, {State::kOptedOut, "opted_out"});

// In order of weight: a suppression is never replaced by a lighter one.
enum class Reason : uint8_t { kUnsubscribed, kManual, kHardBounce, kComplaint };
SPR_ENUM(Reason, {Reason::kUnsubscribed, "unsubscribed"}, {Reason::kManual, "manual"},
         {Reason::kHardBounce, "hard_bounce"}, {Reason::kComplaint, "complaint"});

enum class Purpose : uint8_t { kMarketing, kTransactional };

constexpr size_t kBatchMax = 500;       // rows asked for in one statement
constexpr size_t kProofSizeMax = 2000;  // characters
constexpr size_t kSourceSizeMax = 200;

struct Consent {
  std::string contact_id;
  std::string channel = "email";
  State state = State::kOptedIn;
  std::string source;      // where the word was given: "signup form", "import imp_...", "one-click link"
  std::string proof = {};  // what shows it: a URL, an IP address and time, a paper's number
  Instant at;
};

struct Suppression {
  std::string address;
  std::string channel = "email";
  Reason reason = Reason::kManual;
  std::string source;
  Instant at;
};

// Addresses are compared in this form: e-mail without regard to ASCII case, all without surrounding spaces.
std::string normal_address(std::string_view channel, std::string_view address);

// For each entry: true when it changed the person's state, false when it was known or a later word exists (the latest
// by time wins; the same time counts as later).
Result<std::vector<bool>> record_many(Tx& tx, const std::string& workspace, std::span<const Consent> entries);
Result<bool> record(Tx& tx, const std::string& workspace, const Consent& entry);
// The states of those who have said anything on this channel.
Result<std::map<std::string, State>> states_of(Tx& tx, const std::string& workspace, std::string_view channel,
                                               std::span<const std::string> contact_ids);
Result<std::optional<Consent>> find(Tx& tx, const std::string& workspace, std::string_view channel,
                                    const std::string& contact_id);
// The channels on which this person has said anything, by name.
Result<std::vector<std::string>> channels_of(Tx& tx, const std::string& workspace, const std::string& contact_id);

// False when a suppression of at least this weight was there already.
Result<bool> suppress(Tx& tx, const std::string& workspace, const Suppression& entry);
// False when there was none (with this reason, if one is given).
Result<bool> unsuppress(Tx& tx, const std::string& workspace, std::string_view channel, std::string_view address,
                        std::optional<Reason> only = {});
Result<std::optional<Suppression>> find_suppression(Tx& tx, const std::string& workspace, std::string_view channel,
                                                    std::string_view address);

using storage::Recipient;

struct SendDecision {
  bool allowed = false;
  std::string reason = {};  // empty when allowed; no_address, suppressed:<reason>, opted_out, no_consent
};

// One decision for each recipient, in order.
Result<std::vector<SendDecision>> decide_batch(Tx& tx, const std::string& workspace, std::string_view channel,
                                               std::span<const Recipient> recipients,
                                               Purpose purpose = Purpose::kMarketing);
Result<SendDecision> may_send(Tx& tx, const std::string& workspace, std::string_view channel,
                              const Recipient& recipient, Purpose purpose = Purpose::kMarketing);

// A person's own word. Both write the consent row, the fact (Subscribed, Unsubscribed) and the suppression:
// unsubscribing adds one, subscribing takes away `unsubscribed` only, for a bounced address stays bad whatever its
// owner wants.
struct Word {
  Recipient who;
  std::string channel = "email";
  std::string source;
  std::string proof = {};
  std::string campaign_id = {};  // the campaign whose link was used
};
// True when it changed the person's state.
Result<bool> subscribe(Tx& tx, const std::string& workspace, const Word& word, Instant now,
                       const audience::Journal& journal);
Result<bool> unsubscribe(Tx& tx, const std::string& workspace, const Word& word, Instant now,
                         const audience::Journal& journal);

// The engine's port to decide_batch().
class Guard : public storage::SendGuard {
 public:
  Result<std::vector<std::string>> refusals(Tx& tx, const std::string& workspace, const std::string& channel,
                                            bool transactional, const std::vector<Recipient>& recipients) override;
};

}  // namespace spreaders::consent
