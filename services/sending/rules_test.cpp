#include "services/sending/rules.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/random.hpp"

namespace spreaders::sending {
namespace {

Instant at(const std::string& text) {
  auto parsed = parse_instant(text);
  EXPECT_TRUE(parsed.ok()) << text;
  return parsed.ok() ? *parsed : Instant{};
}

Rules rules_of(const std::string& text) {
  auto json = parse_json(text);
  EXPECT_TRUE(json.ok()) << text;
  auto rules = decode<Rules>(*json, "The rules");
  EXPECT_TRUE(rules.ok()) << rules.error().text();
  return rules.ok() ? *rules : Rules{};
}

std::string said(const Timing& timing) {
  if (timing.kind == Timing::Kind::kNow) return "now";
  if (timing.kind == Timing::Kind::kNever) return "never " + timing.reason;
  return to_text(timing.at) + " " + timing.reason;
}

std::string ask(const Rules& rules, const std::string& zone, const std::string& now,
                const std::vector<std::string>& sent = {}) {
  Person person{.zone = zone};
  for (const auto& text : sent) person.sent.push_back(at(text));
  auto timing = judge(applicable(rules, nullptr, "email"), person, at(now), at(now) + rules.wait_hours_max * kHour_us);
  EXPECT_TRUE(timing.ok()) << timing.error().text();
  return timing.ok() ? said(*timing) : "";
}

TEST(SendingRules, QuietHoursAreOfThePersonsOwnClock) {
  Rules rules = rules_of(R"({"quiet_hours":{"from":"21:00","to":"08:00"}})");
  struct Case {
    const char *zone, *now, *answer;
  };
  for (const Case& one : {
           Case{"Europe/Berlin", "2026-11-21T19:59:59Z", "now"},
           Case{"Europe/Berlin", "2026-11-21T20:00:00Z", "2026-11-22T07:00:00Z quiet_hours"},
           Case{"Europe/Berlin", "2026-11-22T03:00:00Z", "2026-11-22T07:00:00Z quiet_hours"},
           Case{"Europe/Berlin", "2026-11-22T07:00:00Z", "now"},
           // The night in which clocks are set forward, and the one in which they are set back.
           Case{"Europe/Berlin", "2026-03-28T22:00:00Z", "2026-03-29T06:00:00Z quiet_hours"},
           Case{"Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T07:00:00Z quiet_hours"},
           Case{"America/Sao_Paulo", "2026-11-21T23:59:00Z", "now"},
           Case{"America/Sao_Paulo", "2026-11-22T00:00:00Z", "2026-11-22T11:00:00Z quiet_hours"},
           Case{"America/Sao_Paulo", "2018-11-04T02:59:00Z", "2018-11-04T10:00:00Z quiet_hours"},
           Case{"Australia/Lord_Howe", "2026-10-03T12:00:00Z", "2026-10-03T21:00:00Z quiet_hours"},
           Case{"Australia/Lord_Howe", "2026-04-04T12:00:00Z", "2026-04-04T21:30:00Z quiet_hours"},
           Case{"Pacific/Kiritimati", "2026-11-21T06:59:00Z", "now"},
           Case{"Pacific/Kiritimati", "2026-11-21T07:00:00Z", "2026-11-21T18:00:00Z quiet_hours"},
       })
    EXPECT_EQ(ask(rules, one.zone, one.now), one.answer) << one.zone << " " << one.now;
}

TEST(SendingRules, WindowsHaveDaysAndHours) {
  Rules rules = rules_of(R"({"send_window":{"days":[1,2,3,4,5],"from":"09:00","to":"17:00"}})");
  EXPECT_EQ(ask(rules, "UTC", "2026-11-20T16:59:00Z"), "now") << "a Friday";
  EXPECT_EQ(ask(rules, "UTC", "2026-11-20T17:00:00Z"), "2026-11-23T09:00:00Z send_window");
  EXPECT_EQ(ask(rules, "UTC", "2026-11-21T12:00:00Z"), "2026-11-23T09:00:00Z send_window");
  EXPECT_EQ(ask(rules, "Pacific/Kiritimati", "2026-11-22T18:30:00Z"), "2026-11-22T19:00:00Z send_window")
      << "it is Monday there";
  Rules sundays = rules_of(R"({"send_window":{"days":[7],"on":"skip"}})");
  EXPECT_EQ(ask(sundays, "UTC", "2026-11-22T23:59:59Z"), "now");
  EXPECT_EQ(ask(sundays, "UTC", "2026-11-21T12:00:00Z"), "never send_window");
}

TEST(SendingRules, ACapOpensWhenTheOldestThatCountsFallsOut) {
  Rules rules = rules_of(R"({"caps":[{"messages":2,"days":7}]})");
  EXPECT_EQ(ask(rules, "UTC", "2026-11-21T12:00:00Z", {"2026-11-20T12:00:00Z"}), "now");
  EXPECT_EQ(ask(rules, "UTC", "2026-11-21T12:00:00Z", {"2026-11-20T12:00:00Z", "2026-11-18T10:00:00Z"}),
            "2026-11-25T10:00:00Z cap:2 in 7 days");
  EXPECT_EQ(ask(rules, "UTC", "2026-11-25T10:00:00Z", {"2026-11-20T12:00:00Z", "2026-11-18T10:00:00Z"}), "now");
  EXPECT_EQ(ask(rules, "UTC", "2026-11-21T12:00:00Z",
                {"2026-11-20T12:00:00Z", "2026-11-19T12:00:00Z", "2026-11-18T12:00:00Z"}),
            "2026-11-26T12:00:00Z cap:2 in 7 days")
      << "a cap that was lowered meanwhile waits for two to fall out";
  Rules skipping =
      rules_of(R"({"caps":[{"messages":1,"days":1,"on":"skip"},{"channel":"sms","messages":1,"days":30}]})");
  EXPECT_EQ(ask(skipping, "UTC", "2026-11-21T12:00:00Z", {"2026-11-21T11:00:00Z"}), "never cap:1 in 1 day");
  EXPECT_EQ(applicable(skipping, nullptr, "email").size(), 1u) << "the cap of another channel does not count";
}

TEST(SendingRules, SeveralRulesHoldTogetherAndWhatWouldWaitTooLongIsSkipped) {
  Rules rules = rules_of(R"({"caps":[{"messages":1,"days":1}],"quiet_hours":{"from":"20:00","to":"08:00"},
                             "send_window":{"days":[1,2,3,4,5]},"wait_hours_max":48})");
  EXPECT_EQ(ask(rules, "UTC", "2026-11-17T10:00:00Z", {"2026-11-16T21:00:00Z"}), "2026-11-18T08:00:00Z cap:1 in 1 day");
  EXPECT_EQ(ask(rules, "UTC", "2026-11-20T21:00:00Z"), "never too_late:quiet_hours") << "Monday morning is too late";
  rules.wait_hours_max = 72;
  EXPECT_EQ(ask(rules, "UTC", "2026-11-20T21:00:00Z"), "2026-11-23T08:00:00Z quiet_hours");
}

TEST(SendingRules, AWorkflowsRulesHoldBesidesTheWorkspaces) {
  WorkflowSettings settings;
  settings.caps = {{.messages = 1, .days = 30}};
  auto rules = applicable(rules_of(R"({"caps":[{"messages":5,"days":7}]})"), &settings, "email");
  Person person{.zone = "UTC", .sent = {at("2026-11-20T12:00:00Z")}};
  EXPECT_EQ(said(*judge(rules, person, at("2026-11-21T12:00:00Z"), at("2027-11-21T12:00:00Z"))), "now");
  person.sent_by_workflow = person.sent;
  EXPECT_EQ(said(*judge(rules, person, at("2026-11-21T12:00:00Z"), at("2027-11-21T12:00:00Z"))),
            "2026-12-20T12:00:00Z workflow_cap:1 in 30 days");
}

// Looks at every minute, which needs no cleverness about clocks.
Instant minute_by_minute(const Hours& hours, const std::string& zone, Instant from) {
  for (Instant minute = from; minute - from < 10 * kDay_us; minute = minute + kMinute_us) {
    if (may_send(hours, *to_local(minute, zone))) return minute;
  }
  return {};
}

TEST(SendingRules, TheFirstMomentIsTheOneThatWatchingTheClockFinds) {
  struct Place {
    const char *zone, *around;  // a change of the clocks
  };
  Rng rng(20261121);
  int changed = 0;
  for (const Place& place :
       {Place{"Europe/Berlin", "2026-03-29T01:00:00Z"}, Place{"Europe/Berlin", "2026-10-25T01:00:00Z"},
        Place{"America/Sao_Paulo", "2018-11-04T03:00:00Z"}, Place{"America/Sao_Paulo", "2019-02-17T02:00:00Z"},
        Place{"Australia/Lord_Howe", "2026-04-04T15:00:00Z"}, Place{"Australia/Lord_Howe", "2026-10-03T15:30:00Z"},
        Place{"Pacific/Kiritimati", "2026-11-21T10:00:00Z"}}) {
    for (int i = 0; i < 120; ++i) {
      bool open = rng.below(2) == 0;
      // Half of the hours begin or end near the change.
      auto time = [&] {
        return static_cast<int64_t>(rng.below(2) == 0 ? rng.below(96) : rng.below(16)) * 15 * kMinute_us;
      };
      Hours hours{time(), time(), static_cast<uint8_t>(open ? 1 + rng.below(127) : 127), open};
      if (hours.from_us == hours.to_us) continue;
      if (open && hours.from_us > hours.to_us) std::swap(hours.from_us, hours.to_us);
      Instant from = at(place.around) - 12 * kHour_us + static_cast<int64_t>(rng.below(24 * 60)) * kMinute_us;
      auto found = first_open(hours, place.zone, from);
      ASSERT_TRUE(found.ok() && *found) << place.zone;
      Instant wanted = minute_by_minute(hours, place.zone, from);
      EXPECT_EQ(to_text(**found), to_text(wanted))
          << place.zone << " from " << to_text(from) << (open ? " open " : " quiet ") << hours.from_us / kMinute_us
          << " to " << hours.to_us / kMinute_us << " days " << int{hours.days};
      changed += *found != from ? 1 : 0;
    }
  }
  EXPECT_GT(changed, 200) << "the cases are too easy";
}

TEST(SendingRules, WhatIsWrongIsToldWithItsPlace) {
  auto problems = [](const std::string& text) {
    auto rules = decode<Rules>(*parse_json(text), "The rules");
    std::vector<std::string> places;
    if (!rules.ok()) {
      for (const auto& issue : rules.error().issues) places.push_back(issue.pointer);
    }
    return places;
  };
  using Places = std::vector<std::string>;
  EXPECT_EQ(problems(R"({"quiet_hours":{"from":"25:00","to":"8"}})"), (Places{"/quiet_hours/from", "/quiet_hours/to"}));
  EXPECT_EQ(problems(R"({"quiet_hours":{"from":"08:00","to":"08:00"}})"), (Places{"/quiet_hours/to"}));
  EXPECT_EQ(problems(R"({"send_window":{"from":"10:00","to":"09:00","days":[0]}})"),
            (Places{"/send_window/days/0", "/send_window/to"}));
  EXPECT_EQ(problems(R"({"quiet_hours":{"from":"08:00","to":"20:00"},"send_window":{"from":"09:00","to":"17:00"}})"),
            (Places{"/send_window"}));
  EXPECT_EQ(problems(R"({"caps":[{"messages":0,"days":1}]})"), (Places{"/caps/0/messages"}));
  EXPECT_EQ(problems(R"({"time_zone":"Mars/Olympus"})"), (Places{"/time_zone"}));
  EXPECT_EQ(problems(R"({"kill_switches":{"bounce_percent":0},"surprise":1})").size(), 2u);
}

TEST(SendingRules, LoosenedIsWhatLetsMoreOut) {
  Rules strict = rules_of(R"({"caps":[{"messages":2,"days":7}],"quiet_hours":{"from":"21:00","to":"08:00"},
                              "paces":[{"connection_id":"con_1","per_second":10}]})");
  auto count = [&](auto change) {
    Rules other = strict;
    change(other);
    return loosened(strict, other).size();
  };
  EXPECT_EQ(count([](Rules&) {}), 0u);
  EXPECT_EQ(count([](Rules& r) { r.caps[0].messages = 1; }), 0u);
  EXPECT_EQ(count([](Rules& r) { r.caps[0].on = Otherwise::kSkip; }), 0u);
  EXPECT_EQ(count([](Rules& r) { r.caps.push_back({.messages = 1, .days = 1}); }), 0u);
  EXPECT_EQ(count([](Rules& r) { r.paces[0].per_second = 5; }), 0u);
  EXPECT_EQ(count([](Rules& r) { r.kill_switches.bounce_percent = 1; }), 0u);
  EXPECT_EQ(count([](Rules& r) { r.send_window = SendWindow{}; }), 0u);
  EXPECT_EQ(loosened(Rules{}, strict).size(), 0u) << "from none to some";
  EXPECT_EQ(count([](Rules& r) { r.caps.clear(); }), 1u);
  EXPECT_EQ(count([](Rules& r) { r.caps[0].messages = 3; }), 1u);
  EXPECT_EQ(count([](Rules& r) { r.caps[0].days = 6; }), 1u);
  EXPECT_EQ(count([](Rules& r) { r.quiet_hours.reset(); }), 1u);
  EXPECT_EQ(count([](Rules& r) { r.quiet_hours->to = "07:00"; }), 1u);
  EXPECT_EQ(count([](Rules& r) { r.paces.clear(); }), 1u);
  EXPECT_EQ(count([](Rules& r) { r.kill_switches.on = false; }), 1u);
  EXPECT_EQ(count([](Rules& r) { r.kill_switches.complaint_percent = 0.3; }), 1u);
  EXPECT_EQ(count([](Rules& r) { r.wait_hours_max = 300; }), 1u);
  EXPECT_EQ(count([](Rules& r) { r.time_zone = "Europe/Berlin"; }), 1u);
}

TEST(SendingRules, StoredRulesReadBackAsTheyWere) {
  Rules rules = rules_of(R"({"caps":[{"messages":2,"days":7,"on":"skip"}],"quiet_hours":{"from":"21:00","to":"08:00"},
                             "send_window":{"days":[1,3]},"paces":[{"connection_id":"con_1","per_second":0.5}]})");
  Json stored = encode(rules);
  EXPECT_EQ(encode(rules_of(to_text(stored))), stored);
  EXPECT_EQ(encode(rules_of(to_text(encode(Rules{})))), encode(Rules{}));
}

}  // namespace
}  // namespace spreaders::sending
