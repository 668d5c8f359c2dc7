#include "planners/llm/ground.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/bytes.hpp"

namespace spreaders::planners::llm {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
// Bytes of other scripts count as no word characters: Japanese writes names and signs without blanks.
bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool stands_alone(std::string_view text, size_t start, size_t end) {
  const bool before = start > 0 && is_word(text[start]) && is_word(text[start - 1]);
  const bool after = end < text.size() && is_word(text[end - 1]) && is_word(text[end]);
  return !before && !after;
}

std::optional<Evidence> find_word(const std::vector<Turn>& turns, std::string_view lower_word) {
  for (size_t turn = turns.size(); turn-- > 0;) {
    const std::string lower = lower_ascii(turns[turn].text);
    for (size_t at = lower.find(lower_word); at != std::string::npos; at = lower.find(lower_word, at + 1)) {
      if (stands_alone(lower, at, at + lower_word.size())) {
        return Evidence{static_cast<int>(turn), at, at + lower_word.size()};
      }
    }
  }
  return std::nullopt;
}

// What joins the digits of one number: comma, dot, apostrophes, blank, no-break blanks. 0 = nothing of the kind.
size_t separator_size(std::string_view text, size_t at) {
  const auto rest = text.substr(at);
  if (rest.empty()) return 0;
  if (rest[0] == ',' || rest[0] == '.' || rest[0] == '\'' || rest[0] == ' ') return 1;
  if (rest.starts_with("\xC2\xA0")) return 2;
  if (rest.starts_with("\xE2\x80\xAF") || rest.starts_with("\xE2\x80\x99")) return 3;
  return 0;
}

struct Multiple {
  std::string_view word;
  double factor;
};
constexpr Multiple kMultiples[] = {
    {"thousand", 1e3},     {"tausend", 1e3},      {"million", 1e6}, {"mille", 1e3}, {"crore", 1e7},
    {"lakh", 1e5},         {"tsd", 1e3},          {"mio", 1e6},     {"mil", 1e3},   {"\xE4\xB8\x87", 1e4},
    {"\xE5\x84\x84", 1e8}, {"\xE5\x8D\x83", 1e3}, {"k", 1e3},       {"m", 1e6}};

struct Factor {
  double value = 1;
  size_t end = 0;
};

Factor factor_after(std::string_view text, size_t at) {
  size_t start = at;
  if (start < text.size() && text[start] == ' ') ++start;
  const std::string lower = lower_ascii(text.substr(start, 12));
  for (const auto& one : kMultiples) {
    if (!lower.starts_with(one.word)) continue;
    const size_t end = start + one.word.size();
    const bool letter_follows = end < text.size() && is_word(text[end]) && is_word(one.word.back());
    // "lakhs", "millions", "crores"
    const bool plural = letter_follows && text[end] == 's' && (end + 1 == text.size() || !is_word(text[end + 1]));
    if (!letter_follows || plural) return {one.factor, plural ? end + 1 : end};
  }
  return {1, at};
}

bool same(double a, double b) { return std::fabs(a - b) < 0.005 + 1e-9 * std::fabs(b); }

// One run of digit groups: does any way to read it give `value`? The last separator may be a decimal sign; a shorter
// part of the run counts where the separator is a blank ("2 500").
bool run_means(const std::string& digits_all, const std::string& digits_last, bool one_separator_kind, double factor,
               double value) {
  const double grouped = std::strtod(digits_all.c_str(), nullptr);
  if (same(grouped * factor, value)) return true;
  if (digits_last.empty() || !one_separator_kind) return false;
  const double decimal =
      std::strtod((digits_all.substr(0, digits_all.size() - digits_last.size()) + "." + digits_last).c_str(), nullptr);
  return same(decimal * factor, value);
}

std::optional<std::pair<size_t, size_t>> number_in(std::string_view text, double value) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (!is_digit(text[at]) || (at > 0 && is_digit(text[at - 1]))) continue;
    // "250" is not said by "1,250"; by "6 400" it may be, where the 6 belongs to something else.
    if (at > 1 && is_digit(text[at - 2]) && separator_size(text, at - 1) == 1 && text[at - 1] != ' ') continue;
    std::string all;
    std::string last;
    bool decimal_possible = true;
    size_t end = at;
    for (size_t i = at; i < text.size();) {
      last.clear();
      while (i < text.size() && is_digit(text[i]) && all.size() < 20) {
        all += text[i];
        last += text[i++];
      }
      end = i;
      const auto factor = factor_after(text, end);
      const bool whole = last.size() == all.size();
      const bool at_blank = end == text.size() || separator_size(text, end) == 0 || text[end] == ' ' ||
                            end + 1 == text.size() || !is_digit(text[end + 1]);
      if (at_blank && run_means(all, whole ? "" : last, decimal_possible, factor.value, value))
        return std::pair{at, factor.end};
      const size_t step = separator_size(text, end);
      if (step == 0 || end + step >= text.size() || !is_digit(text[end + step]) || all.size() >= 20) break;
      decimal_possible = text[end] == ',' || text[end] == '.';
      i = end + step;
    }
  }
  return std::nullopt;
}

