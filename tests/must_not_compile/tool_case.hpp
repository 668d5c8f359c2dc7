// A tool that is right, for the cases to spoil one thing of.
#pragma once

#include "core/tool.hpp"

struct Args {
  std::string text;
  SPR_FIELDS(Args, SPR_FIELD(text, "Some text"));
};
struct Answer {
  std::string text;
  SPR_FIELDS(Answer, SPR_FIELD(text, "The same text"));
};
spreaders::Result<Answer> echo(spreaders::ToolContext& context, const Args& args);
