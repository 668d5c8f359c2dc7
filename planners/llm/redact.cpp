#include "planners/llm/redact.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "core/bytes.hpp"

namespace spreaders::planners::llm {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_alnum(char c) { return is_digit(c) || is_upper(c) || is_lower(c); }
bool is_token_char(char c) { return is_alnum(c) || c == '-' || c == '_'; }

struct Prefix {
  std::string_view prefix;
  size_t more_min;        // token characters that must follow
  std::string_view more;  // what may follow beside letters, digits, - and _
  std::string_view kind;
};

// The longer prefix stands before the shorter one it begins with.
constexpr Prefix kPrefixes[] = {
    {"sk-ant-", 16, "", "Anthropic API key"},  {"sk-or-", 16, "", "OpenRouter API key"},
    {"sk-proj-", 16, "", "OpenAI API key"},    {"sk_live_", 16, "", "Stripe secret key"},
    {"sk_test_", 16, "", "Stripe secret key"}, {"rk_live_", 16, "", "Stripe restricted key"},
    {"whsec_", 16, "+/=", "webhook secret"},   {"sk-", 20, "", "OpenAI API key"},
    {"AKIA", 16, "", "AWS access key"},        {"ASIA", 16, "", "AWS access key"},
    {"xoxb-", 10, "", "Slack token"},          {"xoxp-", 10, "", "Slack token"},
    {"xoxa-", 10, "", "Slack token"},          {"xoxr-", 10, "", "Slack token"},
    {"xoxs-", 10, "", "Slack token"},          {"xoxe.", 10, ".", "Slack token"},
    {"xapp-", 10, "", "Slack token"},          {"ghp_", 30, "", "GitHub token"},
    {"gho_", 30, "", "GitHub token"},          {"ghu_", 30, "", "GitHub token"},
    {"ghs_", 30, "", "GitHub token"},          {"ghr_", 30, "", "GitHub token"},
    {"github_pat_", 22, "", "GitHub token"},   {"glpat-", 18, "", "GitLab token"},
    {"SG.", 30, ".", "SendGrid API key"},      {"AIza", 30, "", "Google API key"},
    {"ya29.", 20, ".", "Google access token"}, {"GOCSPX-", 20, "", "Google client secret"},
    {"EAA", 60, "", "Meta access token"},      {"xkeysib-", 30, "", "Brevo API key"},
    {"key-", 32, "", "Mailgun API key"},       {"pat-na1-", 20, "", "HubSpot token"},
    {"shpat_", 20, "", "Shopify token"},       {"npm_", 30, "", "npm token"},
    {"hf_", 30, "", "Hugging Face token"},     {"dop_v1_", 40, "", "DigitalOcean token"},
};

struct Span {
  size_t start;
  size_t end;
  std::string_view kind;
};

bool starts_token(std::string_view text, size_t at) { return at == 0 || !is_token_char(text[at - 1]); }

std::optional<Span> known_prefix(std::string_view text, size_t at) {
  if (!starts_token(text, at)) return std::nullopt;
  for (const auto& one : kPrefixes) {
    if (!text.substr(at).starts_with(one.prefix)) continue;
    size_t end = at + one.prefix.size();
    while (end < text.size() && (is_token_char(text[end]) || one.more.find(text[end]) != std::string_view::npos)) ++end;
    while (end > at && text[end - 1] == '.') --end;  // the full stop of a sentence
    if (end - at - one.prefix.size() >= one.more_min) return Span{at, end, one.kind};
  }
  // Three base64url parts, the first a JSON object: a signed token.
  if (text.substr(at).starts_with("eyJ")) {
    size_t end = at;
    size_t dots = 0;
    while (end < text.size() && (is_token_char(text[end]) || (text[end] == '.' && dots < 2)))
      dots += text[end++] == '.';
    if (dots == 2 && end - at > 40) return Span{at, end, "signed token (JWT)"};
  }
  return std::nullopt;
}

std::optional<Span> pem_block(std::string_view text, size_t at) {
  if (!text.substr(at).starts_with("-----BEGIN ")) return std::nullopt;
  const size_t line_end = text.find("-----", at + 11);
  if (line_end == std::string_view::npos) return std::nullopt;
  const auto label = text.substr(at + 11, line_end - at - 11);
  if (label.size() > 60 || label.find("PRIVATE KEY") == std::string_view::npos) return std::nullopt;
  const size_t close = text.find("-----END ", line_end);
  if (close == std::string_view::npos) return Span{at, text.size(), "private key"};  // the rest of a cut paste
  const size_t end = text.find("-----", close + 9);
  return Span{at, end == std::string_view::npos ? text.size() : end + 5, "private key"};
}

bool passes_luhn(std::string_view digits) {
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    int value = digits[digits.size() - 1 - i] - '0';
    if (i % 2 == 1) value = value * 2 > 9 ? value * 2 - 9 : value * 2;
    sum += value;
  }
  return sum % 10 == 0;
}

