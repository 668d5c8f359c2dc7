#include "services/mail/render.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/bytes.hpp"
#include "core/html.hpp"
#include "services/mail/personal.hpp"
#include "services/templates/html_text.hpp"
#include "services/templates/templates.hpp"

namespace spreaders::services {

using storage::Scope;
using storage::Tx;

namespace {

constexpr size_t kTemplatesMax = 500;  // compiled ones kept
constexpr size_t kHtmlBytesMax = 1024 * 1024;

std::string unescape_attribute(std::string text) {
  for (size_t at = 0; (at = text.find("&amp;", at)) != std::string::npos; ++at) text.replace(at, 5, "&");
  return text;
}

// In front of the closing body tag, or at the end.
void add_to_body(std::string& html, const std::string& addition) {
  size_t end = html.rfind("</body>");
  html.insert(end == std::string::npos ? html.size() : end, addition);
}

struct Sentences {
  std::string_view language, why, unsubscribe;
};
constexpr Sentences kFooters[] = {
    {"en", "You get this because you signed up for our news.", "Unsubscribe"},
    {"de", "Sie erhalten diese Nachricht, weil Sie unseren Newsletter abonniert haben.", "Abmelden"},
    {"es", "Recibe este mensaje porque se suscribió a nuestras novedades.", "Darse de baja"},
    {"fr", "Vous recevez ce message car vous êtes inscrit à nos nouvelles.", "Se désabonner"},
    {"pt", "Você recebe esta mensagem porque se inscreveu nas nossas novidades.", "Cancelar inscrição"},
    {"ja", "ニュースレターにご登録いただいた方にお送りしています。", "配信停止"},
};

const Sentences& footer_for(const std::string& language) {
  for (const auto& footer : kFooters) {
    if (language.starts_with(footer.language)) return footer;
  }
  return kFooters[0];
}

}  // namespace

struct MailRenderer::Batch {
  std::map<std::string, Json> contacts;                              // by workspace/contact
  std::map<std::string, std::shared_ptr<const Compiled>> templates;  // by workspace/template@version
  std::map<std::string, Brand> brands;                               // by workspace
  std::map<std::string, std::string> campaigns;                      // names by workspace/campaign
  std::string problem;
};

Result<Brand> get_brand(Tx& tx, const std::string& workspace) {
  auto row = TRY(tx.query_one("SELECT name, settings FROM workspace WHERE workspace_id = $1", {workspace}));
  if (!row) return not_found("there is no workspace " + workspace);
  Json settings = TRY(parse_json((*row)[1].text()));
  Json brand = settings.value("brand", Json::object());
  return Brand{brand.value("name", (*row)[0].text()), brand.value("postal_address", ""), brand.value("website", "")};
}

Result<std::shared_ptr<const MailRenderer::Compiled>> MailRenderer::compiled(Tx& tx, const std::string& workspace,
                                                                             const std::string& template_id,
                                                                             int64_t version) {
  std::string key = workspace + "/" + template_id + "@" + std::to_string(version);
  {
    std::lock_guard lock(mutex_);
    if (auto found = cache_.find(key); found != cache_.end()) return found->second;
  }
  auto stored = TRY(get_template(tx, workspace, template_id, version));
  const auto& content = stored.content;
  auto made = std::make_shared<const Compiled>(
      Compiled{TRY(liquid::compile(content.subject)), TRY(liquid::compile(content.preheader)),
               TRY(liquid::compile(content.html)), TRY(liquid::compile(content.text)), !content.html.empty(),
               !content.text.empty(), content.html.find("unsubscribe_url") != std::string::npos});
  std::lock_guard lock(mutex_);
  if (cache_.size() >= kTemplatesMax) cache_.clear();
  cache_[key] = made;
  return made;
}

Result<std::shared_ptr<MailRenderer::Batch>> MailRenderer::prepare(const std::vector<events::OutboxItem>& items) {
  auto batch = std::make_shared<Batch>();
  TRY(storage_.read(Scope::system(), [&](Tx& tx) -> Result<void> {
    for (const auto& item : items) {
      if (!batch->brands.contains(item.workspace)) batch->brands[item.workspace] = TRY(get_brand(tx, item.workspace));
      Json payload = TRY(parse_json(item.payload));
      std::string key = item.workspace + "/" + payload.value("template", "") + "@" +
                        std::to_string(payload.value("version", int64_t{0}));
      if (!batch->templates.contains(key))
        batch->templates[key] =
            TRY(compiled(tx, item.workspace, payload.value("template", ""), payload.value("version", int64_t{0})));
      std::string campaign = item.workspace + "/" + item.campaign_id;
      if (!item.campaign_id.empty() && !batch->campaigns.contains(campaign))
        batch->campaigns[campaign] = TRY(campaign_name(tx, item.workspace, item.campaign_id));
      auto contact = TRY(template_contact(tx, item.workspace, item.contact_id));
      if (!contact) continue;  // erased meanwhile; render() says so
      batch->contacts[item.workspace + "/" + item.contact_id] = std::move(*contact);
    }
    return {};
  }));
  return batch;
}

std::string rewrite_links(std::string_view html, std::string_view own_prefix,
                          const std::function<std::string(const std::string& url)>& replace) {
  std::string out;
  out.reserve(html.size() * 2);
  size_t from = 0;
  for (;;) {
    size_t at = html.find("href=", from);
    if (at == std::string_view::npos || at + 6 >= html.size()) break;
    char quote = html[at + 5];
    size_t end = quote == '"' || quote == '\'' ? html.find(quote, at + 6) : std::string_view::npos;
    if (end == std::string_view::npos) {
      out += html.substr(from, at + 5 - from);
      from = at + 5;
      continue;
    }
    std::string url = unescape_attribute(std::string(trim(html.substr(at + 6, end - at - 6))));
    bool web = url.starts_with("http://") || url.starts_with("https://");
    out += html.substr(from, at + 6 - from);
    out += web && (own_prefix.empty() || !url.starts_with(own_prefix)) ? escape_html(replace(url))
                                                                       : std::string(html.substr(at + 6, end - at - 6));
    from = end;
  }
  out += html.substr(from);
  return out;
}

Result<RenderedMail> MailRenderer::render(const events::OutboxItem& item, const Batch& batch) const {
  auto contact = batch.contacts.find(item.workspace + "/" + item.contact_id);
  if (contact == batch.contacts.end()) return Error{Code::kVendorRejected, "the contact no longer exists"};
  Json payload = TRY(parse_json(item.payload));
  const auto& compiled = *batch.templates.at(item.workspace + "/" + payload.value("template", "") + "@" +
                                             std::to_string(payload.value("version", int64_t{0})));
  const Brand& brand = batch.brands.at(item.workspace);
  bool transactional = payload.value("transactional", false);
  MessageRef ref{item.workspace, item.id};
  std::string unsubscribe = unsubscribe_url(tracking_, ref);
  auto campaign = batch.campaigns.find(item.workspace + "/" + item.campaign_id);
  Json context = {
      {"contact", contact->second},
      {"user", contact->second},
      {"workspace", {{"name", brand.name}, {"postal_address", brand.postal_address}, {"website", brand.website}}},
      {"campaign", {{"id", item.campaign_id}, {"name", campaign == batch.campaigns.end() ? "" : campaign->second}}},
      {"unsubscribe_url", unsubscribe},
      {"message_id", item.vendor_ref}};
  std::string zone = contact->second.value("time_zone", "");
  liquid::RenderOptions options{
      .output_bytes_max = kHtmlBytesMax, .now = clock_.now(), .zone = is_zone(zone) ? zone : "UTC"};
  RenderedMail mail;
  mail.to_email = item.address;
  mail.to_name =
      std::string(trim(contact->second.value("first_name", "") + " " + contact->second.value("last_name", "")));
  mail.subject = TRY(liquid::render(compiled.subject, context, options));
  std::replace_if(
      mail.subject.begin(), mail.subject.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
  mail.text = TRY(liquid::render(compiled.text, context, options));
  const auto& footer = footer_for(contact->second.value("language", ""));
  if (compiled.has_html) {
    // People's data is text, not markup: what a contact is called must not become a link in a mail.
    options.escape_html = true;
    mail.html = TRY(liquid::render(compiled.html, context, options));
    std::string preheader = TRY(liquid::render(compiled.preheader, context, options));
    if (!preheader.empty()) {
      size_t body = mail.html.find("<body");
      size_t open = body == std::string::npos ? std::string::npos : mail.html.find('>', body);
      mail.html.insert(open == std::string::npos ? 0 : open + 1,
                       "<div style=\"display:none;max-height:0;overflow:hidden\">" + preheader + "</div>");
    }
    if (!compiled.has_unsubscribe && !transactional) {
      std::string address =
          brand.postal_address.empty() ? "" : "<br>" + escape_html(brand.name + ", " + brand.postal_address);
      add_to_body(mail.html, "<p style=\"font-size:12px;color:#666\">" + std::string(footer.why) + " <a href=\"" +
                                 escape_html(unsubscribe) + "\">" + std::string(footer.unsubscribe) + "</a>" + address +
                                 "</p>");
    }
    if (mail.text.empty()) mail.text = templates::text_from_html(mail.html);
    mail.html = rewrite_links(mail.html, tracking_.public_url + "/u/",
                              [&](const std::string& url) { return click_url(tracking_, ref, url); });
    add_to_body(mail.html,
                "<img src=\"" + escape_html(open_url(tracking_, ref)) + "\" width=\"1\" height=\"1\" alt=\"\">");
  } else if (!transactional) {
    mail.text += "\n\n" + std::string(footer.why) + "\n" + std::string(footer.unsubscribe) + ": " + unsubscribe + "\n";
  }
  if (!transactional) {
    mail.headers.emplace_back("List-Unsubscribe", "<" + unsubscribe + ">");
    mail.headers.emplace_back("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
  }
  if (!item.campaign_id.empty())
    mail.headers.emplace_back("Feedback-ID", item.campaign_id + ":" + item.workspace + ":spreaders");
  return mail;
}

}  // namespace spreaders::services
