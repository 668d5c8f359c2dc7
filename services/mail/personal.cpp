#include "services/mail/personal.hpp"

#include <nlohmann/json.hpp>

#include "services/mail/render.hpp"
#include "services/templates/liquid/liquid.hpp"

namespace spreaders::services {

using storage::Tx;

namespace {

constexpr size_t kContentBytesMax = 1024 * 1024;

}  // namespace

Result<std::optional<Json>> template_contact(Tx& tx, const std::string& workspace, const std::string& id) {
  auto row =
      TRY(tx.query_one("SELECT id, email, first_name, last_name, language, time_zone, external_id, attributes FROM "
                       "contact WHERE workspace_id = $1 AND id = $2",
                       {workspace, id}));
  if (!row) return std::optional<Json>();
  Json contact = parse_json((*row)[7].text()).value_or(Json::object());
  const char* names[] = {"id", "email", "first_name", "last_name", "language", "time_zone", "external_id"};
  for (size_t i = 0; i < std::size(names); ++i) contact[names[i]] = (*row)[i].text_or("");
  return std::optional<Json>(std::move(contact));
}

Result<std::string> campaign_name(Tx& tx, const std::string& workspace, const std::string& campaign_id) {
  if (campaign_id.empty()) return std::string();
  auto row =
      TRY(tx.query_one("SELECT name FROM campaign WHERE workspace_id = $1 AND id = $2", {workspace, campaign_id}));
  return row ? (*row)[0].text() : std::string();
}

Result<TemplateContent> render_for(Tx& tx, const std::string& workspace, const TemplateVersion& of,
                                   const std::string& contact_id, const std::string& campaign_id, Instant now) {
  auto stored = TRY(get_template(tx, workspace, of.id, of.version));
  for (const char* name : {"unsubscribe_url", "message_id"}) {
    for (const auto* part : {&stored.content.subject, &stored.content.html, &stored.content.text}) {
      if (part->find(name) != std::string::npos)
        return invalid("the template uses " + std::string(name) + ", which only a message that is sent has");
    }
  }
  auto contact = TRY(template_contact(tx, workspace, contact_id));
  if (!contact) return not_found("there is no contact " + contact_id);
  Brand brand = TRY(get_brand(tx, workspace));
  Json context = {
      {"contact", *contact},
      {"user", *contact},
      {"workspace", {{"name", brand.name}, {"postal_address", brand.postal_address}, {"website", brand.website}}},
      {"campaign", {{"id", campaign_id}, {"name", TRY(campaign_name(tx, workspace, campaign_id))}}}};
  std::string zone = contact->value("time_zone", "");
  liquid::RenderOptions options{.output_bytes_max = kContentBytesMax, .now = now, .zone = is_zone(zone) ? zone : "UTC"};
  auto rendered = [&](const std::string& part) -> Result<std::string> {
    return liquid::render(TRY(liquid::compile(part)), context, options);
  };
  TemplateContent content;
  content.subject = TRY(rendered(stored.content.subject));
  content.text = TRY(rendered(stored.content.text));
  options.escape_html = true;  // people's data is text, not markup
  content.html = TRY(rendered(stored.content.html));
  content.preheader = TRY(rendered(stored.content.preheader));
  return content;
}

}  // namespace spreaders::services