bool is_card(std::string_view digits) {
  const int two = (digits[0] - '0') * 10 + (digits[1] - '0');
  const int four = two * 100 + (digits[2] - '0') * 10 + (digits[3] - '0');
  const size_t size = digits.size();
  const bool visa = digits[0] == '4' && (size == 13 || size == 16 || size == 19);
  const bool mastercard = size == 16 && ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720));
  const bool amex = size == 15 && (two == 34 || two == 37);
  const bool discover = size >= 16 && (four == 6011 || two == 65 || two == 62);
  const bool jcb = size == 16 && four >= 3528 && four <= 3589;
  const bool diners = size == 14 && (two == 36 || two == 38 || two == 30);
  const bool maestro = size >= 13 && (two == 50 || two == 67);
  return (visa || mastercard || amex || discover || jcb || diners || maestro) && passes_luhn(digits);
}

// Digits in groups that single blanks or hyphens part.
std::optional<Span> card_number(std::string_view text, size_t at) {
  if (!is_digit(text[at]) || (at > 0 && (is_alnum(text[at - 1]) || text[at - 1] == '.'))) return std::nullopt;
  std::string digits;
  size_t end = at;
  size_t i = at;
  while (i < text.size() && digits.size() < 20) {
    if (is_digit(text[i])) {
      digits += text[i++];
      end = i;
    } else if ((text[i] == ' ' || text[i] == '-') && i + 1 < text.size() && is_digit(text[i + 1])) {
      ++i;
    } else {
      break;
    }
  }
  if (digits.size() < 13 || digits.size() > 19 || (end < text.size() && is_alnum(text[end]))) return std::nullopt;
  if (!is_card(digits)) return std::nullopt;
  return Span{at, end, "card number"};
}

// "password: hunter2", "api key is abc123", "Passwort=..." : the value after the word.
std::optional<Span> named_value(std::string_view text, std::string_view lower, size_t at) {
  static constexpr std::string_view kWords[] = {"password",
                                                "passwd",
                                                "passphrase",
                                                "passcode",
                                                "pwd",
                                                "passwort",
                                                "kennwort",
                                                "mot de passe",
                                                "contrase\xC3\xB1"
                                                "a",
                                                "senha",
                                                "api key",
                                                "api-key",
                                                "apikey",
                                                "api_key",
                                                "secret key",
                                                "client secret",
                                                "client_secret",
                                                "access token",
                                                "access_token",
                                                "auth token",
                                                "refresh token",
                                                "bearer",
                                                "cvv",
                                                "cvc"};
  if (at > 0 && (is_alnum(text[at - 1]))) return std::nullopt;
  for (const auto word : kWords) {
    if (!lower.substr(at).starts_with(word)) continue;
    size_t i = at + word.size();
    size_t signs = 0;
    while (i < text.size() &&
           (text[i] == ' ' || text[i] == ':' || text[i] == '=' || text[i] == '"' || text[i] == '\'')) {
      signs += text[i] == ':' || text[i] == '=';
      ++i;
    }
    if (lower.substr(i).starts_with("is ") || lower.substr(i).starts_with("ist ")) {
      i = lower.find(' ', i) + 1;
      ++signs;
    }
    size_t end = i;
    while (end < text.size() && static_cast<unsigned char>(text[end]) > 0x20 && text[end] != '"' && text[end] != ',')
      ++end;
    while (end > i && (text[end - 1] == '.' || text[end - 1] == ';' || text[end - 1] == ')')) --end;
    const auto value = text.substr(i, end - i);
    const bool has_digit = std::any_of(value.begin(), value.end(), is_digit);
    const bool digits_only = word == "cvv" || word == "cvc";
    if (digits_only ? value.size() >= 3 && value.size() <= 4 && std::all_of(value.begin(), value.end(), is_digit)
                    : value.size() >= 6 && (has_digit || signs > 0) && (signs > 0 || word == "bearer")) {
      return Span{i, end, digits_only ? "card check number" : "password or key"};
    }
  }
  return std::nullopt;
}

