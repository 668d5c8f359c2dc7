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
