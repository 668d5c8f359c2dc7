// Rules as SQL. Names of attributes go through Tx::json_text(), values through parameters; nothing else comes from
// input.
#include "core/bytes.hpp"
#include "services/audience/rule.hpp"

namespace spreaders::audience {

namespace {

using Kind = Rule::Kind;
using storage::Dialect;
using storage::Values;

constexpr std::string_view kTextColumns[] = {"email",    "first_name", "last_name",
                                             "language", "time_zone",  "external_id"};

struct Compiler {
  const Tx& tx;
  Instant now;
  Values& parameters;

  std::string bind(storage::Value value) {
    parameters.push_back(std::move(value));
    return "$" + std::to_string(parameters.size());
  }

  // PostgreSQL makes a join of EXISTS, and a bad one while a table has no statistics; OFFSET 0 keeps it a look-up in an
  // index for each contact, as SQLite does it anyway.
  [[nodiscard]] std::string exists(const std::string& from) const {
    return "EXISTS (SELECT 1 FROM " + from + (tx.dialect() == Dialect::kPostgres ? " OFFSET 0)" : ")");
  }

  // ASCII case only, whatever the database's locale.
  [[nodiscard]] std::string lower(const std::string& text) const {
    return tx.dialect() == Dialect::kPostgres ? "lower(" + text + " COLLATE \"C\")" : "lower(" + text + ")";
  }

  // A parameter that is text even where the database would guess otherwise.
  std::string bind_text(std::string text) { return "CAST(" + bind(std::move(text)) + " AS TEXT)"; }

  // The number that the text is, or NULL: decimal notation as in JSON, an exponent of at most two digits so that no
  // cast fails.
  [[nodiscard]] std::string number(const std::string& text) const {
    if (tx.dialect() == Dialect::kPostgres) {
      return "(CASE WHEN length(" + text + ") <= 100 AND " + text +
             " ~ '^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]{1,2})?$' THEN (" + text + ")::double precision END)";
    }
    // json_valid() knows the grammar; the GLOBs keep out what it also accepts: spaces and long exponents.
    return "(CASE WHEN length(" + text + ") <= 100 AND json_valid(" + text + ") AND " + text + " GLOB '[-0-9]*' AND " +
           text + " NOT GLOB '*[^-+.0-9eE]*' AND " + text + " NOT GLOB '*[eE]*[0-9][0-9][0-9]*' THEN CAST(" + text +
           " AS REAL) END)";
  }

  std::string equals(const std::string& text, const Literal& value) {
    if (const auto* boolean = std::get_if<bool>(&value))
      return lower(text) + (*boolean ? " IN ('true', '1')" : " IN ('false', '0')");
    if (const auto* real = std::get_if<double>(&value))
      return number(text) + " = CAST(" + bind(*real) + " AS DOUBLE PRECISION)";
    return lower(text) + " = " + bind_text(lower_ascii(std::get<std::string>(value)));
  }

  std::string compare(const std::string& text, std::string_view sign, const Literal& value) {
    std::string op(sign);
    if (const auto* real = std::get_if<double>(&value))
      return number(text) + op + "CAST(" + bind(*real) + " AS DOUBLE PRECISION)";
    std::string collate = tx.dialect() == Dialect::kPostgres ? " COLLATE \"C\"" : "";
    const auto* wanted = std::get_if<std::string>(&value);
    return "(" + text + collate + op + bind_text(wanted != nullptr ? *wanted : "") + " AND " + text + " <> '')";
  }

