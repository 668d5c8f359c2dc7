#include "integrations/genai/sse.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace spreaders::genai {
namespace {

std::vector<SseEvent> parse(const std::string& text, size_t piece_bytes) {
  std::vector<SseEvent> events;
  SseParser parser;
  for (size_t at = 0; at < text.size(); at += piece_bytes) {
    EXPECT_TRUE(parser.feed(std::string_view(text).substr(at, piece_bytes),
                            [&](const SseEvent& one) { events.push_back(one); }));
  }
  return events;
}

TEST(Sse, ReadsTheSameWhateverThePieces) {
  const std::string text =
      "\xEF\xBB\xBF: hello\n\nevent: a\ndata: 1\nid: 7\n\ndata:2\r\ndata: 3\r\n\r\nevent: empty\n\nretry: 5\nnonsense\n"
      "data\n\rdata: \xE2\x9C\x93 x\r\rdata: cut off";
  for (size_t piece = 1; piece <= text.size(); ++piece) {
    const auto events = parse(text, piece);
    ASSERT_EQ(events.size(), 4U) << piece;
    EXPECT_EQ(events[0].event, "a");
    EXPECT_EQ(events[0].data, "1");
    EXPECT_EQ(events[0].id, "7");
    EXPECT_EQ(events[1].event, "message");
    EXPECT_EQ(events[1].data, "2\n3");
    EXPECT_EQ(events[2].data, "");
    EXPECT_EQ(events[3].data, "\xE2\x9C\x93 x");
  }
}

TEST(Sse, StopsAtTheLimit) {
  size_t events = 0;
  const auto count = [&](const SseEvent&) { ++events; };
  SseParser parser(20);
  EXPECT_TRUE(parser.feed("data: 12345\n\n", count));
  EXPECT_TRUE(parser.feed("data: 12345\n", count));
  EXPECT_FALSE(parser.feed("data: 123456789012345\n\n", count));
  EXPECT_FALSE(parser.feed("\n\ndata: 1\n\n", count));
  EXPECT_EQ(events, 1U);
}

}  // namespace
}  // namespace spreaders::genai
