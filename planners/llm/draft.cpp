#include "planners/llm/draft.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"

namespace spreaders::planners::llm {
namespace {

constexpr std::string_view kChannels[] = {
    "email",        "sms",        "push",     "youtube",       "instagram",    "tiktok",
    "facebook",     "x",          "linkedin", "pinterest",     "snapchat",     "reddit",
    "threads",      "twitch",     "discord",  "google_ads",    "facebook_ads", "instagram_ads",
    "linkedin_ads", "tiktok_ads", "x_ads",    "pinterest_ads", "snapchat_ads", "youtube_ads"};
constexpr std::string_view kObjectives[] = {"sales",        "leads", "awareness", "engagement",      "traffic",
                                            "app_installs", "event", "retention", "audience_growth", "donations"};
constexpr std::string_view kPeriods[] = {"total", "day", "week", "month"};
constexpr std::string_view kSlots[] = {"objective", "offer", "audience", "channels", "budget",
                                       "schedule",  "kpi",   "consent",  "assets",   "credentials"};
// ISO 4217 codes in use, without metals, funds and test codes.
constexpr std::string_view kCurrencies =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNY "
    "COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR "
    "ILS INR "
    "IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP "
    "MRU MUR "
    "MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG "
    "SEK SGD "
    "SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF "
    "XCD XCG "
    "XOF XPF YER ZAR ZMW ZWG";

template <class List>
Json enumeration(const List& list) {
  Json values = Json::array();
  for (const auto value : list) values.push_back(std::string(value));
  return values;
}

Json nullable(const char* type) { return {{"type", {type, "null"}}}; }

template <class List>
Json nullable_choice(const List& list) {
  Json values = enumeration(list);
  values.push_back(nullptr);
  return {{"type", {"string", "null"}}, {"enum", std::move(values)}};
}

Json strict_object(Json properties) {
  Json required = Json::array();
  for (const auto& [key, value] : properties.items()) required.push_back(key);
  return {{"type", "object"},
          {"additionalProperties", false},
          {"required", std::move(required)},
          {"properties", std::move(properties)}};
}

Json list_of(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }

// Reads members of one object and remembers what is wrong with them.
class Members {
 public:
  Members(const Json& object, std::string place, std::vector<Issue>& issues)
      : object_(object), place_(std::move(place)), issues_(issues) {}

  const Json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }
  std::optional<std::string> text(const char* key) {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) return fault(key, "This must be a text or null.");
    auto clean = clean_text(value->get_ref<const std::string&>(), kDraftText_max);
    if (clean.empty()) return std::nullopt;
    return clean;
  }
  template <class List>
  std::optional<std::string> choice(const char* key, const List& list) {
    auto value = text(key);
    if (value && std::find(std::begin(list), std::end(list), *value) == std::end(list)) {
      std::string known;
      for (const auto one : list) known += (known.empty() ? "" : ", ") + std::string(one);
      return fault(key, "This must be one of " + known + ".");
    }
    return value;
  }
  std::optional<double> amount(const char* key) {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    const double number = value->is_number() ? value->get<double>() : -1;
    if (!std::isfinite(number) || number <= 0 || number > kDraftAmount_max) {
      fault(key, "This must be a number greater than zero, or null.");
      return std::nullopt;
    }
    return number;
  }
  std::optional<Date> date(const char* key) {
    const auto value = text(key);
    if (!value) return std::nullopt;
    auto parsed = parse_date(*value);
    if (parsed.ok()) return *parsed;
    fault(key, "This must be a date as YYYY-MM-DD, or null.");
    return std::nullopt;
  }
  // Calls `read(item, place)` for each item.
  template <class Read>
  void each(const char* key, Read read) {
    const Json* list = find(key);
    if (list == nullptr) return;
    if (!list->is_array() || list->size() > kDraftItems_max) {
      fault(key, "This must be a list of at most " + std::to_string(kDraftItems_max) + " items.");
      return;
    }
    for (size_t i = 0; i < list->size(); ++i) read((*list)[i], place_ + "/" + key + "/" + std::to_string(i));
  }
  // Like each(), for lists of objects.
  template <class Read>
  void each_object(const char* key, Read read) {
    each(key, [&](const Json& item, const std::string& place) {
      if (!item.is_object()) {
        issues_.push_back({place, "This must be an object."});
        return;
      }
      Members members(item, place, issues_);
      read(members);
    });
  }
  std::nullopt_t fault(const char* key, std::string message) {
    issues_.push_back({place_ + "/" + key, std::move(message)});
    return std::nullopt;
  }

