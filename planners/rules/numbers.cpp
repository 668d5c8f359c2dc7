// Number words of the six languages up to 9,999 (and the multipliers above), joined into one number token.
#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>

#include "planners/rules/lexicon.hpp"

namespace spreaders::planners::rules {
namespace {

struct NumberWord {
  std::string_view word;
  double value;
};

constexpr NumberWord kEnglish[] = {
    {"zero", 0},      {"one", 1},         {"two", 2},       {"three", 3},    {"four", 4},     {"five", 5},
    {"six", 6},       {"seven", 7},       {"eight", 8},     {"nine", 9},     {"ten", 10},     {"eleven", 11},
    {"twelve", 12},   {"thirteen", 13},   {"fourteen", 14}, {"fifteen", 15}, {"sixteen", 16}, {"seventeen", 17},
    {"eighteen", 18}, {"nineteen", 19},   {"twenty", 20},   {"thirty", 30},  {"forty", 40},   {"fourty", 40},
    {"fifty", 50},    {"sixty", 60},      {"seventy", 70},  {"eighty", 80},  {"ninety", 90},  {"dozen", 12},
    {"hundred", 100}, {"thousand", 1000}, {"grand", 1000},  {"lakh", 1e5},   {"lakhs", 1e5},  {"lac", 1e5},
    {"lacs", 1e5},    {"million", 1e6},   {"crore", 1e7},   {"crores", 1e7}};
constexpr NumberWord kSpanish[] = {{"cero", 0},
                                   {"un", 1},
                                   {"uno", 1},
                                   {"una", 1},
                                   {"dos", 2},
                                   {"tres", 3},
                                   {"cuatro", 4},
                                   {"cinco", 5},
                                   {"seis", 6},
                                   {"siete", 7},
                                   {"ocho", 8},
                                   {"nueve", 9},
                                   {"diez", 10},
                                   {"once", 11},
                                   {"doce", 12},
                                   {"trece", 13},
                                   {"catorce", 14},
                                   {"quince", 15},
                                   {"dieciseis", 16},
                                   {"diecisiete", 17},
                                   {"dieciocho", 18},
                                   {"diecinueve", 19},
                                   {"veinte", 20},
                                   {"veintiun", 21},
                                   {"veintiuno", 21},
                                   {"veintidos", 22},
                                   {"veintitres", 23},
                                   {"veinticuatro", 24},
                                   {"veinticinco", 25},
                                   {"veintiseis", 26},
                                   {"veintisiete", 27},
                                   {"veintiocho", 28},
                                   {"veintinueve", 29},
                                   {"treinta", 30},
                                   {"cuarenta", 40},
                                   {"cincuenta", 50},
                                   {"sesenta", 60},
                                   {"setenta", 70},
                                   {"ochenta", 80},
                                   {"noventa", 90},
                                   {"cien", 100},
                                   {"ciento", 100},
                                   {"doscientos", 200},
                                   {"doscientas", 200},
                                   {"trescientos", 300},
                                   {"trescientas", 300},
                                   {"cuatrocientos", 400},
                                   {"cuatrocientas", 400},
                                   {"quinientos", 500},
                                   {"quinientas", 500},
                                   {"seiscientos", 600},
                                   {"seiscientas", 600},
                                   {"setecientos", 700},
                                   {"setecientas", 700},
                                   {"ochocientos", 800},
                                   {"ochocientas", 800},
                                   {"novecientos", 900},
                                   {"novecientas", 900},
                                   {"mil", 1000},
                                   {"docena", 12},
                                   {"millon", 1e6},
                                   {"millones", 1e6}};
constexpr NumberWord kFrench[] = {
    {"zero", 0},       {"un", 1},        {"une", 1},        {"deux", 2},       {"trois", 3},      {"quatre", 4},
    {"cinq", 5},       {"six", 6},       {"sept", 7},       {"huit", 8},       {"neuf", 9},       {"dix", 10},
    {"onze", 11},      {"douze", 12},    {"treize", 13},    {"quatorze", 14},  {"quinze", 15},    {"seize", 16},
    {"vingt", 20},     {"vingts", 20},   {"trente", 30},    {"quarante", 40},  {"cinquante", 50}, {"soixante", 60},
    {"septante", 70},  {"huitante", 80}, {"octante", 80},   {"nonante", 90},   {"cent", 100},     {"cents", 100},
    {"mille", 1000},   {"dizaine", 10},  {"quinzaine", 15}, {"vingtaine", 20}, {"trentaine", 30}, {"cinquantaine", 50},
    {"centaine", 100}, {"million", 1e6}, {"millions", 1e6}};
constexpr NumberWord kGerman[] = {
    {"anderthalb", 1.5}, {"eineinhalb", 1.5}, {"zweieinhalb", 2.5}, {"null", 0},      {"ein", 1},
    {"eine", 1},         {"einen", 1},        {"eins", 1},          {"zwei", 2},      {"zwo", 2},
    {"drei", 3},         {"vier", 4},         {"funf", 5},          {"fuenf", 5},     {"sechs", 6},
    {"sieben", 7},       {"acht", 8},         {"neun", 9},          {"zehn", 10},     {"elf", 11},
    {"zwolf", 12},       {"zwoelf", 12},      {"dreizehn", 13},     {"vierzehn", 14}, {"funfzehn", 15},
    {"sechzehn", 16},    {"siebzehn", 17},    {"achtzehn", 18},     {"neunzehn", 19}, {"zwanzig", 20},
    {"dreissig", 30},    {"vierzig", 40},     {"funfzig", 50},      {"fuenfzig", 50}, {"sechzig", 60},
    {"siebzig", 70},     {"achtzig", 80},     {"neunzig", 90},      {"hundert", 100}, {"tausend", 1000},
    {"dutzend", 12},     {"tsd", 1000},       {"mio", 1e6},         {"million", 1e6}, {"millionen", 1e6}};
constexpr NumberWord kPortuguese[] = {{"zero", 0},
                                      {"um", 1},
                                      {"uma", 1},
                                      {"dois", 2},
                                      {"duas", 2},
                                      {"tres", 3},
                                      {"quatro", 4},
                                      {"cinco", 5},
                                      {"seis", 6},
                                      {"sete", 7},
                                      {"oito", 8},
                                      {"nove", 9},
                                      {"dez", 10},
                                      {"onze", 11},
                                      {"doze", 12},
                                      {"treze", 13},
                                      {"quatorze", 14},
                                      {"catorze", 14},
                                      {"quinze", 15},
                                      {"dezesseis", 16},
                                      {"dezasseis", 16},
                                      {"dezessete", 17},
                                      {"dezassete", 17},
                                      {"dezoito", 18},
                                      {"dezenove", 19},
                                      {"dezanove", 19},
                                      {"vinte", 20},
                                      {"trinta", 30},
                                      {"quarenta", 40},
                                      {"cinquenta", 50},
                                      {"sessenta", 60},
                                      {"setenta", 70},
                                      {"oitenta", 80},
                                      {"noventa", 90},
                                      {"cem", 100},
                                      {"cento", 100},
                                      {"duzentos", 200},
                                      {"duzentas", 200},
                                      {"trezentos", 300},
                                      {"trezentas", 300},
                                      {"quatrocentos", 400},
                                      {"quatrocentas", 400},
                                      {"quinhentos", 500},
                                      {"quinhentas", 500},
                                      {"seiscentos", 600},
                                      {"seiscentas", 600},
                                      {"setecentos", 700},
                                      {"setecentas", 700},
                                      {"oitocentos", 800},
                                      {"oitocentas", 800},
                                      {"novecentos", 900},
                                      {"novecentas", 900},
                                      {"mil", 1000},
                                      {"duzia", 12},
                                      {"milhao", 1e6},
                                      {"milhoes", 1e6}};

using Map = std::unordered_map<std::string_view, double>;

const Map& words(Lang lang) {
  static const std::array<Map, 5> maps = [] {
    std::array<Map, 5> out;
    const auto fill = [&](size_t i, const auto& rows) {
      for (const NumberWord& row : rows) out[i].emplace(row.word, row.value);
    };
    fill(0, kEnglish);
    fill(1, kSpanish);
    fill(2, kFrench);
    fill(3, kGerman);
    fill(4, kPortuguese);
    return out;
  }();
  return maps[lang == Lang::kJa ? 0 : static_cast<size_t>(lang)];
}

// zweitausendfunfhundert, funfundzwanzig: greedy from the left, longest piece first.
bool german_compound(std::string_view word, std::vector<double>& pieces) {
  const Map& map = words(Lang::kDe);
  while (!word.empty()) {
    bool found = false;
    for (size_t n = word.size(); n >= 3 && !found; --n) {
      const auto hit = map.find(word.substr(0, n));
      if (hit == map.end()) continue;
      pieces.push_back(hit->second);
      word.remove_prefix(n);
      found = true;
    }
    if (!found && word.starts_with("und") && !pieces.empty()) {
      word.remove_prefix(3);
      found = true;
    }
    if (!found) return false;
  }
  return pieces.size() > 1;
}

// Adds up one run: units, tens, hundreds, thousands; quatre-vingts multiplies.
struct Sum {
  double total = 0;
  double part = 0;
  int pieces = 0;
  bool add(double value) {
    if (pieces > 0 && value >= 1000) {
      total += (part == 0 && total == 0 ? 1 : part) * value;
      part = 0;
    } else if (value == 100) {
      part = part == 0 ? 100 : (part < 100 ? part * 100 : part + 100);
    } else if (value == 20 && part == 4) {
      part = 80;
    } else if (value >= 1000) {
      total += value;
    } else if (value == 12 && part > 0 && part < 12) {
      part *= 12;
    } else {
      const double low = part - 100.0 * static_cast<int>(part / 100);
      const bool french_teen = low >= 60 && value < 20;  // soixante-douze, quatre-vingt-dix
      if (pieces > 0 && part > 0 && low > 0 && !(low >= 20 && value < 10) && !french_teen &&
          !(low < 10 && value >= 20 && value < 100)) {
        return false;  // "five ten": two numbers
      }
      part += value;
    }
    ++pieces;
    return true;
  }
  [[nodiscard]] double value() const { return total + part; }
};

bool is_article(std::string_view word) {
  for (const std::string_view one :
       {"one", "un", "una", "uno", "une", "ein", "eine", "einen", "um", "uma", "neuf", "second", "null", "mil"}) {
    if (word == one && word != "mil") return true;
  }
  return false;
}

bool joins(const Text& text, int i, Lang lang) {
  switch (lang) {
    case Lang::kEn:
      return text.is(i, "and");
    case Lang::kEs:
      return text.is(i, "y");
    case Lang::kFr:
      return text.is(i, "et");
    case Lang::kPt:
      return text.is(i, "e");
    case Lang::kDe:
      return text.is(i, "und");
    default:
      return false;
  }
}

bool before_unit(const Text& text, int i, Lang lang) {
  for (const ClassId id : {C("unit_day"), C("unit_week"), C("unit_fortnight"), C("unit_month"), C("unit_hour"),
                           C("kpi_plain_unit"), C("currency_word")}) {
    if (match(text, i, lang, id) > 0) return true;
  }
  return false;
}

void join(Text& text, int begin, int end, double value) {
  Token token = text.at(begin);
  token.kind = TokenKind::kNumber;
  token.value = value;
  token.spelled = true;
  token.ordinal = false;
  token.end = text.at(end - 1).end;
  token.text = "#";
  auto& list = text.tokens;
  list[static_cast<size_t>(begin)] = token;
  list.erase(list.begin() + begin + 1, list.begin() + end);
}

// "one and a half grand", "2 and a half thousand", "half a million"; 0 when there is none.
int half_run(const Text& text, int i, Lang lang, double& value) {
  if (lang != Lang::kEn) return 0;
  const Map& map = words(lang);
  const auto multiplier = [&](int at) {
    const auto hit = at < text.size() ? map.find(text.at(at).text) : map.end();
    return hit == map.end() || hit->second < 100 ? 0.0 : hit->second;
  };
  if (text.is(i, "half") && (text.is(i + 1, "a") || text.is(i + 1, "of")) && multiplier(i + 2) >= 1000) {
    value = multiplier(i + 2) / 2;
    return i + 3;
  }
  if (!(text.is(i + 1, "and") && text.is(i + 2, "a") && text.is(i + 3, "half")) || multiplier(i + 4) == 0) return 0;
  const auto whole = map.find(text.at(i).text);
  if (!text.is_number(i) && whole == map.end()) return 0;
  value = ((text.is_number(i) ? text.at(i).value : whole->second) + 0.5) * multiplier(i + 4);
  return i + 5;
}

// Words from i on; 0 when there is no number there.
int word_run(const Text& text, int i, Lang lang, double& value) {
  const Map& map = words(lang);
  Sum sum;
  int at = i;
  int end = i;
  while (at < text.size()) {
    const Token& token = text.at(at);
    if (token.kind == TokenKind::kNumber && at == i && !token.ordinal) {  // "2 thousand", "1.5 lakh", "10 mil"
      const auto unit = at + 1 < text.size() ? map.find(text.at(at + 1).text) : map.end();
      if (unit == map.end() || unit->second < 1000) {
        if (unit == map.end() || unit->second != 100 || token.value > 99) return 0;
      }
      value = token.value * unit->second;
      return at + 2;
    }
    if (token.kind != TokenKind::kWord) break;
    const auto hit = map.find(token.text);
    std::vector<double> pieces;
    if (hit != map.end()) {
      if (!sum.add(hit->second)) break;
      end = ++at;
    } else if (lang == Lang::kDe && token.text.size() > 6 && german_compound(token.text, pieces)) {
      Sum local;
      for (size_t p = 0; p < pieces.size(); ++p) local.add(pieces[p]);
      if (!sum.add(local.value())) break;
      end = ++at;
    } else if (lang == Lang::kEn && sum.pieces == 0 && token.text == "a" && at + 1 < text.size() &&
               (text.is(at + 1, "hundred") || text.is(at + 1, "thousand") || text.is(at + 1, "dozen") ||
                text.is(at + 1, "million") || text.is(at + 1, "lakh") || text.is(at + 1, "grand"))) {
      ++at;
    } else if (sum.pieces > 0 && joins(text, at, lang) && at + 1 < text.size() && map.contains(text.at(at + 1).text)) {
      const double next = map.at(text.at(at + 1).text);
      if (next >= sum.value() || is_article(text.at(at + 1).text)) break;
      ++at;
    } else {
      break;
    }
  }
  if (sum.pieces == 0) return 0;
  if (sum.value() == 0) return 0;  // "zero budget" stays words
  if (sum.pieces == 1 && is_article(text.at(end - 1).text) && !before_unit(text, end, lang)) return 0;
  value = sum.value();
  return end;
}

// Kanji digits and 十百千万億, also after Arabic digits: 30万, 1億2000万, 三百.
int kanji_run(const Text& text, int i, double& value) {
  static const std::unordered_map<std::string_view, double> digits = {
      {"〇", 0}, {"一", 1}, {"二", 2}, {"三", 3}, {"四", 4}, {"五", 5}, {"六", 6}, {"七", 7}, {"八", 8}, {"九", 9}};
  static const std::unordered_map<std::string_view, double> units = {
      {"十", 10}, {"百", 100}, {"千", 1000}, {"万", 1e4}, {"億", 1e8}};
  double total = 0;
  double part = 0;
  double digit = -1;
  int at = i;
  for (; at < text.size(); ++at) {
    const Token& token = text.at(at);
    if (token.kind == TokenKind::kNumber) {
      if (digit >= 0 || token.decimal == (at != i)) {
        if (digit >= 0 || at != i) break;
      }
      digit = token.value;
    } else if (const auto d = digits.find(token.text); d != digits.end()) {
      if (digit >= 0) break;
      digit = d->second;
    } else if (const auto u = units.find(token.text); u != units.end()) {
      if (u->second >= 1e4) {
        total += (part + (digit < 0 ? (part == 0 ? 1 : 0) : digit)) * u->second;
        part = 0;
      } else {
        part += (digit < 0 ? 1 : digit) * u->second;
      }
      digit = -1;
    } else {
      break;
    }
  }
  if (at == i) return 0;
  value = total + part + std::max(digit, 0.0);
  if (at == i + 1 && text.is_number(i)) return 0;
  const bool from_digits = text.is_number(i);
  if (!from_digits && match(text, at, Lang::kJa, C("ja_counter")) < 0) return 0;
  return at;
}

}  // namespace

void merge_numbers(Text& text, Lang lang) {
  for (int i = 0; i < text.size(); ++i) {
    double value = 0;
    int end = 0;
    if (lang == Lang::kJa) end = kanji_run(text, i, value);
    if (end == 0) end = half_run(text, i, lang, value);
    const bool half_month = i > 0 && text.is(i, "quinzaine") &&
                            (match(text, i - 1, lang, C("first")) > 0 || match(text, i - 1, lang, C("second_ord")) > 0);
    if (half_month) continue;  // "première quinzaine de janvier" is no fifteen
    if (end == 0) end = word_run(text, i, lang, value);
    if (end == 0 && lang != Lang::kEn && lang != Lang::kJa && text.is_number(i))
      end = word_run(text, i, Lang::kEn, value);
    if (end == 0 && text.is_number(i) && text.is(i + 1, "k") && match_any(text, i + 2, C("currency_word")) > 0)
      end = i + 2, value = text.at(i).value * 1000;  // "2,5 k€"
    if (end > i) join(text, i, end, value);
  }
  merge_spoken_days(text, lang);
}

}  // namespace spreaders::planners::rules
