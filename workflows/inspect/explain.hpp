// Why somebody did or did not get something: a run's history in words, conditions with the values they saw, and what
// became of a message, from the step log, the outbox, consent, suppressions and events. What is not recorded is said to
// be unknown, never guessed.
//
//   auto said = TRY(explain_run(tx, workspace, run_id, now));
//   auto said = TRY(explain_message(tx, workspace, {contact_id, campaign_id}, now));   // "why did they not get it"
#pragma once

#include <string>
#include <vector>

#include "core/fields.hpp"
#include "storage/storage.hpp"
#include "workflows/engine.hpp"

namespace spreaders::workflows::inspect {

constexpr int kStepsShown_max = 200;
constexpr int kMessagesShown_max = 20;

struct ExplainedStep {
  Instant at;
  std::string node = {}, what = {};
  std::vector<std::string> seen = {};
  SPR_FIELDS(ExplainedStep, SPR_FIELD(at, "When"), SPR_FIELD(node, "Node of the workflow; empty: about the person"),
             SPR_FIELD(what, "What happened, in words"), SPR_FIELD(seen, "Of a condition: what it asked and saw"));
};

struct Explained {
  std::string verdict = {}, person = {}, run_id = {}, workflow_id = {}, status = {};
  int64_t version = 0;
  std::vector<ExplainedStep> steps = {};
  std::vector<std::string> unknown = {};
  SPR_FIELDS(Explained, SPR_FIELD(verdict, "The answer in a sentence or two"), SPR_FIELD(person, "Whom it is about"),
             SPR_FIELD(run_id, "The run; empty: there was none"), SPR_FIELD(workflow_id, "Its workflow"),
             SPR_FIELD(version, "Its version"), SPR_FIELD(status, "How the run stands"),
             SPR_FIELD(steps, "What happened, in order"), SPR_FIELD(unknown, "What nobody recorded"));
};

Result<Explained> explain_run(storage::Tx& tx, const std::string& workspace, const std::string& run_id, Instant now);

struct AboutMessage {
  std::string contact_id;
  std::string campaign_id = {}, workflow_id = {};  // one of them
};
Result<Explained> explain_message(storage::Tx& tx, const std::string& workspace, const AboutMessage& about,
                                  Instant now);

// What a condition asks, leaf by leaf, each with the value there is: of results as the run kept them, of the person as
// they stand now, counting events up to `at` only. `unknown` gets what cannot be known.
struct ConditionSeen {
  const std::string& workspace;
  const std::string& subject;
  Instant at, now;
  Json results, run;
};
Result<std::vector<std::string>> condition_in_words(storage::Tx& tx, const Json& condition, const ConditionSeen& seen,
                                                    std::vector<std::string>& unknown);

}  // namespace spreaders::workflows::inspect
