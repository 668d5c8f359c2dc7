#include "services/templates/liquid/date_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "services/templates/liquid/text.hpp"

namespace spreaders::liquid {
namespace {

constexpr double kDay_ms = 86'400'000;
constexpr double kMinute_ms = 60'000;
constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

// Days since 1970-01-01 of a proleptic Gregorian date; month from 1, day may run over.
// (Howard Hinnant, chrono-compatible low-level date algorithms.)
int64_t days_from(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

struct Calendar {
  int64_t year;
  int month;  // 1..12
  int day;
  int weekday;      // 0 = Sunday
  int day_of_year;  // from 1
};

Calendar calendar_of(int64_t days) {
  const int64_t shifted = days + 719468;
  const int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const int64_t day_of_era = shifted - era * 146097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month = (5 * day_of_year + 2) / 153;
  Calendar result{};
  result.day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1);
  result.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  result.year = year_of_era + era * 400 + (result.month <= 2);
  result.weekday = static_cast<int>(((days % 7) + 11) % 7);
  result.day_of_year = static_cast<int>(days - days_from(result.year, 1, 1) + 1);
  return result;
}

struct Fields {
  int64_t year = 0;
  int64_t month = 1;
  int64_t day = 1;
  int64_t hour = 0, minute = 0, second = 0, millisecond = 0;
  std::optional<int64_t> offset_minutes;  // east of UTC
};

std::optional<double> to_ms(const Fields& fields, const ZoneOffset& offset) {
  const bool is_midnight = fields.hour == 24 && fields.minute == 0 && fields.second == 0 && fields.millisecond == 0;
  if ((fields.hour > 23 && !is_midnight) || fields.minute > 59 || fields.second > 59) return std::nullopt;
  const auto local =
      static_cast<double>(days_from(fields.year, fields.month, fields.day)) * kDay_ms +
      static_cast<double>(((fields.hour * 60 + fields.minute) * 60 + fields.second) * 1000 + fields.millisecond);
  if (!(std::abs(local) <= kDate_ms_max)) return std::nullopt;
  const double minutes = fields.offset_minutes ? static_cast<double>(*fields.offset_minutes) : offset(local, true);
  const double ms = local - minutes * kMinute_ms;
  return std::abs(ms) <= kDate_ms_max ? std::optional(ms) : std::nullopt;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }
  [[nodiscard]] bool is_digit() const { return peek() >= '0' && peek() <= '9'; }
  [[nodiscard]] bool is_letter() const { return (peek() | 32) >= 'a' && (peek() | 32) <= 'z'; }
  bool take(char wanted) {
    if (peek() != wanted || at_end()) return false;
    ++at_;
    return true;
  }
  char next() { return text_[at_++]; }
  // Exactly `count` digits, or nothing is taken.
  std::optional<int64_t> digits(size_t count) {
    int64_t value = 0;
    for (size_t i = 0; i < count; ++i) {
      const char c = at_ + i < text_.size() ? text_[at_ + i] : '\0';
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    at_ += count;
    return value;
  }
  // All digits that follow, at most nine of them counting.
  int64_t number(size_t& length) {
    int64_t value = 0;
    for (length = 0; is_digit(); ++length) {
      const int64_t digit = next() - '0';
      if (length < 9) value = value * 10 + digit;
    }
    return value;
  }
  // First three digits of a fraction as milliseconds.
  int64_t fraction() {
    size_t length = 0;
    int64_t value = 0;
    for (; is_digit(); ++length) {
      const int64_t digit = next() - '0';
      if (length < 3) value = value * 10 + digit;
    }
    for (; length < 3; ++length) value *= 10;
    return value;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

// ECMAScript's own format: 2026-11-21T10:00:00.000+01:00 and shorter ones.
std::optional<Fields> parse_iso(std::string_view text, bool& is_date_only) {
  Reader in(text);
  Fields fields;
  is_date_only = true;
  const char sign = in.peek();
  const bool is_long = in.take('+') || in.take('-');
  const auto year = in.digits(is_long ? 6 : 4);
  if (!year || (sign == '-' && *year == 0)) return std::nullopt;
  fields.year = is_long && sign == '-' ? -*year : *year;
  if (in.take('-')) {
    const auto month = in.digits(2);
    if (!month || *month < 1 || *month > 12) return std::nullopt;
    fields.month = *month;
    if (in.take('-')) {
      const auto day = in.digits(2);
      if (!day || *day < 1 || *day > 31) return std::nullopt;
      fields.day = *day;
    }
  }
  if (in.at_end()) return fields;
  if (!in.take('T')) return std::nullopt;
  is_date_only = false;
  const auto hour = in.digits(2);
  if (!hour || !in.take(':')) return std::nullopt;
  const auto minute = in.digits(2);
  if (!minute) return std::nullopt;
  fields.hour = *hour;
  fields.minute = *minute;
  if (in.take(':')) {
    const auto second = in.digits(2);
    if (!second) return std::nullopt;
    fields.second = *second;
    if (in.take('.')) {
      if (!in.is_digit()) return std::nullopt;
      fields.millisecond = in.fraction();
    }
  }
  if (in.take('Z')) {
    fields.offset_minutes = 0;
  } else if (in.peek() == '+' || in.peek() == '-') {
    const int64_t direction = in.next() == '-' ? -1 : 1;
    const auto hours = in.digits(2);
    in.take(':');
    const auto minutes = in.digits(2);
    if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    fields.offset_minutes = direction * (*hours * 60 + *minutes);
  }
  return in.at_end() ? std::optional(fields) : std::nullopt;
}

// Everything else engines read: "Nov 21, 2026 10:00", "21 Nov 2026 10:00:00 GMT", "2026/11/21", "11/21/2026 5:00 PM",
// "2026-11-21 10:00:00 +0200". The rules follow V8's legacy parser.
class LegacyParser {
 public:
  explicit LegacyParser(std::string_view text) : in_(text) {}

  std::optional<Fields> parse() {
    while (!in_.at_end()) {
      const bool understood = in_.is_digit() ? read_number() : in_.is_letter() ? read_word() : read_symbol();
      if (!understood) return std::nullopt;
    }
    if (!set_date() || !set_time()) return std::nullopt;
    if (zone_hours_ || zone_minutes_) {
      fields_.offset_minutes = zone_sign_ * (zone_hours_.value_or(0) * 60 + zone_minutes_.value_or(0));
    }
    return fields_;
  }

 private:
  [[nodiscard]] bool expects_time() const { return !time_.empty() && !time_done_ && time_.size() < 4; }

  bool read_number() {
    has_number_ = true;
    size_t length = 0;
    const int64_t value = in_.number(length);
    if (expects_zone_minutes_ && in_.peek() != ':') {
      expects_zone_minutes_ = false;
      zone_minutes_ = value;
      return true;
    }
    if (in_.peek() == ':' && !time_done_) {
      if (time_.size() >= 3) return false;
      in_.next();
      time_.push_back(value);
      return true;
    }
    if (in_.peek() == '.' && time_.size() == 2 && !time_done_) {
      in_.next();
      time_.push_back(value);
      if (!in_.is_digit()) return false;
      time_.push_back(in_.fraction());
      time_done_ = true;
      return true;
    }
    if (expects_time()) {
      time_.push_back(value);
      time_done_ = true;
      return in_.at_end() || in_.peek() == ' ' || in_.is_letter() || in_.peek() == '+' || in_.peek() == '-' ||
             in_.peek() == '(' || in_.peek() == ',';
    }
    if (date_.size() >= 3) return false;
    date_.push_back(value);
    in_.take('-');
    return true;
  }

  bool read_word() {
    std::string word;
    while (in_.is_letter()) word += static_cast<char>(in_.next() | 32);
    const std::string prefix = word.substr(0, 3);
    if ((word == "am" || word == "pm") && !time_.empty()) {
      half_day_ = word == "pm" ? 12 : 0;
      return true;
    }
    for (size_t i = 0; i < kMonths.size(); ++i) {
      std::string name(kMonths[i].substr(0, 3));
      name[0] = static_cast<char>(name[0] | 32);
      if (prefix != name || word.size() < 3) continue;
      month_ = static_cast<int64_t>(i) + 1;
      in_.take('-');
      return true;
    }
    struct Zone {
      std::string_view name;
      int64_t hours;
    };
    constexpr std::array kZones = {Zone{"ut", 0},   Zone{"utc", 0},  Zone{"z", 0},    Zone{"gmt", 0},
                                   Zone{"est", -5}, Zone{"edt", -4}, Zone{"cst", -6}, Zone{"cdt", -5},
                                   Zone{"mst", -7}, Zone{"mdt", -6}, Zone{"pst", -8}, Zone{"pdt", -7}};
    for (const Zone& zone : kZones) {
      if (word != zone.name || !has_number_) continue;
      zone_sign_ = zone.hours < 0 ? -1 : 1;
      zone_hours_ = std::abs(zone.hours);
      zone_minutes_ = 0;
      return true;
    }
    // Other words may only come before the first number, as names of days do.
    return !has_number_ && !in_.is_digit();
  }

  bool read_symbol() {
    const char c = in_.next();
    const bool is_zone_zero = zone_hours_ == 0 && zone_minutes_ == 0;
    if ((c == '+' || c == '-') && (is_zone_zero || !time_.empty())) {
      if (!in_.is_digit()) return true;
      zone_sign_ = c == '-' ? -1 : 1;
      size_t length = 0;
      const int64_t value = in_.number(length);
      if (in_.take(':')) {
        zone_hours_ = value;
        expects_zone_minutes_ = true;
      } else if (length <= 2) {
        zone_hours_ = value;
        zone_minutes_ = 0;
      } else if (length <= 4) {
        zone_hours_ = value / 100;
        zone_minutes_ = value % 100;
      } else {
        return false;
      }
      return true;
    }
    if (c == '(') {
      for (int depth = 1; depth > 0 && !in_.at_end();) {
        const char inside = in_.next();
        depth += inside == '(' ? 1 : (inside == ')' ? -1 : 0);
      }
      return true;
    }
    return c != ')' || !has_number_;
  }

  bool set_date() {
    if (date_.empty()) return false;
    const size_t count = date_.size();
    date_.resize(3, 1);
    const auto is_day = [](int64_t value) { return value >= 1 && value <= 31; };
    int64_t year = 2001;  // what engines take when no year is given
    if (month_ == 0) {
      const bool year_first = count == 3 && !is_day(date_[0]);
      fields_.month = year_first ? date_[1] : date_[0];
      fields_.day = year_first ? date_[2] : date_[1];
      if (count == 3) year = year_first ? date_[0] : date_[2];
    } else {
      const bool year_first = !is_day(date_[0]);
      fields_.month = month_;
      fields_.day = year_first ? date_[1] : date_[0];
      if (year_first) year = date_[0];
      else if (count > 1) year = date_[1];
    }
    if (year >= 0 && year <= 49) year += 2000;
    else if (year >= 50 && year <= 99) year += 1900;
    fields_.year = year;
    return fields_.month >= 1 && fields_.month <= 12 && is_day(fields_.day) && year < 1'000'000;
  }

  bool set_time() {
    time_.resize(4, 0);
    fields_.hour = time_[0];
    fields_.minute = time_[1];
    fields_.second = time_[2];
    fields_.millisecond = time_[3];
    if (half_day_) {
      if (fields_.hour < 1 || fields_.hour > 12) return false;
      fields_.hour = fields_.hour % 12 + *half_day_;
    }
    return true;
  }

  Reader in_;
  Fields fields_;
  std::vector<int64_t> date_;
  std::vector<int64_t> time_;
  bool time_done_ = false;
  bool has_number_ = false;
  int64_t month_ = 0;
  std::optional<int64_t> half_day_, zone_hours_, zone_minutes_;
  int64_t zone_sign_ = 1;
  bool expects_zone_minutes_ = false;
};

// One %... of a format: flags, width, modifier, conversion.
struct Directive {
  std::string_view flags;
  size_t width = 0;
  std::string_view conversion;
  size_t end = 0;
};

// Reads as the pattern %([-_0^#:]+)?(\d+)?([EO])?(.) would, giving back characters until something is left for `.`.
std::optional<Directive> read_directive(std::string_view format, size_t percent) {
  const auto run = [&](size_t at, std::string_view set) {
    const size_t end = format.find_first_not_of(set, at);
    return std::min(end, format.size()) - at;
  };
  const size_t flags_max = run(percent + 1, "-_0^#:");
  for (size_t flags = flags_max + 1; flags-- > 0;) {
    const size_t width_at = percent + 1 + flags;
    for (size_t digits = run(width_at, "0123456789") + 1; digits-- > 0;) {
      for (size_t modifiers = std::min<size_t>(run(width_at + digits, "EO"), 1) + 1; modifiers-- > 0;) {
        size_t end = width_at + digits + modifiers;
        if (end >= format.size()) continue;
        const size_t conversion_at = end;
        const uint32_t point = next_point(format, end);
        if (point == '\n' || point == '\r' || point == 0x2028 || point == 0x2029) continue;
        const std::string_view width = format.substr(width_at, digits);
        size_t width_value = 0;
        for (const char c : width)
          width_value = std::min<size_t>(width_value * 10 + static_cast<size_t>(c - '0'), 1'000'000);
        return Directive{format.substr(percent + 1, flags), width_value,
                         format.substr(conversion_at, end - conversion_at), end};
      }
    }
  }
  return std::nullopt;
}

struct Clock {
  Calendar calendar;
  int hour, minute, second, millisecond;
};

std::string padded(int64_t value, size_t width) {
  std::string shown = std::to_string(value);
  return shown.size() < width ? std::string(width - shown.size(), '0') + shown : shown;
}

std::string offset_text(double minutes, bool has_colon) {
  const auto size = static_cast<int64_t>(std::abs(minutes));
  return (minutes < 0 ? "-" : "+") + padded(size / 60, 2) + (has_colon ? ":" : "") + padded(size % 60, 2);
}

std::string_view ordinal(int day) {
  if (day >= 11 && day <= 13) return "th";
  constexpr std::array<std::string_view, 4> kEndings = {"th", "st", "nd", "rd"};
  return kEndings[day % 10 <= 3 ? static_cast<size_t>(day % 10) : 0];
}

int64_t week_of_year(const Calendar& day, int first_weekday) {
  const int since_start = (day.weekday - first_weekday + 7) % 7;
  return (day.day_of_year - 1 - since_start + 7) / 7;
}

std::string date_part(const Calendar& day) {
  return std::to_string(day.month) + "/" + std::to_string(day.day) + "/" + std::to_string(day.year);
}

std::string time_part(const Clock& clock) {
  return std::to_string(clock.hour % 12 == 0 ? 12 : clock.hour % 12) + ":" + padded(clock.minute, 2) + ":" +
         padded(clock.second, 2) + (clock.hour < 12 ? " AM" : " PM");
}

int64_t floor_div(int64_t a, int64_t b) { return a / b - static_cast<int64_t>(a % b < 0); }

struct Conversion {
  std::string text;
  size_t width = 0;
  bool pads_with_space = false;
};

Conversion whole(int64_t value, size_t width, bool space = false) { return {std::to_string(value), width, space}; }

// Conversions of the day: names, numbers, weeks.
std::optional<Conversion> convert_day(const Clock& clock, char conversion) {
  const Calendar& day = clock.calendar;
  const std::string_view weekday = kDays[static_cast<size_t>(day.weekday)];
  const std::string_view month = kMonths[static_cast<size_t>(day.month - 1)];
  switch (conversion) {
    case 'a':
      return Conversion{std::string(weekday.substr(0, 3)), 0, true};
    case 'A':
      return Conversion{std::string(weekday), 0, true};
    case 'b':
      return Conversion{std::string(month.substr(0, 3)), 0, true};
    case 'h':
      return Conversion{std::string(month.substr(0, 3)), 0, false};
    case 'B':
      return Conversion{std::string(month), 0, true};
    case 'c':
      return Conversion{date_part(day) + ", " + time_part(clock), 0, true};
    case 'C':
      return whole(floor_div(day.year, 100), 2);
    case 'd':
      return whole(day.day, 2);
    case 'e':
      return whole(day.day, 2, true);
    case 'j':
      return whole(day.day_of_year, 3);
    case 'm':
      return whole(day.month, 2);
    case 'q':
      return Conversion{std::string(ordinal(day.day))};
    case 'u':
      return whole(day.weekday == 0 ? 7 : day.weekday, 0);
    case 'U':
      return whole(week_of_year(day, 0), 2);
    case 'w':
      return whole(day.weekday, 0);
    case 'W':
      return whole(week_of_year(day, 1), 2);
    case 'x':
      return Conversion{date_part(day)};
    case 'y':
      return whole((day.year % 100 + 100) % 100, 2);
    case 'Y':
      return whole(day.year, 4);
    default:
      return std::nullopt;
  }
}

// Conversions of the time of day and of the zone.
std::optional<Conversion> convert_time(const ShownDate& date, const Clock& clock, const Directive& directive) {
  const int half_hour = clock.hour % 12 == 0 ? 12 : clock.hour % 12;
  const bool has_colon = directive.flags.find(':') != std::string_view::npos;
  switch (directive.conversion[0]) {
    case 'H':
      return whole(clock.hour, 2);
    case 'I':
      return whole(half_hour, 2);
    case 'k':
      return whole(clock.hour, 2, true);
    case 'l':
      return whole(half_hour, 2, true);
    case 'L':
      return whole(clock.millisecond, 3);
    case 'M':
      return whole(clock.minute, 2);
    case 'N': {
      const size_t width = directive.width > 0 ? directive.width : 9;
      std::string digits = padded(clock.millisecond, 3).substr(0, width);
      digits.resize(width, '0');
      return Conversion{digits};
    }
    case 'p':
      return Conversion{clock.hour < 12 ? "AM" : "PM", 0, true};
    case 'P':
      return Conversion{clock.hour < 12 ? "am" : "pm", 0, true};
    case 's':
      return whole(static_cast<int64_t>(std::floor(date.ms / 1000)), 0);
    case 'S':
      return whole(clock.second, 2);
    case 'X':
      return Conversion{time_part(clock)};
    case 'z':
      return Conversion{offset_text(date.offset_minutes, has_colon)};
    case 'Z':
      return Conversion{date.zone_name.empty() ? offset_text(date.offset_minutes, has_colon)
                                               : std::string(date.zone_name)};
    default:
      return std::nullopt;
  }
}

std::optional<Conversion> convert(const ShownDate& date, const Clock& clock, const Directive& directive) {
  if (directive.conversion.size() != 1) return std::nullopt;
  const char conversion = directive.conversion[0];
  if (conversion == 't') return Conversion{"\t"};
  if (conversion == 'n') return Conversion{"\n"};
  if (conversion == '%') return Conversion{"%"};
  if (auto day = convert_day(clock, conversion)) return day;
  return convert_time(date, clock, directive);
}

void append_padded(std::string& out, const Conversion& conversion, const Directive& directive) {
  const auto has = [&](char flag) { return directive.flags.find(flag) != std::string_view::npos; };
  std::string text;
  const bool has_lower =
      std::any_of(conversion.text.begin(), conversion.text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (has('^') || (has('#') && has_lower)) append_upper(text, conversion.text);
  else if (has('#')) append_lower(text, conversion.text);
  else text = conversion.text;
  char pad = conversion.pads_with_space ? ' ' : '0';
  if (has('_')) pad = ' ';
  else if (has('0')) pad = '0';
  size_t width = directive.width > 0 ? directive.width : conversion.width;
  if (has('-')) width = 0;
  const size_t padding = width > text.size() ? width - text.size() : 0;
  const bool has_sign = pad == '0' && text.starts_with('-');
  if (has_sign) out += '-';
  out.append(padding, pad).append(text, has_sign ? 1 : 0);
}

}  // namespace

std::optional<double> parse_date_text(std::string_view text, const ZoneOffset& offset) {
  constexpr size_t kTextBytesMax = 200;
  if (text.size() > kTextBytesMax) return std::nullopt;
  bool is_date_only = false;
  if (auto iso = parse_iso(text, is_date_only)) {
    if (is_date_only) iso->offset_minutes = 0;
    return to_ms(*iso, offset);
  }
  const auto legacy = LegacyParser(text).parse();
  return legacy ? to_ms(*legacy, offset) : std::nullopt;
}

std::optional<std::string> format_date(const ShownDate& date, std::string_view format) {
  const auto local_ms = static_cast<int64_t>(std::trunc(date.ms) + date.offset_minutes * kMinute_ms);
  const int64_t days = floor_div(local_ms, static_cast<int64_t>(kDay_ms));
  const auto rest = static_cast<int>(local_ms - days * static_cast<int64_t>(kDay_ms));
  const Clock clock{calendar_of(days), rest / 3'600'000, rest / 60'000 % 60, rest / 1000 % 60, rest % 1000};
  std::string out;
  size_t at = 0;
  while (at < format.size()) {
    const size_t percent = std::min(format.find('%', at), format.size());
    out.append(format.substr(at, percent - at));
    at = percent;
    if (at == format.size()) break;
    const auto directive = read_directive(format, percent);
    if (!directive) {
      out += '%';
      ++at;
      continue;
    }
    at = directive->end;
    if (directive->width > kDateWidthMax) return std::nullopt;
    if (const auto conversion = convert(date, clock, *directive)) append_padded(out, *conversion, *directive);
    else out.append(format.substr(percent, at - percent));
  }
  return out;
}

}  // namespace spreaders::liquid
