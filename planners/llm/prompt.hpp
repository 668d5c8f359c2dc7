// Prompt files: front matter (name, title, description, arguments) and a body with {{placeholders}}. Those that say
// `for: people` are what a person picks from a menu of their client; the others instruct the program's own model.
//
//   auto prompt = TRY(load_prompt(&embedded_prompt, "plan"));
//   auto system = TRY(fill(prompt, {{"today", "..."}, {"zone", "Europe/Berlin"}, {"mark", mark}}));
//
// A value is put in as it is and never searched for placeholders again. Text from users or vendors does not belong into
// a prompt's values: it goes into a message, between lines that carry a mark which the text cannot know.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace spreaders::planners::llm {

constexpr size_t kPromptBytes_max = 64 * 1024;
constexpr size_t kPromptArguments_max = 20;

struct PromptArgument {
  std::string name;
  std::string description;
  bool required = false;
};

struct Prompt {
  std::string name;
  std::string title;
  std::string description;
  bool for_people = false;
  std::vector<PromptArgument> arguments;
  std::string body;
};

// Gives the text of the prompt file `name` (without .md).
using PromptLoad = std::function<Result<std::string>(std::string_view name)>;
Result<std::string> embedded_prompt(std::string_view name);

// Refuses unknown keys, missing keys, and placeholders that are no declared argument; every fault with its line.
Result<Prompt> parse_prompt(std::string_view text);
Result<Prompt> load_prompt(const PromptLoad& load, std::string_view name);

// The body with its placeholders filled. Unknown, doubled and missing required values are errors.
Result<std::string> fill(const Prompt& prompt, const std::vector<std::pair<std::string, std::string>>& values);

// A line mark that the texts cannot hold, because it is a digest of them. The same for the same texts.
std::string mark_for(const std::vector<std::string>& texts);

}  // namespace spreaders::planners::llm
