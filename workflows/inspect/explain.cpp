#include "workflows/inspect/explain.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "services/consent/consent.hpp"
#include "storage/values.hpp"
#include "workflows/engine_parts.hpp"

namespace spreaders::workflows::inspect {

using storage::Row;
using storage::Tx;

namespace {

struct RunRow {
  std::string id, workflow_id, subject, entry_key, campaign_id, status, reason;
  int64_t version = 0;
  Instant entered;
  std::optional<Instant> ended = {};
  Json results = {}, cause = {};  // cause: what a trigger said of how it began
  Definition definition = {};
};

Result<RunRow> read_run(Tx& tx, const std::string& workspace, const std::string& run_id) {
  auto row =
      TRY(tx.query_one("SELECT workflow_id, version, subject, entry_key, campaign_id, status, reason, entered_at, "
                       "ended_at, context FROM run WHERE workspace_id = $1 AND id = $2",
                       {workspace, run_id}));
  if (!row) return not_found("there is no run " + std::string(first_code_points(run_id, 80)));
  RunRow run{run_id,           (*row)[0].text(), (*row)[2].text(),    (*row)[3].text(),   (*row)[4].text_or(""),
             (*row)[5].text(), (*row)[6].text(), (*row)[1].integer(), (*row)[7].instant()};
  run.ended = storage::optional_instant((*row)[8]);
  Json context = TRY(parse_json((*row)[9].text()));
  run.results = context.value("results", Json::object());
  run.cause = context.value("trigger", Json::object());
  auto stored =
      TRY(tx.query_one("SELECT definition FROM workflow_version WHERE workspace_id = $1 AND workflow_id = $2 "
                       "AND version = $3",
                       {workspace, run.workflow_id, run.version}));
  if (stored) run.definition = TRY(parse_definition(TRY(parse_json((*stored)[0].text()))));
  return run;
}

std::string of(const Json& output, const char* member) {
  auto found = output.find(member);
  if (found == output.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : to_text(*found);
}

// Of kinds of log rows whose words depend on nothing but the row.
std::string words_of_kind(const std::string& kind, const Json& output, const std::string& error) {
  const std::string why = error.empty() ? "" : ": " + error;
  if (kind == "done") return "the tool did its work";
  if (kind == "failed") return "it failed" + why;
  if (kind == "retry") return "it could not be done yet and is tried again" + why;
  if (kind == "event")
    return "the event it waited for came" + (of(output, "at").empty() ? "" : " at " + of(output, "at"));
  if (kind == "timeout") return "what it waited for did not come in time";
  if (kind == "waited") return "the wait was over";
  if (kind == "missing") return "the contact has no such date, so it went another way";
  if (kind == "forked") return "parallel ways began";
  if (kind == "arrived") return "one way has arrived: " + of(output, "arrived") + " of " + of(output, "needed");
  if (kind == "again") return "it went back for another round";
  if (kind == "over")
    return of(output, "reason").empty() ? "the rounds were over" : "the run had lasted as long as its workflow lets it";
  if (kind == "sent") return "every message of the mailing was settled";
  if (kind == "migrated")
    return "the run was taken from version " + of(output, "from") + " to version " + of(output, "to");
  if (kind == "page" || kind == "last_page")
    return of(output, "recipients") + " people were addressed, " + of(output, "refused") +
           " of them may not be written to" + (kind == "last_page" ? "; these were the last" : "");
  if (kind == "ended")
    return of(output, "reason").empty() ? "the path ended" : "the run ended: " + of(output, "reason");
  return kind + why;
}

// "a, b and so on" of a list of texts; "nothing" of none.
std::string listed(const Json& output, const char* member) {
  std::string text;
  for (const auto& one : output.value(member, Json::array()))
    text += (text.empty() ? "" : ", ") + (one.is_string() ? one.get<std::string>() : to_text(one));
  return text.empty() ? "nothing" : text;
}

std::string words_of_inner_run(const Node& node, const std::string& kind, const Json& output) {
  const std::string inner = "the run " + of(output, "run_id") + " of the workflow " + node.workflow;
  const std::string why = of(output, "reason").empty() ? "" : ": " + of(output, "reason");
  if (kind == "started") return "began " + inner + (node.waits ? " and waits for its end" : ", which goes its own way");
  if (kind == "completed") return inner + " was completed" + why;
  if (kind == "timeout") return inner + " took longer than this step waits, and was cancelled";
  if (kind == "failed" && !of(output, "run_id").empty()) return inner + " ended as " + of(output, "status") + why;
  return kind == "failed" ? "the workflow " + node.workflow + " could not be started or has failed" + why : "";
}

std::string words_of_question(const std::string& kind, const Json& output) {
  const std::string by = of(output, "by").empty() ? "" : " by " + of(output, "by");
  if (kind == "asked")
    return "a person was asked (approval " + of(output, "approval_id") + "), with time until " + of(output, "until");
  if (kind == "approved" || kind == "rejected") return "what was asked was " + kind + by;
  return kind == "expired" ? "nobody answered in time" : "";
}

// Of nodes that start, ask and act; empty: it is said as of any node.
std::string words_of_acting(const Node* node, const std::string& kind, const Json& output, const std::string& error) {
  if (node == nullptr) return "";
  if (node->type == NodeType::kSubWorkflow && error.empty()) return words_of_inner_run(*node, kind, output);
  if (node->type == NodeType::kApproval) return words_of_question(kind, output);
  const std::string by = of(output, "by").empty() ? "" : ", for " + of(output, "by");
  if (kind == "left" && node->type == NodeType::kAction) return node->tool + ": was begun, and the run did not wait";
  if (kind != "done") return "";
  if (node->type == NodeType::kUpdateProfile && of(output, "outcome") == "unchanged")
    return "the contact's data already was what it should be: " + listed(output, "set");
  if (node->type == NodeType::kUpdateProfile) return "changed the contact's data: " + listed(output, "set") + by;
  if (node->type == NodeType::kTag)
    return "put the contact on the lists: " + listed(output, "added") +
           "; took them off: " + listed(output, "removed") + by;
  return node->type == NodeType::kRender ? "wrote the template with the contact's data" : "";
}

std::string words_of(const RunRow& run, const Node* node, const std::string& kind, const Json& output,
                     const std::string& error) {
  if (kind == "waiting" && !of(output, "event").empty())
    return "began to wait for '" + of(output, "event") + "' until " + of(output, "until");
  if (kind == "waiting") return "began to wait";
  if (kind == "yes" || kind == "no") return std::string("the condition ") + (kind == "yes" ? "held" : "did not hold");
  if (kind == "split") {
    std::string text = "went the way '" + of(output, "variant") + "'";
    bool cohort = node != nullptr && !node->ways.empty() && node->ways.front().condition != nullptr;
    if (node == nullptr || cohort) return text;
    int bucket = bucket_of(node->salt.empty() ? run.definition.id + "/" + node->id : node->salt, run.subject);
    return text + ", by lot: number " + std::to_string(bucket) + " of 10000, the same whenever it is drawn";
  }
  if (std::string text = words_of_acting(node, kind, output, error); !text.empty()) return text;
  std::string tool = node != nullptr && node->type == NodeType::kAction ? node->tool + ": " : "";
  return tool + words_of_kind(kind, output, error);
}

Result<void> tell_steps(Tx& tx, const std::string& workspace, const RunRow& run, Instant now, Explained& said) {
  auto rows =
      TRY(tx.query("SELECT node_id, kind, output, error, at FROM step_log WHERE workspace_id = $1 AND run_id = "
                   "$2 ORDER BY seq LIMIT $3",
                   {workspace, run.id, kStepsShown_max + 1}));
  if (rows.size() > static_cast<size_t>(kStepsShown_max)) {
    rows.resize(kStepsShown_max);
    said.unknown.push_back("Only the first " + std::to_string(kStepsShown_max) +
                           " steps are told; workflow.getLogs has the others.");
  }
  for (const auto& row : rows) {
    const Node* node = run.definition.find(row[0].text());
    const Json output = parse_json(row[2].text()).value_or(Json::object());
    ExplainedStep step{row[4].instant(), row[0].text(), words_of(run, node, row[1].text(), output, row[3].text())};
    const ConditionSeen seen{
        workspace,        run.subject,
        row[4].instant(), now,
        run.results,      run_values(run.id, run.subject, run.entry_key, run.campaign_id, {{"trigger", run.cause}})};
    if (node != nullptr && node->condition)
      step.seen = TRY(condition_in_words(tx, *node->condition, seen, said.unknown));
    for (size_t i = 0; node != nullptr && row[1].text() == "split" && i < node->ways.size(); ++i) {
      if (!node->ways[i].condition) continue;
      for (auto& line : TRY(condition_in_words(tx, *node->ways[i].condition, seen, said.unknown)))
        step.seen.push_back("'" + node->ways[i].name + "': " + line);
    }
    said.steps.push_back(std::move(step));
  }
  bool loops = std::any_of(rows.begin(), rows.end(), [](const Row& row) { return row[1].text() == "again"; });
  if (loops)
    said.unknown.push_back("Results of earlier rounds are not kept, so conditions show those of the last one.");
  return {};
}

// " because ..." of a run that a trigger started, else empty.
std::string why_it_began(const Json& cause) {
  const std::string by = " (trigger " + of(cause, "id") + ")";
  if (cause.contains("event")) return " because '" + of(cause["event"], "name") + "' happened" + by;
  if (cause.contains("segment")) return " because they entered the segment " + of(cause, "segment") + by;
  if (cause.contains("body")) return " because its webhook was called" + by;
  if (cause.contains("properties")) return " because a program or somebody asked for it" + by;
  if (cause.contains("scheduled_at")) return " because its time had come" + by;
  if (!cause.contains("attribute")) return "";
  auto value = [&](const char* which) {
    return of(cause, which).empty() ? std::string("nothing") : "'" + of(cause, which) + "'";
  };
  return " because their '" + of(cause, "attribute") + "' changed from " + value("from") + " to " + value("to") + by;
}

std::string standing(const RunRow& run, const RunView& view) {
  std::string text = "The run of version " + std::to_string(run.version) + " began at " + to_text(run.entered) +
                     why_it_began(run.cause) + " and ";
  if (run.ended) {
    text += "ended at " + to_text(*run.ended) + " as " + run.status;
    return text + (run.reason.empty() ? "." : ": " + run.reason + ".");
  }
  text += "is " + run.status + (view.tokens.empty() ? "." : ", at");
  for (const auto& token : view.tokens)
    text += " '" + token.node_id + "' (" + token.state + ", due " + to_text(token.due) + ")";
  return text + (view.tokens.empty() ? "" : ".");
}

Explained about_run(const RunRow& run) {
  return {.verdict = "",
          .person = run.subject,
          .run_id = run.id,
          .workflow_id = run.workflow_id,
          .status = run.status,
          .version = run.version};
}

struct Message {
  std::string id, run_id, state, reply, channel, address;
  Instant created, updated;
};

std::string refusal_in_words(const std::string& reason) {
  if (reason == "no_consent") return "they never agreed to be written to";
  if (reason == "opted_out") return "they said that they want no more";
  if (reason == "no_address") return "they have no address on this channel";
  if (reason.starts_with("suppressed:")) return "their address is shut (" + reason.substr(11) + ")";
  return reason;
}

std::string fate_of(const Message& message, const RunRow* run) {
  const std::string at = " at " + to_text(message.updated);
  const std::string reply = message.reply.empty() ? "" : " (" + message.reply + ")";
  if (message.state == "accepted") return "It was sent: the other side took it" + at + reply + ".";
  if (message.state == "skipped") return "It was not sent, because " + refusal_in_words(message.reply) + ".";
  if (message.state == "failed") return "It was refused for good by the other side" + at + reply + ".";
  if (message.state == "unknown")
    return "It may or may not have arrived: the other side did not say" + reply + "; it is not sent again blindly.";
  if (message.state == "cancelled")
    return "It was cancelled before it was sent" + at +
           (run == nullptr ? "."
                           : ": the run was " + run->status + (run->reason.empty() ? "." : " (" + run->reason + ")."));
  if (message.state == "sending") return "It is on its way since" + at.substr(3) + ".";
  return "It waits to be sent since " + to_text(message.created) +
         (run != nullptr && run->status == "paused" ? "; the run is paused." : ".");
}

// Consent and suppression, with their dates.
Result<void> tell_permission(Tx& tx, const std::string& workspace, const std::string& contact_id,
                             const std::string& channel, const std::string& address, Explained& said) {
  auto consent = TRY(consent::find(tx, workspace, channel, contact_id));
  if (consent)
    said.steps.push_back(
        {consent->at, "",
         "consent to " + channel + ": " + std::string(enum_name(consent->state)) + ", from " + consent->source});
  else said.unknown.push_back("There is no consent to " + channel + " on record, neither yes nor no.");
  auto shut = TRY(consent::find_suppression(tx, workspace, channel, address));
  if (shut)
    said.steps.push_back(
        {shut->at, "", "the address was shut: " + std::string(enum_name(shut->reason)) + ", from " + shut->source});
  return {};
}

Result<void> tell_messages(Tx& tx, const std::string& workspace, const std::vector<Message>& messages,
                           const RunRow* run, Explained& said) {
  bool opened = false;
  for (const auto& message : messages) {
    said.steps.push_back({message.created, "", "a message by " + message.channel + " was decided on"});
    said.steps.push_back({message.updated, "", fate_of(message, run)});
    for (const auto& row :
         TRY(tx.query("SELECT name, at FROM event WHERE workspace_id = $1 AND outbox_id = $2 ORDER BY "
                      "seq LIMIT 50",
                      {workspace, message.id}))) {
      said.steps.push_back({row[1].instant(), "", row[0].text()});
      opened = true;
    }
  }
  if (!messages.empty() && !opened)
    said.unknown.push_back("Nothing was heard of the message after that: whether it was read is not known.");
  return {};
}

Result<std::vector<Message>> messages_of(Tx& tx, const std::string& workspace, const AboutMessage& about,
                                         const std::string& run_id) {
  // Single messages that a run's steps send are known by their key, not by the run.
  const std::string key = "notification.sendEmail:" + run_id + ":";
  std::vector<Message> all;
  for (const auto& row :
       TRY(tx.query("SELECT id, run_id, state, reply, channel, address, created_at, updated_at FROM outbox WHERE "
                    "workspace_id = $1 AND contact_id = $2 AND (($3 <> '' AND campaign_id = $3) OR ($4 <> '' AND "
                    "(run_id = $4 OR substr(idem, 1, $5) = $6))) ORDER BY created_at DESC LIMIT $7",
                    {workspace, about.contact_id, about.campaign_id, run_id, key.size(), key, kMessagesShown_max})))
    all.push_back({row[0].text(), row[1].text(), row[2].text(), row[3].text(), row[4].text(), row[5].text(),
                   row[6].instant(), row[7].instant()});
  return all;
}

// There is no message: was the person never addressed, or not yet?
Result<std::string> why_not_addressed(Tx& tx, const std::string& workspace, const std::string& contact_id,
                                      Instant created, const RunRow& run, Explained& said) {
  for (const auto& [id, node] : run.definition.nodes) {
    if (node.type != NodeType::kForEach) continue;
    auto last =
        TRY(tx.query_one("SELECT MAX(at) FROM step_log WHERE workspace_id = $1 AND run_id = $2 AND node_id = $3 "
                         "AND kind = 'last_page'",
                         {workspace, run.id, id}));
    if ((*last)[0].is_null())
      return run.ended ? "The mailing '" + id + "' ended before it had come to them."
                       : "The mailing '" + id + "' has not come to them yet.";
    Instant addressed = (*last)[0].instant();
    if (created > addressed) return "They became a contact only after the mailing had addressed everybody.";
    if (!node.list_id.empty()) {
      auto member =
          TRY(tx.query_one("SELECT added_at FROM list_member WHERE workspace_id = $1 AND list_id = $2 AND "
                           "contact_id = $3",
                           {workspace, node.list_id, contact_id}));
      if (!member) {
        said.unknown.push_back("Whether they were on the list at that time is not recorded.");
        return "They are not on the list that the mailing went to.";
      }
      if ((*member)[0].instant() > addressed) return "They came onto the list only after the mailing had addressed it.";
    }
    if (!node.segment_id.empty())
      said.unknown.push_back("Whether they belonged to the segment at that time is not recorded.");
    return "They were not among those whom the mailing addressed.";
  }
  return "Nothing was sent to them by this run.";
}

Result<std::string> run_about(Tx& tx, const std::string& workspace, const AboutMessage& about) {
  std::string sql =
      "SELECT id FROM run WHERE workspace_id = $1 AND workflow_id = $2 AND subject = $3 ORDER BY "
      "entered_at DESC, id DESC LIMIT 1";
  storage::Values values = {workspace, about.workflow_id, about.contact_id};
  if (!about.campaign_id.empty()) {
    sql = "SELECT run_id FROM campaign WHERE workspace_id = $1 AND id = $2";
    values = {workspace, about.campaign_id};
  }
  auto rows = TRY(tx.query(sql, values));
  if (rows.empty() && !about.campaign_id.empty()) return not_found("there is no campaign " + about.campaign_id);
  return rows.empty() ? std::string() : rows[0][0].text_or("");
}

}  // namespace

Result<Explained> explain_run(Tx& tx, const std::string& workspace, const std::string& run_id, Instant now) {
  RunRow run = TRY(read_run(tx, workspace, run_id));
  Explained said = about_run(run);
  said.verdict = standing(run, TRY(get_run(tx, workspace, run_id)));
  TRY(tell_steps(tx, workspace, run, now, said));
  return said;
}

Result<Explained> explain_message(Tx& tx, const std::string& workspace, const AboutMessage& about, Instant now) {
  auto contact = TRY(tx.query_one("SELECT email, created_at FROM contact WHERE workspace_id = $1 AND id = $2",
                                  {workspace, about.contact_id}));
  if (!contact) return not_found("there is no contact " + about.contact_id + " (any more)");
  const std::string run_id = TRY(run_about(tx, workspace, about));
  if (run_id.empty()) {
    Explained said{.verdict = about.campaign_id.empty() ? "No run of this workflow was ever started for them."
                                                        : "The campaign has not been started."};
    said.person = about.contact_id;
    said.workflow_id = about.workflow_id;
    TRY(tell_permission(tx, workspace, about.contact_id, "email", (*contact)[0].text(), said));
    return said;
  }
  RunRow run = TRY(read_run(tx, workspace, run_id));
  Explained said = about_run(run);
  said.person = about.contact_id;
  TRY(tell_steps(tx, workspace, run, now, said));
  auto messages = TRY(messages_of(tx, workspace, about, run_id));
  TRY(tell_messages(tx, workspace, messages, &run, said));
  const std::string channel = messages.empty() ? "email" : messages.front().channel;
  TRY(tell_permission(tx, workspace, about.contact_id, channel,
                      messages.empty() ? (*contact)[0].text() : messages.front().address, said));
  if (messages.empty())
    said.verdict = TRY(why_not_addressed(tx, workspace, about.contact_id, (*contact)[1].instant(), run, said));
  else said.verdict = fate_of(messages.front(), &run);
  said.verdict += " " + standing(run, TRY(get_run(tx, workspace, run_id)));
  std::stable_sort(said.steps.begin(), said.steps.end(),
                   [](const ExplainedStep& a, const ExplainedStep& b) { return a.at < b.at; });
  return said;
}

}  // namespace spreaders::workflows::inspect
