// workflow.deadLetters, workflow.replay, workflow.discard.
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "events/outbox.hpp"
#include "workflows/dead_letters.hpp"
#include "workflows/engine.hpp"
#include "workflows/tools.hpp"

namespace spreaders::workflows {

namespace {

constexpr int kIdsMax = 100;
constexpr size_t kSummaryLettersMax = 20;  // that a person reads one by one

struct ListArgs {
  std::string workflow_id = {}, campaign_id = {};
  int64_t limit = 20;
  std::optional<std::string> cursor = {};
  SPR_FIELDS(ListArgs,
             SPR_FIELD(workflow_id, "Only of this workflow", .format = Format::kIdentifier, .defaulted = true),
             SPR_FIELD(campaign_id, "Only of this campaign", .format = Format::kIdentifier, .defaulted = true),
             SPR_FIELD(limit, "Letters of one page", .min = 1, .max = 100, .defaulted = true),
             SPR_FIELD(cursor, "next_cursor of the page before", .max_size = 80));
};

enum class LetterKind : uint8_t { kRun, kMessage };
SPR_ENUM(LetterKind, {LetterKind::kRun, "run"}, {LetterKind::kMessage, "message"});

struct Letter {
  std::string id;
  LetterKind kind = LetterKind::kRun;
  std::string state, reason, run_id, workflow_id, workflow, campaign_id, node, subject;
  Instant since;
  SPR_FIELDS(Letter, SPR_FIELD(id, "What replay and discard take"), SPR_FIELD(kind, "A run or one message"),
             SPR_FIELD(state, "failed; unknown: it may have arrived"), SPR_FIELD(reason, "What went wrong"),
             SPR_FIELD(run_id, "Its run; empty: a single message"),
             SPR_FIELD(workflow_id, "Its workflow; empty: none by name"), SPR_FIELD(workflow, "The workflow's name"),
             SPR_FIELD(campaign_id, "Its campaign, if any"), SPR_FIELD(node, "The step"),
             SPR_FIELD(subject, "Contact or campaign it is about"), SPR_FIELD(since, "Since when"));
};
struct Letters {
  std::vector<Letter> letters;
  std::optional<std::string> next_cursor;
  SPR_FIELDS(Letters, SPR_FIELD(letters, "Newest first"),
             SPR_FIELD(next_cursor, "Gives the next page; absent on the last"));
};

Letter shown(const DeadLetter& letter) {
  return {letter.id,       letter.is_run ? LetterKind::kRun : LetterKind::kMessage,
          letter.state,    letter.reason,
          letter.run_id,   letter.workflow_id,
          letter.workflow, letter.campaign_id,
          letter.node,     letter.subject,
          letter.at};
}

// "{microseconds}-{id}"
Result<LetterFilter::Place> place_of(const std::string& cursor) {
  LetterFilter::Place place;
  auto [end, failed] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), place.at.us);
  if (failed != std::errc() || end == cursor.data() + cursor.size() || *end != '-')
    return issues_error("The page", {{"/cursor", "is not a next_cursor of this tool"}});
  place.id = cursor.substr(static_cast<size_t>(end - cursor.data()) + 1);
  return place;
}

Result<Letters> list(ToolContext& context, const ListArgs& args) {
  LetterFilter filter{
      .workflow_id = args.workflow_id, .campaign_id = args.campaign_id, .limit = static_cast<int>(args.limit) + 1};
  if (args.cursor) filter.after = TRY(place_of(*args.cursor));
  auto found = TRY(dead_letters(context.tx(), context.workspace(), filter));
  bool more = found.size() > static_cast<size_t>(args.limit);
  if (more) found.pop_back();
  Letters page;
  for (const auto& letter : found) page.letters.push_back(shown(letter));
  if (more) page.next_cursor = std::to_string(found.back().at.us) + "-" + found.back().id;
  return page;
}

struct ReplayArgs {
  std::vector<std::string> ids;
  bool may_send_twice = false;
  SPR_FIELDS(ReplayArgs, SPR_FIELD(ids, "Ids of dead letters", .min_size = 1, .max_size = kIdsMax),
             SPR_FIELD(may_send_twice, "Send also those of which nobody knows whether they arrived",
                       .defaulted = true));
};
struct Refused {
  std::string id, reason;
  SPR_FIELDS(Refused, SPR_FIELD(id, "Which"), SPR_FIELD(reason, "Why it was left"));
};
struct Handled {
  int64_t done = 0;
  std::vector<Refused> refused = {};
  SPR_FIELDS(Handled, SPR_FIELD(done, "How many"), SPR_FIELD(refused, "Those that were left as they are"));
};

std::string line_of(const DeadLetter& letter) {
  std::string text = letter.is_run               ? "run "
                     : letter.state == "unknown" ? "message that may have arrived, "
                                                 : "message ";
  text.append(letter.id);
  if (!letter.workflow.empty()) text.append(" of '").append(letter.workflow).append("'");
  if (!letter.node.empty()) text.append(", at ").append(letter.node);
  return text.append(": ").append(first_code_points(letter.reason, 200));
}

