#include "services/sending/sending.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "services/audience/sql.hpp"
#include "storage/values.hpp"

namespace spreaders::sending {

using audience::placeholders;
using storage::Message;
using storage::Stage;
using storage::Values;

namespace {

constexpr size_t kSettingsMax = 1'000;  // remembered versions of workflows

void add_texts(Values& values, const std::set<std::string>& texts) {
  for (const auto& text : texts) values.emplace_back(text);
}

// On PostgreSQL several processes claim at once: who counts a person, or the people of a workflow, does it alone until
// the claim is committed. All are locked in one order, so nobody waits in a circle. SQLite has one writer.
Result<void> lock_counted(Tx& tx, const std::string& workspace, const std::set<std::string>& counted) {
  if (tx.dialect() != storage::Dialect::kPostgres || counted.empty()) return {};
  Values values{workspace};
  add_texts(values, counted);
  std::string rows;
  for (size_t i = 0; i < counted.size(); ++i)
    rows += std::string(i == 0 ? "" : ", ") + "(CAST($" + std::to_string(i + 2) + " AS TEXT))";
  TRY(tx.query(
      "SELECT pg_advisory_xact_lock(k) FROM (SELECT DISTINCT hashtextextended(CAST($1 AS TEXT) || '/' || name, "
      "0) AS k FROM (VALUES " +
          rows + ") AS counted (name) ORDER BY 1) AS keys",
      values));
  return {};
}

}  // namespace

Result<StoredRules> get_rules(Tx& tx, const std::string& workspace) {
  auto row =
      TRY(tx.query_one("SELECT rules, updated_at, updated_by FROM sending_rules WHERE workspace_id = $1", {workspace}));
  if (!row) return StoredRules{};
  return StoredRules{TRY(decode<Rules>(TRY(parse_json((*row)[0].text())), "The stored sending rules")),
                     (*row)[1].instant(), (*row)[2].text()};
}

Result<void> set_rules(Tx& tx, const std::string& workspace, const Rules& rules, const std::string& by, Instant now) {
  TRY(
      tx.execute("INSERT INTO sending_rules (workspace_id, rules, updated_at, updated_by) VALUES ($1, $2, $3, $4) ON "
                 "CONFLICT (workspace_id) DO UPDATE SET rules = excluded.rules, updated_at = excluded.updated_at, "
                 "updated_by = excluded.updated_by",
                 {workspace, to_text(encode(rules)), now.us, by}));
  return {};
}

// One question of timings(), and what it has to know.
struct Guard::Question {
  const std::string& workspace;
  const std::string& channel;
  std::span<const Message> messages;
  Instant now;
  Stage stage;
  Rules rules = {};
  std::map<std::string, Workflow> workflows = {};  // by run
  std::map<const WorkflowSettings*, std::vector<Rule>> applying = {};
  bool hours = false;
  int cap_days = 0;  // the longest look back
  std::map<std::string, std::string> zones = {};
  struct Sent {
    Instant at;
    std::string workflow;
  };
  std::map<std::string, std::vector<Sent>> sent = {};
  // Of workflows that may write to so many people only: whom they have written to, of those asked about, and how many
  // in all.
  struct Reach {
    int64_t people = 0;
    std::set<std::string> known;
  };
  std::map<std::string, Reach> reached = {};

