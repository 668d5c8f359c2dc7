// campaign.plan, ai.generateCampaignPlan, ai.processInput and ai.voiceToText.
#pragma once

#include "core/language_model.hpp"
#include "core/service.hpp"

namespace spreaders::agent {

// Bound in main.cpp; null without a Whisper-shaped endpoint.
struct Ears {
  Transcriber* transcriber = nullptr;
};

ToolList agent_tools();
extern const Service kAiService;

}  // namespace spreaders::agent
