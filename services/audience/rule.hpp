// The rule of a segment: a tree that says which contacts belong. It has a JSON form, which is stored and which tools
// take, and a text form for people; both become the same tree, and the tree becomes SQL with parameters.
//
//   {"all": [{"attribute": "city", "op": "eq", "value": "Berlin"}, {"attribute": "orders", "op": "gte", "value": 2},
//            {"list": "Newsletter"}, {"consent": "email"},
//            {"event": "Order Completed", "op": "did", "count_min": 1, "within_days": 90,
//             "where": [{"property": "total", "op": "gte", "value": 50}]}]}
//   city = "Berlin" and orders >= 2 and in list "Newsletter" and consent email
//       and did "Order Completed" at least 1 times within 90 days where (total >= 50)
//
// Also {"any": [...]} and {"not": {...}}. Meaning, the same on every database:
// - a text is compared without regard to ASCII case by eq, ne, contains, starts_with and in; gt, gte, lt and lte
// compare bytes;
// - a number is compared with attributes that hold a number, as a number or as text ("12"); any other text does not
// match;
// - true and false match the texts "true"/"false" and the numbers 1/0;
// - exists: there is a value that is not empty; missing is its opposite; ne and not are exact opposites, so they
// include
//   contacts without a value;
// - created_at takes a date or time (gt, gte, lt, lte), dates meaning midnight UTC.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/fields.hpp"
#include "core/time.hpp"
#include "storage/storage.hpp"

namespace spreaders::audience {

using storage::Tx;

enum class Op : uint8_t { kEq, kNe, kContains, kStartsWith, kGt, kGte, kLt, kLte, kIn, kExists, kMissing };
SPR_ENUM(Op, {Op::kEq, "eq"}, {Op::kNe, "ne"}, {Op::kContains, "contains"}, {Op::kStartsWith, "starts_with"},
         {Op::kGt, "gt"}, {Op::kGte, "gte"}, {Op::kLt, "lt"}, {Op::kLte, "lte"}, {Op::kIn, "in"},
         {Op::kExists, "exists"}, {Op::kMissing, "missing"});

using Literal = std::variant<bool, double, std::string>;

constexpr size_t kRuleDepthMax = 10;
constexpr size_t kRuleNodesMax = 200;
constexpr size_t kRuleTextSizeMax = 10'000;  // bytes of the text form
constexpr size_t kInValuesMax = 200;
constexpr size_t kLiteralSizeMax = 500;  // characters
constexpr int64_t kWithinDaysMax = 3650;
constexpr int64_t kCountMax = 100'000;

struct Rule {
  enum class Kind : uint8_t { kAll, kAny, kNot, kAttribute, kList, kEvent, kConsent };
  Kind kind = Kind::kAll;
  std::vector<Rule> parts = {};  // of all, any, not; of an event: conditions on its properties (kAttribute)
  std::string name = {};         // attribute or property, list, event, channel
  Op op = Op::kEq;
  std::vector<Literal> values = {};  // one; several for `in`; none for exists and missing
  std::string list_id = {};          // filled by bind_lists()
  bool did = true;
  int64_t count_min = 1;
  std::optional<int64_t> within_days = {};
};

// Every problem with its JSON Pointer.
Result<Rule> parse_rule(const Json& json);
// The first problem, with its place as "character 17" (counted from 1, in code points).
Result<Rule> parse_rule_text(std::string_view text);
Json rule_to_json(const Rule& rule);

// Looks the rule's lists up by name or id; every unknown one is a problem.
Result<void> bind_lists(Tx& tx, const std::string& workspace, Rule& rule);

// A condition over `contact c`, for a WHERE after "c.workspace_id = $1"; never NULL. Values go to `parameters`, whose
// first is the workspace.
std::string compile_rule(const Tx& tx, const Rule& rule, Instant now, storage::Values& parameters);

// The same for the conditions of an event's `where`, over the JSON object of properties in `column`: " AND ..." for
// each, empty for none.
std::string compile_where(const Tx& tx, const std::vector<Rule>& conditions, std::string_view column,
                          storage::Values& parameters);

// Shared by the two parsers: what `values` may be for this operator and name. Problems are about `pointer`.
void check_condition(const Rule& condition, bool of_event, const std::string& pointer, Issues& issues);
// A date or a time as text, as microseconds.
Result<Instant> parse_day_or_instant(std::string_view text);

}  // namespace spreaders::audience
