#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/json.hpp"
#include "core/random.hpp"
#include "core/secret.hpp"
#include "core/time.hpp"

namespace spreaders {
namespace {

TEST(Bytes, KnownVectors) {
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  // RFC 4231 test case 2
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(*base64_decode("Zm9vYmE="), "fooba");
  EXPECT_FALSE(base64_decode("Zm9vYmE").ok());
  EXPECT_FALSE(base64_decode("Zm9!YmE=").ok());
  EXPECT_FALSE(base64_decode("Zm9vYmF=").ok()) << "stray bits";
  EXPECT_EQ(*base64url_decode(base64url("\xff\xfe\x00x")), std::string("\xff\xfe"));
}

TEST(Bytes, Utf8) {
  EXPECT_TRUE(is_utf8("a\u00e9\u20ac\U0001F600"));
  EXPECT_FALSE(is_utf8("\xc0\xaf"));
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));
  EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));
  EXPECT_FALSE(is_utf8("\xe2\x82"));
  EXPECT_EQ(count_code_points("a\u00e9\U0001F600"), 3U);
  EXPECT_EQ(first_code_points("a\u00e9\U0001F600", 2), "a\u00e9");
}

TEST(Bytes, EmailAddresses) {
  for (auto good : {"a@example.org", "first.last+tag@sub.example.co", "o'brien@example.ie", "münchen@bücher.example"})
    EXPECT_TRUE(is_email(good)) << good;
  for (auto bad :
       {"", "a", "@example.org", "a@", "a@localhost", "a..b@example.org", ".a@example.org", "a@-x.org",
        "a b@example.org", "a@x..org", "a@example.org\r\nBcc: b@example.org", "<a@example.org>", "a@exam_ple.org"}) {
    EXPECT_FALSE(is_email(bad)) << bad;
  }
}

TEST(Json, RefusesWhatAPlainParserAccepts) {
  auto message = [](std::string_view text, JsonLimits limits = {}) {
    auto result = parse_json(text, limits);
    return result.ok() ? std::string("accepted") : result.error().message;
  };
  EXPECT_NE(message(R"({"a":1,"a":2})").find("'a' occurs twice"), std::string::npos);
  EXPECT_NE(message("18446744073709551616").find("does not fit"), std::string::npos);
  EXPECT_NE(message("[1e400]").find("not valid JSON"), std::string::npos);
  EXPECT_NE(message(std::string(100, '[') + std::string(100, ']')).find("nested deeper"), std::string::npos);
  EXPECT_NE(message("\"\xff\"").find("not valid JSON"), std::string::npos);
  EXPECT_NE(message(std::string_view("12\0 x", 5)).find("U+0000"), std::string::npos);
  EXPECT_NE(message("[1,2]x").find("near byte"), std::string::npos);
  EXPECT_NE(message("[1,2]", {.bytes_max = 3}).find("the limit is 3"), std::string::npos);
  EXPECT_NE(message(R"({"a":1,"b":2})", {.keys_max = 1}).find("more than 1 keys"), std::string::npos);
  EXPECT_EQ(to_text(*parse_json(R"( {"b":[1,-2,3.5,true,null,"x"],"a":{}} )")),
            R"({"b":[1,-2,3.5,true,null,"x"],"a":{}})");
}

TEST(Json, CanonicalFormOfRfc8785) {
  // The example of RFC 8785 section 3.2.2 and number samples of its appendix B.
  auto value = parse_json(R"({"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],
    "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]})");
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(canonical_json(*value),
            "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
            "\"string\":\"\xE2\x82\xAC$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
  EXPECT_EQ(canonical_json(Json(9007199254740992.0)), "9007199254740992");
  EXPECT_EQ(canonical_json(Json(1e21)), "1e+21");
  EXPECT_EQ(canonical_json(Json(-0.0)), "0");
}