// Exactly these, as they are now.
Result<ApprovalSubject> replay_approval(ToolContext& context, const ReplayArgs& args) {
  std::string summary = "Try again " + std::to_string(args.ids.size()) + " of what failed" +
                        (args.may_send_twice ? ", and send again what may have arrived" : "") + ":";
  Json whole = Json::array();
  Issues issues;
  for (size_t i = 0; i < args.ids.size(); ++i) {
    auto letter = get_dead_letter(context.tx(), context.workspace(), args.ids[i]);
    if (!letter.ok() && letter.error().code != Code::kNotFound) return letter.error();
    if (!letter.ok()) {
      issues.push_back({"/ids/" + std::to_string(i), letter.error().message});
      continue;
    }
    whole.push_back({letter->id, letter->state, letter->at.us});
    if (i < kSummaryLettersMax) summary += "\n- " + line_of(*letter);
  }
  if (!issues.empty()) return issues_error("The call", std::move(issues));
  if (args.ids.size() > kSummaryLettersMax)
    summary += "\n- and " + std::to_string(args.ids.size() - kSummaryLettersMax) + " more";
  return ApprovalSubject{"call", "workflow.replay",
                         json_hash({{"letters", whole}, {"may_send_twice", args.may_send_twice}}), summary};
}

// Each by itself: what cannot be done stops no other.
Result<Handled> each_of(ToolContext& context, const std::vector<std::string>& ids,
                        const std::function<Result<void>(const std::string& id)>& act) {
  Handled handled;
  for (const auto& id : ids) {
    auto done = context.tx().savepoint([&] { return act(id); });
    if (done.ok()) ++handled.done;
    else if (done.error().code != Code::kConflict && done.error().code != Code::kNotFound) return done.error();
    else handled.refused.push_back({id, done.error().message});
  }
  return handled;
}

Result<Handled> replay_some(ToolContext& context, const ReplayArgs& args) {
  auto handled = TRY(each_of(context, args.ids, [&](const std::string& id) {
    return replay(context.tx(), context.workspace(), id, {.may_send_twice = args.may_send_twice}, context.clock.now(),
                  context.ids);
  }));
  wake_after_commit(context);
  if (auto* dispatcher = context.parts.find<events::Dispatcher>())
    context.tx().after_commit([dispatcher] { dispatcher->wake(); });
  return handled;
}

struct DiscardArgs {
  std::vector<std::string> ids;
  std::string reason;
  SPR_FIELDS(DiscardArgs, SPR_FIELD(ids, "Ids of dead letters", .min_size = 1, .max_size = kIdsMax),
             SPR_FIELD(reason, "Why nothing is to be done", .min_size = 1, .max_size = 500));
};

Result<Handled> discard_some(ToolContext& context, const DiscardArgs& args) {
  return each_of(context, args.ids, [&](const std::string& id) {
    return discard(context.tx(), context.workspace(), id, args.reason, context.principal.id, context.clock.now());
  });
}

const ToolSpec kList{
    .name = "workflow.deadLetters",
    .title = "List what failed",
    .description =
        "Runs that a step made fail, messages that were refused, and those that nobody knows to have arrived.",
    .words =
        "dead letters; dead letter queue; failed runs; undelivered messages; what went wrong; stuck automations; "
        "unknown sends; errors of journeys; fehlgeschlagene läufe; échecs; fallidos",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"workflows:read"},
    .body = handler<&list>()};
const ToolSpec kReplay{
    .name = "workflow.replay",
    .title = "Try again what failed",
    .description =
        "Failed runs go on at the step that failed, undelivered messages are sent again. What has happened is not done "
        "twice. Needs a person's approval.",
    .words =
        "replay dead letters; retry failed runs; send failed messages again; redrive; resume after an outage; "
        "erneut versuchen; réessayer; reintentar",
    .effect = Effect::kPublish,
    .repeat = Repeat::kNeedsKey,
    .scopes = {"workflows:run"},
    .body = handler<&replay_some>(),
    .open_world = true,
    .approval_of = approval_from<&replay_approval>()};
const ToolSpec kDiscard{.name = "workflow.discard",
                        .title = "Leave failures as they are",
                        .description = "Takes dead letters off the list, with the reason. Nothing is sent or deleted.",
                        .words = "discard dead letters; ignore failed runs; acknowledge errors; clear the failures",
                        .effect = Effect::kWrite,
                        .repeat = Repeat::kSafe,
                        .scopes = {"workflows:run"},
                        .body = handler<&discard_some>()};

}  // namespace

ToolList dead_letter_tools() {
  static const ToolSpec* const list_of[] = {&kList, &kReplay, &kDiscard};
  return list_of;
}

}  // namespace spreaders::workflows
