#include "services/audience/segments.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"

namespace spreaders::audience {

namespace {

constexpr std::string_view kSegmentSelect =
    "SELECT id, name, rule, created_at, updated_at FROM segment WHERE workspace_id = $1";

// (With append: g++ 12 warns of std::string + under -fsanitize=thread.)
std::string select_segments(std::string_view rest) { return std::string(kSegmentSelect).append(rest); }

Result<Segment> segment_of(const storage::Row& row) {
  auto json = TRY(parse_json(row[2].text()));
  auto rule = TRY(parse_rule(json));
  return Segment{row[0].text(), row[1].text(), std::move(rule), row[3].instant(), row[4].instant()};
}

Result<std::optional<Segment>> find_by_name(Tx& tx, const std::string& workspace, std::string_view name) {
  auto segments = TRY(all_segments(tx, workspace));
  std::string wanted = lower_ascii(trim(name));
  for (auto& segment : segments) {
    if (lower_ascii(segment.name) == wanted) return std::optional(std::move(segment));
  }
  return std::optional<Segment>();
}

}  // namespace

Result<Made> create_segment(Tx& tx, const std::string& workspace, const std::string& name, Rule rule, Instant now,
                            Ids& ids) {
  std::string checked = TRY(checked_name("a segment", name));
  TRY(bind_lists(tx, workspace, rule));
  Json json = rule_to_json(rule);
  if (auto known = TRY(find_by_name(tx, workspace, checked))) {
    if (rule_to_json(known->rule) == json) return Made{known->id, false};
    return conflict("There is a segment '" + known->name +
                    "' with another rule already; update it or choose another name");
  }
  auto count = TRY(tx.query_one("SELECT COUNT(*) FROM segment WHERE workspace_id = $1", {workspace}));
  if ((*count)[0].integer() >= static_cast<int64_t>(kListsMax)) {
    return conflict("This workspace has " + std::to_string(kListsMax) + " segments already; delete one first");
  }
  Made made{ids.make("seg"), true};
  TRY(tx.execute(
      "INSERT INTO segment (workspace_id, id, name, rule, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6)",
      {workspace, made.id, checked, to_text(json), now, now}));
  return made;
}

Result<void> update_segment(Tx& tx, const std::string& workspace, const std::string& id, const std::string& name,
                            std::optional<Rule> rule, Instant now) {
  auto segment = TRY(get_segment(tx, workspace, id));
  if (!name.empty()) {
    segment.name = TRY(checked_name("a segment", name));
    auto known = TRY(find_by_name(tx, workspace, segment.name));
    if (known && known->id != segment.id) return conflict("There is a segment '" + known->name + "' already");
  }
  if (rule) {
    segment.rule = std::move(*rule);
    TRY(bind_lists(tx, workspace, segment.rule));
  }
  TRY(tx.execute("UPDATE segment SET name = $3, rule = $4, updated_at = $5 WHERE workspace_id = $1 AND id = $2",
                 {workspace, segment.id, segment.name, to_text(rule_to_json(segment.rule)), now}));
  return {};
}

Result<void> delete_segment(Tx& tx, const std::string& workspace, const std::string& id) {
  if (TRY(tx.execute("DELETE FROM segment WHERE workspace_id = $1 AND id = $2", {workspace, id})) == 0) {
    return not_found("No segment has the id " + id);
  }
  return {};
}

Result<Segment> get_segment(Tx& tx, const std::string& workspace, const std::string& id_or_name) {
  auto row = TRY(tx.query_one(select_segments(" AND id = $2"), {workspace, id_or_name}));
  if (row) return segment_of(*row);
  if (auto named = TRY(find_by_name(tx, workspace, id_or_name))) return std::move(*named);
  std::string names;
  for (const auto& segment : TRY(all_segments(tx, workspace))) {
    if (names.size() < 300) names += (names.empty() ? "'" : ", '") + segment.name + "'";
  }
  return not_found("No segment is called '" + std::string(first_code_points(id_or_name, 100)) + "'" +
                   (names.empty() ? "; there are no segments yet" : "; there are " + names));
}

Result<std::vector<Segment>> all_segments(Tx& tx, const std::string& workspace) {
  auto rows = TRY(tx.query(select_segments(" ORDER BY name LIMIT " + std::to_string(kListsMax)), {workspace}));
  std::vector<Segment> segments;
  for (const auto& row : rows) segments.push_back(TRY(segment_of(row)));
  return segments;
}

}  // namespace spreaders::audience
