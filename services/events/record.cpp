#include "services/events/record.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "services/audience/sql.hpp"
#include "services/events/enrich.hpp"

namespace spreaders::services {

namespace {

using audience::Fact;
using storage::Tx;

constexpr int64_t kAttribution_us = 7 * kDay_us;  // an order belongs to the last campaign clicked within it
constexpr size_t kLookupMax = 500;
constexpr std::string_view kOwnEvents[] = {"Email Opened",     "Email Clicked", "Email Bounced",
                                           "Email Complained", "Subscribed",    "Unsubscribed"};

bool counts_for_campaigns(const Event& event) {
  return event.type == EventType::kTrack &&
         std::find(std::begin(kOwnEvents), std::end(kOwnEvents), event.name) == std::end(kOwnEvents);
}

// Properties, with the ids that have no column of their own.
Json properties_of(const Event& event) {
  Json properties = event.properties;
  if (!event.group_id.empty()) properties["group_id"] = event.group_id;
  if (!event.previous_id.empty()) properties["previous_id"] = event.previous_id;
  return properties;
}

// The link that brought the person here says for which message they came.
Result<void> follow_token(Tx& tx, const Tracking& tracking, const std::string& workspace, const Event& event,
                          Fact& fact) {
  const Json* token = at_pointer(event.context, "/spreaders/token");
  if (token == nullptr || !token->is_string()) return {};
  auto ref = read_token(tracking, TokenKind::kSession, token->get_ref<const std::string&>());
  if (!ref || ref->workspace != workspace) return {};
  auto origin = TRY(message_origin(tx, *ref));
  if (!origin) return {};
  if (fact.contact_id.empty()) fact.contact_id = origin->contact_id;
  if (!counts_for_campaigns(event)) return {};
  fact.campaign_id = origin->campaign_id;
  fact.outbox_id = ref->outbox_id;
  return {};
}

struct Click {
  Instant at;
  std::string campaign_id, outbox_id;
};

// Of each contact, oldest first.
Result<std::map<std::string, std::vector<Click>>> clicks_of(Tx& tx, const std::string& workspace,
                                                            const std::set<std::string>& contacts, Instant from,
                                                            Instant to) {
  std::map<std::string, std::vector<Click>> clicks;
  std::vector<std::string> ids(contacts.begin(), contacts.end());
  for (size_t start = 0; start < ids.size(); start += kLookupMax) {
    auto part = std::span<const std::string>(ids).subspan(start, std::min(kLookupMax, ids.size() - start));
    storage::Values parameters{workspace, from, to};
    parameters.insert(parameters.end(), part.begin(), part.end());
    auto rows =
        TRY(tx.query("SELECT contact_id, at, campaign_id, outbox_id FROM event WHERE workspace_id = $1 AND at >= $2 "
                     "AND at <= $3 AND "
                     "name = 'Email Clicked' AND campaign_id IS NOT NULL AND contact_id IN (" +
                         audience::placeholders(4, part.size()) + ") ORDER BY at",
                     parameters));
    for (const auto& row : rows) clicks[row[0].text()].push_back({row[1].instant(), row[2].text(), row[3].text_or("")});
  }
  return clicks;
}

// `fresh` and `facts` side by side.
Result<void> attribute(Tx& tx, const std::string& workspace, std::span<const IncomingEvent* const> fresh,
                       std::vector<Fact>& facts) {
  auto open = [&](size_t i) {
    return facts[i].campaign_id.empty() && !facts[i].contact_id.empty() && counts_for_campaigns(fresh[i]->event);
  };
  std::set<std::string> contacts;
  Instant first{INT64_MAX}, last{INT64_MIN};
  for (size_t i = 0; i < facts.size(); ++i) {
    if (!open(i)) continue;
    contacts.insert(facts[i].contact_id);
    first = std::min(first, *facts[i].at);
    last = std::max(last, *facts[i].at);
  }
  if (contacts.empty()) return {};
  auto clicks = TRY(clicks_of(tx, workspace, contacts, first - kAttribution_us, last));
  for (size_t i = 0; i < facts.size(); ++i) {
    if (!open(i)) continue;
    for (const Click& click : clicks[facts[i].contact_id]) {
      if (click.at > *facts[i].at || click.at < *facts[i].at - kAttribution_us) continue;
      facts[i].campaign_id = click.campaign_id;
      facts[i].outbox_id = click.outbox_id;
    }
  }
  return {};
}

// What was sent around the event, and what we know about it. The token has done its work: it opens a message.
Result<void> enrich(Tx& tx, const std::string& workspace, std::span<const IncomingEvent* const> fresh, Instant now,
                    std::vector<Fact>& facts) {
  std::set<std::string> contacts;
  for (const auto& fact : facts) {
    if (!fact.contact_id.empty()) contacts.insert(fact.contact_id);
  }
  auto people = TRY(people_now(tx, workspace, contacts, now));
  for (size_t i = 0; i < facts.size(); ++i) {
    Json added = Json::object();
    auto add = [&](const char* name, const Json& value) {
      if (!value.empty()) added[name] = value;
    };
    add("device", device_of(fresh[i]->event.context, fresh[i]->user_agent));
    add("campaign", campaign_of(fresh[i]->event.context));
    if (auto person = people.find(facts[i].contact_id); person != people.end()) {
      add("profile", person->second.profile);
      add("segments", person->second.segments);
    }
    Json context = fresh[i]->event.context;
    context.erase("spreaders");
    if (!added.empty()) context["spreaders"] = std::move(added);
    facts[i].context = to_text(context);
  }
  return {};
}

Result<std::vector<size_t>> places_of_new(Tx& tx, const std::string& workspace,
                                          std::span<const IncomingEvent* const> events) {
  std::vector<std::string> message_ids;
  for (const auto* one : events) message_ids.push_back(one->event.message_id);
  auto known = TRY(audience::known_messages(tx, workspace, message_ids));
  std::vector<size_t> places;
  for (size_t i = 0; i < events.size(); ++i) {
    if (known.insert(message_ids[i]).second) places.push_back(i);
  }
  return places;
}

}  // namespace

Result<std::vector<Recorded>> record_events(Tx& tx, const RecordSetup& setup, const std::string& workspace,
                                            std::span<const IncomingEvent* const> events, Instant now) {
  std::vector<Recorded> recorded(events.size());
  for (size_t i = 0; i < events.size(); ++i) recorded[i].message_id = events[i]->event.message_id;
  auto places = TRY(places_of_new(tx, workspace, events));
  if (places.empty()) return recorded;
  std::vector<const IncomingEvent*> fresh;
  for (size_t place : places) fresh.push_back(events[place]);
  auto people = TRY(resolve_people(tx, workspace, fresh, now, setup.journal));
  std::vector<Fact> facts;
  for (size_t i = 0; i < fresh.size(); ++i) {
    const Event& event = fresh[i]->event;
    facts.push_back({.name = event.name,
                     .type = std::string(enum_name(event.type)),
                     .contact_id = people[i].contact_id,
                     .user_id = event.user_id,
                     .anonymous_id = event.anonymous_id,
                     .at = event.at,
                     .properties = to_text(properties_of(event)),
                     .source = fresh[i]->source,
                     .message_id = event.message_id});
    TRY(follow_token(tx, setup.tracking, workspace, event, facts.back()));
  }
  TRY(attribute(tx, workspace, fresh, facts));
  TRY(enrich(tx, workspace, fresh, now, facts));
  TRY(audience::record_facts(tx, workspace, facts, now, setup.journal));
  for (size_t i = 0; i < places.size(); ++i) {
    recorded[places[i]].is_new = true;
    recorded[places[i]].contact_id = facts[i].contact_id;
    recorded[places[i]].notes = std::move(people[i].notes);
  }
  return recorded;
}

}  // namespace spreaders::services