// Full-width digits become plain ones; a map leads back to the original's bytes.
struct Plain {
  std::string text;
  std::vector<size_t> origin;
};

Plain plain(std::string_view text) {
  Plain result;
  for (size_t i = 0; i < text.size();) {
    const bool wide = i + 2 < text.size() && text[i] == '\xEF' && text[i + 1] == '\xBC' &&
                      static_cast<unsigned char>(text[i + 2]) >= 0x90 &&
                      static_cast<unsigned char>(text[i + 2]) <= 0x99;
    result.origin.push_back(i);
    result.text += wide ? static_cast<char>('0' + (static_cast<unsigned char>(text[i + 2]) - 0x90)) : text[i];
    i += wide ? 3 : 1;
  }
  result.origin.push_back(text.size());
  return result;
}

struct Names {
  std::string_view key;
  std::vector<std::string_view> names;
};

const std::vector<Names>& currency_names() {
  static const std::vector<Names> kNames = {
      {"EUR", {"\xE2\x82\xAC", "euro", "euros"}},
      {"GBP", {"\xC2\xA3", "pound", "pounds", "quid"}},
      {"JPY", {"\xC2\xA5", "\xE5\x86\x86", "yen"}},
      {"CNY", {"\xC2\xA5", "yuan", "rmb", "\xE5\x85\x83"}},
      {"INR", {"\xE2\x82\xB9", "rupee", "rupees", "rs", "rs."}},
      {"CHF", {"franc", "francs", "franken", "fr."}},
      {"BRL", {"r$", "real", "reais"}},
      {"NOK", {"kr", "kroner", "krone"}},
      {"SEK", {"kr", "kronor"}},
      {"DKK", {"kr", "kroner"}},
      {"PLN", {"z\xC5\x82", "zloty"}},
      {"KRW", {"\xE2\x82\xA9", "won"}},
      {"MXN", {"peso", "pesos"}},
      {"ARS", {"peso", "pesos"}},
      {"CLP", {"peso", "pesos"}},
      {"COP", {"peso", "pesos"}},
  };
  return kNames;
}

bool is_dollar(std::string_view code) {
  constexpr std::string_view kDollars = "USD CAD AUD NZD SGD HKD MXN TWD ARS CLP COP";
  return code.size() == 3 && kDollars.find(code) != std::string_view::npos;
}

