#include "services/templates/templates.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/json.hpp"
#include "services/templates/liquid/liquid.hpp"

namespace spreaders::services {

using storage::Tx;

namespace {

// What a mail template may use; anything else is empty for every reader, which is rarely meant.
bool is_known_variable(std::string_view path) {
  for (std::string_view root : {"contact", "user", "campaign", "workspace"}) {
    if (path == root || (path.starts_with(root) && (path[root.size()] == '.' || path[root.size()] == '['))) return true;
  }
  return path == "unsubscribe_url" || path == "view_in_browser_url" || path == "message_id";
}

}  // namespace

TemplateReview review_template(const TemplateContent& content) {
  TemplateReview review;
  const std::pair<const char*, const std::string*> parts[] = {{"subject", &content.subject},
                                                              {"preheader", &content.preheader},
                                                              {"html", &content.html},
                                                              {"text", &content.text}};
  for (const auto& [name, source] : parts) {
    auto compiled = liquid::compile(*source);
    if (!compiled.ok()) {
      for (const auto& issue : compiled.error().issues)
        review.errors.push_back({"/" + std::string(name) + " " + issue.pointer, issue.message});
      continue;
    }
    for (auto& path : liquid::variables(*compiled)) {
      if (!is_known_variable(path))
        review.advice.push_back(
            "'" + path + "' in the " + name +
            " is not known and will be empty; known: contact, campaign, workspace, unsubscribe_url");
      if (std::find(review.variables.begin(), review.variables.end(), path) == review.variables.end())
        review.variables.push_back(std::move(path));
    }
  }
  if (trim(content.subject).empty()) review.errors.push_back({"/subject", "must not be blank"});
  if (content.subject.find_first_of("\r\n") != std::string::npos)
    review.errors.push_back({"/subject", "must be one line"});
  if (trim(content.html).empty() && trim(content.text).empty())
    review.errors.push_back({"/html", "a message needs html or text"});
  if (count_code_points(content.subject) > 78)
    review.advice.push_back("the subject is longer than most mail programs show (78 characters)");
  bool unsubscribe = content.html.find("unsubscribe_url") != std::string::npos ||
                     (content.html.empty() && content.text.find("unsubscribe_url") != std::string::npos);
  if (!unsubscribe)
    review.advice.push_back("there is no {{ unsubscribe_url }}; a footer with the link is added when it is sent");
  return review;
}

Result<StoredTemplate> save_template(Tx& tx, const std::string& workspace, const std::string& name,
                                     const TemplateContent& content, Instant now, Ids& ids) {
  TemplateReview review = review_template(content);
  if (!review.errors.empty()) return issues_error("The template", std::move(review.errors));
  std::string hash = json_hash(
      {{"subject", content.subject}, {"preheader", content.preheader}, {"html", content.html}, {"text", content.text}});
  auto existing = TRY(
      tx.query_one("SELECT id, latest_version FROM template WHERE workspace_id = $1 AND name = $2", {workspace, name}));
  std::string id = existing ? (*existing)[0].text() : ids.make("tpl");
  int64_t version = existing ? (*existing)[1].integer() : 0;
  if (existing) {
    auto latest = TRY(tx.query_one(
        "SELECT content_hash FROM template_version WHERE workspace_id = $1 AND template_id = $2 AND version = $3",
        {workspace, id, version}));
    if (latest && (*latest)[0].text() == hash) return get_template(tx, workspace, id, version);
    TRY(tx.execute("UPDATE template SET latest_version = $1, updated_at = $2 WHERE workspace_id = $3 AND id = $4",
                   {version + 1, now.us, workspace, id}));
  } else {
    TRY(
        tx.execute("INSERT INTO template (workspace_id, id, name, channel, latest_version, created_at, updated_at) "
                   "VALUES ($1, $2, $3, 'email', 1, $4, $4)",
                   {workspace, id, name, now.us}));
  }
  TRY(tx.execute(
      "INSERT INTO template_version (workspace_id, template_id, version, subject, preheader, html, plain, "
      "content_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      {workspace, id, version + 1, content.subject, content.preheader, content.html, content.text, hash, now.us}));
  return get_template(tx, workspace, id, version + 1);
}

namespace {

Result<void> expect_free(Tx& tx, const std::string& workspace, const std::string& name) {
  auto taken = TRY(tx.query_one("SELECT id FROM template WHERE workspace_id = $1 AND name = $2", {workspace, name}));
  if (taken) return conflict("there is a template '" + name + "' already");
  return {};
}

}  // namespace

Result<StoredTemplate> edit_template(Tx& tx, const std::string& workspace, const std::string& id_or_name,
                                     const TemplateEdit& edit, Instant now, Ids& ids) {
  auto latest = TRY(get_template(tx, workspace, id_or_name));
  if (edit.based_on != 0 && edit.based_on != latest.version) {
    return conflict("the template is at version " + std::to_string(latest.version) + ", not " +
                    std::to_string(edit.based_on) + ": read it again and repeat the edit");
  }
  if (edit.name && *edit.name != latest.name) {
    TRY(expect_free(tx, workspace, *edit.name));
    TRY(tx.execute("UPDATE template SET name = $1, updated_at = $2 WHERE workspace_id = $3 AND id = $4",
                   {*edit.name, now, workspace, latest.id}));
    latest.name = *edit.name;
  }
  TemplateContent content = latest.content;
  if (edit.subject) content.subject = *edit.subject;
  if (edit.preheader) content.preheader = *edit.preheader;
  if (edit.html) content.html = *edit.html;
  if (edit.text) content.text = *edit.text;
  return save_template(tx, workspace, latest.name, content, now, ids);
}

Result<StoredTemplate> duplicate_template(Tx& tx, const std::string& workspace, const std::string& id_or_name,
                                          int64_t version, const std::string& name, Instant now, Ids& ids) {
  auto original = TRY(get_template(tx, workspace, id_or_name, version));
  TRY(expect_free(tx, workspace, name));
  return save_template(tx, workspace, name, original.content, now, ids);
}

Result<std::vector<TemplateSummary>> list_templates(Tx& tx, const std::string& workspace, int limit,
                                                    const std::string& before_id) {
  auto rows = TRY(tx.query(
      "SELECT t.id, t.name, t.channel, v.subject, t.latest_version, t.created_at, t.updated_at FROM template t JOIN "
      "template_version v ON v.workspace_id = t.workspace_id AND v.template_id = t.id AND v.version = t.latest_version "
      "WHERE t.workspace_id = $1 AND ($2 = '' OR (t.created_at, t.id) < (SELECT created_at, id FROM template WHERE "
      "workspace_id = $1 AND id = $2)) ORDER BY t.created_at DESC, t.id DESC LIMIT $3",
      {workspace, before_id, limit}));
  std::vector<TemplateSummary> list;
  for (const auto& row : rows) {
    list.push_back({row[0].text(), row[1].text(), row[2].text(), row[3].text(), row[4].integer(), row[5].instant(),
                    row[6].instant()});
  }
  return list;
}

Result<StoredTemplate> get_template(Tx& tx, const std::string& workspace, const std::string& id_or_name,
                                    int64_t version) {
  auto found = TRY(
      tx.query_one("SELECT id, name, latest_version FROM template WHERE workspace_id = $1 AND (id = $2 OR name = $2)",
                   {workspace, id_or_name}));
  if (!found) return not_found("there is no template '" + std::string(first_code_points(id_or_name, 80)) + "'");
  int64_t wanted = version == 0 ? (*found)[2].integer() : version;
  auto row =
      TRY(tx.query_one("SELECT subject, preheader, html, plain, content_hash, created_at FROM template_version WHERE "
                       "workspace_id = $1 AND template_id = $2 AND version = $3",
                       {workspace, (*found)[0], wanted}));
  if (!row) return not_found("the template '" + (*found)[1].text() + "' has no version " + std::to_string(wanted));
  return StoredTemplate{(*found)[0].text(),
                        (*found)[1].text(),
                        wanted,
                        {(*row)[0].text(), (*row)[1].text(), (*row)[2].text(), (*row)[3].text()},
                        (*row)[4].text(),
                        (*row)[5].instant()};
}

}  // namespace spreaders::services
