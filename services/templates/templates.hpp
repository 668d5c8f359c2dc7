// Message templates: a name, and versions that never change. What was approved is what is sent.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/fields.hpp"
#include "core/random.hpp"
#include "core/time.hpp"
#include "storage/storage.hpp"

namespace spreaders::services {

struct TemplateContent {
  std::string subject;    // Liquid
  std::string preheader;  // Liquid; what mail programs show beside the subject
  std::string html;       // Liquid; empty when there is only text
  std::string text;       // Liquid; made from the HTML when empty
};

struct StoredTemplate {
  std::string id, name;
  int64_t version = 0;
  TemplateContent content;
  std::string content_hash;
  Instant created_at;
};

// Problems that stop a template (errors) and things worth knowing (advice).
struct TemplateReview {
  std::vector<Issue> errors;
  std::vector<std::string> advice;
  std::vector<std::string> variables;  // contact.first_name, ...
};
TemplateReview review_template(const TemplateContent& content);

// Makes the template or its next version; the same content again is the same version. kInvalidArgument lists every
// template error.
Result<StoredTemplate> save_template(storage::Tx& tx, const std::string& workspace, const std::string& name,
                                     const TemplateContent& content, Instant now, Ids& ids);
// What an edit does not name stays as it was.
struct TemplateEdit {
  std::optional<std::string> name = {}, subject = {}, preheader = {}, html = {}, text = {};
  int64_t based_on = 0;  // the version that was read before; 0 = whichever is the latest
};
// The next version, under a new name where one is given. kConflict when there is a newer version than the edit is based
// on, or the name is another's.
Result<StoredTemplate> edit_template(storage::Tx& tx, const std::string& workspace, const std::string& id_or_name,
                                     const TemplateEdit& edit, Instant now, Ids& ids);
// A new template whose first version is `version` of another (0 = the latest). kConflict when the name is taken.
Result<StoredTemplate> duplicate_template(storage::Tx& tx, const std::string& workspace, const std::string& id_or_name,
                                          int64_t version, const std::string& name, Instant now, Ids& ids);
struct TemplateSummary {
  std::string id, name, channel, subject;  // of the latest version
  int64_t latest_version = 0;
  Instant created_at, updated_at;
};
// Newest first; those after `before_id`, from the start when it is empty.
Result<std::vector<TemplateSummary>> list_templates(storage::Tx& tx, const std::string& workspace, int limit,
                                                    const std::string& before_id);
// version 0 = the latest. Finds by id or by name.
Result<StoredTemplate> get_template(storage::Tx& tx, const std::string& workspace, const std::string& id_or_name,
                                    int64_t version = 0);

}  // namespace spreaders::services
