#include "services/audience/csv.hpp"

#include <array>

namespace spreaders::audience {

namespace {
constexpr size_t kReadBytes = 64 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
}  // namespace

// What parse_row() saw, before anything is consumed.
struct CsvReader::Parsed {
  std::vector<std::string> fields = {};
  size_t bytes = 0;  // of the row with its line break
  int64_t lines = 0;
  std::string problem = {};
  bool cut = false;  // the stream broke inside of it
};

char guess_separator(std::string_view first_line) {
  std::array<std::pair<char, size_t>, 3> counts{{{',', 0}, {';', 0}, {'\t', 0}}};
  bool quoted = false;
  for (char c : first_line) {
    if (c == '"') quoted = !quoted;
    for (auto& [separator, count] : counts) {
      if (!quoted && c == separator) ++count;
    }
  }
  auto best = counts[0];
  for (const auto& entry : counts) {
    if (entry.second > best.second) best = entry;
  }
  return best.first;
}

// Makes sure that `needed` unread bytes are in the buffer, unless the stream ends before.
bool CsvReader::fill(size_t needed) {
  while (buffer_.size() - begin_ < needed && !ended_) {
    if (begin_ > kReadBytes) {
      buffer_.erase(0, begin_);
      begin_ = 0;
    }
    size_t before = buffer_.size();
    buffer_.resize(before + kReadBytes);
    stream_.read(buffer_.data() + before, static_cast<std::streamsize>(kReadBytes));
    buffer_.resize(before + static_cast<size_t>(stream_.gcount()));
    broken_ = stream_.bad();
    ended_ = stream_.gcount() == 0 || !stream_.good();
  }
  return buffer_.size() - begin_ >= needed;
}

void CsvReader::consume(size_t bytes, int64_t lines) {
  begin_ += bytes;
  byte_ += static_cast<int64_t>(bytes);
  line_ += lines;
}

void CsvReader::start() {
  started_ = true;
  if (options_.first_byte == 0 && fill(kByteOrderMark.size()) &&
      std::string_view(buffer_).substr(begin_).starts_with(kByteOrderMark)) {
    consume(kByteOrderMark.size(), 0);
  }
  if (options_.separator != 0) return;
  fill(kReadBytes);
  auto first = std::string_view(buffer_).substr(begin_, options_.row_bytes_max);
  options_.separator = guess_separator(first.substr(0, first.find('\n')));
}

CsvReader::Parsed CsvReader::parse_row() {
  Parsed parsed;
  std::string field;
  enum class State : uint8_t { kFieldStart, kPlain, kQuoted, kAfterQuote } state = State::kFieldStart;
  auto fail = [&](std::string why) {
    parsed.problem = std::move(why);
    return std::move(parsed);
  };
  for (size_t i = 0;; ++i) {
    if (i >= options_.row_bytes_max)
      return fail("the row has more than " + std::to_string(options_.row_bytes_max) +
                  " bytes, or a quotation mark has no end");
    if (!fill(i + 1)) {
      if (broken_) return parsed.cut = true, std::move(parsed);
      if (state == State::kQuoted) return fail("a quotation mark has no end");
      parsed.fields.push_back(std::move(field));
      parsed.bytes = i;
      return parsed;
    }
    char c = buffer_[begin_ + i];
    bool breaks = c == '\n' || (c == '\r' && fill(i + 2) && buffer_[begin_ + i + 1] == '\n');
    if (state == State::kQuoted) {
      parsed.lines += c == '\n';
      if (c != '"') field += c;
      else if (fill(i + 2) && buffer_[begin_ + i + 1] == '"') field += buffer_[begin_ + ++i];
      else state = State::kAfterQuote;
    } else if (breaks) {
      parsed.fields.push_back(std::move(field));
      parsed.bytes = i + (c == '\r' ? 2 : 1);
      ++parsed.lines;
      return parsed;
    } else if (c == options_.separator) {
      if (parsed.fields.size() + 1 >= options_.columns_max)
        return fail("the row has more than " + std::to_string(options_.columns_max) + " fields");
      parsed.fields.push_back(std::move(field));
      field.clear();
      state = State::kFieldStart;
    } else if (state == State::kAfterQuote) {
      return fail("field " + std::to_string(parsed.fields.size() + 1) + " goes on after its closing quotation mark");
    } else if (c == '"') {
      if (state == State::kPlain)
        return fail("field " + std::to_string(parsed.fields.size() + 1) +
                    " has a quotation mark inside; write it twice and put the field in quotation marks");
      state = State::kQuoted;
    } else if (c == '\0') {
      return fail("field " + std::to_string(parsed.fields.size() + 1) +
                  " contains the byte 0; is this a text file in UTF-8?");
    } else {
      field += c;
      state = State::kPlain;
    }
  }
}

// Reports the line that starts here and goes to the next one, in bounded memory.
CsvItem CsvReader::skip_line(std::string message) {
  CsvItem item{.kind = CsvItem::Kind::kProblem, .line = line_, .message = std::move(message)};
  int64_t start = byte_;
  while (fill(1)) {
    auto rest = std::string_view(buffer_).substr(begin_);
    size_t end = rest.find('\n');
    if (end != std::string_view::npos) {
      consume(end + 1, 1);
      return item;
    }
    consume(rest.size(), 0);
  }
  if (broken_) {
    byte_ = start;  // whoever continues reads the line again
    return {.kind = CsvItem::Kind::kEnd, .line = line_};
  }
  ++line_;
  return item;
}

CsvItem CsvReader::judge(Parsed parsed) {
  if (!parsed.problem.empty()) return skip_line(std::move(parsed.problem));
  if (options_.columns == 0) options_.columns = parsed.fields.size();
  if (parsed.fields.size() != options_.columns) {
    std::string message = "the row has " + std::to_string(parsed.fields.size()) +
                          (parsed.fields.size() == 1 ? " field" : " fields") + " where the header has " +
                          std::to_string(options_.columns);
    // A stray quotation mark may have swallowed lines that are good.
    return skip_line(std::move(message));
  }
  CsvItem item{.kind = CsvItem::Kind::kRow, .line = line_, .fields = std::move(parsed.fields)};
  consume(parsed.bytes, parsed.lines);
  return item;
}

CsvItem CsvReader::next() {
  if (!started_) start();
  while (fill(1)) {
    Parsed parsed = parse_row();
    if (parsed.cut) break;
    bool blank = parsed.problem.empty() && parsed.fields.size() == 1 && parsed.fields[0].empty() && parsed.lines <= 1;
    if (!blank) return judge(std::move(parsed));
    consume(parsed.bytes, parsed.lines);
  }
  return {.kind = CsvItem::Kind::kEnd, .line = line_};
}

}  // namespace spreaders::audience
