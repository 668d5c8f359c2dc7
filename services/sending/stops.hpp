// Kill switches: marketing of a campaign, or of the whole workspace, that is stopped until a person lifts it. A stop is
// written in the transaction that writes the fact which crossed the limit, and the outbox claims nothing that is
// stopped, so not one message more begins. What is not marketing goes on.
//
//   TRY(sending::note_settled(tx, settled, now, ids));             // in the outbox's settle hook
//   TRY(sending::note_bad(tx, workspace, campaign, Bad::kComplaint, now, ids));
//   auto stop = TRY(sending::stop_of(tx, workspace, campaign));    // why nothing moves
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "events/outbox.hpp"
#include "services/sending/rules.hpp"
#include "storage/storage.hpp"

namespace spreaders::sending {

using storage::Tx;

struct Stop {
  std::string stop_id;
  std::string campaign_id;  // empty: the whole workspace
  std::string cause;        // bounces, complaints, person
  std::string reason;       // for people: what was crossed, and what to do
  Instant at;
  SPR_FIELDS(Stop, SPR_FIELD(stop_id, "Id of the stop"),
             SPR_FIELD(campaign_id, "Campaign it holds; empty: all marketing of the workspace"),
             SPR_FIELD(cause, "bounces, complaints or person"), SPR_FIELD(reason, "What happened"),
             SPR_FIELD(at, "Since when"));
};

// Those that nobody has lifted, oldest first.
Result<std::vector<Stop>> open_stops(Tx& tx, const std::string& workspace);
// What holds this campaign: its own stop, else the workspace's.
Result<std::optional<Stop>> stop_of(Tx& tx, const std::string& workspace, const std::string& campaign_id);
// Nothing when it is stopped already.
Result<bool> stop(Tx& tx, const std::string& workspace, const Stop& wanted, const std::string& who, Ids& ids);
// The kill switches count from now on. kNotFound, kConflict.
Result<Stop> lift(Tx& tx, const std::string& workspace, const std::string& stop_id, const std::string& who,
                  Instant now);

enum class Bad : uint8_t { kBounce, kComplaint };
// One that came back hard or was complained about; not twice for the same fact.
Result<void> note_bad(Tx& tx, const std::string& workspace, const std::string& campaign_id, Bad what, Instant now,
                      Ids& ids);
// What the receiver took, or refused since there is no such mailbox.
Result<void> note_settled(Tx& tx, const std::vector<events::Settled>& settled, Instant now, Ids& ids);

struct Figures {
  int64_t sent = 0, bounced = 0, complained = 0;
  SPR_FIELDS(Figures, SPR_FIELD(sent, "Marketing messages sent within the window"),
             SPR_FIELD(bounced, "Of these, hard bounces"), SPR_FIELD(complained, "Complaints within the window"));
};
// What the switches of the workspace look at now; campaigns that are stopped do not count.
Result<Figures> figures(Tx& tx, const std::string& workspace, const KillSwitches& switches, Instant now);

// Pure: why these figures stop it; empty when they do not.
struct Crossed {
  std::string cause;  // bounces, complaints; empty = nothing
  std::string text;   // "12 of 600 messages (2.00 %) bounced within 24 hours; the limit is 1 %"
};
Crossed crossed(const KillSwitches& switches, const Figures& figures);

}  // namespace spreaders::sending
