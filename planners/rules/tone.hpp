// The tone of voice a person asks for: "a playful tone", "ton humoristique", "丁寧な口調".
#pragma once

#include <string>

#include "planners/rules/lexicon.hpp"

namespace spreaders::planners::rules {

struct Tone {
  std::string name;  // in English whatever the language: playful, formal, friendly...; "" when none was asked for
  int begin = 0;     // its tokens [begin, end)
  int end = 0;
};

Tone read_tone(const Text& text, Lang lang);

}  // namespace spreaders::planners::rules
