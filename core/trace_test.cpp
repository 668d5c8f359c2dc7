#include "core/trace.hpp"

#include <gtest/gtest.h>
#include <set>

namespace spreaders {
namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kHeader = "00-" + kTrace + "-00f067aa0ba902b7-01";

TEST(Trace, ReadsTheTraceparentsThatTheStandardAllows) {
  EXPECT_EQ(trace_id_of_traceparent(kHeader), kTrace);
  EXPECT_EQ(trace_id_of_traceparent("00-" + kTrace + "-00f067aa0ba902b7-00"), kTrace);
  EXPECT_EQ(trace_id_of_traceparent("cc-" + kTrace + "-00f067aa0ba902b7-01"), kTrace) << "a later version";
  EXPECT_EQ(trace_id_of_traceparent("cc-" + kTrace + "-00f067aa0ba902b7-01-what-comes"), kTrace);
}

TEST(Trace, EverythingElseIsNone) {
  std::string upper = kHeader;
  upper[3] = 'B';
  for (const std::string& bad :
       {std::string(), std::string("00"), kHeader + "-00", kHeader + " ", " " + kHeader, kHeader.substr(0, 54), upper,
        "ff" + kHeader.substr(2), "0x" + kHeader.substr(2), "cc" + kHeader.substr(2) + ".x",
        "00-" + std::string(32, '0') + "-00f067aa0ba902b7-01", "00-" + kTrace + "-0000000000000000-01",
        "00-" + kTrace + "-00f067aa0ba902b7-0G", "00_" + kTrace + "-00f067aa0ba902b7-01",
        "00-" + kTrace + "_00f067aa0ba902b7-01", "00-" + kTrace + "-00f067aa0ba902b7_01",
        "00-" + kTrace.substr(1) + "\n-00f067aa0ba902b7-01", std::string(55, '-'), std::string(100'000, 'a')}) {
    EXPECT_FALSE(trace_id_of_traceparent(bad).has_value()) << bad.substr(0, 80);
  }
}

TEST(Trace, MadeIdsAreValidAndDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    auto id = new_trace_id();
    EXPECT_TRUE(is_trace_id(id)) << id;
    seen.insert(std::move(id));
  }
  EXPECT_EQ(seen.size(), 1000U);
  EXPECT_TRUE(is_trace_id(trace_id_of_name("agr_1")));
  EXPECT_EQ(trace_id_of_name("agr_1"), trace_id_of_name("agr_1"));
  EXPECT_NE(trace_id_of_name("agr_1"), trace_id_of_name("agr_2"));
  EXPECT_FALSE(is_trace_id(std::string(32, '0')));
}

}  // namespace
}  // namespace spreaders
