#include "services/audience/lists.hpp"

#include "core/bytes.hpp"
#include "services/audience/sql.hpp"

namespace spreaders::audience {

namespace {

using storage::Values;

constexpr size_t kMembersBatchMax = 500;

constexpr std::string_view kListSelect =
    "SELECT l.id, l.name, l.description, l.created_at, (SELECT COUNT(*) FROM list_member m WHERE m.workspace_id = "
    "l.workspace_id AND "
    "m.list_id = l.id) FROM list l WHERE l.workspace_id = $1";

List list_of(const storage::Row& row) {
  return {row[0].text(), row[1].text(), row[2].text(), row[3].instant(), row[4].integer()};
}

// (With append: g++ 12 warns of std::string + under -fsanitize=thread.)
std::string select_lists(std::string_view rest) { return std::string(kListSelect).append(rest); }

Result<std::optional<List>> find_by_name(Tx& tx, const std::string& workspace, std::string_view name) {
  auto lists = TRY(all_lists(tx, workspace));
  std::string wanted = lower_ascii(name);
  for (auto& list : lists) {
    if (lower_ascii(list.name) == wanted) return std::optional(std::move(list));
  }
  return std::optional<List>();
}

Result<void> tell(Tx& tx, const std::string& workspace, std::span<const std::string> contact_ids, Instant now,
                  const Journal& journal) {
  if (!journal.on_contacts) return {};
  std::vector<ContactChanged> changed;
  changed.reserve(contact_ids.size());
  for (const auto& id : contact_ids) changed.push_back({.contact_id = id});
  return journal.on_contacts(tx, workspace, changed, now);
}

}  // namespace

Result<std::string> checked_name(std::string_view what, std::string_view name) {
  std::string trimmed(trim(name));
  std::string subject(what);
  if (trimmed.empty()) return invalid(subject + " needs a name");
  if (!is_utf8(trimmed)) return invalid("The name of " + subject + " is not valid UTF-8");
  if (count_code_points(trimmed) > kListNameSizeMax) {
    return invalid("The name of " + subject + " has more than " + std::to_string(kListNameSizeMax) + " characters");
  }
  for (unsigned char c : trimmed) {
    if (c < 0x20 || c == 0x7F) return invalid("The name of " + subject + " must not contain control characters");
  }
  return trimmed;
}

Result<Made> create_list(Tx& tx, const std::string& workspace, const std::string& name, const std::string& description,
                         Instant now, Ids& ids) {
  std::string checked = TRY(checked_name("a list", name));
  if (auto known = TRY(find_by_name(tx, workspace, checked))) return Made{known->id, false};
  auto count = TRY(tx.query_one("SELECT COUNT(*) FROM list WHERE workspace_id = $1", {workspace}));
  if ((*count)[0].integer() >= static_cast<int64_t>(kListsMax)) {
    return conflict("This workspace has " + std::to_string(kListsMax) + " lists already; delete one first");
  }
  Made made{ids.make("lst"), true};
  TRY(tx.execute("INSERT INTO list (workspace_id, id, name, description, created_at) VALUES ($1, $2, $3, $4, $5)",
                 {workspace, made.id, checked, first_code_points(description, kListDescriptionSizeMax), now}));
  return made;
}

Result<void> rename_list(Tx& tx, const std::string& workspace, const std::string& id, const std::string& name) {
  std::string checked = TRY(checked_name("a list", name));
  auto known = TRY(find_by_name(tx, workspace, checked));
  if (known && known->id != id) return conflict("There is a list '" + known->name + "' already");
  if (TRY(tx.execute("UPDATE list SET name = $3 WHERE workspace_id = $1 AND id = $2", {workspace, id, checked})) == 0) {
    return not_found("No list has the id " + id);
  }
  return {};
}

Result<void> delete_list(Tx& tx, const std::string& workspace, const std::string& id) {
  // Rules hold the id as a JSON string; ids have no characters that JSON escapes.
  auto users = TRY(tx.query("SELECT name, rule FROM segment WHERE workspace_id = $1 ORDER BY name", {workspace}));
  std::string names;
  for (const auto& row : users) {
    if (row[1].text().find("\"" + id + "\"") != std::string::npos)
      names += (names.empty() ? "'" : ", '") + row[0].text() + "'";
  }
  if (!names.empty()) return conflict("The list is used by the segments " + names + "; change or delete them first");
  TRY(tx.execute("DELETE FROM list_member WHERE workspace_id = $1 AND list_id = $2", {workspace, id}));
  if (TRY(tx.execute("DELETE FROM list WHERE workspace_id = $1 AND id = $2", {workspace, id})) == 0) {
    return not_found("No list has the id " + id);
  }
  return {};
}

Result<std::vector<List>> all_lists(Tx& tx, const std::string& workspace) {
  auto rows = TRY(tx.query(select_lists(" ORDER BY l.name LIMIT " + std::to_string(kListsMax)), {workspace}));
  std::vector<List> lists;
  for (const auto& row : rows) lists.push_back(list_of(row));
  return lists;
}

Result<List> get_list(Tx& tx, const std::string& workspace, const std::string& id_or_name) {
  auto row = TRY(tx.query_one(select_lists(" AND l.id = $2"), {workspace, id_or_name}));
  if (row) return list_of(*row);
  if (auto named = TRY(find_by_name(tx, workspace, trim(id_or_name)))) return std::move(*named);
  std::string names;
  for (const auto& list : TRY(all_lists(tx, workspace))) {
    if (names.size() < 300) names += (names.empty() ? "'" : ", '") + list.name + "'";
  }
  return not_found("No list is called '" + std::string(first_code_points(id_or_name, 100)) + "'" +
                   (names.empty() ? "; there are no lists yet" : "; there are " + names));
}

Result<std::vector<std::string>> lists_of(Tx& tx, const std::string& workspace, const std::string& contact_id) {
  std::vector<std::string> names;
  for (const auto& row : TRY(tx.query(
           "SELECT l.name FROM list_member m JOIN list l ON l.workspace_id = m.workspace_id AND l.id = m.list_id "
           "WHERE m.workspace_id = $1 AND m.contact_id = $2 ORDER BY l.name",
           {workspace, contact_id}))) {
    names.push_back(row[0].text());
  }
  return names;
}

Result<int64_t> add_members(Tx& tx, const std::string& workspace, const std::string& list_id,
                            std::span<const std::string> contact_ids, Instant now, const Journal& journal) {
  int64_t added = 0;
  for (size_t from = 0; from < contact_ids.size(); from += kMembersBatchMax) {
    std::vector<Values> rows;
    for (const auto& contact : contact_ids.subspan(from, std::min(kMembersBatchMax, contact_ids.size() - from))) {
      rows.push_back({workspace, list_id, contact, now});
    }
    added += TRY(tx.insert_many("list_member", {"workspace_id", "list_id", "contact_id", "added_at"}, rows,
                                "ON CONFLICT (workspace_id, list_id, contact_id) DO NOTHING"));
  }
  if (added > 0) TRY(tell(tx, workspace, contact_ids, now, journal));
  return added;
}

Result<int64_t> remove_members(Tx& tx, const std::string& workspace, const std::string& list_id,
                               std::span<const std::string> contact_ids, Instant now, const Journal& journal) {
  int64_t removed = 0;
  for (size_t from = 0; from < contact_ids.size(); from += kMembersBatchMax) {
    auto part = contact_ids.subspan(from, std::min(kMembersBatchMax, contact_ids.size() - from));
    Values parameters{workspace, list_id};
    for (const auto& contact : part) parameters.emplace_back(contact);
    removed += TRY(tx.execute("DELETE FROM list_member WHERE workspace_id = $1 AND list_id = $2 AND contact_id IN (" +
                                  placeholders(3, part.size()) + ")",
                              parameters));
  }
  if (removed > 0) TRY(tell(tx, workspace, contact_ids, now, journal));
  return removed;
}

}  // namespace spreaders::audience
