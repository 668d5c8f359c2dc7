#include "services/audience/segments.hpp"

#include <nlohmann/json.hpp>

#include "services/audience/audience.hpp"
#include "tools/email/email_audience_tools.hpp"

namespace spreaders::tools {

namespace segment_audience {

enum class Action : uint8_t { kPreview, kCreate, kUpdate, kGet };
SPR_ENUM(Action, {Action::kPreview, "preview"}, {Action::kCreate, "create"}, {Action::kUpdate, "update"},
         {Action::kGet, "get"});

struct Args {
  Action action = Action::kPreview;
  std::optional<std::string> segment;
  std::optional<std::string> name;
  std::optional<Json> rule;
  std::optional<std::string> rule_text;
  int sample_size = 5;

  [[nodiscard]] Result<audience::Rule> read_rule() const {
    return rule ? audience::parse_rule(*rule) : audience::parse_rule_text(*rule_text);
  }

  static void check(const Args& args, Issues& issues) {
    bool has_rule = args.rule.has_value() || args.rule_text.has_value();
    bool by_name = args.action == Action::kUpdate || args.action == Action::kGet;
    if (by_name && !args.segment)
      issues.push_back({"/segment", "is required by this action: the id or name of the segment"});
    if (args.action == Action::kCreate && !args.name) issues.push_back({"/name", "is required by create"});
    if (args.rule && args.rule_text) issues.push_back({"/rule_text", "give either rule or rule_text"});
    if ((args.action == Action::kCreate || args.action == Action::kPreview) && !has_rule)
      issues.push_back({"/rule", "is required by this action, or rule_text"});
    if (args.action == Action::kUpdate && !has_rule && !args.name)
      issues.push_back({"/rule", "nothing to change: give a rule or a name"});
    if (args.action == Action::kGet && has_rule) issues.push_back({"/rule", "is not used by get"});
    if (!has_rule) return;
    auto read = args.read_rule();
    if (read.ok()) return;
    if (args.rule_text && !args.rule) return issues.push_back({"/rule_text", read.error().message});
    for (auto& issue : read.error().issues) issues.push_back({"/rule" + issue.pointer, issue.message});
  }
  SPR_FIELDS(Args, SPR_FIELD(action, "preview counts without storing anything", .defaulted = true),
             SPR_FIELD(segment, "Id or name of the segment; for update and get", .min_size = 1, .max_size = 200),
             SPR_FIELD(name, "Name of the new segment, or its new name", .min_size = 1,
                       .max_size = audience::kListNameSizeMax),
             SPR_FIELD(rule,
                       "Rule as JSON: {\"all\":[...]}, {\"any\":[...]}, {\"not\":...}, "
                       "{\"attribute\":\"city\",\"op\":\"eq\",\"value\":\"Berlin\"}, "
                       "{\"list\":\"Newsletter\"}, {\"consent\":\"email\"}, {\"event\":\"Order "
                       "Completed\",\"op\":\"did\",\"count_min\":1,\"within_days\":90}"),
             SPR_FIELD(rule_text, "Rule as text", .min_size = 1, .max_size = audience::kRuleTextSizeMax,
                       .example = "city = \"Berlin\" and orders >= 2 and in list \"Newsletter\" and did not \"Order "
                                  "Completed\" within 90 days"),
             SPR_FIELD(sample_size, "How many masked addresses to show", .min = 0, .max = 20, .defaulted = true));
};

struct Answer {
  std::optional<std::string> segment_id;
  std::optional<std::string> name;
  Json rule;
  int64_t size = 0;
  std::vector<std::string> sample;
  bool created = false;
  SPR_FIELDS(Answer, SPR_FIELD(segment_id, "Id of the segment; absent for a preview"), SPR_FIELD(name, "Its name"),
             SPR_FIELD(rule, "Its rule"), SPR_FIELD(size, "Contacts that match now"),
             SPR_FIELD(sample, "Some of their addresses, masked"), SPR_FIELD(created, "Whether this call made it"));
};

Result<Answer> measured(ToolContext& context, const audience::Rule& rule, int sample_size, Answer answer) {
  Instant now = context.clock.now();
  answer.rule = audience::rule_to_json(rule);
  answer.size = TRY(audience::rule_count(context.tx(), context.workspace(), rule, now));
  if (sample_size == 0) return answer;
  auto people = TRY(audience::rule_page(context.tx(), context.workspace(), rule, {.limit = sample_size}, now));
  for (const auto& contact : people) answer.sample.push_back(audience::masked_email(contact.email));
  return answer;
}

Result<Answer> run(ToolContext& context, const Args& args) {
  auto& tx = context.tx();
  const std::string& workspace = context.workspace();
  if (args.action == Action::kPreview) {
    auto rule = TRY(args.read_rule());
    TRY(audience::bind_lists(tx, workspace, rule));
    return measured(context, rule, args.sample_size, {});
  }
  Instant now = context.clock.now();
  std::string id;
  bool created = false;
  if (args.action == Action::kCreate) {
    auto made = TRY(audience::create_segment(tx, workspace, *args.name, TRY(args.read_rule()), now, context.ids));
    id = made.id;
    created = made.created;
  } else {
    id = TRY(audience::get_segment(tx, workspace, *args.segment)).id;
  }
  if (args.action == Action::kUpdate) {
    std::optional<audience::Rule> rule;
    if (args.rule || args.rule_text) rule = TRY(args.read_rule());
    TRY(audience::update_segment(tx, workspace, id, args.name.value_or(""), std::move(rule), now));
  }
  auto segment = TRY(audience::get_segment(tx, workspace, id));
  Answer answer;
  answer.segment_id = segment.id;
  answer.name = segment.name;
  answer.created = created;
  return measured(context, segment.rule, args.sample_size, std::move(answer));
}

Effect effect_of(const Args& args) {
  return args.action == Action::kCreate || args.action == Action::kUpdate ? Effect::kWrite : Effect::kRead;
}

}  // namespace segment_audience

const ToolSpec kSegmentAudience{
    .name = "email.segmentAudience",
    .title = "Segment the audience",
    .description =
        "Counts the contacts that match a rule over attributes, lists, consent and events, "
        "and stores it as a segment (create, update) "
        "or not (preview). A segment is worked out anew whenever it is used.",
    .words =
        "only customers from berlin; who bought last month; split the list; filter recipients; inactive for 90 days; "
        "big spenders; women over 30; people who opened but did not buy; count how many match; rule; target group; "
        "lapsed buyers; rfm; zielgruppe; segmenter; segmento",
    .effect = Effect::kWrite,
    .repeat = Repeat::kSafe,
    .scopes = {"audience:write"},
    .body = handler<&segment_audience::run>(),
    .effect_of = effect_from<&segment_audience::effect_of>()};

}  // namespace spreaders::tools