TEST(Json, Pointers) {
  auto value = *parse_json(R"({"a/b":[10,{"~":3}]})");
  EXPECT_EQ(at_pointer(value, "/a~1b/1/~0")->get<int>(), 3);
  EXPECT_EQ(at_pointer(value, "/a~1b/01"), nullptr);
  EXPECT_EQ(at_pointer(value, "x"), nullptr);
  EXPECT_EQ(at_pointer(value, ""), &value);
}

TEST(Time, InstantsRoundTrip) {
  EXPECT_EQ(to_text(*parse_instant("2026-11-21T09:00:00Z")), "2026-11-21T09:00:00Z");
  EXPECT_EQ(to_text(*parse_instant("2026-11-21T09:00:00.250+05:30")), "2026-11-21T03:30:00.25Z");
  EXPECT_EQ(to_text(Instant{-1}), "1969-12-31T23:59:59.999999Z");
  for (auto bad : {"2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00",
                   "yesterday", "2026-01-01", "2026-01-01T00:00:00Zx"}) {
    EXPECT_FALSE(parse_instant(bad).ok()) << bad;
  }
}

TEST(Time, DaylightSaving) {
  // Berlin springs from 02:00 to 03:00 on 2026-03-29 and falls back from 03:00 to 02:00 on 2026-10-25.
  EXPECT_EQ(to_text(*to_instant({2026, 3, 29}, 2 * kHour_us + 30 * kMinute_us, "Europe/Berlin")),
            "2026-03-29T01:00:00Z");
  EXPECT_EQ(to_text(*to_instant({2026, 10, 25}, 2 * kHour_us + 30 * kMinute_us, "Europe/Berlin")),
            "2026-10-25T00:30:00Z");
  EXPECT_EQ(to_text(*to_instant({2026, 7, 1}, 9 * kHour_us, "Pacific/Kiritimati")), "2026-06-30T19:00:00Z");
  EXPECT_FALSE(to_instant({2026, 7, 1}, 0, "Mars/Olympus").ok());
  auto local = *to_local(*parse_instant("2026-11-21T03:00:00Z"), "America/Sao_Paulo");
  EXPECT_EQ(to_text(local.date), "2026-11-21");
  EXPECT_EQ(local.time_of_day_us, 0);
}

TEST(Time, Durations) {
  EXPECT_EQ(*parse_duration("PT1H30M"), 90 * kMinute_us);
  EXPECT_EQ(*parse_duration("P2W"), 14 * kDay_us);
  for (auto bad : {"", "P", "PT", "P1M", "1D", "PT1D", "P1DT", "P99999999D", "-P1D"})
    EXPECT_FALSE(parse_duration(bad).ok()) << bad;
}

TEST(Time, CalendarDays) {
  EXPECT_EQ(to_text(add_days({2027, 2, 28}, 1)), "2027-03-01");
  EXPECT_EQ(weekday({2026, 11, 21}), 6);
  EXPECT_EQ(days_between({2026, 11, 21}, {2026, 12, 1}), 10);
  EXPECT_FALSE(is_valid({2026, 2, 29}));
}

TEST(VirtualClock, NeverGoesBack) {
  VirtualClock clock({100});
  clock.move_to({50});
  EXPECT_EQ(clock.now().us, 100);
  clock.move_to({150});
  EXPECT_EQ(clock.now().us, 150);
}

TEST(Ids, ShapeAndRepeatability) {
  std::string id = system_ids().make("cmp");
  EXPECT_EQ(id.size(), 26U);
  EXPECT_TRUE(id.starts_with("cmp_"));
  EXPECT_NE(id, system_ids().make("cmp"));
  SequenceIds a(7);
  SequenceIds b(7);
  EXPECT_EQ(a.make("x"), b.make("x"));
}

TEST(Rng, BelowStaysBelow) {
  Rng rng(1);
  for (int i = 0; i < 1000; ++i) EXPECT_LT(rng.below(7), 7U);
}

}  // namespace
}  // namespace spreaders
