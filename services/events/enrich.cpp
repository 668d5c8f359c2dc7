#include "services/events/enrich.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "services/audience/segments.hpp"
#include "services/audience/sql.hpp"

namespace spreaders::services {

namespace {

constexpr size_t kLookupMax = 200;    // contacts in one statement
constexpr size_t kUrlSizeMax = 4000;  // characters of a page's address
constexpr size_t kTextSizeMax = 200;  // characters of one enriched text

struct Sign {
  std::string_view in_user_agent, name;
};
// The first that occurs counts: browsers name those they want to be taken for after themselves.
constexpr Sign kSystems[] = {{"iPhone", "iOS"},      {"iPad", "iOS"},      {"Android", "Android"},
                             {"Windows", "Windows"}, {"CrOS", "ChromeOS"}, {"Mac OS X", "macOS"},
                             {"Linux", "Linux"}};
constexpr Sign kBrowsers[] = {{"Edg", "Edge"},         {"OPR/", "Opera"},     {"SamsungBrowser/", "Samsung Internet"},
                              {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"},
                              {"Chrome/", "Chrome"},   {"Safari/", "Safari"}};
constexpr std::pair<const char*, const char*> kUtm[] = {{"utm_source", "source"},
                                                        {"utm_medium", "medium"},
                                                        {"utm_campaign", "name"},
                                                        {"utm_term", "term"},
                                                        {"utm_content", "content"}};

template <size_t size>
std::string find_sign(const Sign (&signs)[size], std::string_view user_agent) {
  for (const auto& sign : signs) {
    if (user_agent.find(sign.in_user_agent) != std::string_view::npos) return std::string(sign.name);
  }
  return {};
}

std::string text_at(const Json& json, std::string_view pointer, size_t size_max = kTextSizeMax) {
  const Json* found = at_pointer(json, pointer);
  if (found == nullptr || !found->is_string()) return {};
  return std::string(first_code_points(found->get_ref<const std::string&>(), size_max));
}

void put(Json& object, const char* name, std::string value) {
  if (!value.empty()) object[name] = std::move(value);
}

std::string kind_of(const Json& context, std::string_view user_agent) {
  std::string type = lower_ascii(text_at(context, "/device/type"));
  if (type == "ios" || type == "android") return "mobile";
  if (!type.empty()) return type;
  if (user_agent.find("iPad") != std::string_view::npos || user_agent.find("Tablet") != std::string_view::npos)
    return "tablet";
  if (user_agent.find("Mobi") != std::string_view::npos) return "mobile";
  return user_agent.find("Mozilla/") != std::string_view::npos ? "desktop" : std::string();
}

Result<void> add_segments(storage::Tx& tx, const std::string& workspace, std::span<const std::string> ids, Instant now,
                          std::map<std::string, PersonView>& people) {
  auto segments = TRY(audience::all_segments(tx, workspace));
  if (segments.size() > kSegmentsLookedAtMax) segments.resize(kSegmentsLookedAtMax);
  if (segments.empty()) return {};
  storage::Values parameters{workspace};
  parameters.insert(parameters.end(), ids.begin(), ids.end());
  std::string among = audience::placeholders(2, ids.size()), sql;
  for (size_t i = 0; i < segments.size(); ++i) {
    sql += (i == 0 ? "SELECT " : " UNION ALL SELECT ") + std::to_string(i) +
           ", c.id FROM contact c WHERE c.workspace_id = $1 AND c.id IN (" + among + ") AND (" +
           audience::compile_rule(tx, segments[i].rule, now, parameters) + ")";
  }
  for (const auto& row : TRY(tx.query(sql + " ORDER BY 1", parameters))) {
    people[row[1].text()].segments.push_back(segments[static_cast<size_t>(row[0].integer())].id);
  }
  return {};
}

}  // namespace

Json device_of(const Json& context, const std::string& user_agent) {
  std::string agent = text_at(context, "/userAgent");
  if (agent.empty()) agent = user_agent;
  Json device = Json::object();
  put(device, "kind", kind_of(context, agent));
  std::string system = text_at(context, "/os/name");
  put(device, "os", system.empty() ? find_sign(kSystems, agent) : system);
  put(device, "browser", find_sign(kBrowsers, agent));
  put(device, "model", text_at(context, "/device/model"));
  return device;
}

Json campaign_of(const Json& context) {
  Json campaign = Json::object();
  for (const auto& [parameter, name] : kUtm) put(campaign, name, text_at(context, "/campaign/" + std::string(name)));
  if (!campaign.empty()) return campaign;
  std::string query = text_at(context, "/page/search", kUrlSizeMax);
  if (query.empty()) {
    std::string url = text_at(context, "/page/url", kUrlSizeMax);
    query = url.substr(std::min(url.find('?'), url.size()));
  }
  query = query.substr(0, query.find('#'));
  for (const auto& [parameter, name] : kUtm) {
    std::string wanted = std::string(parameter) + "=";
    size_t at = query.find(wanted);
    if (at == std::string::npos || at == 0 || (query[at - 1] != '?' && query[at - 1] != '&')) continue;
    std::string value = query.substr(at + wanted.size());
    std::string decoded = percent_decode(value.substr(0, value.find('&')));
    if (is_utf8(decoded)) put(campaign, name, std::string(first_code_points(decoded, kTextSizeMax)));
  }
  return campaign;
}

Result<std::map<std::string, PersonView>> people_now(storage::Tx& tx, const std::string& workspace,
                                                     const std::set<std::string>& contact_ids, Instant now) {
  std::map<std::string, PersonView> people;
  std::vector<std::string> ids(contact_ids.begin(), contact_ids.end());
  for (size_t from = 0; from < ids.size(); from += kLookupMax) {
    auto part = std::span<const std::string>(ids).subspan(from, std::min(kLookupMax, ids.size() - from));
    storage::Values parameters{workspace};
    parameters.insert(parameters.end(), part.begin(), part.end());
    auto rows =
        TRY(tx.query("SELECT id, language, time_zone, created_at FROM contact WHERE workspace_id = $1 AND id IN (" +
                         audience::placeholders(2, part.size()) + ")",
                     parameters));
    for (const auto& row : rows) {
      Json profile = Json::object();
      put(profile, "language", row[1].text());
      put(profile, "time_zone", row[2].text());
      profile["since"] = to_text(row[3].instant());
      people[row[0].text()] = {std::move(profile), Json::array()};
    }
    TRY(add_segments(tx, workspace, part, now, people));
  }
  return people;
}

}  // namespace spreaders::services
