// Any bytes as an event: it is refused with places that lie in it, or it is within its limits; twice the same answer.
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "services/events/enrich.hpp"
#include "services/events/event.hpp"
#include "services/events/traits.hpp"

using namespace spreaders;

namespace {

void demand(bool fine, const char* what) {
  if (fine) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto parsed = parse_json({reinterpret_cast<const char*>(data), size}, services::kEventJson);
  if (!parsed.ok()) return 0;
  const Instant now{1'790'000'000'000'000};
  Json one = *parsed, two = *parsed;
  SequenceIds ids(1), again(1);
  Issues issues, same;
  auto event = services::read_event(one, {.received_at = now}, ids, "/batch/7", issues);
  auto twin = services::read_event(two, {.received_at = now}, again, "/batch/7", same);
  demand(event.has_value() == issues.empty(), "an event or problems");
  demand(event.has_value() == twin.has_value() && issues.size() == same.size(), "the same twice");
  for (const auto& issue : issues) demand(issue.pointer.starts_with("/batch/7"), "a place outside of the event");
  if (!event) return 0;
  demand(!event->message_id.empty() && event->message_id == twin->message_id, "the id of the same event");
  demand(event->at <= now, "an event of the future");
  demand(!event->user_id.empty() || !event->anonymous_id.empty(), "nobody's event");
  demand(count_code_points(event->name) <= services::kEventNameSizeMax, "a name over its limit");
  Issues notes, problems;
  auto change = services::change_of_traits(event->properties, event->context, notes).change;
  if (change.email.empty()) change.email = "ana@example.org";
  audience::check_change(change, problems);
  demand(problems.empty(), "traits that a contact cannot hold");
  demand(is_utf8(to_text(services::device_of(event->context, ""))), "a device that is no text");
  demand(is_utf8(to_text(services::campaign_of(event->context))), "a campaign that is no text");
  return 0;
}