  [[nodiscard]] const Workflow* workflow_of(const Message& message) const {
    auto found = workflows.find(message.run_id);
    return found == workflows.end() ? nullptr : &found->second;
  }
  [[nodiscard]] std::set<std::string> people() const {
    std::set<std::string> ids;
    for (const auto& message : messages) {
      if (!message.contact_id.empty()) ids.insert(message.contact_id);
    }
    return ids;
  }
};

Result<std::shared_ptr<const WorkflowSettings>> Guard::settings_of(Tx& tx, const std::string& workspace,
                                                                   const std::string& workflow_id, int64_t version) {
  std::tuple key{workspace, workflow_id, version};
  {
    std::lock_guard lock(mutex_);
    if (auto found = settings_.find(key); found != settings_.end()) return found->second;
  }
  auto row = TRY(tx.query_one(
      "SELECT definition FROM workflow_version WHERE workspace_id = $1 AND workflow_id = $2 AND version = $3",
      {workspace, workflow_id, version}));
  std::shared_ptr<const WorkflowSettings> settings;
  if (row) {
    Json definition = TRY(parse_json((*row)[0].text()));
    if (definition.contains("settings"))
      settings = std::make_shared<WorkflowSettings>(
          TRY(decode<WorkflowSettings>(definition["settings"], "The settings of workflow " + workflow_id)));
  }
  std::lock_guard lock(mutex_);
  if (settings_.size() >= kSettingsMax) settings_.clear();
  settings_[key] = settings;
  return settings;
}

Result<std::map<std::string, Guard::Workflow>> Guard::workflows_of(Tx& tx, const std::string& workspace,
                                                                   std::span<const Message> messages) {
  std::set<std::string> runs;
  for (const auto& message : messages) {
    if (!message.run_id.empty()) runs.insert(message.run_id);
  }
  std::map<std::string, Workflow> workflows;
  if (runs.empty()) return workflows;
  Values values{workspace};
  add_texts(values, runs);
  auto rows = TRY(tx.query("SELECT id, workflow_id, version FROM run WHERE workspace_id = $1 AND id IN (" +
                               placeholders(2, runs.size()) + ")",
                           values));
  for (const auto& row : rows)
    workflows[row[0].text()] = {row[1].text(), TRY(settings_of(tx, workspace, row[1].text(), row[2].integer()))};
  return workflows;
}

Result<void> Guard::load_people(Tx& tx, Question& q) const {
  auto people = q.people();
  std::set<std::string> limited;
  for (const auto& [run, workflow] : q.workflows) {
    if (workflow.settings && workflow.settings->max_people) limited.insert(workflow.id);
  }
  if (q.stage == Stage::kLeaving) {
    std::set<std::string> counted = q.cap_days > 0 ? people : std::set<std::string>();
    counted.insert(limited.begin(), limited.end());
    TRY(lock_counted(tx, q.workspace, counted));
  }
  if (people.empty()) return {};
  Values values{q.workspace};
  add_texts(values, people);
  std::string of_people = " IN (" + placeholders(2, people.size()) + ")";
  if (q.hours) {
    for (const auto& row :
         TRY(tx.query("SELECT id, time_zone FROM contact WHERE workspace_id = $1 AND id" + of_people, values)))
      q.zones[row[0].text()] = row[1].text();
  }
  std::string history =
      "SELECT o.contact_id, o.counted_at, r.workflow_id FROM outbox o LEFT JOIN run r ON r.workspace_id = "
      "o.workspace_id AND r.id = o.run_id WHERE o.workspace_id = $1 AND o.contact_id" +
      of_people + " AND o.counted_at IS NOT NULL";
  if (q.cap_days > 0) {
    Values recent = values;
    recent.emplace_back(q.now.us - q.cap_days * kDay_us);
    recent.emplace_back(q.channel);
    std::string since = " AND o.counted_at > $" + std::to_string(recent.size() - 1) + " AND o.channel = $" +
                        std::to_string(recent.size());
    for (const auto& row : TRY(tx.query(history + since, recent)))
      q.sent[row[0].text()].push_back({row[1].instant(), row[2].text_or("")});
  }
  for (const auto& workflow : limited) {
    auto& reach = q.reached[workflow];
    auto count = TRY(tx.query(
        "SELECT COUNT(DISTINCT o.contact_id) FROM run r JOIN outbox o ON o.workspace_id = r.workspace_id AND o.run_id "
        "= r.id WHERE r.workspace_id = $1 AND r.workflow_id = $2 AND o.counted_at IS NOT NULL",
        {q.workspace, workflow}));
    reach.people = count[0][0].integer();
    Values of_workflow = values;
    of_workflow.emplace_back(workflow);
    for (const auto& row :
         TRY(tx.query(history + " AND r.workflow_id = $" + std::to_string(of_workflow.size()), of_workflow)))
      reach.known.insert(row[0].text());
  }
  return {};
}

Result<std::vector<Timing>> Guard::timings(Tx& tx, const std::string& workspace, const std::string& channel,
                                           std::span<const Message> messages, Instant now, Stage stage) {
  Question q{workspace, channel, messages, now, stage};
  q.rules = TRY(get_rules(tx, workspace)).rules;
  q.workflows = TRY(workflows_of(tx, workspace, messages));
  q.applying[nullptr] = applicable(q.rules, nullptr, channel);
  for (const auto& [run, workflow] : q.workflows)
    q.applying.try_emplace(workflow.settings.get(), applicable(q.rules, workflow.settings.get(), channel));
  for (const auto& [settings, rules] : q.applying) {
    for (const auto& rule : rules) {
      q.hours = q.hours || rule.hours.has_value();
      if (!rule.hours) q.cap_days = std::max(q.cap_days, rule.cap.days);
    }
  }
  TRY(load_people(tx, q));
  std::vector<Timing> answers;
  for (const auto& message : messages) {
    const Workflow* workflow = q.workflow_of(message);
    const WorkflowSettings* settings = workflow == nullptr ? nullptr : workflow->settings.get();
    std::string workflow_id = workflow == nullptr ? "" : workflow->id;
    auto& reach = q.reached[workflow_id];
    bool limited = settings != nullptr && settings->max_people;
    if (limited && !reach.known.contains(message.contact_id) && reach.people >= *settings->max_people) {
      answers.push_back({Timing::Kind::kNever, {}, "max_people"});
      continue;
    }
    Person person{.zone = q.zones[message.contact_id]};
    if (!is_zone(person.zone)) person.zone = settings == nullptr ? "" : settings->time_zone;
    if (person.zone.empty()) person.zone = q.rules.time_zone.empty() ? default_zone_ : q.rules.time_zone;
    auto& sent = q.sent[message.contact_id];
    for (const auto& one : sent) {
      person.sent.push_back(one.at);
      if (one.workflow == workflow_id) person.sent_by_workflow.push_back(one.at);
    }
    Instant latest = std::max(now, message.since + q.rules.wait_hours_max * kHour_us);
    answers.push_back(TRY(judge(q.applying[settings], person, now, latest)));
    if (answers.back().kind != Timing::Kind::kNow || message.contact_id.empty()) continue;
    sent.push_back({now, workflow_id});
    if (limited && reach.known.insert(message.contact_id).second) ++reach.people;
  }
  return answers;
}

Result<std::map<storage::ConnectionKey, double>> Guard::paces(Tx& tx) {
  std::map<storage::ConnectionKey, double> paces;
  for (const auto& row : TRY(tx.query(
           "SELECT workspace_id, rules FROM sending_rules WHERE workspace_id <> '' AND rules LIKE '%per_second%'"))) {
    auto rules = TRY(decode<Rules>(TRY(parse_json(row[1].text())), "The stored sending rules"));
    for (const auto& pace : rules.paces) paces[{row[0].text(), pace.connection_id}] = pace.per_second;
  }
  return paces;
}

Result<std::vector<HeldBack>> held_back(Tx& tx, const std::string& workspace, const std::string& campaign_id) {
  auto rows = TRY(tx.query(
      "SELECT CASE WHEN state = 'skipped' THEN reply ELSE deferred END, SUM(CASE WHEN state = 'pending' AND attempts = "
      "0 THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'skipped' THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'accepted' THEN "
      "1 ELSE 0 END) FROM outbox WHERE workspace_id = $1 AND campaign_id = $2 AND (state = 'skipped' OR "
      "(deferred <> '' AND state IN ('pending', 'accepted'))) GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT 50",
      {workspace, campaign_id}));
  std::vector<HeldBack> all;
  for (const auto& row : rows) all.push_back({row[0].text(), row[1].integer(), row[2].integer(), row[3].integer()});
  return all;
}

}  // namespace spreaders::sending