double entropy_bits(std::string_view token) {
  std::array<int, 256> counts{};
  for (const char c : token) ++counts[static_cast<unsigned char>(c)];
  double bits = 0;
  for (const int count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(token.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

// An id of this system, as `spreaders` prints it: cmp_4fK2aB9xQ7LmN3pR8sT1uV. Keys have other prefixes.
bool is_own_id(std::string_view token) {
  static constexpr std::string_view kKinds[] = {"agr", "apr", "cmp", "con", "ctc", "evt", "imp", "lst",
                                                "out", "pln", "run", "seg", "tpl", "usr", "wsp"};
  return token.size() == 26 && token[3] == '_' && std::all_of(token.begin() + 4, token.end(), is_alnum) &&
         std::find(std::begin(kKinds), std::end(kKinds), token.substr(0, 3)) != std::end(kKinds);
}

// Long tokens that no language writes: hexadecimal from 32 digits on, or a mix of cases and digits from 24 on.
// Addresses of pages and ids with hyphens (UUIDs) are told apart by their signs.
std::optional<Span> random_token(std::string_view text, size_t at) {
  const auto in_token = [](char c) { return is_alnum(c) || c == '+' || c == '/' || c == '=' || c == '_'; };
  if (!in_token(text[at]) || (at > 0 && (in_token(text[at - 1]) || text[at - 1] == '-'))) return std::nullopt;
  size_t end = at;
  size_t upper = 0, lower = 0, digits = 0, slashes = 0;
  bool hexadecimal = true;
  while (end < text.size() && (in_token(text[end]) || text[end] == '-')) {
    const char c = text[end++];
    upper += is_upper(c);
    lower += is_lower(c);
    digits += is_digit(c);
    slashes += c == '/' || c == '-';
    hexadecimal = hexadecimal && (is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
  }
  const auto token = text.substr(at, end - at);
  if (is_own_id(token)) return std::nullopt;
  const double bits = entropy_bits(token);
  if (hexadecimal && token.size() >= 32 && digits > 4 && upper + lower > 4 && bits > 3.0)
    return Span{at, end, "secret-looking token"};
  const bool mixed = upper >= 3 && lower >= 3 && digits >= 2 && slashes <= token.size() / 12;
  if (mixed && token.size() >= 24 && bits >= 4.0) return Span{at, end, "secret-looking token"};
  return std::nullopt;
}

}  // namespace

Redacted redact_secrets(std::string_view text) {
  Redacted result;
  const std::string lower = lower_ascii(text);
  size_t copied = 0;
  for (size_t at = 0; at < text.size();) {
    auto span = pem_block(text, at);
    if (!span) span = known_prefix(text, at);
    if (!span) span = named_value(text, lower, at);
    if (!span) span = card_number(text, at);
    if (!span) span = random_token(text, at);
    if (!span) {
      ++at;
      continue;
    }
    result.text += text.substr(copied, span->start - copied);
    result.text += kRedacted;
    result.found.push_back({std::string(span->kind), span->start, span->end});
    copied = at = span->end;
  }
  result.text += text.substr(copied);
  return result;
}

}  // namespace spreaders::planners::llm
