// ai.generateContent, ai.generateHashtags and ai.summarizeCampaign: with a model when one is configured, else by rules.
#pragma once

#include "core/language_model.hpp"
#include "core/tool.hpp"

namespace spreaders::planners {

// Bound in main.cpp; `model` is null without a key.
struct Writer {
  LanguageModel* model = nullptr;
  std::string brand;
  std::string link;  // where the button of a mail leads
};

ToolList planner_tools();

}  // namespace spreaders::planners
