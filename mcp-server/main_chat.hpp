// The conversation in the terminal: a goal, a plan card, changes in words, approval, progress, report.
#pragma once

#include <string>

#include "mcp-server/main_app.hpp"

namespace spreaders::app {

struct ChatOptions {
  std::string goal;  // said for the user; asked for when empty
  bool yes = false;  // the person who started the program approves what it plans
  bool sample_audience = false;
  std::string voice_file;  // a recording of the goal
};

// 0: the report is there (sandbox) or the campaign is scheduled (real mail server).
int run_chat(App& app, const ChatOptions& options);

}  // namespace spreaders::app