 private:
  const Json& object_;
  std::string place_;
  std::vector<Issue>& issues_;
};

void read_lists(Members& top, Draft& draft, std::vector<Issue>& issues) {
  top.each("channels", [&](const Json& item, const std::string& place) {
    const std::string id = item.is_string() ? item.get<std::string>() : "";
    if (!is_channel(id)) issues.push_back({place, "This is no channel id of the schema."});
    else if (std::find(draft.channels.begin(), draft.channels.end(), id) == draft.channels.end())
      draft.channels.push_back(id);
  });
  top.each("policy_concerns", [&](const Json& item, const std::string& place) {
    if (!item.is_string()) issues.push_back({place, "This must be a text."});
    else draft.policy_concerns.push_back(clean_text(item.get_ref<const std::string&>(), 300));
  });
  top.each_object("kpis", [&](Members& kpi) {
    const auto metric = kpi.text("metric");
    const auto target = kpi.amount("target");
    const auto unit = kpi.text("unit");
    const bool named = metric && metric->size() <= 64 &&
                       metric->find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
    if (!named) kpi.fault("metric", "This must be a name in snake_case.");
    if (kpi.find("target") == nullptr) kpi.fault("target", "This must be a number greater than zero.");
    const std::string word = unit.value_or("count");
    if (word != "count" && word != "percent" && word != "ratio" && !is_currency(word)) {
      kpi.fault("unit", "This must be count, percent, ratio or an ISO 4217 code.");
    } else if (named && target) {
      draft.kpis.push_back({*metric, *target, word});
    }
  });
  top.each_object("questions", [&](Members& question) {
    const auto slot = question.choice("slot", kSlots);
    const auto prompt = question.text("prompt");
    if (slot && prompt) draft.questions.push_back({*slot, clean_text(*prompt, 300)});
  });
  const Json* steps = top.find("steps");
  if (steps != nullptr && steps->is_array()) draft.steps = steps->size();
}

bool is_hidden(std::string_view text, size_t at) {  // U+200B..200F, 202A..202E, 2060..2069, FEFF, and the tag block
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  if (byte(at) == 0xE2 && byte(at + 1) == 0x80) {
    return (byte(at + 2) >= 0x8B && byte(at + 2) <= 0x8F) || (byte(at + 2) >= 0xA8 && byte(at + 2) <= 0xAE);
  }
  if (byte(at) == 0xE2 && byte(at + 1) == 0x81) return byte(at + 2) >= 0xA0 && byte(at + 2) <= 0xA9;
  if (byte(at) == 0xEF) return byte(at + 1) == 0xBB && byte(at + 2) == 0xBF;
  return byte(at) == 0xF3 && byte(at + 1) == 0xA0 && byte(at + 2) <= 0x81;
}

}  // namespace

