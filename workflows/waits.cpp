#include "workflows/waits.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/log.hpp"
#include "services/audience/rule.hpp"
#include "services/audience/sql.hpp"
#include "workflows/conditions.hpp"
#include "workflows/engine_parts.hpp"
#include "workflows/event_match.hpp"

namespace spreaders::workflows {

using storage::Tx;

namespace {

// Both sides of a wait hold it to the end of their transaction: who subscribes alone, who records an event together.
// SQLite has one writer and needs none.
int64_t lock_of(const std::string& workspace, const std::string& subject) {
  std::string hash = sha256("wait\n" + workspace + "\n" + subject);
  uint64_t key = 0;
  for (int i = 0; i < 8; ++i) key = key << 8 | static_cast<unsigned char>(hash[static_cast<size_t>(i)]);
  return static_cast<int64_t>(key);
}

Result<bool> try_lock_subject(Tx& tx, const std::string& workspace, const std::string& subject) {
  if (tx.dialect() != storage::Dialect::kPostgres) return true;
  auto rows = TRY(tx.query("SELECT CASE WHEN pg_try_advisory_xact_lock($1) THEN 1 ELSE 0 END AS workspace_id",
                           {lock_of(workspace, subject)}));
  return rows[0][0].boolean();
}

Result<void> share_subjects(Tx& tx, const std::string& workspace, const std::set<std::string>& subjects) {
  if (tx.dialect() != storage::Dialect::kPostgres) return {};
  std::set<int64_t> locks;  // in one order for everybody
  for (const auto& subject : subjects) locks.insert(lock_of(workspace, subject));
  if (locks.empty()) return {};
  storage::Values parameters(locks.begin(), locks.end());
  std::string rows;
  for (size_t i = 1; i <= locks.size(); ++i)
    rows += (i == 1 ? "(CAST($" : ", (CAST($") + std::to_string(i) + " AS BIGINT))";
  TRY(
      tx.query("SELECT CASE WHEN pg_advisory_xact_lock_shared(key) IS NULL THEN 0 ELSE 1 END AS workspace_id FROM "
               "(VALUES " +
                   rows + ") AS subjects (key)",
               parameters));
  return {};
}

Json event_result(const storage::Row& row) {
  return {{"message_id", row[0].text()},
          {"at", to_text(row[1].instant())},
          {"properties", parse_json(row[2].text()).value_or(Json::object())}};
}

constexpr std::string_view kEventColumns = "e.message_id, e.at, e.properties";

Result<std::optional<Json>> event_of(Tx& tx, const std::string& workspace, const std::string& message_id) {
  auto row = TRY(tx.query_one(
      "SELECT " + std::string(kEventColumns) + " FROM event e WHERE e.workspace_id = $1 AND e.message_id = $2",
      {workspace, message_id}));
  if (!row) return std::optional<Json>();
  return std::optional<Json>(event_result(*row));
}

struct Wanted {
  std::string event, subject;
  Json conditions;
  Instant since;
  std::string except;  // the event by which the run was entered
};

// The first event that counts.
Result<std::optional<Json>> look_back(Tx& tx, const std::string& workspace, const Wanted& wanted) {
  storage::Values parameters = {workspace, wanted.event, wanted.subject, wanted.since.us, wanted.except};
  std::string where = TRY(where_of(tx, wanted.conditions, parameters));
  auto rows = TRY(tx.query("SELECT " + std::string(kEventColumns) +
                               " FROM event e WHERE e.workspace_id = $1 AND e.name = $2 AND (e.contact_id = $3 OR "
                               "e.campaign_id = $3) AND e.received_at >= $4 AND e.message_id <> $5" +
                               where + " ORDER BY e.seq LIMIT 1",
                           parameters));
  if (rows.empty()) return std::optional<Json>();
  return std::optional<Json>(event_result(rows[0]));
}

// What cannot be read wakes nobody and stops no event.
bool meets(Tx& tx, const std::string& workspace, const std::string& message_id, const std::string& conditions) {
  auto list = parse_json(conditions);
  auto met = list.ok() ? event_meets(tx, workspace, message_id, *list) : Result<bool>(list.error());
  if (!met.ok()) log_error("a wait cannot be matched", {{"event", message_id}, {"error", met.error().text()}});
  return met.ok() && *met;
}

Result<bool> hand_over(Tx& tx, const std::string& workspace, const std::string& token_id, const std::string& message_id,
                       Instant now) {
  auto row = TRY(tx.query_one("SELECT data FROM token WHERE workspace_id = $1 AND id = $2 AND state = 'ready'" +
                                  std::string(tx.dialect() == storage::Dialect::kPostgres ? " FOR UPDATE" : ""),
                              {workspace, token_id}));
  if (!row) return false;
  Json data = TRY(parse_json((*row)[0].text()));
  data["event"] = message_id;
  TRY(tx.execute("UPDATE token SET data = $1, due_at = $2, rev = rev + 1 WHERE workspace_id = $3 AND id = $4",
                 {to_text(data), now.us, workspace, token_id}));
  return true;
}

struct Sub {
  std::string run_id, token_id;  // no token: the goal of the run
  std::string event, subject;
  Json conditions;
  Instant since;
};

Result<void> add_sub(Tx& tx, const std::string& workspace, const Sub& sub, Instant now, Ids& ids) {
  // What is stored can be matched: it is not the event that has to meet a problem.
  storage::Values ignored;
  TRY(where_of(tx, sub.conditions, ignored));
  TRY(
      tx.execute("INSERT INTO wait_sub (workspace_id, id, run_id, token_id, event_name, subject, conditions, since, "
                 "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                 {workspace, ids.make("sub"), sub.run_id, sub.token_id, sub.event, sub.subject, to_text(sub.conditions),
                  sub.since.us, now.us}));
  return {};
}

Result<bool> holds_for(Tx& tx, const std::string& workspace, const std::string& subject, const std::string& text,
                       Instant now) {
  auto rule = TRY(audience::parse_rule(TRY(parse_json(text))));
  TRY(audience::bind_lists(tx, workspace, rule));
  storage::Values parameters = {workspace, subject};
  std::string sql = "SELECT 1 FROM contact c WHERE c.workspace_id = $1 AND c.id = $2 AND " +
                    audience::compile_rule(tx, rule, now, parameters);
  return !TRY(tx.query(sql, parameters)).empty();
}

Result<void> look_at_contact(Tx& tx, const std::string& workspace, const std::string& subject, const Node& node,
                             Seen& seen) {
  std::string attribute = node.attribute.empty() ? "''" : tx.json_text("c.attributes", node.attribute);
  auto row =
      TRY(tx.query_one("SELECT c.time_zone, " + attribute + " FROM contact c WHERE c.workspace_id = $1 AND c.id = $2",
                       {workspace, subject}));
  if (!row) return {};
  seen.zone = is_zone((*row)[0].text()) ? (*row)[0].text() : "";
  seen.attribute = (*row)[1].text_or("");
  return {};
}

}  // namespace

