// The way out for email: renders (services), builds and signs (integrations), sends (integrations), asks the receiver.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/http_client.hpp"
#include "credentials/connections.hpp"
#include "events/outbox.hpp"
#include "integrations/email/dkim.hpp"
#include "integrations/email/smtp.hpp"
#include "services/mail/render.hpp"

namespace spreaders::app {

class EmailSender : public events::Sender {
 public:
  EmailSender(storage::Storage& storage, Clock& clock, HttpClient& http, const credentials::Vault& vault,
              const services::Tracking& tracking)
      : storage_(storage), clock_(clock), http_(http), vault_(vault), renderer_(storage, clock, tracking) {}

  Result<std::shared_ptr<void>> prepare(const std::vector<events::OutboxItem>& items) override;
  events::SendReport send(const events::OutboxItem& item, void* prepared) override;
  std::optional<bool> was_accepted(const events::OutboxItem& item) override;
  int64_t ask_again_ms(const events::OutboxItem& item) override;
  // Connects and signs in, sends nothing. The answer says to what.
  Result<std::string> probe(const std::string& workspace, const std::string& connection_id);
  // Settings changed: connections are made anew.
  void forget(const std::string& connection_id);

 private:
  struct Line {  // one configured connection
    credentials::SmtpSettings settings;
    email::SmtpServer server;
    std::optional<email::DkimSigner> signer;
  };
  struct Prepared;
  Result<std::shared_ptr<const Line>> line_of(const std::string& workspace, const std::string& connection_id);
  Result<std::string> compose(const events::OutboxItem& item, const Line& line,
                              const services::MailRenderer::Batch& batch, std::string& from, std::string& to) const;
  Result<std::unique_ptr<email::SmtpConnection>> borrow(const std::string& connection_id, const Line& line);
  void give_back(const std::string& connection_id, std::unique_ptr<email::SmtpConnection> connection);

  storage::Storage& storage_;
  Clock& clock_;
  HttpClient& http_;
  const credentials::Vault& vault_;
  services::MailRenderer renderer_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Line>> lines_;  // shared by the threads that send over them
  std::map<std::string, std::vector<std::unique_ptr<email::SmtpConnection>>> idle_;
};

// The Message-ID without angle brackets: our reference at the sender's domain.
std::string message_id_of(const std::string& vendor_ref, const std::string& from_email);

}  // namespace spreaders::app
