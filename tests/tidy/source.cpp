#include "tests/tidy/source.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace spreaders::tidy {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

int line_at(std::string_view text, size_t offset) {
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

size_t find_word(std::string_view text, std::string_view word, size_t begin) {
  for (size_t at = text.find(word, begin); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool opens = at == 0 || !is_word(text[at - 1]) || !is_word(word.front());
    const size_t end = at + word.size();
    if (opens && (end == text.size() || !is_word(text[end]) || !is_word(word.back()))) return at;
  }
  return std::string_view::npos;
}

namespace {

// Where the thing that begins at `at` ends; `at` itself when nothing to blank begins there.
size_t end_of_comment(std::string_view text, size_t at) {
  if (text.substr(at, 2) == "//") return std::min(text.find('\n', at), text.size());
  if (text.substr(at, 2) == "/*") return std::min(text.find("*/", at + 2), text.size() - 2) + 2;
  return at;
}

size_t end_of_raw_string(std::string_view text, size_t at) {
  if (text.substr(at, 2) != "R\"" || (at > 0 && is_word(text[at - 1]))) return at;
  const size_t open = text.find('(', at);
  if (open == std::string_view::npos) return at;
  const std::string close = ")" + std::string(text.substr(at + 2, open - at - 2)) + "\"";
  const size_t end = text.find(close, open);
  return end == std::string_view::npos ? text.size() : end + close.size();
}

size_t end_of_literal(std::string_view text, size_t at) {
  const char quote = text[at];
  if (quote != '"' && quote != '\'') return at;
  // 1'000'000 has no character literals.
  if (quote == '\'' && at > 0 && std::isxdigit(static_cast<unsigned char>(text[at - 1])) != 0) return at;
  size_t end = at + 1;
  while (end < text.size() && text[end] != quote && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
  return std::min(end + 1, text.size());
}

size_t end_of_directive(std::string_view text, size_t at) {
  if (text[at] != '#') return at;
  const size_t line_begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
  if (text.substr(line_begin, at - line_begin).find_first_not_of(" \t") != std::string_view::npos) return at;
  size_t end = text.find('\n', at);
  while (end != std::string_view::npos && text[end - 1] == '\\') end = text.find('\n', end + 1);
  return std::min(end, text.size());
}

}  // namespace

Source read_source(std::string path, std::string text) {
  std::string code = text;
  for (size_t at = 0; at < text.size();) {
    size_t end = end_of_comment(text, at);
    if (end == at) end = end_of_raw_string(text, at);
    if (end == at) end = end_of_literal(text, at);
    if (end == at) end = end_of_directive(text, at);
    for (size_t i = at; i < end; ++i) {
      if (text[i] != '\n') code[i] = ' ';
    }
    at = std::max(end, at + 1);
  }
  return {std::move(path), std::move(text), std::move(code)};
}

std::vector<Include> includes_of(const Source& source) {
  std::vector<Include> found;
  int line = 0;
  for (size_t at = 0; at < source.text.size();) {
    const size_t end = std::min(source.text.find('\n', at), source.text.size());
    std::string_view row = std::string_view(source.text).substr(at, end - at);
    ++line;
    at = end + 1;
    row.remove_prefix(std::min(row.find_first_not_of(" \t"), row.size()));
    if (!row.starts_with("#include")) continue;
    const size_t open = row.find_first_of("<\"");
    if (open == std::string_view::npos) continue;
    const size_t close = row.find(row[open] == '<' ? '>' : '"', open + 1);
    if (close == std::string_view::npos) continue;
    found.push_back({std::string(row.substr(open + 1, close - open - 1)), row[open] == '<', line});
  }
  return found;
}

namespace {

// Offset behind the bracket that closes the one at `open`.
size_t after_bracket(std::string_view text, size_t open, char opening, char closing) {
  int depth = 0;
  for (size_t at = open; at < text.size(); ++at) {
    if (text[at] == opening) ++depth;
    if (text[at] == closing && --depth == 0) return at + 1;
  }
  return text.size();
}

// Without what says nothing about whether a declaration is of a type or of a function: access, template <...>,
// requires(...).
std::string_view without_prefixes(std::string_view head) {
  for (;;) {
    head.remove_prefix(std::min(head.find_first_not_of(" \t\n"), head.size()));
    size_t end = 0;
    for (std::string_view access : {"public:", "protected:", "private:"}) {
      if (head.starts_with(access)) end = access.size();
    }
    if (head.starts_with("template")) end = after_bracket(head, std::min(head.find('<'), head.size()), '<', '>');
    if (head.starts_with("requires")) end = after_bracket(head, std::min(head.find('('), head.size()), '(', ')');
    if (end == 0) return head;
    head.remove_prefix(end);
  }
}

enum class Opens { kScope, kData, kBody };

// What the brace after `head` (everything since the last ; or brace) opens.
Opens classify(std::string_view head, bool after_initialiser) {
  head = without_prefixes(head);
  const size_t parenthesis = head.find('(');
  const std::string_view before = head.substr(0, parenthesis);
  for (std::string_view word : {"namespace", "struct", "class", "union", "enum"}) {
    if (find_word(before, word) != std::string_view::npos) return Opens::kScope;
  }
  if (find_word(before, "extern") != std::string_view::npos && parenthesis == std::string_view::npos)
    return Opens::kScope;
  if (after_initialiser) return Opens::kBody;
  if (parenthesis == std::string_view::npos) return Opens::kData;
  const size_t equals = before.find('=');
  if (equals != std::string_view::npos && find_word(before, "operator") == std::string_view::npos) return Opens::kData;
  return Opens::kBody;
}

std::string name_of(std::string_view head) {
  size_t end = head.find('(');
  if (end == std::string_view::npos) return "(constructor)";
  while (end > 0 && head[end - 1] == ' ') --end;
  size_t begin = end;
  while (begin > 0 && (is_word(head[begin - 1]) || head[begin - 1] == ':' || head[begin - 1] == '~')) --begin;
  return std::string(head.substr(begin, end - begin));
}

}  // namespace

std::vector<Function> functions_of(const Source& source) {
  std::vector<Function> found;
  const std::string_view code = source.code;
  size_t head_begin = 0;
  bool after_initialiser = false;  // the last brace closed a member initialiser: Point() : x_{1} {
  for (size_t at = 0; at < code.size(); ++at) {
    if (code[at] == ';' || code[at] == '}') {
      head_begin = at + 1;
      after_initialiser = false;
    }
    if (code[at] == '(') at = after_bracket(code, at, '(', ')') - 1;  // braces in there are default arguments
    if (code[at] != '{') continue;
    const std::string_view head = code.substr(head_begin, at - head_begin);
    const Opens opens = classify(head, after_initialiser);
    head_begin = at + 1;
    after_initialiser = false;
    if (opens == Opens::kScope) continue;
    const size_t close = after_bracket(code, at, '{', '}') - 1;
    const size_t next = code.find_first_not_of(" \t\n", close + 1);
    if (opens == Opens::kBody) {
      const char follows = next == std::string_view::npos ? ';' : code[next];
      after_initialiser = follows == ',' || follows == '{';
      if (!after_initialiser)
        found.push_back({name_of(head), line_at(code, at), line_at(code, close) - line_at(code, at) + 1});
    }
    at = close;
    head_begin = close + 1;
  }
  return found;
}

}  // namespace spreaders::tidy