const std::vector<Names>& channel_names() {
  static const std::vector<Names> kNames = {
      {"email",
       {"email", "emails", "e-mail", "e-mails", "mail", "mails", "mailing", "newsletter", "newsletters", "correo",
        "correos", "courriel", "courriels", "\xE3\x83\xA1\xE3\x83\xBC\xE3\x83\xAB",
        "\xE3\x83\xA1\xE3\x83\xAB\xE3\x83\x9E\xE3\x82\xAC"}},
      {"sms", {"sms", "text message", "text messages", "texts", "text"}},
      {"push", {"push", "push notification", "push notifications"}},
      {"youtube", {"youtube", "yt", "\xE3\x83\xA6\xE3\x83\xBC\xE3\x83\x81\xE3\x83\xA5\xE3\x83\xBC\xE3\x83\x96"}},
      {"instagram", {"instagram", "insta", "ig", "reels", "\xE3\x82\xA4\xE3\x83\xB3\xE3\x82\xB9\xE3\x82\xBF"}},
      {"tiktok", {"tiktok", "tik tok"}},
      {"facebook", {"facebook", "fb", "meta"}},
      {"x", {"x", "twitter", "tweet", "tweets"}},
      {"linkedin", {"linkedin"}},
      {"pinterest", {"pinterest", "pins"}},
      {"snapchat", {"snapchat", "snap"}},
      {"reddit", {"reddit", "subreddit"}},
      {"threads", {"threads"}},
      {"twitch", {"twitch"}},
      {"discord", {"discord"}},
      {"google", {"google", "adwords", "search ads"}},
  };
  return kNames;
}

const std::vector<std::string_view>& paid_words() {
  static const std::vector<std::string_view> kWords = {"ad",
                                                       "ads",
                                                       "advert",
                                                       "adverts",
                                                       "advertise",
                                                       "advertising",
                                                       "advertisement",
                                                       "advertisements",
                                                       "paid",
                                                       "sponsored",
                                                       "ppc",
                                                       "anuncio",
                                                       "anuncios",
                                                       "publicidad",
                                                       "publicit\xC3\xA9",
                                                       "pub",
                                                       "pubs",
                                                       "annonces",
                                                       "werbung",
                                                       "anzeige",
                                                       "anzeigen",
                                                       "an\xC3\xBAncio",
                                                       "an\xC3\xBAncios",
                                                       "\xE5\xBA\x83\xE5\x91\x8A",
                                                       "adwords"};
  return kWords;
}

template <class List>
std::optional<Evidence> find_any(const std::vector<Turn>& turns, const List& words) {
  for (const auto word : words) {
    if (auto found = find_word(turns, word)) return found;
  }
  return std::nullopt;
}

}  // namespace

Provenance stated(const Evidence& evidence) {
  return {.source = Source::kStated, .turn = evidence.turn, .start = evidence.start, .end = evidence.end};
}

std::optional<Evidence> find_quote(const std::vector<Turn>& turns, std::string_view quote) {
  constexpr std::string_view kEdges = " \t\n.,;:!?\"'()";
  const size_t first = quote.find_first_not_of(kEdges);
  if (first == std::string_view::npos) return std::nullopt;
  quote = quote.substr(first, quote.find_last_not_of(kEdges) - first + 1);
  return find_word(turns, lower_ascii(quote));
}

std::optional<Evidence> find_number(const std::vector<Turn>& turns, double value) {
  for (size_t turn = turns.size(); turn-- > 0;) {
    const Plain simple = plain(turns[turn].text);
    if (const auto found = number_in(simple.text, value)) {
      return Evidence{static_cast<int>(turn), simple.origin[found->first], simple.origin[found->second]};
    }
  }
  return std::nullopt;
}

std::optional<Evidence> find_currency(const std::vector<Turn>& turns, std::string_view currency) {
  if (auto found = find_word(turns, lower_ascii(currency))) return found;
  for (const auto& entry : currency_names()) {
    if (entry.key != currency) continue;
    if (auto found = find_any(turns, entry.names)) return found;
  }
  if (!is_dollar(currency)) return std::nullopt;
  for (const std::string_view sign : {"$", "dollar", "dollars", "bucks", "\xEF\xBC\x84"}) {
    if (auto found = find_word(turns, sign)) return found;
  }
  return std::nullopt;
}

std::optional<Evidence> find_channel(const std::vector<Turn>& turns, std::string_view channel) {
  const bool paid = channel.ends_with("_ads");
  const std::string_view base = paid ? channel.substr(0, channel.size() - 4) : channel;
  if (paid && !find_any(turns, paid_words())) return std::nullopt;
  for (const auto& entry : channel_names()) {
    if (entry.key == base) return find_any(turns, entry.names);
  }
  return std::nullopt;
}

}  // namespace spreaders::planners::llm
