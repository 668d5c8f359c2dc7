#include "credentials/providers.hpp"

#include <nlohmann/json.hpp>

namespace spreaders::credentials {

namespace {

constexpr SecretName kSmtpSecrets[] = {{"password", "Password of the user name"},
                                       {"dkim_private_key", "Private key of DKIM, PEM"}};
constexpr SecretName kModelSecrets[] = {{"api_key", "Key of the API"}};

template <class Settings>
Result<std::string> normalise(const Json& settings) {
  return to_text(encode(TRY(decode<Settings>(settings, "The settings of the connection"))));
}

bool is_this_machine(std::string_view host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

}  // namespace

void SmtpSettings::check(const SmtpSettings& settings, Issues& issues) {
  if (settings.dkim_domain.has_value() != settings.dkim_selector.has_value()) {
    issues.push_back(
        {settings.dkim_domain ? "/dkim_selector" : "/dkim_domain", "dkim_domain and dkim_selector go together"});
  }
  if (settings.security == SmtpSecurity::kNone && settings.username && !is_this_machine(settings.host)) {
    issues.push_back({"/security", "a password is never sent without encryption: use starttls or tls"});
  }
}

std::span<const Provider> providers() {
  static const Provider list[] = {
      {"smtp", "SMTP server", "email", false, &SmtpSettings::field_list, kSmtpSecrets, &normalise<SmtpSettings>},
      {"sandbox_smtp", "Sandbox mail world", "email", true, &SmtpSettings::field_list, kSmtpSecrets,
       &normalise<SmtpSettings>},
      {"anthropic", "Anthropic", "model", false, &ModelSettings::field_list, kModelSecrets, &normalise<ModelSettings>},
      {"openai", "OpenAI", "model", false, &ModelSettings::field_list, kModelSecrets, &normalise<ModelSettings>},
  };
  return list;
}

const Provider* find_provider(std::string_view name) {
  for (const auto& provider : providers()) {
    if (provider.name == name) return &provider;
  }
  return nullptr;
}

}  // namespace spreaders::credentials
