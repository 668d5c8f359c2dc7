// When and how often people may be written to: the rules as they are set and stored, and what they say of one message.
// Pure: no clock, no database.
//
//   auto rules = applicable(workspace_rules, workflow_settings, "email");
//   Timing t = judge(rules, {.zone = "Europe/Berlin", .sent = {...}}, now, latest);
//   t.kind == kLater  ->  not before t.at, because of t.reason ("quiet_hours")
//
// Hours are wall-clock hours of the person's zone. Where clocks are set back they happen twice, and both times count;
// where clocks are set forward a missing hour is skipped. `days` of caps are 24 hours each, looked back from the moment
// of sending. Reasons: quiet_hours, send_window, cap:2 in 7 days, the same with "workflow_" before it, max_people, and
// too_late:REASON where a message would have had to wait for longer than wait_hours_max.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/fields.hpp"
#include "storage/ports.hpp"

namespace spreaders::sending {

enum class Otherwise : uint8_t { kDefer, kSkip };
SPR_ENUM(Otherwise, {Otherwise::kDefer, "defer"}, {Otherwise::kSkip, "skip"});

struct Cap {
  std::string channel = "email";
  int messages = 0;
  int days = 0;
  Otherwise on = Otherwise::kDefer;
  bool operator==(const Cap&) const = default;
  SPR_FIELDS(Cap,
             SPR_FIELD(channel, "Channel it counts", .max_size = 40, .format = Format::kIdentifier, .defaulted = true),
             SPR_FIELD(messages, "At most so many messages to one person", .min = 1, .max = 1000),
             SPR_FIELD(days, "Within so many days of 24 hours, looked back from the moment of sending", .min = 1,
                       .max = 366),
             SPR_FIELD(on, "What becomes of a message over the cap: defer to the first moment it is allowed, or skip",
                       .defaulted = true));
};

struct QuietHours {
  std::string from, to;
  Otherwise on = Otherwise::kDefer;
  bool operator==(const QuietHours&) const = default;
  static void check(const QuietHours& hours, Issues& issues);
  SPR_FIELDS(QuietHours, SPR_FIELD(from, "Local time at which they begin", .max_size = 5, .example = "21:00"),
             SPR_FIELD(to, "Local time at which they end; earlier than from means the next morning", .max_size = 5,
                       .example = "08:00"),
             SPR_FIELD(on, "What becomes of a message in them: defer to their end, or skip", .defaulted = true));
};

struct SendWindow {
  std::vector<int> days = {1, 2, 3, 4, 5, 6, 7};
  std::string from = "00:00", to = "24:00";
  Otherwise on = Otherwise::kDefer;
  bool operator==(const SendWindow&) const = default;
  static void check(const SendWindow& window, Issues& issues);
  SPR_FIELDS(SendWindow,
             SPR_FIELD(days, "Days of the week on which may be sent, 1 = Monday to 7 = Sunday", .min_size = 1,
                       .max_size = 7, .defaulted = true),
             SPR_FIELD(from, "Local time from which may be sent", .max_size = 5, .defaulted = true, .example = "09:00"),
             SPR_FIELD(to, "Local time until which may be sent, on the same day", .max_size = 5, .defaulted = true,
                       .example = "18:00"),
             SPR_FIELD(on, "What becomes of a message outside: defer to the next opening, or skip", .defaulted = true));
};

struct Pace {
  std::string connection_id;
  double per_second = 0;
  bool operator==(const Pace&) const = default;
  SPR_FIELDS(Pace, SPR_FIELD(connection_id, "Connection that sends", .max_size = 100, .format = Format::kIdentifier),
             SPR_FIELD(per_second, "Messages a second at most", .min = 0.001, .max = 10000));
};

// Marketing of a campaign, or of all campaigns together, stops by itself when too much of it comes back or annoys.
// Receivers begin to refuse senders above about these rates.
struct KillSwitches {
  bool on = true;
  double bounce_percent = 2, complaint_percent = 0.1;
  int window_hours = 24, messages_min = 500, bad_min = 3;
  bool operator==(const KillSwitches&) const = default;
  SPR_FIELDS(KillSwitches, SPR_FIELD(on, "Whether they stop anything", .defaulted = true),
             SPR_FIELD(bounce_percent, "Stop above this share of hard bounces", .min = 0.01, .max = 100,
                       .defaulted = true),
             SPR_FIELD(complaint_percent, "Stop above this share of complaints", .min = 0.01, .max = 100,
                       .defaulted = true),
             SPR_FIELD(window_hours, "Looking back so many hours", .min = 1, .max = 720, .defaulted = true),
             SPR_FIELD(messages_min, "Not before so many messages were sent in them", .min = 1, .max = 1000000,
                       .defaulted = true),
             SPR_FIELD(bad_min, "Nor before so many of them bounced, or were complained about", .min = 1,
                       .max = 1000000, .defaulted = true));
};

// Of a workspace.
struct Rules {
  std::vector<Cap> caps;
  std::optional<QuietHours> quiet_hours;
  std::optional<SendWindow> send_window;
  std::string time_zone;
  int wait_hours_max = 168;
  std::vector<Pace> paces;
  KillSwitches kill_switches;
  static void check(const Rules& rules, Issues& issues);
  SPR_FIELDS(Rules, SPR_FIELD(caps, "How many messages one person gets", .max_size = 10, .defaulted = true),
             SPR_FIELD(quiet_hours, "Hours in which nothing is sent"),
             SPR_FIELD(send_window, "Days and hours in which is sent"),
             SPR_FIELD(time_zone, "IANA zone of people who have none; empty: the installation's", .max_size = 60,
                       .defaulted = true),
             SPR_FIELD(wait_hours_max, "What would have to wait longer is skipped", .min = 1, .max = 8784,
                       .defaulted = true),
             SPR_FIELD(paces, "How fast connections may send", .max_size = 100, .defaulted = true),
             SPR_FIELD(kill_switches, "When marketing stops by itself", .defaulted = true));
};

// Member "settings" of a workflow's definition: for its messages alone, besides the workspace's rules, and for its
// runs.
enum class OnError : uint8_t { kDeadLetter, kExit, kContinue };
SPR_ENUM(OnError, {OnError::kDeadLetter, "dead_letter"}, {OnError::kExit, "exit"}, {OnError::kContinue, "continue"});
constexpr int kPeopleMax = 100'000;
struct WorkflowSettings {
  std::vector<Cap> caps;
  std::optional<QuietHours> quiet_hours;
  std::optional<SendWindow> send_window;
  std::string time_zone;
  std::optional<int> max_entries, max_people, max_steps;
  OnError on_error = OnError::kDeadLetter;
  std::string max_age;
  static void check(const WorkflowSettings& settings, Issues& issues);
  SPR_FIELDS(WorkflowSettings,
             SPR_FIELD(caps, "How many of its messages one person gets", .max_size = 10, .defaulted = true),
             SPR_FIELD(quiet_hours, "Hours in which it sends nothing"),
             SPR_FIELD(send_window, "Days and hours in which it sends"),
             SPR_FIELD(time_zone, "IANA zone of people who have none; empty: the workspace's", .max_size = 60,
                       .defaulted = true),
             SPR_FIELD(max_entries, "Runs that may be started of it, over all its versions", .min = 1, .max = 1000000),
             SPR_FIELD(max_people, "People it may write to", .min = 1, .max = kPeopleMax),
             SPR_FIELD(on_error, "What comes of a step that fails where no way says so", .defaulted = true),
             SPR_FIELD(max_age, "ISO 8601 duration after which a run is over", .max_size = 40, .defaulted = true),
             SPR_FIELD(max_steps, "A run that takes more has failed", .min = 1, .max = 1000000));
};

// What is wrong with an IANA zone, a time of day...: empty when nothing is.
std::string zone_problem(const std::string& zone);

// --- what the rules say ------------------------------------------------------------------------------------------
using storage::Timing;

// Hours in which may be sent (open) or may not.
struct Hours {
  int64_t from_us = 0, to_us = 0;  // of the day; from > to: over midnight
  uint8_t days = 0x7f;             // bit weekday(date)
  bool open = false;
};
bool may_send(const Hours& hours, const LocalTime& local);
// `at` itself, or the first moment after it at which may be sent; nothing when there is none within nine days.
Result<std::optional<Instant>> first_open(const Hours& hours, const std::string& zone, Instant at);
// The same for a cap and the moments at which the person was sent something.
Instant first_under(const Cap& cap, std::span<const Instant> sent, Instant at);

// One rule that holds for a message.
struct Rule {
  std::optional<Hours> hours;  // or a cap
  Cap cap = {};
  bool of_workflow = false;  // a cap counts the workflow's messages only
  Otherwise on = Otherwise::kDefer;
  std::string reason = {};
};
// Those for messages over `channel`; `settings` may be nullptr.
std::vector<Rule> applicable(const Rules& rules, const WorkflowSettings* settings, const std::string& channel);

struct Person {
  std::string zone;
  std::vector<Instant> sent = {};              // what they got over the channel
  std::vector<Instant> sent_by_workflow = {};  // of these, what the same workflow sent
};
// What all rules together say of a message to this person; what could not leave until `latest` never does.
Result<Timing> judge(std::span<const Rule> rules, const Person& person, Instant now, Instant latest);

// What of `after` allows more than `before`, in words: "a cap is gone". Empty when nothing does.
std::vector<std::string> loosened(const Rules& before, const Rules& after);

}  // namespace spreaders::sending