Json draft_schema() {
  const Json text = {{"type", "string"}};
  const Json channel = {{"type", "string"}, {"enum", enumeration(kChannels)}};
  return strict_object({
      {"objective", nullable_choice(kObjectives)},
      {"offer", nullable("string")},
      {"audience", nullable("string")},
      {"channels", list_of(channel)},
      {"budget_amount", nullable("number")},
      {"budget_currency", nullable("string")},
      {"budget_period", nullable_choice(kPeriods)},
      {"start", nullable("string")},
      {"end", nullable("string")},
      {"kpis", list_of(strict_object({{"metric", text}, {"target", {{"type", "number"}}}, {"unit", text}}))},
      {"questions", list_of(strict_object({{"slot", text}, {"prompt", text}}))},
      {"policy_concerns", list_of(text)},
      {"steps",
       list_of(strict_object({{"id", text},
                              {"title", text},
                              {"tool", text},
                              {"args_json", {{"type", "string"}, {"description", "JSON text of the arguments"}}},
                              {"depends_on", list_of(text)}}))},
  });
}

Result<Draft> read_draft(std::string_view arguments) {
  const Json parsed = TRY(parse_json(arguments, {.bytes_max = kDraftBytes_max, .depth_max = 16}));
  if (!parsed.is_object()) return invalid("The draft must be an object.");
  Draft draft;
  std::vector<Issue> issues;
  Members top(parsed, "", issues);
  draft.objective = top.choice("objective", kObjectives);
  draft.offer = top.text("offer");
  draft.audience = top.text("audience");
  draft.budget_amount = top.amount("budget_amount");
  draft.budget_currency = top.text("budget_currency");
  if (draft.budget_currency && !is_currency(*draft.budget_currency)) {
    top.fault("budget_currency", "This must be an ISO 4217 code in capitals, or null.");
  }
  draft.budget_period = top.choice("budget_period", kPeriods);
  draft.start = top.date("start");
  draft.end = top.date("end");
  read_lists(top, draft, issues);
  if (issues.empty()) return draft;
  return Error{
      .code = Code::kInvalidArgument, .message = "The draft is not as the schema says.", .issues = std::move(issues)};
}

bool is_channel(std::string_view id) {
  return std::find(std::begin(kChannels), std::end(kChannels), id) != std::end(kChannels);
}
bool is_paid_channel(std::string_view id) { return is_channel(id) && id.ends_with("_ads"); }

bool is_currency(std::string_view code) {
  return code.size() == 3 && code.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos &&
         kCurrencies.find(code) % 4 == 0;  // npos is no multiple of four
}

std::string clean_text(std::string_view text, size_t code_points_max) {
  std::string clean;
  for (size_t i = 0; i < text.size();) {
    if (is_hidden(text, i)) {
      i += static_cast<unsigned char>(text[i]) == 0xF3 ? 4 : 3;
      continue;
    }
    const auto byte = static_cast<unsigned char>(text[i++]);
    if (byte == 0x7f) continue;
    const char c = byte < 0x20 ? ' ' : static_cast<char>(byte);
    if (c != ' ' || (!clean.empty() && clean.back() != ' ')) clean += c;
  }
  return std::string(trim(first_code_points(clean, code_points_max)));
}

bool has_link(std::string_view text) {
  const std::string lower = lower_ascii(text);
  for (const std::string_view sign : {"://", "www.", "mailto:", "javascript:", "data:text"}) {
    if (lower.find(sign) != std::string::npos) return true;
  }
  // name.tld with a common ending, as mail programs recognise it
  for (size_t dot = lower.find('.'); dot != std::string::npos; dot = lower.find('.', dot + 1)) {
    const auto is_name = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    if (dot == 0 || !is_name(lower[dot - 1])) continue;
    size_t end = dot + 1;
    while (end < lower.size() && is_name(lower[end])) ++end;
    const auto ending = std::string_view(lower).substr(dot + 1, end - dot - 1);
    for (const std::string_view known :
         {"com",  "net",   "org",    "io",    "co", "de", "fr",   "es",  "uk",      "ai",   "app", "dev",
          "shop", "store", "info",   "biz",   "me", "ly", "link", "xyz", "example", "test", "ru",  "cn",
          "top",  "site",  "online", "click", "gl", "us", "eu",   "br",  "jp",      "in"}) {
      if (ending == known) return true;
    }
  }
  return false;
}

}  // namespace spreaders::planners::llm
