// Reads a template's source: first into texts, outputs and tags, then the expressions inside them. The rules, odd
// ones included, are those of the liquidjs tokenizer. Every problem is kept with its place; after a problem a Scanner
// stands at the end of its range, so that readers stop by themselves.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "services/templates/liquid/liquid.hpp"
#include "services/templates/liquid/program.hpp"

namespace spreaders::liquid {

// What all scanners of one compilation share.
struct Compilation {
  Program& program;
  const CompileLimits& limits;
  std::vector<Issue> problems = {};
  size_t nodes = 0;
  size_t counted_to = 0;  // where `counted` is; offsets mostly come in order, so counting goes on from there
  Position counted = {};

  void add_problem(size_t offset, std::string message);
  [[nodiscard]] bool is_full() const { return problems.size() >= limits.problems_max; }
  Position position(size_t offset);
};

struct Token {
  enum class Kind : uint8_t { kText, kOutput, kTag };
  Kind kind = Kind::kText;
  size_t begin = 0;
  size_t end = 0;
  size_t content_begin = 0;  // inside the delimiters and trim marks; of a tag: what follows its name
  size_t content_end = 0;
  bool trims_left = false;
  bool trims_right = false;
  bool is_raw = false;  // text between raw and endraw, which is never trimmed
  std::string_view name = {};
};

// The whole source as tokens, white space control applied. Problems end the list early.
std::vector<Token> read_tokens(Compilation& compilation);
// The lines of a {% liquid %} tag as tags.
std::vector<Token> read_lines(Compilation& compilation, size_t begin, size_t end);

class Scanner {
 public:
  Scanner(Compilation& compilation, size_t begin, size_t end)
      : compilation_(compilation), source_(compilation.program.source), at_(begin), end_(end) {}
  // Over a text that is not the template, as the property argument of a filter.
  Scanner(Compilation& compilation, std::string_view source)
      : compilation_(compilation), source_(source), at_(0), end_(source.size()) {}

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool at_end() const { return at_ >= end_; }
  [[nodiscard]] char peek(size_t ahead = 0) const { return at_ + ahead < end_ ? source_[at_ + ahead] : '\0'; }
  [[nodiscard]] size_t offset() const { return at_; }
  [[nodiscard]] std::string_view text_from(size_t begin) const { return source_.substr(begin, at_ - begin); }
  void move_to(size_t offset) {
    if (!failed_) at_ = offset;
  }
  void advance() { ++at_; }
  void skip_blank();
  void skip_past(std::string_view mark);  // or to the end

  void fail(std::string message);
  std::string_view read_name();  // empty when there is none
  Operand read_value();          // kNone when there is none
  Operand read_quoted();
  Operand read_path();  // only a variable path, as `where` reads its property
  FilteredValue read_filtered_value();
  std::vector<NamedOperand> read_named_values();
  // The next characters quoted and shortened, for messages.
  [[nodiscard]] std::string shown_rest() const;

 private:
  [[nodiscard]] bool is_word_at(size_t offset) const;
  bool read_symbol(std::string_view symbol);
  Operand read_literal();
  Operand read_number();
  Operand read_range();
  void read_keys(Operand& path, bool is_begin);
  Operator read_operator();
  void read_postfix(std::vector<ExpressionItem>& postfix);
  bool read_filter(FilteredValue& value);
  Argument read_argument();
  Operand constant(Value value, size_t begin) const;

  Compilation& compilation_;
  std::string_view source_;
  size_t at_;
  size_t end_;
  size_t depth_ = 0;
  bool failed_ = false;
};

// White space of templates and characters of names; `at` moves past the character.
bool is_blank_at(std::string_view text, size_t at, size_t& after);

}  // namespace spreaders::liquid
