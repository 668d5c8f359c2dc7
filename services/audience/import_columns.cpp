#include "services/audience/import_columns.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"

namespace spreaders::audience {

namespace {

using Meaning = Column::Meaning;

struct Known {
  Meaning meaning;
  std::string_view field;
  std::vector<std::string_view> headers;  // in lower case, words joined by one space
};

const std::vector<Known>& known_columns() {
  static const std::vector<Known> known = {
      {Meaning::kEmail,
       "email",
       {"email", "e mail", "mail", "email address", "e mail address", "e mail adresse", "emailadresse", "correo",
        "correo electrónico", "correo electronico", "courriel", "adresse e mail", "adresse email", "e post",
        "indirizzo email", "endereço de email", "e mailadres", "adres email"}},
      {Meaning::kExternalId,
       "external_id",
       {"external id", "user id", "customer id", "kundennummer", "numéro client", "id cliente"}},
      {Meaning::kFirstName,
       "first_name",
       {"first name", "firstname", "given name", "vorname", "prénom", "prenom", "nombre", "nome", "voornaam", "imię",
        "fornavn", "förnamn", "fname"}},
      {Meaning::kLastName,
       "last_name",
       {"last name", "lastname", "surname", "family name", "nachname", "familienname", "nom", "nom de famille",
        "apellido", "apellidos", "cognome", "sobrenome", "apelido", "achternaam", "nazwisko", "efternavn", "efternamn",
        "lname"}},
      {Meaning::kLanguage,
       "language",
       {"language", "lang", "locale", "sprache", "langue", "idioma", "lingua", "taal", "język", "språk"}},
      {Meaning::kTimeZone,
       "time_zone",
       {"time zone", "timezone", "tz", "zeitzone", "fuseau horaire", "zona horaria", "fuso orario", "fuso horário",
        "tijdzone", "strefa czasowa"}},
      {Meaning::kConsent,
       "consent",
       {"consent", "opt in", "opted in", "optin", "subscribed", "einwilligung", "zustimmung", "consentement",
        "consentimiento", "consenso", "consentimento", "toestemming", "zgoda"}},
  };
  return known;
}

// Lower case; everything but letters and digits becomes one `gap`. É is as good as é, the only non-ASCII capital
// headers need.
std::string folded(std::string_view header, char gap) {
  std::string out;
  bool wanted = false;
  std::string lower = lower_ascii(trim(header));
  for (size_t at = lower.find("\xC3\x89"); at != std::string::npos; at = lower.find("\xC3\x89"))
    lower.replace(at, 2, "\xC3\xA9");
  for (char c : lower) {
    bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
    if (letter && wanted && !out.empty()) out += gap;
    wanted = !letter;
    if (letter) out += c;
  }
  return out;
}

Column column_from(const std::string& header, const std::map<std::string, std::string>& mapping, size_t number) {
  Column column{.header = header, .attribute = ""};
  auto mapped = mapping.find(header);
  if (mapped != mapping.end() && mapped->second == "-") return column.meaning = Meaning::kSkip, column;
  for (const auto& known : known_columns()) {
    bool is_known = mapped != mapping.end() ? mapped->second == known.field
                                            : std::find(known.headers.begin(), known.headers.end(),
                                                        folded(header, ' ')) != known.headers.end();
    if (is_known) return column.meaning = known.meaning, column;
  }
  column.attribute = mapped != mapping.end() ? mapped->second : folded(header, '_');
  if (column.attribute.empty()) column.attribute = "column_" + std::to_string(number);
  return column;
}

std::optional<consent::State> consent_word(const std::string& text, bool& known) {
  constexpr std::string_view yes[] = {"yes", "y",   "true", "1",  "opted_in", "opted in", "subscribed",
                                      "ja",  "oui", "sí",   "si", "sì",       "sim",      "tak"};
  constexpr std::string_view no[] = {"no",           "n",    "false", "0",   "opted_out", "opted out",
                                     "unsubscribed", "nein", "non",   "não", "nee",       "nie"};
  std::string word = lower_ascii(trim(text));
  known = true;
  if (word.empty()) return std::nullopt;
  if (std::find(std::begin(yes), std::end(yes), word) != std::end(yes)) return consent::State::kOptedIn;
  if (std::find(std::begin(no), std::end(no), word) != std::end(no)) return consent::State::kOptedOut;
  known = false;
  return std::nullopt;
}

}  // namespace

Result<std::vector<Column>> map_columns(const std::vector<std::string>& header,
                                        const std::map<std::string, std::string>& mapping) {
  std::vector<Column> columns;
  Issues issues;
  std::map<std::string, std::string> taken;  // what a column is -> its header
  for (size_t i = 0; i < header.size(); ++i) {
    if (!is_utf8(header[i])) {
      issues.push_back({"column " + std::to_string(i + 1), "its header is not valid UTF-8"});
      continue;
    }
    Column column = column_from(std::string(trim(header[i])), mapping, i + 1);
    std::string what = column.meaning == Meaning::kAttribute
                           ? "attribute " + column.attribute
                           : "field " + std::to_string(static_cast<int>(column.meaning));
    if (column.meaning != Meaning::kSkip) {
      auto [first, fresh] = taken.emplace(what, column.header);
      if (!fresh)
        issues.push_back(
            {"column " + std::to_string(i + 1),
             "'" + column.header + "' means the same as '" + first->second + "'; leave one out with \"-\" in columns"});
    }
    if (column.meaning == Meaning::kAttribute && count_code_points(column.attribute) > kAttributeNameSizeMax) {
      issues.push_back({"column " + std::to_string(i + 1),
                        "its name has more than " + std::to_string(kAttributeNameSizeMax) + " characters"});
    }
    columns.push_back(std::move(column));
  }
  for (const auto& [name, target] : mapping) {
    bool found = std::any_of(columns.begin(), columns.end(),
                             [&name = name](const Column& column) { return column.header == name; });
    if (!found) issues.push_back({"columns" + pointer_step(name), "the file has no such column"});
  }
  auto has = [&](Meaning meaning) {
    return std::any_of(columns.begin(), columns.end(), [&](const Column& column) { return column.meaning == meaning; });
  };
  if (!has(Meaning::kEmail) && !has(Meaning::kExternalId)) {
    issues.push_back({"line 1", "no column holds the email address; name one 'email' or map it in columns"});
  }
  if (!issues.empty()) return issues_error("The header", std::move(issues));
  return columns;
}

Attribute attribute_from_cell(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  constexpr size_t kExactDigitsMax = 15;  // a double keeps that many
  if (text.empty() || text.size() > kExactDigitsMax) return text;
  int64_t whole = 0;
  const char* end = text.data() + text.size();
  if (auto [stop, problem] = std::from_chars(text.data(), end, whole); problem == std::errc() && stop == end) {
    if (std::to_string(whole) == text) return whole;
    return text;
  }
  if (text.find_first_not_of("-.0123456789") != std::string::npos) return text;
  double real = 0;
  if (auto [stop, problem] = std::from_chars(text.data(), end, real);
      problem == std::errc() && stop == end && to_text(Json(real)) == text)
    return real;
  return text;
}

ImportRow read_row(const std::vector<Column>& columns, const std::vector<std::string>& fields, int64_t line,
                   Issues& issues) {
  ImportRow row{.line = line, .change = {}};
  for (size_t i = 0; i < columns.size() && i < fields.size(); ++i) {
    const Column& column = columns[i];
    const std::string& text = fields[i];
    if (column.meaning == Meaning::kSkip || text.empty()) continue;
    if (!is_utf8(text)) {
      issues.push_back({column.header, "is not valid UTF-8"});
      continue;
    }
    std::string trimmed(trim(text));
    auto set = [&](std::optional<std::string>& to) {
      if (!trimmed.empty()) to = trimmed;
    };
    switch (column.meaning) {
      case Meaning::kEmail:
        row.change.email = trimmed;
        break;
      case Meaning::kExternalId:
        set(row.change.external_id);
        break;
      case Meaning::kFirstName:
        set(row.change.first_name);
        break;
      case Meaning::kLastName:
        set(row.change.last_name);
        break;
      case Meaning::kLanguage:
        set(row.change.language);
        break;
      case Meaning::kTimeZone:
        set(row.change.time_zone);
        break;
      case Meaning::kConsent: {
        bool known = false;
        row.word = consent_word(text, known);
        if (!known)
          issues.push_back({column.header, "'" + std::string(first_code_points(text, 40)) + "' is neither yes nor no"});
        break;
      }
      case Meaning::kAttribute:
        row.change.attributes[column.attribute] = attribute_from_cell(text);
        break;
      case Meaning::kSkip:
        break;
    }
  }
  Issues problems;
  if (issues.empty()) check_change(row.change, problems);
  for (auto& problem : problems) issues.push_back({column_of(columns, problem.pointer), std::move(problem.message)});
  return row;
}

std::string column_of(const std::vector<Column>& columns, std::string_view pointer) {
  if (!pointer.empty()) pointer.remove_prefix(1);
  for (const auto& column : columns) {
    for (const auto& known : known_columns()) {
      if (known.meaning == column.meaning && known.field == pointer) return column.header;
    }
    if (column.meaning == Meaning::kAttribute && "attributes" + pointer_step(column.attribute) == pointer)
      return column.header;
  }
  return std::string(pointer);
}

}  // namespace spreaders::audience
