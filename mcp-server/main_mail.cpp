#include "mcp-server/main_mail.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "integrations/email/address.hpp"
#include "integrations/email/mime.hpp"

namespace spreaders::app {

using events::SendReport;
using events::Sent;
using storage::Scope;
using storage::Tx;

namespace {

constexpr int64_t kLookupTimeout_ms = 5'000;
constexpr int64_t kAskAgain_ms = 5'000;  // when the look-up's address did not answer

email::SmtpTls tls_of(credentials::SmtpSecurity security) {
  switch (security) {
    case credentials::SmtpSecurity::kNone:
      return email::SmtpTls::kNone;
    case credentials::SmtpSecurity::kStarttls:
      return email::SmtpTls::kRequired;
    case credentials::SmtpSecurity::kTls:
      return email::SmtpTls::kImplicit;
  }
  return email::SmtpTls::kRequired;
}

SendReport report_of(const email::SendOutcome& outcome) {
  std::string reply = (outcome.reply_code > 0 ? std::to_string(outcome.reply_code) + " " : "") +
                      (outcome.enhanced_status.empty() ? "" : outcome.enhanced_status + " ") + outcome.text;
  switch (outcome.kind) {
    case email::SendOutcome::kAccepted:
      return {Sent::kAccepted, reply};
    case email::SendOutcome::kDeferred:
      return {Sent::kDeferred, reply};
    case email::SendOutcome::kUnknown:
      return {Sent::kUnknown, reply};
    case email::SendOutcome::kRejected:
      break;
  }
  // Only "no such mailbox" is about the address for good; a refusal of us or of the content is not.
  bool address =
      outcome.stage == email::SmtpStage::kRcpt &&
      (outcome.enhanced_status.starts_with("5.1.") || (outcome.enhanced_status.empty() && outcome.reply_code == 550));
  return {Sent::kRejected, reply, 0, address ? "hard_bounce" : ""};
}

}  // namespace

std::string message_id_of(const std::string& vendor_ref, const std::string& from_email) {
  size_t at = from_email.rfind('@');
  return vendor_ref + "@" + (at == std::string::npos ? "localhost" : from_email.substr(at + 1));
}

struct EmailSender::Prepared {
  std::shared_ptr<services::MailRenderer::Batch> batch;
};

Result<std::shared_ptr<const EmailSender::Line>> EmailSender::line_of(const std::string& workspace,
                                                                      const std::string& connection_id) {
  {
    std::lock_guard lock(mutex_);
    if (auto found = lines_.find(connection_id); found != lines_.end()) return found->second;
  }
  auto line = std::make_shared<Line>();
  TRY(storage_.read(Scope::of(workspace), [&](Tx& tx) -> Result<void> {
    auto connection = TRY(credentials::get_connection(tx, workspace, connection_id));
    line->settings = TRY(credentials::smtp_settings(connection));
    auto secrets = TRY(credentials::connection_secrets(tx, vault_, workspace, connection));
    line->server = {.host = line->settings.host,
                    .port = static_cast<uint16_t>(line->settings.port),
                    .tls = tls_of(line->settings.security),
                    .username = line->settings.username.value_or("")};
    if (auto password = secrets.find("password"); password != secrets.end()) line->server.password = password->second;
    line->server.helo_name = line->settings.from_email.substr(line->settings.from_email.rfind('@') + 1);
    auto key = secrets.find("dkim_private_key");
    if (line->settings.dkim_domain && line->settings.dkim_selector && key != secrets.end()) {
      line->signer =
          TRY(email::DkimSigner::create({*line->settings.dkim_domain, *line->settings.dkim_selector}, key->second));
    }
    return {};
  }));
  std::lock_guard lock(mutex_);
  lines_[connection_id] = line;
  return std::shared_ptr<const Line>(line);
}

void EmailSender::forget(const std::string& connection_id) {
  std::lock_guard lock(mutex_);
  lines_.erase(connection_id);
  idle_.erase(connection_id);
}

Result<std::unique_ptr<email::SmtpConnection>> EmailSender::borrow(const std::string& connection_id, const Line& line) {
  {
    std::lock_guard lock(mutex_);
    auto& idle = idle_[connection_id];
    if (!idle.empty()) {
      auto connection = std::move(idle.back());
      idle.pop_back();
      return connection;
    }
  }
  auto connection = std::make_unique<email::SmtpConnection>();
  TRY(connection->open(line.server));
  return connection;
}

void EmailSender::give_back(const std::string& connection_id, std::unique_ptr<email::SmtpConnection> connection) {
  std::lock_guard lock(mutex_);
  auto& idle = idle_[connection_id];
  constexpr size_t idle_max = 64;
  if (idle.size() < idle_max) idle.push_back(std::move(connection));
}

Result<std::shared_ptr<void>> EmailSender::prepare(const std::vector<events::OutboxItem>& items) {
  auto prepared = std::make_shared<Prepared>();
  prepared->batch = TRY(renderer_.prepare(items));
  return std::shared_ptr<void>(prepared);
}

Result<std::string> EmailSender::compose(const events::OutboxItem& item, const Line& line,
                                         const services::MailRenderer::Batch& batch, std::string& from,
                                         std::string& to) const {
  auto rendered = TRY(renderer_.render(item, batch));
  to = TRY(email::wire_address(rendered.to_email));
  // The bounce address says which message it is about; lower case, since some servers fold it.
  from = line.settings.bounce_domain ? email::verp_address(hex(item.vendor_ref), *line.settings.bounce_domain)
                                     : line.settings.from_email;
  email::MailMessage message{.from_name = line.settings.from_name,
                             .from_email = line.settings.from_email,
                             .to_name = rendered.to_name,
                             .to_email = rendered.to_email,
                             .reply_to = "",
                             .subject = rendered.subject,
                             .html = rendered.html,
                             .text = rendered.text,
                             .message_id = message_id_of(item.vendor_ref, line.settings.from_email),
                             .date = clock_.now(),
                             .headers = rendered.headers,
                             .envelope_from = from};
  std::string bytes = TRY(email::build_mime(message));
  if (line.signer) bytes.insert(0, TRY(line.signer->sign(bytes, clock_.now())));
  return bytes;
}

SendReport EmailSender::send(const events::OutboxItem& item, void* prepared) {
  auto line = line_of(item.workspace, item.connection_id);
  if (!line.ok()) return {Sent::kDeferred, line.error().message};
  std::string from;
  std::string to;
  auto bytes = compose(item, **line, *static_cast<Prepared*>(prepared)->batch, from, to);
  // A message that cannot be made will not get better by waiting.
  if (!bytes.ok()) return {Sent::kRejected, bytes.error().text()};
  auto connection = borrow(item.connection_id, **line);
  if (!connection.ok()) {
    bool later = connection.error().code == Code::kUnavailable || connection.error().code == Code::kRateLimited ||
                 connection.error().code == Code::kReconnectNeeded || connection.error().code == Code::kNotConfigured;
    return {later ? Sent::kDeferred : Sent::kRejected, connection.error().message};
  }
  auto outcome = (*connection)->send({from, to}, *bytes);
  if (outcome.connection_usable) give_back(item.connection_id, std::move(*connection));
  return report_of(outcome);
}

std::optional<bool> EmailSender::was_accepted(const events::OutboxItem& item) {
  auto line = line_of(item.workspace, item.connection_id);
  if (!line.ok() || !(*line)->settings.lookup_url) return std::nullopt;
  HttpRequest request{.url = *(*line)->settings.lookup_url + "?message_id=" +
                             percent_encode(message_id_of(item.vendor_ref, (*line)->settings.from_email)),
                      .timeout_ms = kLookupTimeout_ms,
                      .trusted_address = true};
  auto response = http_.send(request);
  if (!response.ok() || response->status != 200) return std::nullopt;
  auto json = parse_json(response->body);
  if (!json.ok() || !json->is_object() || !json->contains("count") || !(*json)["count"].is_number_integer())
    return std::nullopt;
  return (*json)["count"].get<int64_t>() > 0;
}

int64_t EmailSender::ask_again_ms(const events::OutboxItem& item) {
  auto line = line_of(item.workspace, item.connection_id);
  return line.ok() && !(*line)->settings.lookup_url ? 0 : kAskAgain_ms;
}

Result<std::string> EmailSender::probe(const std::string& workspace, const std::string& connection_id) {
  forget(connection_id);
  auto line = TRY(line_of(workspace, connection_id));
  email::SmtpConnection connection;
  TRY(connection.open(line->server));
  connection.close();
  return "connected to " + line->settings.host + ":" + std::to_string(line->settings.port) + " and signed in" +
         (line->signer ? "; mails are signed by " + *line->settings.dkim_domain : "");
}

}  // namespace spreaders::app