Result<void> subscribe_to_goal(Tx& tx, const std::string& workspace, const Goal& goal, const std::string& subject,
                               const Json& run, Instant now, Ids& ids) {
  Json conditions = TRY(resolve_references(*goal.match, {}, run));
  return add_sub(tx, workspace, {run.value("id", ""), "", goal.event, subject, conditions, now}, now, ids);
}

Result<bool> goal_reached_since(Tx& tx, const std::string& workspace, const Goal& goal, const std::string& subject,
                                const Json& run, Instant since) {
  if (!TRY(try_lock_subject(tx, workspace, subject)))
    return Error{Code::kUnavailable, "an event about the subject is being recorded; try again"};
  Json conditions = TRY(resolve_references(*goal.match, {}, run));
  return TRY(look_back(tx, workspace, {goal.event, subject, conditions, since, ""})).has_value();
}

namespace {

// Whom these facts are about.
std::set<std::string> subjects_of(std::span<const audience::Fact> facts) {
  std::set<std::string> subjects;
  for (const auto& fact : facts) {
    subjects.insert(fact.contact_id);
    subjects.insert(fact.campaign_id);
  }
  subjects.erase("");
  return subjects;
}

// Subscriptions to one of these facts: id, token_id, conditions, run_id, event_name, subject, since.
Result<storage::Rows> subscriptions_to(Tx& tx, const std::string& workspace, std::span<const audience::Fact> facts,
                                       const std::set<std::string>& subjects) {
  std::set<std::string> names;
  for (const auto& fact : facts) names.insert(fact.name);
  storage::Values parameters{workspace};
  parameters.insert(parameters.end(), names.begin(), names.end());
  parameters.insert(parameters.end(), subjects.begin(), subjects.end());
  return tx.query(
      "SELECT id, token_id, conditions, run_id, event_name, subject, since FROM wait_sub WHERE workspace_id = $1 AND "
      "event_name IN (" +
          audience::placeholders(2, names.size()) + ") AND subject IN (" +
          audience::placeholders(2 + names.size(), subjects.size()) + ") ORDER BY id",
      parameters);
}

constexpr size_t kFactsAtOnceMax = 250;  // statements have a limited number of parameters

}  // namespace

