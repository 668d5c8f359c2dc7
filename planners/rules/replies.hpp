// What the planner says, in the language of the goal.
#pragma once

#include <string>

#include "planners/brief.hpp"
#include "planners/rules/text.hpp"

namespace spreaders::planners::rules {

Question make_question(Lang lang, std::string_view slot, std::string_view kind, std::string_view detail = {});
std::string contradiction_message(Lang lang, std::string_view id);
std::string finding_message(Lang lang, std::string_view rule);
// The answer to "what can you do?".
std::string introduction(Lang lang);
std::string make_reply(Lang lang, const Understanding& understanding);

}  // namespace spreaders::planners::rules