  std::string condition(const std::string& text, const Rule& rule) {
    switch (rule.op) {
      case Op::kEq:
        return "COALESCE(" + equals(text, rule.values.front()) + ", FALSE)";
      case Op::kNe:
        return "NOT COALESCE(" + equals(text, rule.values.front()) + ", FALSE)";
      case Op::kContains: {
        std::string needle = bind_text(lower_ascii(std::get<std::string>(rule.values.front())));
        std::string find = tx.dialect() == Dialect::kPostgres ? "strpos(" : "instr(";
        return "COALESCE(" + find + lower(text) + ", " + needle + ") > 0, FALSE)";
      }
      case Op::kStartsWith: {
        std::string start = lower_ascii(std::get<std::string>(rule.values.front()));
        std::string size = std::to_string(count_code_points(start));
        return "COALESCE(substr(" + lower(text) + ", 1, " + size + ") = " + bind_text(start) + ", FALSE)";
      }
      case Op::kGt:
        return "COALESCE(" + compare(text, " > ", rule.values.front()) + ", FALSE)";
      case Op::kGte:
        return "COALESCE(" + compare(text, " >= ", rule.values.front()) + ", FALSE)";
      case Op::kLt:
        return "COALESCE(" + compare(text, " < ", rule.values.front()) + ", FALSE)";
      case Op::kLte:
        return "COALESCE(" + compare(text, " <= ", rule.values.front()) + ", FALSE)";
      case Op::kIn: {
        std::string any;
        for (const auto& value : rule.values) any += (any.empty() ? "" : " OR ") + equals(text, value);
        return "COALESCE((" + any + "), FALSE)";
      }
      case Op::kExists:
        return "COALESCE(" + text + " <> '', FALSE)";
      case Op::kMissing:
        return "NOT COALESCE(" + text + " <> '', FALSE)";
    }
    return "FALSE";
  }

  std::string attribute(const Rule& rule) {
    if (std::find(std::begin(kTextColumns), std::end(kTextColumns), rule.name) != std::end(kTextColumns)) {
      return condition("c." + rule.name, rule);
    }
    if (rule.name != "created_at") return condition(tx.json_text("c.attributes", rule.name), rule);
    auto at = parse_day_or_instant(std::get<std::string>(rule.values.front()));
    std::string sign = rule.op == Op::kGt ? " > " : rule.op == Op::kGte ? " >= " : rule.op == Op::kLt ? " < " : " <= ";
    return at.ok() ? "c.created_at" + sign + bind(*at) : "FALSE";
  }

  std::string where(const std::vector<Rule>& conditions, std::string_view column) {
    std::string all;
    for (const auto& one : conditions) all += " AND " + condition(tx.json_text(column, one.name), one);
    return all;
  }

  std::string event(const Rule& rule) {
    std::string rows = "event e WHERE e.workspace_id = $1 AND e.contact_id = c.id AND e.name = " + bind(rule.name);
    if (rule.within_days) rows += " AND e.at >= " + bind(now - *rule.within_days * kDay_us);
    rows += where(rule.parts, "e.properties");
    std::string did =
        rule.count_min <= 1 ? exists(rows) : "(SELECT COUNT(*) FROM " + rows + ") >= " + std::to_string(rule.count_min);
    return rule.did ? did : "NOT (" + did + ")";
  }

  std::string node(const Rule& rule) {
    switch (rule.kind) {
      case Kind::kAll:
      case Kind::kAny: {
        std::string out;
        for (const auto& part : rule.parts)
          out += (out.empty() ? "(" : rule.kind == Kind::kAll ? " AND " : " OR ") + node(part);
        return out.empty() ? (rule.kind == Kind::kAll ? "TRUE" : "FALSE") : out + ")";
      }
      case Kind::kNot:
        return "NOT (" + node(rule.parts.front()) + ")";
      case Kind::kAttribute:
        return attribute(rule);
      case Kind::kList:
        return exists("list_member m WHERE m.workspace_id = $1 AND m.contact_id = c.id AND m.list_id = " +
                      bind(rule.list_id));
      case Kind::kConsent:
        return exists("consent s WHERE s.workspace_id = $1 AND s.contact_id = c.id AND s.channel = " + bind(rule.name) +
                      " AND s.state = 'opted_in'");
      case Kind::kEvent:
        return event(rule);
    }
    return "FALSE";
  }
};

}  // namespace

std::string compile_rule(const Tx& tx, const Rule& rule, Instant now, Values& parameters) {
  return Compiler{tx, now, parameters}.node(rule);
}

std::string compile_where(const Tx& tx, const std::vector<Rule>& conditions, std::string_view column,
                          Values& parameters) {
  return Compiler{tx, {}, parameters}.where(conditions, column);
}

}  // namespace spreaders::audience
