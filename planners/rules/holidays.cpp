// Holidays and trade days: a name in six languages and the rule that gives its date. Movable feasts without a formula
// carry their dates for the coming years.
#include <array>

#include "planners/rules/dates.hpp"

namespace spreaders::planners::rules {
namespace {

enum class Rule { kFixed, kNth, kEaster, kYears, kMothersDay, kFathersDay, kDayAfterNth, kThanksgiving, kAdvent };

struct Holiday {
  std::string_view names;
  Rule rule;
  int a = 0;  // month; offset from Easter; row of kYears
  int b = 0;  // day; weekday
  int c = 0;  // nth (-1 last); days after for kDayAfterNth
  int days = 1;
};

struct YearDate {
  int row;
  Date date;
};
constexpr YearDate kYearDates[] = {
    {0, {2026, 11, 8}}, {0, {2027, 10, 29}}, {0, {2028, 10, 17}},
    {0, {2029, 11, 5}}, {0, {2030, 10, 26}},  // Diwali
    {1, {2026, 2, 17}}, {1, {2027, 2, 6}},   {1, {2028, 1, 26}},
    {1, {2029, 2, 13}}, {1, {2030, 2, 3}},  // Lunar New Year
    {2, {2026, 2, 18}}, {2, {2027, 2, 8}},   {2, {2028, 1, 28}},
    {2, {2029, 1, 16}}, {2, {2030, 1, 6}},  // Ramadan
    {3, {2026, 3, 20}}, {3, {2027, 3, 10}},  {3, {2028, 2, 27}},
    {3, {2029, 2, 15}}, {3, {2030, 2, 5}},  // Eid al-Fitr
    {4, {2026, 12, 5}}, {4, {2027, 12, 25}}, {4, {2028, 12, 13}},
    {4, {2029, 12, 2}}, {4, {2030, 12, 21}},  // Hanukkah
    {5, {2026, 3, 4}},  {5, {2027, 3, 22}},  {5, {2028, 3, 11}},
    {5, {2029, 3, 1}},  {5, {2030, 3, 20}},  // Holi
};

constexpr Holiday kHolidays[] = {
    {"black_friday|blackfriday|viernes_negro|ブラックフライデー", Rule::kDayAfterNth, 11, 4, 1},
    {"cyber_monday|cybermonday|サイバーマンデー", Rule::kDayAfterNth, 11, 4, 4},
    {"giving_tuesday|givingtuesday|dia_de_dar|ギビングチューズデー", Rule::kDayAfterNth, 11, 4, 5},
    {"small_business_saturday", Rule::kDayAfterNth, 11, 4, 2},
    {"cyber_week|cyberweek|サイバーウィーク", Rule::kDayAfterNth, 11, 4, 4, 5},
    {"thanksgiving|thanksgiving_day|accion_de_gracias|感謝祭", Rule::kThanksgiving},
    {"christmas_eve|xmas_eve|nochebuena|veille_de_noel|reveillon_de_noel|heiligabend|heilig_abend|weihnachtsabend|"
     "vespera_de_natal|クリスマスイブ|クリスマス・イブ",
     Rule::kFixed, 12, 24},
    {"christmas|xmas|christmas_day|navidad|dia_de_navidad|noel|jour_de_noel|weihnachten|weihnachtstag|natal|dia_de_"
     "natal|クリスマス",
     Rule::kFixed, 12, 25},
    {"boxing_day|st_stephens_day", Rule::kFixed, 12, 26},
    {"new_years_eve|new_year_eve|new_years_even|nochevieja|fin_de_ano|saint_sylvestre|reveillon_du_nouvel_an|silvester|"
     "vespera_de_ano_novo|reveillon|大晦日|大みそか",
     Rule::kFixed, 12, 31},
    {"new_years_day|new_years|new_year|ano_nuevo|dia_de_ano_nuevo|nouvel_an|jour_de_l'_an|neujahr|ano_novo|dia_de_ano_"
     "novo|元日|元旦|お正月|正月",
     Rule::kFixed, 1, 1},
    {"epiphany|reyes|dia_de_reyes|reyes_magos|epiphanie|heilige_drei_konige|dia_de_reis", Rule::kFixed, 1, 6},
    {"valentines_day|valentines|valentine|valentine_day|st_valentines_day|san_valentin|dia_de_san_valentin|saint_"
     "valentin|valentinstag|dia_de_sao_valentim|バレンタインデー|バレンタイン",
     Rule::kFixed, 2, 14},
    {"white_day|ホワイトデー", Rule::kFixed, 3, 14},
    {"super_bowl|super_bowl_sunday|superbowl|スーパーボウル", Rule::kNth, 2, 0, 2},
    {"international_womens_day|womens_day|dia_de_la_mujer|dia_internacional_de_la_mujer|journee_de_la_femme|journee_"
     "internationale_des_femmes|frauentag|weltfrauentag|dia_da_mulher|dia_internacional_da_mulher",
     Rule::kFixed, 3, 8},
    {"st_patricks_day|saint_patricks_day|st_patricks|san_patricio|saint_patrick", Rule::kFixed, 3, 17},
    {"consumer_day|dia_do_consumidor", Rule::kFixed, 3, 15},
    {"april_fools_day|april_fools|poisson_d'_avril", Rule::kFixed, 4, 1},
    {"earth_day|dia_de_la_tierra|jour_de_la_terre|tag_der_erde|dia_da_terra|アースデイ", Rule::kFixed, 4, 22},
    {"ash_wednesday|miercoles_de_ceniza|mercredi_des_cendres|aschermittwoch|quarta_feira_de_cinzas", Rule::kEaster,
     -46},
    {"carnival|carnaval|karneval|fasching|mardi_gras|カーニバル", Rule::kEaster, -47},
    {"good_friday|viernes_santo|vendredi_saint|karfreitag|sexta_feira_santa", Rule::kEaster, -2},
    {"holy_week|semana_santa|semaine_sainte|karwoche", Rule::kEaster, -7, 0, 0, 8},
    {"easter_monday|lunes_de_pascua|lundi_de_paques|ostermontag", Rule::kEaster, 1},
    {"easter|easter_sunday|pascua|domingo_de_pascua|domingo_de_resurreccion|paques|ostern|ostersonntag|pascoa|domingo_"
     "de_pascoa|イースター|復活祭",
     Rule::kEaster, 0},
    {"mothering_sunday|mothers_day|mother_day|dia_de_la_madre|dia_de_las_madres|fete_des_meres|muttertag|dia_das_maes|"
     "dia_da_mae|母の日",
     Rule::kMothersDay},
    {"fathers_day|dia_del_padre|fete_des_peres|vatertag|dia_dos_pais|dia_do_pai|父の日", Rule::kFathersDay},
    {"cinco_de_mayo", Rule::kFixed, 5, 5},
    {"may_day|international_workers_day|dia_del_trabajo|dia_del_trabajador|fete_du_travail|tag_der_arbeit|dia_do_"
     "trabalho|dia_do_trabalhador",
     Rule::kFixed, 5, 1},
    {"memorial_day", Rule::kNth, 5, 1, -1},
    {"pentecost|whit_sunday|pentecostes|pentecote|pfingsten", Rule::kEaster, 49},
    {"dia_dos_namorados", Rule::kFixed, 6, 12},
    {"juneteenth", Rule::kFixed, 6, 19},
    {"fete_de_la_musique", Rule::kFixed, 6, 21},
    {"sao_joao|san_juan|noche_de_san_juan", Rule::kFixed, 6, 24},
    {"canada_day", Rule::kFixed, 7, 1},
    {"independence_day|fourth_of_july|4th_of_july|july_4th", Rule::kFixed, 7, 4},
    {"bastille_day|quatorze_juillet|fete_nationale", Rule::kFixed, 7, 14},
    {"tanabata|七夕", Rule::kFixed, 7, 7},
    {"labor_day|labour_day", Rule::kNth, 9, 1, 1},
    {"mexican_independence_day|dia_de_la_independencia", Rule::kFixed, 9, 16},
    {"敬老の日", Rule::kNth, 9, 1, 3},
    {"tag_der_deutschen_einheit|german_unity_day", Rule::kFixed, 10, 3},
    {"columbus_day|indigenous_peoples_day", Rule::kNth, 10, 1, 2},
    {"dia_de_la_hispanidad|dia_das_criancas", Rule::kFixed, 10, 12},
    {"halloween|noche_de_brujas|dia_das_bruxas|ハロウィン|ハロウィーン", Rule::kFixed, 10, 31},
    {"all_saints_day|todos_los_santos|toussaint|allerheiligen|dia_de_todos_os_santos", Rule::kFixed, 11, 1},
    {"day_of_the_dead|dia_de_muertos|dia_de_los_muertos", Rule::kFixed, 11, 2},
    {"bonfire_night|guy_fawkes_night", Rule::kFixed, 11, 5},
    {"singles_day|dia_del_soltero|dia_dos_solteiros|独身の日", Rule::kFixed, 11, 11},
    {"veterans_day|remembrance_day|armistice_day", Rule::kFixed, 11, 11},
    {"st_martins_day|martinstag", Rule::kFixed, 11, 11},
    {"st_nicholas_day|saint_nicholas_day|san_nicolas|saint_nicolas|nikolaustag|nikolaus", Rule::kFixed, 12, 6},
    {"australia_day", Rule::kFixed, 1, 26},
    {"republic_day", Rule::kFixed, 1, 26},
    {"anzac_day", Rule::kFixed, 4, 25},
    {"martin_luther_king_day|mlk_day", Rule::kNth, 1, 1, 3},
    {"presidents_day", Rule::kNth, 2, 1, 3},
    {"groundhog_day", Rule::kFixed, 2, 2},
    {"burns_night", Rule::kFixed, 1, 25},
    {"dia_del_nino", Rule::kFixed, 4, 30},
    {"dia_del_libro|world_book_day|sant_jordi|journee_du_livre", Rule::kFixed, 4, 23},
    {"golden_week|ゴールデンウィーク|ゴールデンウイーク", Rule::kFixed, 4, 29, 0, 7},
    {"成人の日", Rule::kNth, 1, 1, 2},
    {"節分", Rule::kFixed, 2, 3},
    {"ひな祭り|雛祭り", Rule::kFixed, 3, 3},
    {"こどもの日|子供の日", Rule::kFixed, 5, 5},
    {"diwali|deepavali|ディワリ", Rule::kYears, 0},
    {"lunar_new_year|chinese_new_year|ano_nuevo_chino|ano_nuevo_lunar|nouvel_an_chinois|nouvel_an_lunaire|chinesisches_"
     "neujahr|chinesischen_neujahrsfest|ano_novo_chines|旧正月|春節",
     Rule::kYears, 1},
    {"ramadan", Rule::kYears, 2},
    {"eid|eid_al_fitr|eid_ul_fitr", Rule::kYears, 3},
    {"hanukkah|chanukah|januca|hanoucca|chanukka", Rule::kYears, 4},
    {"holi", Rule::kYears, 5},
    {"kings_day|koningsdag", Rule::kFixed, 4, 27},
    {"first_advent|1st_advent|1_advent|erster_advent|ersten_advent|premier_avent|primer_domingo_de_adviento",
     Rule::kAdvent},
};

Date easter(int year) {  // Gregorian, Meeus/Jones/Butcher
  const int a = year % 19, b = year / 100, c = year % 100, d = b / 4, e = b % 4, f = (b + 8) / 25;
  const int g = (b - f + 1) / 3, h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4;
  const int l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451;
  const int month = (h + l - 7 * m + 114) / 31;
  return {year, month, (h + l - 7 * m + 114) % 31 + 1};
}

Date nth_weekday(int year, int month, int day_of_week, int nth) {
  if (nth < 0) {
    Date last{year, month, days_in_month(year, month)};
    return add_days(last, -((weekday(last) - day_of_week + 7) % 7));
  }
  const Date first{year, month, 1};
  return add_days(first, (day_of_week - weekday(first) + 7) % 7 + 7 * (nth - 1));
}

Date mothers_day(int year, Lang lang, std::string_view country) {
  if (country == "GB" || country == "IE") return add_days(easter(year), -21);
  if (country == "MX") return {year, 5, 10};
  if (country == "ES" || country == "PT" || (country.empty() && lang == Lang::kEs)) return nth_weekday(year, 5, 0, 1);
  if (country == "NO") return nth_weekday(year, 2, 0, 2);
  if (country == "FR" || country == "SE" || (country.empty() && lang == Lang::kFr)) {
    const Date last = nth_weekday(year, 5, 0, -1);
    return last == add_days(easter(year), 49) ? nth_weekday(year, 6, 0, 1) : last;
  }
  return nth_weekday(year, 5, 0, 2);
}

Date fathers_day(int year, Lang lang, std::string_view country) {
  if (country == "ES" || country == "PT" || (country.empty() && lang == Lang::kEs)) return {year, 3, 19};
  if (country == "DE" || (country.empty() && lang == Lang::kDe)) return add_days(easter(year), 39);
  if (country == "BR" || (country.empty() && lang == Lang::kPt)) return nth_weekday(year, 8, 0, 2);
  if (country == "AU" || country == "NZ") return nth_weekday(year, 9, 0, 1);
  return nth_weekday(year, 6, 0, 3);
}

Date in_year(const Holiday& holiday, int year, Lang lang, std::string_view country) {
  switch (holiday.rule) {
    case Rule::kFixed:
      return {year, holiday.a, holiday.b};
    case Rule::kNth:
      return nth_weekday(year, holiday.a, holiday.b, holiday.c);
    case Rule::kDayAfterNth:
      return add_days(nth_weekday(year, holiday.a, holiday.b, 4), holiday.c);
    case Rule::kEaster:
      return add_days(easter(year), holiday.a);
    case Rule::kMothersDay:
      return mothers_day(year, lang, country);
    case Rule::kFathersDay:
      return fathers_day(year, lang, country);
    case Rule::kThanksgiving:
      return country == "CA" ? nth_weekday(year, 10, 1, 2) : nth_weekday(year, 11, 4, 4);
    case Rule::kAdvent: {  // the fourth Sunday before Christmas Day
      const int day = weekday({year, 12, 25});
      return add_days({year, 12, 25}, -21 - (day == 0 ? 7 : day));
    }
    case Rule::kYears:
      for (const YearDate& row : kYearDates) {
        if (row.row == holiday.a && row.date.year == year) return row.date;
      }
      return {year, 1, 1};
  }
  return {year, 1, 1};
}

}  // namespace

int days_in_month(int year, int month) {
  constexpr std::array<int, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[static_cast<size_t>((month + 11) % 12)];
}

HolidayHit holiday_at(const Text& text, int i, Date today, Lang lang, std::string_view country) {
  struct Entry {
    std::vector<std::vector<std::string>> names;
    const Holiday* holiday;
  };
  static const std::vector<Entry> table = [] {
    std::vector<Entry> out;
    for (const Holiday& holiday : kHolidays) out.push_back({parse_entries(holiday.names), &holiday});
    return out;
  }();
  HolidayHit hit;
  const Holiday* best = nullptr;
  for (const Entry& entry : table) {
    for (const auto& name : entry.names) {
      if (name.front() != text.at(i).text && !text.at(i).ordinal) continue;
      const int end = match_entry(text, i, name);
      if (end > hit.end) {
        hit.end = end;
        best = entry.holiday;
      }
    }
  }
  if (best == nullptr) return hit;
  if (best->a == 1 && best->b == 1 && text.at(hit.end - 1).text == "new") return {};
  int year = today.year;
  if (text.is_number(hit.end) && text.at(hit.end).value >= 2020 && text.at(hit.end).value <= 2100) {
    year = static_cast<int>(text.at(hit.end).value);
    ++hit.end;
    hit.first = in_year(*best, year, lang, country);
  } else {
    hit.first = in_year(*best, year, lang, country);
    if (add_days(hit.first, best->days - 1) < today) hit.first = in_year(*best, year + 1, lang, country);
  }
  hit.last = add_days(hit.first, best->days - 1);
  return hit;
}

std::string_view country_of_zone(std::string_view zone) {
  struct Row {
    std::string_view zones;
    std::string_view country;
  };
  static constexpr Row rows[] = {{"|Europe/London|", "GB"},
                                 {"|Europe/Dublin|", "IE"},
                                 {"|Europe/Paris|", "FR"},
                                 {"|Europe/Madrid|Atlantic/Canary|", "ES"},
                                 {"|Europe/Berlin|", "DE"},
                                 {"|Europe/Vienna|", "AT"},
                                 {"|Europe/Zurich|", "CH"},
                                 {"|Europe/Lisbon|Atlantic/Madeira|Atlantic/Azores|", "PT"},
                                 {"|Europe/Oslo|", "NO"},
                                 {"|Europe/Stockholm|", "SE"},
                                 {"|Europe/Copenhagen|", "DK"},
                                 {"|Europe/Brussels|", "BE"},
                                 {"|Europe/Amsterdam|", "NL"},
                                 {"|Europe/Rome|", "IT"},
                                 {"|America/Mexico_City|America/Tijuana|America/Monterrey|America/Cancun|America/"
                                  "Merida|America/Hermosillo|America/Chihuahua|America/Mazatlan|",
                                  "MX"},
                                 {"|America/Sao_Paulo|America/Bahia|America/Recife|America/Fortaleza|America/"
                                  "Manaus|America/Belem|America/Cuiaba|America/Maceio|",
                                  "BR"},
                                 {"|America/Toronto|America/Vancouver|America/Montreal|America/Edmonton|America/"
                                  "Winnipeg|America/Halifax|America/Calgary|America/Regina|America/St_Johns|",
                                  "CA"},
                                 {"|America/Argentina/Buenos_Aires|America/Buenos_Aires|", "AR"},
                                 {"|America/Bogota|", "CO"},
                                 {"|America/Santiago|", "CL"},
                                 {"|Australia/Sydney|Australia/Melbourne|Australia/Brisbane|Australia/Perth|Australia/"
                                  "Adelaide|Australia/Hobart|Australia/Darwin|",
                                  "AU"},
                                 {"|Pacific/Auckland|", "NZ"},
                                 {"|Asia/Tokyo|", "JP"},
                                 {"|Asia/Kolkata|Asia/Calcutta|", "IN"},
                                 {"|Asia/Singapore|", "SG"},
                                 {"|Asia/Hong_Kong|", "HK"},
                                 {"|Asia/Seoul|", "KR"},
                                 {"|Asia/Kuwait|", "KW"},
                                 {"|Asia/Bahrain|", "BH"},
                                 {"|Asia/Dubai|", "AE"},
                                 {"|Asia/Riyadh|", "SA"},
                                 {"|Asia/Qatar|", "QA"},
                                 {"|Asia/Muscat|", "OM"},
                                 {"|Asia/Amman|", "JO"},
                                 {"|Africa/Tunis|", "TN"},
                                 {"|America/New_York|America/Chicago|America/Denver|America/Los_Angeles|America/"
                                  "Phoenix|America/Detroit|Pacific/Honolulu|America/Anchorage|",
                                  "US"}};
  const std::string key = "|" + std::string(zone) + "|";
  for (const Row& row : rows) {
    if (row.zones.find(key) != std::string_view::npos) return row.country;
  }
  return {};
}

}  // namespace spreaders::planners::rules
