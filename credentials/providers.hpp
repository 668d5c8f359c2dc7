// What can be connected, and the settings each one takes. Settings are plain; passwords and keys are named in `secrets`
// and live in the vault only.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/fields.hpp"

namespace spreaders::credentials {

enum class SmtpSecurity : uint8_t { kNone, kStarttls, kTls };
SPR_ENUM(SmtpSecurity, {SmtpSecurity::kNone, "none"}, {SmtpSecurity::kStarttls, "starttls"},
         {SmtpSecurity::kTls, "tls"});

// Providers smtp and sandbox_smtp.
struct SmtpSettings {
  std::string host;
  int port = 587;
  SmtpSecurity security = SmtpSecurity::kStarttls;
  std::optional<std::string> username;
  std::string from_email;
  std::string from_name;
  std::optional<std::string> bounce_domain;
  std::optional<std::string> dkim_domain;
  std::optional<std::string> dkim_selector;
  std::optional<std::string> lookup_url;
  int connections_max = 4;
  double mails_per_second_max = 50;
  static void check(const SmtpSettings& settings, Issues& issues);
  SPR_FIELDS(SmtpSettings,
             SPR_FIELD(host, "Name or address of the SMTP server", .min_size = 1, .format = Format::kHostname,
                       .example = "smtp.example.com"),
             SPR_FIELD(port, "587 or 2525 with starttls, 465 with tls", .min = 1, .max = 65535, .defaulted = true),
             SPR_FIELD(security, "How the connection is encrypted; none is for this machine only", .defaulted = true),
             SPR_FIELD(username, "Name to sign in with; its password goes to the vault", .max_size = 320),
             SPR_FIELD(from_email, "Sender's address", .format = Format::kEmail),
             SPR_FIELD(from_name, "Sender's name beside the address", .max_size = 100, .defaulted = true),
             SPR_FIELD(bounce_domain, "Domain that receives bounces; the sender's address gets them if left out",
                       .format = Format::kHostname),
             SPR_FIELD(dkim_domain, "Domain that signs (DKIM d=); its private key goes to the vault",
                       .format = Format::kHostname),
             SPR_FIELD(dkim_selector, "Selector of the key (DKIM s=)", .max_size = 63, .format = Format::kHostname),
             SPR_FIELD(lookup_url, "Address that tells whether a message with an unknown outcome arrived",
                       .max_size = 2000, .format = Format::kUri),
             SPR_FIELD(connections_max, "Connections held at once", .min = 1, .max = 100, .defaulted = true),
             SPR_FIELD(mails_per_second_max, "Speed limit", .min = 0.01, .max = 10'000, .defaulted = true));
};

// Providers anthropic and openai (and what speaks their protocols).
struct ModelSettings {
  std::optional<std::string> base_url;
  std::string model;
  SPR_FIELDS(ModelSettings,
             SPR_FIELD(base_url, "Address of the API, when it is not the vendor's own", .max_size = 2000,
                       .format = Format::kUri),
             SPR_FIELD(model, "Name of the model", .min_size = 1, .max_size = 200));
};

struct SecretName {
  std::string_view name;
  std::string_view description;
};

struct Provider {
  std::string_view name;
  std::string_view title;
  std::string_view channel;  // email, model
  bool sandbox;
  const FieldList& (*settings)();
  std::span<const SecretName> secrets;
  // The settings as stored: complete, in order, checked.
  Result<std::string> (*normalise)(const Json& settings);
};

std::span<const Provider> providers();
const Provider* find_provider(std::string_view name);  // nullptr when there is none

}  // namespace spreaders::credentials
