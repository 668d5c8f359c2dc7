#include "doors/people/people_routes.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "doors/ingest/problem.hpp"

namespace spreaders::doors {

namespace {

constexpr size_t kBodyBytesMax = 64 * 1024;
constexpr std::string_view kUsers = "/users/";
constexpr std::string_view kPreferences = "/preferences";
constexpr std::pair<std::string_view, std::string_view> kChannels[] = {
    {"email", "email_preferences"}, {"sms", "sms_preferences"}, {"push", "push_preferences"}};

struct Door {
  ToolRunner& tools;
  WriteKeys keys;
};

// One request of somebody whose key is known.
struct Asked {
  ToolRunner& tools;
  const HttpServerRequest& request;
  Principal principal;
};

HttpServerResponse answer(const Json& json, int status = 200) {
  return {.status = status,
          .headers = {{"content-type", "application/json"}, {"cache-control", "no-store"}},
          .body = to_text(json)};
}

// The user's id is in the path, so a problem with it has no place in the body.
HttpServerResponse refusal(Error error) {
  for (auto& issue : error.issues) {
    if (issue.pointer == "/person") issue = {"", "the id in the path " + issue.message};
  }
  return problem(error);
}

Result<Json> call(const Asked& asked, const char* tool, Json arguments) {
  const auto* key = asked.request.header("idempotency-key");
  return asked.tools.call({.name = tool,
                           .arguments = std::move(arguments),
                           .principal = asked.principal,
                           .idempotency_key = key == nullptr ? "" : *key});
}

Result<Json> body_of(const HttpServerRequest& request) {
  auto body = TRY(parse_json(request.body, {.bytes_max = kBodyBytesMax}));
  if (!body.is_object()) return issues_error("The body", {{"", "must be an object"}});
  return body;
}

Json preferences_of(const std::string& person, const Json& result) {
  Json shown = {{"user_id", person}, {"contact_id", result.at("contact_id")}};
  for (const auto& [channel, name] : kChannels) {
    for (Json one : result.at("channels")) {
      if (one.at("channel") != channel) continue;
      one.erase("channel");
      if (!one.contains("subscribed")) one["subscribed"] = false;
      shown[std::string(name)] = std::move(one);
    }
  }
  return shown;
}

// {"email_preferences":{"subscribed":false},...} as the tool's arguments.
Result<Json> wanted_preferences(const std::string& person, const Json& body) {
  Json arguments = {{"person", person}};
  Issues issues;
  for (const auto& [name, value] : body.items()) {
    const auto* known = std::find_if(std::begin(kChannels), std::end(kChannels),
                                     [&name = name](const auto& one) { return one.second == name; });
    std::string place = pointer_step(name);
    if (name == "consent_source" || name == "consent_proof") {
      arguments[name] = value;
    } else if (known == std::end(kChannels)) {
      issues.push_back({place,
                        "is not known; known are email_preferences, sms_preferences, push_preferences, "
                        "consent_source and consent_proof"});
    } else if (!value.is_object()) {
      issues.push_back({place, "must be an object"});
    } else {
      for (const auto& [member, word] : value.items()) {
        if (member == "subscribed") arguments[std::string(known->first)] = word;
        else issues.push_back({place + pointer_step(member), "cannot be set; only subscribed can"});
      }
    }
  }
  if (!issues.empty()) return issues_error("The preferences", std::move(issues));
  return arguments;
}

HttpServerResponse show_preferences(const Asked& asked, const std::string& person) {
  auto result = call(asked, "notification.getUserPreferences", {{"person", person}});
  return result.ok() ? answer(preferences_of(person, *result)) : refusal(result.error());
}

HttpServerResponse change_preferences(const Asked& asked, const std::string& person) {
  auto body = body_of(asked.request);
  if (!body.ok()) return problem(body.error());
  auto arguments = wanted_preferences(person, *body);
  if (!arguments.ok()) return problem(arguments.error());
  auto result = call(asked, "notification.updatePreferences", std::move(*arguments));
  if (result.ok()) return answer(preferences_of(person, *result));
  Error error = result.error();
  for (auto& issue : error.issues) {
    for (const auto& [channel, name] : kChannels) {
      if (issue.pointer == "/" + std::string(channel)) issue.pointer = "/" + std::string(name) + "/subscribed";
    }
  }
  return refusal(std::move(error));
}

// Whom it is about stands in the path, or it is somebody new.
Result<Json> particulars_of(const HttpServerRequest& request) {
  auto body = TRY(body_of(request));
  if (body.contains("person")) return issues_error("The person", {{"/person", "is not known"}});
  return body;
}

HttpServerResponse change_person(const Asked& asked, const std::string& person) {
  auto body = particulars_of(asked.request);
  if (!body.ok()) return problem(body.error());
  (*body)["person"] = person;
  auto result = call(asked, "audience.saveContact", std::move(*body));
  return result.ok() ? answer(*result) : refusal(result.error());
}

HttpServerResponse add_person(const Asked& asked) {
  if (asked.request.path != "/users") return problem(not_found("there is no " + asked.request.path));
  auto body = particulars_of(asked.request);
  if (!body.ok()) return problem(body.error());
  auto result = call(asked, "audience.saveContact", std::move(*body));
  if (!result.ok()) return problem(result.error());
  auto made = answer(*result, 201);
  made.headers.emplace_back("location", std::string(kUsers) + result->at("contact_id").get<std::string>());
  return made;
}

// /users/{id} and /users/{id}/preferences; the path is decoded already, and an address holds no slash.
HttpServerResponse one_person(const Asked& asked) {
  std::string person = rest_of(asked.request, kUsers);
  bool preferences = person.ends_with(kPreferences);
  if (preferences) person.resize(person.size() - kPreferences.size());
  if (person.empty()) return problem(not_found("there is no " + asked.request.path));
  bool reads = asked.request.method != "PUT";
  if (preferences) return reads ? show_preferences(asked, person) : change_preferences(asked, person);
  if (!reads) return change_person(asked, person);
  auto result = call(asked, "audience.getContact", {{"person", person}});
  return result.ok() ? answer(*result) : refusal(result.error());
}

// Nobody without it is read further; each tool asks for all that it needs.
std::string_view scope_of(const HttpServerRequest& request) {
  if (request.method == "GET") return "audience:read";
  return request.path.ends_with(kPreferences) ? "consent:write" : "audience:write";
}

struct Parameter {
  std::string_view name, argument;
};
constexpr Parameter kParameters[] = {{"userId", "person"}, {"eventId", "event_id"}, {"eventName", "name"},
                                     {"since", "since"},   {"until", "until"},      {"limit", "limit"},
                                     {"cursor", "cursor"}};

HttpServerResponse events_of_person(const Asked& asked) {
  Json arguments = Json::object();
  Issues issues;
  for (const auto& [name, value] : asked.request.query) {
    const auto* known = std::find_if(std::begin(kParameters), std::end(kParameters),
                                     [&name = name](const Parameter& one) { return one.name == name; });
    if (known == std::end(kParameters)) {
      issues.push_back({pointer_step(name), "is not a parameter of this address"});
      continue;
    }
    std::string argument(known->argument);
    int64_t number = 0;
    auto read = std::from_chars(value.data(), value.data() + value.size(), number);
    bool whole = read.ec == std::errc() && read.ptr == value.data() + value.size();
    if (argument != "limit") arguments[argument] = value;
    else if (whole) arguments[argument] = number;
    else issues.push_back({"/limit", "must be a whole number"});
  }
  if (!arguments.contains("person")) issues.push_back({"/userId", "is required"});
  if (!issues.empty()) return problem(issues_error("The query", std::move(issues)));
  auto result = call(asked, "audience.listEvents", std::move(arguments));
  if (result.ok()) return answer(*result);
  Error error = result.error();
  for (auto& issue : error.issues) {
    for (const auto& [name, argument] : kParameters) {
      if (issue.pointer == "/" + std::string(argument)) issue.pointer = "/" + std::string(name);
    }
  }
  return problem(error);
}

}  // namespace

std::vector<Route> people_routes(storage::Storage& storage, ToolRunner& tools, WriteKeyLimits limits) {
  // Shared by the copies of the handlers; it has a mutex and cannot be copied.
  auto door = std::shared_ptr<Door>(new Door{tools, {storage, limits}});
  auto with = [&door](HttpServerResponse (*handle)(const Asked&)) {
    return [door, handle](const HttpServerRequest& request) {
      auto holder = door->keys.admit(request, "", scope_of(request));
      return holder.ok() ? handle({door->tools, request, std::move(holder->principal)}) : problem(holder.error());
    };
  };
  const HttpRouteOptions options{.body_bytes_max = kBodyBytesMax};
  return {{"GET", std::string(kUsers), with(&one_person)},
          {"PUT", std::string(kUsers), with(&one_person), options},
          {"POST", "/users", with(&add_person), options},
          {"GET", "/userEvent", with(&events_of_person)}};
}

}  // namespace spreaders::doors
