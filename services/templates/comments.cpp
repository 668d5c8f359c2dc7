#include "services/templates/comments.hpp"

#include "core/bytes.hpp"
#include "services/templates/templates.hpp"
#include "storage/values.hpp"

namespace spreaders::services {

using storage::Tx;

namespace {

constexpr std::string_view kColumns =
    "SELECT id, template_id, version, part, body, created_by, created_at, resolved_by, resolved_at FROM "
    "template_comment WHERE workspace_id = $1 AND ";

Comment comment_of(const storage::Row& row) {
  return {.id = row[0].text(),
          .template_id = row[1].text(),
          .version = row[2].integer(),
          .part = enum_from<TemplatePart>(row[3].text()).value_or(TemplatePart::kWhole),
          .text = row[4].text(),
          .by = row[5].text(),
          .at = row[6].instant(),
          .resolved_by = row[7].text(),
          .resolved_at = storage::optional_instant(row[8])};
}

Result<Comment> get_comment(Tx& tx, const std::string& workspace, const std::string& id) {
  auto row = TRY(tx.query_one(std::string(kColumns).append("id = $2"), {workspace, id}));
  if (!row) return not_found("there is no comment '" + std::string(first_code_points(id, 80)) + "'");
  return comment_of(*row);
}

}  // namespace

Result<Comment> add_comment(Tx& tx, const std::string& workspace, const NewComment& comment, Instant now, Ids& ids) {
  auto about = TRY(get_template(tx, workspace, comment.template_id, comment.version));
  auto made = TRY(tx.query_one("SELECT COUNT(*) FROM template_comment WHERE workspace_id = $1 AND template_id = $2",
                               {workspace, about.id}));
  if ((*made)[0].integer() >= kCommentsPerTemplateMax) {
    return conflict("a template has at most " + std::to_string(kCommentsPerTemplateMax) +
                    " comments; go on with a duplicate");
  }
  std::string id = ids.make("cmt");
  TRY(tx.execute(
      "INSERT INTO template_comment (workspace_id, id, template_id, version, part, body, created_by, created_at) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
      {workspace, id, about.id, about.version, enum_name(comment.part), comment.text, comment.by, now}));
  return get_comment(tx, workspace, id);
}

Result<std::vector<Comment>> list_comments(Tx& tx, const std::string& workspace, const std::string& template_id,
                                           Which which) {
  auto about = TRY(get_template(tx, workspace, template_id));
  std::string sql(kColumns);
  sql.append("template_id = $2");
  if (which == Which::kOpen) sql.append(" AND resolved_at IS NULL");
  std::vector<Comment> comments;
  for (const auto& row : TRY(tx.query(sql.append(" ORDER BY created_at, id"), {workspace, about.id})))
    comments.push_back(comment_of(row));
  return comments;
}

Result<Comment> resolve_comment(Tx& tx, const std::string& workspace, const std::string& id, const std::string& by,
                                Instant now) {
  TRY(get_comment(tx, workspace, id));
  TRY(
      tx.execute("UPDATE template_comment SET resolved_by = $3, resolved_at = $4 WHERE workspace_id = $1 AND id = $2 "
                 "AND resolved_at IS NULL",
                 {workspace, id, by, now}));
  return get_comment(tx, workspace, id);
}

}  // namespace spreaders::services
