#include "workflows/triggers/schedule.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace spreaders::workflows {
namespace {

Instant at(std::string_view text) {
  auto instant = parse_instant(text);
  EXPECT_TRUE(instant.ok()) << text;
  return instant.ok() ? *instant : Instant{};
}

Schedule made(const ScheduleSpec& spec, std::string_view now = "2026-01-01T00:00:00Z") {
  auto schedule = make_schedule(spec, at(now));
  EXPECT_TRUE(schedule.ok()) << schedule.error().text();
  return schedule.ok() ? *schedule : Schedule{};
}

// The next `count` times after `after`, as text.
std::vector<std::string> fires(const Schedule& schedule, std::string_view after, int count) {
  std::vector<std::string> list;
  std::optional<Instant> next = next_fire(schedule, at(after));
  for (; next && count > 0; --count, next = next_fire(schedule, *next)) list.push_back(to_text(*next));
  return list;
}
using Times = std::vector<std::string>;

std::vector<std::string> cron(std::string line, std::string zone, std::string_view after, int count) {
  return fires(made({.cron = std::move(line), .zone = std::move(zone)}), after, count);
}

TEST(Cron, FiresWhenAllFieldsMatch) {
  const std::string_view start = "2026-11-21T10:07:30Z";  // a Saturday
  EXPECT_EQ(cron("0 9 * * 1", "UTC", start, 2), (Times{"2026-11-23T09:00:00Z", "2026-11-30T09:00:00Z"}));
  EXPECT_EQ(cron("*/20 10-11 * * *", "UTC", start, 4),
            (Times{"2026-11-21T10:20:00Z", "2026-11-21T10:40:00Z", "2026-11-21T11:00:00Z", "2026-11-21T11:20:00Z"}));
  EXPECT_EQ(cron("5/25 8 * jan,MAR mon-fri/2", "UTC", start, 4),
            (Times{"2027-01-01T08:05:00Z", "2027-01-01T08:30:00Z", "2027-01-01T08:55:00Z", "2027-01-04T08:05:00Z"}));
  EXPECT_EQ(cron("0 0 L * *", "UTC", start, 4),
            (Times{"2026-11-30T00:00:00Z", "2026-12-31T00:00:00Z", "2027-01-31T00:00:00Z", "2027-02-28T00:00:00Z"}));
  EXPECT_EQ(cron("0 12 31 * *", "UTC", start, 3),
            (Times{"2026-12-31T12:00:00Z", "2027-01-31T12:00:00Z", "2027-03-31T12:00:00Z"}));
  EXPECT_EQ(cron("30 6 1 * 7", "UTC", start, 3),
            (Times{"2026-11-22T06:30:00Z", "2026-11-29T06:30:00Z", "2026-12-01T06:30:00Z"}))
      << "either of two restricted days";
  EXPECT_EQ(cron("0 0 29 2 *", "UTC", start, 2), (Times{"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"}));
  EXPECT_EQ(cron("0 0 31 2 *", "UTC", start, 1), Times{}) << "never";
  EXPECT_EQ(cron("@weekly", "UTC", start, 1), Times{"2026-11-22T00:00:00Z"});
  EXPECT_EQ(cron("@hourly", "UTC", start, 1), Times{"2026-11-21T11:00:00Z"});
}

TEST(Cron, NamesEveryMistakeWithItsField) {
  struct Case {
    const char* line;
    const char* problem;
  };
  for (const auto& [line, problem] : std::initializer_list<Case>{{"* * * *", "five fields"},
                                                                 {"", "five fields"},
                                                                 {"60 * * * *", "'60' is no minute"},
                                                                 {"* 24 * * *", "'24' is no hour"},
                                                                 {"* * 0 * *", "'0' is no day-of-month"},
                                                                 {"* * * 13 *", "'13' is no month"},
                                                                 {"* * * * 8", "'8' is no day-of-week"},
                                                                 {"* * * * mo", "'mo' is no day-of-week"},
                                                                 {"*/0 * * * *", "'*/0' is no minute"},
                                                                 {"9-5 * * * *", "'9-5' is no minute"},
                                                                 {"1,,2 * * * *", "'' is no minute"},
                                                                 {"-1 * * * *", "'-1' is no minute"},
                                                                 {"@sometimes", "five fields"},
                                                                 {"* * L-1 * *", "'l-1' is no day-of-month"},
                                                                 {"* L * * *", "'l' is no hour"}}) {
    auto cron = parse_cron(line);
    ASSERT_FALSE(cron.ok()) << line;
    EXPECT_NE(cron.error().text().find(problem), std::string::npos) << line << ": " << cron.error().text();
  }
  auto two = parse_cron("99 * 40 * *");
  ASSERT_FALSE(two.ok());
  EXPECT_EQ(two.error().issues.size(), 2U);
}

// What clocks do: Berlin changes by an hour at 2 and 3, Sao Paulo changed at midnight (2018), Lord Howe by half an
// hour, Kiritimati never and is a day ahead.
TEST(Cron, ClocksThatChange) {
  EXPECT_EQ(cron("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 3),
            (Times{"2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}))
      << "2:30 is skipped: the first instant after the gap";
  EXPECT_EQ(cron("0,15,30 2 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", 2),
            (Times{"2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"}))
      << "three times in the gap fire once";
  EXPECT_EQ(cron("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2),
            (Times{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}))
      << "2:30 comes twice: the first time only";
  EXPECT_EQ(cron("0,30 * * * *", "Europe/Berlin", "2026-10-24T23:45:00Z", 6),
            (Times{"2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z",
                   "2026-10-25T02:00:00Z", "2026-10-25T02:30:00Z"}))
      << "every half hour keeps its pace";
  EXPECT_EQ(cron("0 * * * *", "Europe/Berlin", "2026-03-29T00:30:00Z", 2),
            (Times{"2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"}));
  const auto sao_paulo = made({.cron = "0 0 * * *", .zone = "America/Sao_Paulo"}, "2018-01-01T00:00:00Z");
  EXPECT_EQ(fires(sao_paulo, "2018-11-03T12:00:00Z", 2), (Times{"2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"}))
      << "midnight is skipped: 1:00 local time";
  EXPECT_EQ(cron("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", 2),
            (Times{"2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"}))
      << "2:15 is skipped by half an hour";
  EXPECT_EQ(cron("45 1 * * *", "Australia/Lord_Howe", "2026-04-03T20:00:00Z", 2),
            (Times{"2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"}))
      << "1:45 comes twice";
  EXPECT_EQ(cron("0 8 1 * *", "Pacific/Kiritimati", "2026-11-29T00:00:00Z", 1), Times{"2026-11-30T18:00:00Z"})
      << "the first of December begins on the last of November";
}

TEST(Recurrence, CountsFromItsFirstDay) {
  const auto second_day = made(
      {.every = Recurrence{.unit = Every::kDay, .interval = 2, .at = "18:00"}, .from = at("2026-11-20T00:00:00Z")});
  EXPECT_EQ(fires(second_day, "2026-11-21T00:00:00Z", 2), (Times{"2026-11-22T18:00:00Z", "2026-11-24T18:00:00Z"}));
  const auto weekly = made({.every = Recurrence{.unit = Every::kWeek, .interval = 2, .weekdays = {"tue", "sun"}},
                            .from = at("2026-11-18T00:00:00Z")});  // a Wednesday; its Sunday belongs to the same week
  EXPECT_EQ(fires(weekly, "2026-11-18T00:00:00Z", 3),
            (Times{"2026-11-22T09:00:00Z", "2026-12-01T09:00:00Z", "2026-12-06T09:00:00Z"}));
  const auto same_day = made({.every = Recurrence{.unit = Every::kWeek}, .from = at("2026-11-18T12:00:00Z")});
  EXPECT_EQ(fires(same_day, "2026-11-01T00:00:00Z", 1), Times{"2026-11-25T09:00:00Z"}) << "9:00 of the first was over";
  const auto monthly = made({.every = Recurrence{.unit = Every::kMonth, .at = "08:30", .day = 31},
                             .zone = "Europe/Berlin",
                             .from = at("2027-01-31T00:00:00Z")});
  EXPECT_EQ(fires(monthly, "2027-01-01T00:00:00Z", 3),
            (Times{"2027-01-31T07:30:00Z", "2027-02-28T07:30:00Z", "2027-03-31T06:30:00Z"}));
  const auto last =
      made({.every = Recurrence{.unit = Every::kMonth, .interval = 6, .day = -1}, .from = at("2026-08-31T00:00:00Z")});
  EXPECT_EQ(fires(last, "2026-08-01T00:00:00Z", 2), (Times{"2026-08-31T09:00:00Z", "2027-02-28T09:00:00Z"}));
}

TEST(Schedule, KeepsToItsBounds) {
  const auto once = made({.once = at("2026-12-01T00:00:00Z")});
  EXPECT_EQ(fires(once, "2026-11-01T00:00:00Z", 5), Times{"2026-12-01T00:00:00Z"});
  EXPECT_EQ(fires(once, "2026-12-01T00:00:00Z", 5), Times{});
  const auto bounded =
      made({.cron = "0 0 * * *", .from = at("2026-12-01T00:00:00Z"), .until = at("2026-12-02T00:00:00Z")});
  EXPECT_EQ(fires(bounded, "2026-01-01T00:00:00Z", 5), (Times{"2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z"}));
}

TEST(Schedule, NamesEveryMistake) {
  struct Case {
    Json json;
    std::string pointer;
  };
  for (const auto& [json, pointer] : std::initializer_list<Case>{
           {Json::object(), ""},
           {{{"cron", "* * * * *"}, {"once", "2026-12-01T00:00:00Z"}}, ""},
           {{{"cron", "* * *"}}, "/cron"},
           {{{"cron", "* * * * *"}, {"zone", "Mars/Olympus"}}, "/zone"},
           {{{"every", {{"unit", "day"}, {"at", "9"}}}}, "/every/at"},
           {{{"every", {{"unit", "day"}, {"weekdays", {"mon"}}}}}, "/every/weekdays"},
           {{{"every", {{"unit", "week"}, {"weekdays", {"moonday"}}}}}, "/every/weekdays/0"},
           {{{"every", {{"unit", "week"}, {"day", 3}}}}, "/every/day"},
           {{{"every", {{"unit", "year"}}}}, "/every/unit"},
           {{{"cron", "0 0 * * *"}, {"from", "2026-12-02T00:00:00Z"}, {"until", "2026-12-01T00:00:00Z"}}, "/until"}}) {
    auto spec = decode<ScheduleSpec>(json, "The schedule");
    ASSERT_FALSE(spec.ok()) << json;
    ASSERT_FALSE(spec.error().issues.empty()) << json << spec.error().text();
    EXPECT_EQ(spec.error().issues[0].pointer, pointer) << spec.error().text();
  }
}

TEST(Schedule, IsToldInWords) {
  EXPECT_EQ(in_words({.cron = "0 9 * * 1", .zone = "Europe/Berlin"}), "by the cron line '0 9 * * 1' (Europe/Berlin)");
  EXPECT_EQ(in_words({.once = at("2026-12-01T08:00:00Z")}), "once at 2026-12-01T08:00:00Z");
  EXPECT_EQ(
      in_words({.every = Recurrence{.unit = Every::kWeek, .interval = 2, .at = "08:30", .weekdays = {"mon", "thu"}},
                .until = at("2026-12-31T00:00:00Z")}),
      "every 2 weeks on mon, thu at 08:30 (UTC), until 2026-12-31T00:00:00Z");
  EXPECT_EQ(in_words({.every = Recurrence{.unit = Every::kMonth, .day = -1}, .from = at("2026-12-01T00:00:00Z")}),
            "every month on its last day at 09:00 (UTC), from 2026-12-01T00:00:00Z");
}

TEST(Missed, FiresByTheRule) {
  const Instant first = at("2026-11-21T09:00:00Z");
  auto due = [&](Missed missed, std::string_view now) {
    return due_fires(made({.cron = "0 9 * * *", .missed = missed}), first, at(now));
  };
  for (auto missed : {Missed::kSkip, Missed::kRunOnce, Missed::kCatchUp}) {
    EXPECT_TRUE(due(missed, "2026-11-21T08:59:59Z").fires.empty());
    auto on_time = due(missed, "2026-11-21T09:00:30Z");
    EXPECT_EQ(on_time.fires, std::vector{first});
    EXPECT_EQ(on_time.skipped, 0);
    EXPECT_EQ(on_time.next, at("2026-11-22T09:00:00Z"));
  }
  const std::string_view late = "2026-11-24T12:00:00Z";  // four times passed
  EXPECT_TRUE(due(Missed::kSkip, late).fires.empty());
  EXPECT_EQ(due(Missed::kSkip, late).skipped, 4);
  EXPECT_EQ(due(Missed::kRunOnce, late).fires, std::vector{at("2026-11-24T09:00:00Z")});
  EXPECT_EQ(due(Missed::kRunOnce, late).skipped, 3);
  EXPECT_EQ(due(Missed::kCatchUp, late).fires.size(), 4U);
  EXPECT_EQ(due(Missed::kCatchUp, late).fires.front(), first);
  EXPECT_EQ(due(Missed::kSkip, "2026-11-24T09:00:10Z").fires.size(), 1U) << "the last one is met, three are missed";
  auto years = due_fires(made({.cron = "* * * * *", .missed = Missed::kCatchUp}), first, at("2030-01-01T00:00:00Z"));
  EXPECT_EQ(years.fires.size(), static_cast<size_t>(kCatchUp_max));
  EXPECT_EQ(years.fires.back(), at("2030-01-01T00:00:00Z"));
  EXPECT_EQ(years.next, at("2030-01-01T00:01:00Z"));
}

}  // namespace
}  // namespace spreaders::workflows
