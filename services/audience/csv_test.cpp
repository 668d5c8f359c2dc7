#include "services/audience/csv.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <sstream>

#include "core/random.hpp"
#include "core/time.hpp"

namespace spreaders::audience {
namespace {

using Kind = CsvItem::Kind;

std::vector<CsvItem> read_all(const std::string& text, CsvOptions options = {}) {
  std::istringstream stream(text);
  CsvReader reader(stream, options);
  std::vector<CsvItem> items;
  while (true) {
    CsvItem item = reader.next();
    if (item.kind == Kind::kEnd) break;
    items.push_back(std::move(item));
  }
  EXPECT_EQ(reader.next_byte(), static_cast<int64_t>(text.size())) << "every byte is accounted for";
  return items;
}

// "2:a|b" for a row, "3!why" for a problem.
std::string shown(const std::vector<CsvItem>& items) {
  std::string out;
  for (const auto& item : items) {
    out += (out.empty() ? "" : " ") + std::to_string(item.line) + (item.kind == Kind::kRow ? ":" : "!");
    for (size_t i = 0; i < item.fields.size(); ++i) out += (i == 0 ? "" : "|") + item.fields[i];
  }
  return out;
}

TEST(Csv, ReadsWhatRfc4180Allows) {
  EXPECT_EQ(shown(read_all("a,b\n1,2\n")), "1:a|b 2:1|2");
  EXPECT_EQ(shown(read_all("a,b\r\n1,2")), "1:a|b 2:1|2") << "CRLF, no line break at the end";
  EXPECT_EQ(shown(read_all("\xEF\xBB\xBF"
                           "a,b\n\"x,\"\"y\"\"\",\n")),
            "1:a|b 2:x,\"y\"|")
      << "byte order mark, quotes, empty field";
  EXPECT_EQ(shown(read_all("a;b;c\n\"1;1\";2,5;3\n")), "1:a|b|c 2:1;1|2,5|3");
  EXPECT_EQ(shown(read_all("a\tb\n1\t2\n")), "1:a|b 2:1|2");
  EXPECT_EQ(shown(read_all("a,b\n\"two\nlines\",x\n3,4\n")), "1:a|b 2:two\nlines|x 4:3|4")
      << "line numbers count breaks inside fields";
  EXPECT_EQ(shown(read_all("a,b\n\n\r\n1,2\n\n")), "1:a|b 4:1|2") << "empty lines are no rows";
  EXPECT_EQ(shown(read_all("\"a;b\",c\n1,2\n")), "1:a;b|c 2:1|2") << "separators inside quotation marks do not count";
  EXPECT_EQ(shown(read_all("a,b\nx\ry,2\n")), "1:a|b 2:x\ry|2") << "a lone CR is text";
}

TEST(Csv, ABadRowCostsOneLine) {
  EXPECT_EQ(shown(read_all("a,b\n\"open,1\n2,3\n4,5\n")), "1:a|b 2! 3:2|3 4:4|5");
  EXPECT_EQ(shown(read_all("a,b\n\"x\"y,1\n2,3\n")), "1:a|b 2! 3:2|3");
  EXPECT_EQ(shown(read_all("a,b\n5\" pipe,1\n2,3\n")), "1:a|b 2! 3:2|3");
  EXPECT_EQ(shown(read_all("a,b\n1\n1,2,3\n2,3\n")), "1:a|b 2! 3! 4:2|3");
  EXPECT_EQ(shown(read_all(std::string("a,b\n1,\0\n2,3\n", 12))), "1:a|b 2! 3:2|3");
  EXPECT_EQ(shown(read_all("a,b\n\"stray,1\n2,3\n4,\"5\"\n6,7\n")), "1:a|b 2! 3:2|3 4:4|5 5:6|7")
      << "a stray mark does not swallow up to the next one";
}

TEST(Csv, LimitsHoldInBoundedMemory) {
  CsvOptions small{.row_bytes_max = 20, .columns_max = 3};
  EXPECT_EQ(shown(read_all("a,b\n" + std::string(500, 'x') + ",1\n2,3\n", small)), "1:a|b 2! 3:2|3");
  EXPECT_EQ(shown(read_all("a,b\n1,2,3,4\n2,3\n", small)), "1:a|b 2! 3:2|3");
  EXPECT_EQ(shown(read_all("a,b\n\"" + std::string(10, '\n') + "0123456789012\",1\n2,3\n", small)).substr(0, 8),
            "1:a|b 2!");
  std::string huge(3'000'000, 'y');
  auto items = read_all("a,b\n" + huge + "\n2,3\n");
  EXPECT_EQ(shown(items), "1:a|b 2! 3:2|3");
  EXPECT_NE(items[1].message.find("1048576"), std::string::npos) << items[1].message;
}

TEST(Csv, AReaderContinuesWhereAnotherStopped) {
  std::string text =
      "\xEF\xBB\xBF"
      "a,b\n1,\"x\ny\"\nbad\n3,4\n5,6\n";
  auto whole = read_all(text);
  for (size_t stop = 1; stop < whole.size(); ++stop) {
    std::istringstream stream(text);
    CsvReader first(stream, {});
    for (size_t i = 0; i < stop; ++i) first.next();
    std::istringstream rest(text.substr(static_cast<size_t>(first.next_byte())));
    CsvReader second(rest, {.separator = first.separator(),
                            .columns = first.columns(),
                            .first_line = first.next_line(),
                            .first_byte = first.next_byte()});
    for (size_t i = stop; i < whole.size(); ++i) {
      CsvItem item = second.next();
      EXPECT_EQ(shown({item}), shown({whole[i]})) << stop << " " << i;
    }
    EXPECT_EQ(second.next().kind, Kind::kEnd);
  }
}

std::string in_quotes(const std::string& field) {
  std::string out = "\"";
  for (char c : field) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

TEST(Csv, WhatIsWrittenIsReadBack) {
  Rng rng(4180);
  const std::string alphabet = "ab,;\t\"\n\r \xC3\xA9";
  for (int round = 0; round < 300; ++round) {
    size_t columns = 2 + rng.below(4);
    std::vector<std::vector<std::string>> rows;
    std::string text = "a,b";
    for (size_t i = 2; i < columns; ++i) text += ",c";
    text += "\n";
    for (int i = 0; i < 5; ++i) {
      std::vector<std::string> row;
      for (size_t c = 0; c < columns; ++c) {
        std::string field;
        for (uint64_t n = rng.below(8); n > 0; --n) field += alphabet[rng.below(alphabet.size())];
        text += (c == 0 ? "" : ",") + in_quotes(field);
        row.push_back(std::move(field));
      }
      text += rng.below(2) == 0 ? "\n" : "\r\n";
      rows.push_back(std::move(row));
    }
    auto items = read_all(text);
    ASSERT_EQ(items.size(), rows.size() + 1) << text;
    for (size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(items[i + 1].fields, rows[i]) << text;
  }
}

TEST(Csv, AnyBytesEndInRowsAndProblemsAndNeverTakeLong) {
  Rng rng(99);
  const std::string alphabet = "a,\"\"\n\r;";
  for (int round = 0; round < 2000; ++round) {
    std::string text = "a,b\n";
    for (uint64_t n = rng.below(60); n > 0; --n) text += alphabet[rng.below(alphabet.size())];
    read_all(text);
  }
  // The worst for rereading: every other line opens a quotation mark.
  int64_t start_ms = monotonic_ms();
  std::string text = "a,b\n";
  while (text.size() < 2'000'000) text += "\"x,1\n2,3\n";
  read_all(text);
  text = "a,b\n";
  while (text.size() < 1'000'000) text += "\"x\"\n";
  text += "\"" + std::string(900'000, '\n');
  read_all(text);
  EXPECT_LT(monotonic_ms() - start_ms, 20'000);
}

}  // namespace
}  // namespace spreaders::audience
