#include "agent/meta_tools.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/working_set.hpp"

namespace spreaders::agent {

const std::vector<MetaTool>& meta_tools() {
  static const std::vector<MetaTool> all = {
      {"ask_user",
       "Asks the user and ends your turn; their next message answers. Never ask for what they have said, nor for "
       "passwords, keys, card data or codes.",
       &AskArgs::field_list},
      {"plan_propose",
       "Has the control plane make or change a plan from the user's own messages, which you name by number; you cannot "
       "write or alter the goal. It answers with the plan's status and questions. Nothing is sent.",
       &ProposeArgs::field_list},
      {"plan_status", "State of the plan at hand and, once it runs, its campaign's state and figures from the log.",
       &StatusArgs::field_list},
      {"tools_describe", "Arguments of tools by name; they can be called from your next answer on.",
       &DescribeArgs::field_list},
      {"tools_search", "Finds more tools by what they do; they can be called from your next answer on.",
       &SearchArgs::field_list},
  };
  CHECK(all.size() == kMetaTools, "the working set keeps room for exactly these");
  return all;
}

bool is_meta_tool(std::string_view name) {
  const auto& all = meta_tools();
  return std::any_of(all.begin(), all.end(), [&](const MetaTool& tool) { return tool.name == name; });
}

}  // namespace spreaders::agent