Result<int> wake_for_facts(Tx& tx, const std::string& workspace, std::span<const audience::Fact> facts, Instant now) {
  int woken = 0;
  // All of them first: locks are taken in one order by everybody.
  TRY(share_subjects(tx, workspace, subjects_of(facts)));
  for (size_t from = 0; from < facts.size(); from += kFactsAtOnceMax) {
    auto part = facts.subspan(from, std::min(kFactsAtOnceMax, facts.size() - from));
    auto subjects = subjects_of(part);
    if (subjects.empty()) continue;
    for (const auto& row : TRY(subscriptions_to(tx, workspace, part, subjects))) {
      auto meets_it = [&](const audience::Fact& fact) {
        bool about_it = fact.contact_id == row[5].text() || fact.campaign_id == row[5].text();
        bool in_time = fact.recorded_at.value_or(now) >= row[6].instant();
        return about_it && in_time && fact.name == row[4].text() &&
               meets(tx, workspace, fact.message_id, row[2].text());
      };
      auto met = std::find_if(part.begin(), part.end(), meets_it);
      if (met == part.end()) continue;
      // Who takes the subscription away has the word: an engine whose timer came first has done so.
      int64_t ours = TRY(tx.execute("DELETE FROM wait_sub WHERE workspace_id = $1 AND id = $2", {workspace, row[0]}));
      bool goal = row[1].text().empty();
      if (ours == 1 && goal && TRY(end_run(tx, workspace, row[3].text(), "completed", "goal", now))) ++woken;
      if (ours == 1 && !goal && TRY(hand_over(tx, workspace, row[1].text(), met->message_id, now))) ++woken;
    }
  }
  return woken;
}

Result<std::optional<Seen>> Engine::look(Tx& tx, LoadedRun& run, const Token& token, const Node& node) {
  Seen seen{.run = run.values()};
  seen.steps = run.seq;
  seen.age_us = clock_.now() - run.entered;
  if (node.condition) collect_people(*node.condition, seen.people);
  for (const auto& way : node.ways) {
    if (way.condition) collect_people(*way.condition, seen.people);
  }
  for (auto& [rule, answer] : seen.people)
    answer = TRY(holds_for(tx, token.workspace, run.subject, rule, clock_.now()));
  if ((node.zone_of_person || !node.attribute.empty()) && token.visit == 0)
    TRY(look_at_contact(tx, token.workspace, run.subject, node, seen));
  if (token.visit > 0 && (node.type == NodeType::kSubWorkflow || node.type == NodeType::kApproval)) {
    Json data = TRY(parse_json(token.data));
    if (node.type == NodeType::kSubWorkflow) TRY(look_at_child(tx, token, data, seen));
    else if (!TRY(look_at_approval(tx, token, data, seen))) return std::optional<Seen>();
  }
  if (node.type == NodeType::kWaitEvent && !TRY(look_for_event(tx, run, token, node, seen)))
    return std::optional<Seen>();
  return std::optional(std::move(seen));
}

// False: somebody records an event about the subject this very moment.
Result<bool> Engine::look_for_event(Tx& tx, LoadedRun& run, const Token& token, const Node& node, Seen& seen) {
  Json data = TRY(parse_json(token.data));
  std::string except = run.context.value("entry_event", "");
  if (token.visit == 0) {
    if (!TRY(try_lock_subject(tx, token.workspace, run.subject))) return false;
    Json conditions = TRY(resolve_references(*node.match, run.results(), seen.run));
    Instant since = node.since_entry ? run.entered : clock_.now();
    seen.event = TRY(look_back(tx, token.workspace, {node.event, run.subject, conditions, since, except}));
    return true;
  }
  if (data.contains("event")) {
    std::string message_id = data["event"];
    // The event may have been erased since; it has come all the same.
    seen.event = TRY(event_of(tx, token.workspace, message_id)).value_or(Json{{"message_id", message_id}});
    return true;
  }
  auto sub = TRY(
      tx.query_one("SELECT conditions, since FROM wait_sub WHERE workspace_id = $1 AND run_id = $2 AND token_id = $3",
                   {token.workspace, run.id, token.id}));
  if (!sub) return true;
  Json conditions = TRY(parse_json((*sub)[0].text()));
  seen.event = TRY(look_back(tx, token.workspace, {node.event, run.subject, conditions, (*sub)[1].instant(), except}));
  TRY(tx.execute("DELETE FROM wait_sub WHERE workspace_id = $1 AND run_id = $2 AND token_id = $3",
                 {token.workspace, run.id, token.id}));
  return true;
}

Result<void> Engine::subscribe(Tx& tx, Batch& batch, LoadedRun& run, Token& token, const Node& node,
                               const Step& decided, Instant now) {
  Json conditions = TRY(resolve_references(*node.match, run.results(), run.values()));
  TRY(batch.log(run, token, decided.log_kind, {{"event", node.event}, {"until", to_text(decided.due)}}, "", now));
  Instant since = node.since_entry ? run.entered : now;
  TRY(add_sub(tx, token.workspace, {run.id, token.id, node.event, run.subject, conditions, since}, now, ids_));
  TRY(tx.execute(
      "UPDATE token SET state = 'ready', due_at = $1, data = $2, visit = visit + 1, attempt = 0, rev = rev + "
      "1 WHERE workspace_id = $3 AND id = $4",
      {decided.due.us, decided.data, token.workspace, token.id}));
  return {};
}

}  // namespace spreaders::workflows
