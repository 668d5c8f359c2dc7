#include "planners/pattern.hpp"

#include <functional>

#include "core/result.hpp"

namespace spreaders::planners {

namespace {

using Next = std::function<bool(size_t at)>;

class Matcher {
 public:
  Matcher(std::string_view text, std::string_view pattern) : text_(text), pattern_(pattern) {}

  bool run() {
    return alternatives(0, pattern_.size(), 0, [&](size_t at) { return at == text_.size(); });
  }

 private:
  std::string_view text_, pattern_;
  size_t steps_ = 0;

  struct Repeat {
    size_t least = 1, most = 1, end = 0;  // end: the index after the quantifier
  };

  // The index after the atom that begins at p: a class, a group, an escape or one character.
  [[nodiscard]] size_t atom_end(size_t p) const {
    if (pattern_[p] == '\\') return p + 2;
    if (pattern_[p] == '[') return pattern_.find(']', p + 2) + 1;
    if (pattern_[p] != '(') return p + 1;
    size_t depth = 0;
    for (; p < pattern_.size(); ++p) {
      if (pattern_[p] == '\\') ++p;
      else if (pattern_[p] == '[') p = pattern_.find(']', p + 2);
      else if (pattern_[p] == '(') ++depth;
      else if (pattern_[p] == ')' && --depth == 0) return p + 1;
    }
    return p;
  }
  [[nodiscard]] Repeat quantifier(size_t p) const {
    const char c = p < pattern_.size() ? pattern_[p] : '\0';
    if (c == '*') return {0, SIZE_MAX, p + 1};
    if (c == '+') return {1, SIZE_MAX, p + 1};
    if (c == '?') return {0, 1, p + 1};
    if (c != '{') return {1, 1, p};
    Repeat repeat{0, 0, p + 1};
    for (; pattern_[repeat.end] >= '0' && pattern_[repeat.end] <= '9'; ++repeat.end)
      repeat.least = repeat.least * 10 + static_cast<size_t>(pattern_[repeat.end] - '0');
    if (pattern_[repeat.end] == ',') {
      for (++repeat.end; pattern_[repeat.end] != '}'; ++repeat.end)
        repeat.most = repeat.most * 10 + static_cast<size_t>(pattern_[repeat.end] - '0');
    } else {
      repeat.most = repeat.least;
    }
    ++repeat.end;
    return repeat;
  }

  bool alternatives(size_t p, size_t end, size_t at, const Next& next) {
    size_t from = p;
    for (size_t i = p; i <= end; i = i < end ? atom_end(i) : i + 1) {
      if (i < end && pattern_[i] != '|') continue;
      if (sequence(from, i, at, next)) return true;
      from = i + 1;
    }
    return false;
  }
  bool sequence(size_t p, size_t end, size_t at, const Next& next) {
    if (p >= end) return next(at);
    const size_t atom = atom_end(p);
    const Repeat repeat = quantifier(atom);
    return repeated(p, atom, repeat, 0, at, [&](size_t then) { return sequence(repeat.end, end, then, next); });
  }
  bool repeated(size_t p, size_t atom, const Repeat& repeat, size_t count, size_t at, const Next& next) {
    if (++steps_ > kPatternStepsMax) return false;
    if (count < repeat.most) {
      const Next again = [&](size_t then) { return then > at && repeated(p, atom, repeat, count + 1, then, next); };
      if (pattern_[p] == '(' ? alternatives(p + 1, atom - 1, at, again)
                             : at < text_.size() && fits(p, atom, text_[at]) && again(at + 1))
        return true;
    }
    return count >= repeat.least && next(at);
  }
  [[nodiscard]] bool fits(size_t p, size_t atom, char c) const {
    if (pattern_[p] == '\\') return pattern_[p + 1] == c;
    if (pattern_[p] == '.') return true;
    if (pattern_[p] != '[') return pattern_[p] == c;
    const bool negated = pattern_[p + 1] == '^';
    for (size_t i = p + 1 + (negated ? 1 : 0); i < atom - 1; ++i) {
      const bool range = i + 2 < atom - 1 && pattern_[i + 1] == '-';
      if (range ? c >= pattern_[i] && c <= pattern_[i + 2] : c == pattern_[i]) return !negated;
      if (range) i += 2;
    }
    return negated;
  }
};

}  // namespace

bool matches_pattern(std::string_view text, std::string_view pattern) {
  CHECK(pattern.size() >= 2 && pattern.front() == '^' && pattern.back() == '$',
        "a pattern of the schema is anchored at both ends");
  if (text.size() > kPatternTextMax) return false;
  return Matcher(text, pattern.substr(1, pattern.size() - 2)).run();
}

}  // namespace spreaders::planners
