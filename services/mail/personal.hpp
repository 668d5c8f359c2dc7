// What a person's data makes of a template: the words of a mail as they stand in one, before it becomes a message with
// links that are counted and a way to unsubscribe.
//
//   auto content = TRY(render_for(tx, workspace, {"tpl_...", 3}, contact_id, campaign_id, now));   // content.subject
//
// A variable that a person has no value for is empty, as it is in mails; kInvalidArgument for a template that needs
// what only a message has (unsubscribe_url, message_id), kNotFound for a person or version that is not there.
#pragma once

#include <optional>
#include <string>

#include "core/json.hpp"
#include "core/time.hpp"
#include "services/templates/templates.hpp"
#include "storage/storage.hpp"

namespace spreaders::services {

// What templates call contact (and user): the attributes, with id, email, names, language and time zone over them.
Result<std::optional<Json>> template_contact(storage::Tx& tx, const std::string& workspace, const std::string& id);
// campaign.name; empty where there is none.
Result<std::string> campaign_name(storage::Tx& tx, const std::string& workspace, const std::string& campaign_id);

struct TemplateVersion {
  std::string id;
  int64_t version = 0;
};
// `html` and `text` only where the template has them.
Result<TemplateContent> render_for(storage::Tx& tx, const std::string& workspace, const TemplateVersion& of,
                                   const std::string& contact_id, const std::string& campaign_id, Instant now);

}  // namespace spreaders::services
