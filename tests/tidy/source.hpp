// A source file as the rules see it: its text, and the same text with comments, the insides of literals and
// preprocessor lines blanked out (same length, same lines), so that a rule about code never trips over words in a
// comment.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace spreaders::tidy {

struct Source {
  std::string path;  // from the root, with /
  std::string text;
  std::string code;  // `text` with comments, literals and preprocessor lines blanked
};

Source read_source(std::string path, std::string text);

struct Include {
  std::string target;
  bool angled = false;
  int line = 0;
};
std::vector<Include> includes_of(const Source& source);

struct Function {
  std::string name;
  int line = 0;   // of its opening brace
  int lines = 0;  // opening to closing brace, both counted
};
// Function bodies outside of other functions. Finds them by braces: what opens a brace outside of any body and is
// neither a type, a namespace nor an initialiser is a body.
std::vector<Function> functions_of(const Source& source);

int line_at(std::string_view text, size_t offset);
bool is_word(char c);
// Offset of `word` in `text` from `begin` with no letter, digit or _ around it; npos.
size_t find_word(std::string_view text, std::string_view word, size_t begin = 0);

}  // namespace spreaders::tidy
