// What the columns of an import mean, and one row of it as a change to a contact.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/audience/contacts.hpp"
#include "services/consent/consent.hpp"

namespace spreaders::audience {

struct Column {
  enum class Meaning : uint8_t {
    kSkip,
    kEmail,
    kExternalId,
    kFirstName,
    kLastName,
    kLanguage,
    kTimeZone,
    kConsent,
    kAttribute
  };
  Meaning meaning = Meaning::kAttribute;
  std::string header;     // as written
  std::string attribute;  // its name: the header in lower case with underscores
};

// Headers are known in several languages ("E-Mail", "Vorname", "prénom", "time zone"); others become attributes.
// `mapping` goes first: header -> email, external_id, first_name, last_name, language, time_zone, consent, the name of
// an attribute, or "-" to leave the column out. Every problem of the header is reported.
Result<std::vector<Column>> map_columns(const std::vector<std::string>& header,
                                        const std::map<std::string, std::string>& mapping);

struct ImportRow {
  int64_t line = 0;
  ContactChange change;
  std::optional<consent::State> word = {};  // what the consent column says; nothing when it is empty or absent
};
// Problems name the header of the cell. Empty cells change nothing. A cell becomes a number, true or false only when
// its text can be had back exactly: "007" and "1.50" stay texts. A text is kept as it is, leading = + - @ included.
ImportRow read_row(const std::vector<Column>& columns, const std::vector<std::string>& fields, int64_t line,
                   Issues& issues);

// The header of the column that a pointer such as "/email" is about.
std::string column_of(const std::vector<Column>& columns, std::string_view pointer);

Attribute attribute_from_cell(const std::string& text);

}  // namespace spreaders::audience
