// What the chat prints, as pure functions: the same in every terminal, and testable by reading.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace spreaders::app {

struct Greeting {
  std::string model;    // "anthropic claude-..."; empty = the built-in planner
  std::string mail;     // host of the mail server; empty = another process sends
  std::string mailbox;  // the sandbox's page; empty = not in the sandbox
  std::string mcp;      // address of the MCP door
  bool virtual_time = false;
};
std::string greeting_text(const Greeting& greeting);
std::string help_text(bool with_model);
// What the built-in planner says to a greeting or a question.
std::string introduction_text();
bool sounds_like_small_talk(std::string_view text);
constexpr std::string_view kExampleGoal =
    "Tell our newsletter readers about the autumn jackets by email, 250 dollars, from tomorrow for ten days, we want "
    "4% of them to order";

// What can be said or done next about a plan in this state.
std::string next_text(std::string_view plan_status);
// What the user can do about a model that cannot be asked.
std::string remedy_text(const Error& model_error);
// 2026-11-22T09:00:00Z as 2026-11-22 09:00 UTC.
std::string moment_text(std::string_view instant);

std::string progress_text(const std::string& day, const Json& results);
// Why nothing moves; `stopped` as campaign.getStatus tells it.
std::string stopped_text(const Json& stopped);
// `summary` is the answer of ai.summarizeCampaign, `goals` are the plan's brief.kpis, `where` says how it ran if that
// was no real sending.
std::string report_text(const Json& summary, const Json& goals, const std::string& where);

// The command that a mistyped word was meant to be; empty when it is none.
std::string_view meant_command(std::string_view word);

}  // namespace spreaders::app
