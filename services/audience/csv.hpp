// A streaming CSV reader (RFC 4180): quoted fields with embedded separators, quotes and line breaks, LF or CRLF, a byte
// order mark, and comma, semicolon or tab between fields. It holds one row at a time.
//
//   CsvReader reader(stream, {});
//   while (true) {
//     CsvItem item = reader.next();
//     if (item.kind == CsvItem::Kind::kEnd) break;
//     if (item.kind == CsvItem::Kind::kProblem) report(item.line, item.message);   // the row is skipped, the next one
//     follows else use(item.fields);
//   }
//
// One bad row costs one line: after a quotation mark without an end, reading goes on at the next line, not at the end
// of the file. Every line is part of a row, of a problem, or empty.
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace spreaders::audience {

struct CsvOptions {
  char separator = 0;      // 0 = found out from the first line
  size_t columns = 0;      // fields a row must have; 0 = as many as the first row, the header, has
  int64_t first_line = 1;  // number of the first line of the stream, when reading starts in the middle
  int64_t first_byte = 0;  // its offset in the whole source
  size_t row_bytes_max = 1024 * 1024;
  size_t columns_max = 200;
};

struct CsvItem {
  enum class Kind : uint8_t { kRow, kProblem, kEnd } kind = Kind::kEnd;
  int64_t line = 0;  // where it starts, from 1
  std::vector<std::string> fields = {};
  std::string message = {};  // of a problem
};

class CsvReader {
 public:
  CsvReader(std::istream& stream, const CsvOptions& options)
      : stream_(stream), options_(options), line_(options.first_line), byte_(options.first_byte) {}

  CsvItem next();
  // Where the next row starts: with these as first_line and first_byte another reader continues.
  [[nodiscard]] int64_t next_line() const { return line_; }
  [[nodiscard]] int64_t next_byte() const { return byte_; }
  [[nodiscard]] char separator() const { return options_.separator; }
  [[nodiscard]] size_t columns() const { return options_.columns; }
  // The stream broke before its end; what was read so far is good.
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  struct Parsed;
  bool fill(size_t needed);
  void start();
  Parsed parse_row();
  CsvItem skip_line(std::string message);
  void consume(size_t bytes, int64_t lines);
  CsvItem judge(Parsed parsed);

  std::istream& stream_;
  CsvOptions options_;
  int64_t line_;
  int64_t byte_;
  std::string buffer_;  // unread bytes are buffer_[begin_..]
  size_t begin_ = 0;
  bool ended_ = false;
  bool broken_ = false;
  bool started_ = false;
};

// The most frequent of comma, semicolon and tab outside of quotation marks in the first line; a comma when there is
// none.
char guess_separator(std::string_view first_line);

}  // namespace spreaders::audience
