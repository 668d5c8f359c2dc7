// What may flow where. A model's words come partly from texts of strangers, so its arguments are held to what the user
// said: recipients, links, amounts and consent come from the user or the workspace, never from a model.
//
//   Issues wrong = flow_problems(arguments, said);      // empty = may be called
//   std::string data = for_model(result, about);        // a result as a model may see it
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/fields.hpp"
#include "core/json.hpp"

namespace spreaders::agent {

constexpr size_t kResultBytesMax = 16 * 1024;  // of one tool result in a model's request
constexpr size_t kResultItemsMax = 50;         // of one array in it
constexpr size_t kResultTextMax = 2'000;       // code points of one string in it
constexpr size_t kFlowIssuesMax = 20;
constexpr size_t kFiguresMax = 10;  // named in one notice

// The user's own words (secrets already taken out) and the hosts that the workspace's links may lead to.
struct Said {
  std::vector<std::string> texts;
  std::vector<std::string> hosts;
};

// Every argument that only the user may bring in, and every control or direction character, with its JSON Pointer.
Issues flow_problems(const Json& arguments, const Said& said);

// Email addresses become a***@example.com, international telephone numbers +49***12.
std::string mask_people(std::string_view text);
// No control characters but line feed and tab, no direction marks; at most `code_points_max`.
std::string clean_lines(std::string_view text, size_t code_points_max);

// What a user pasted, with secrets taken out; ids of this system stay. `found` gets the kinds of what was taken out.
std::string without_secrets(std::string_view text, std::vector<std::string>& found);

struct ResultLabel {
  std::string tool;                // wire name
  bool written_by_others = false;  // holds texts of vendors, contacts or strangers
};
// {"tool":...,"trust":...,"data":...}, masked, cleaned and cut to kResultBytesMax.
std::string for_model(const Json& result, const ResultLabel& label);

// Figures of a reply that stand in none of the texts it could come from (results of tools, the user's words), as they
// are written. Dates, times, ids and plain numbers up to twelve are left out.
std::vector<std::string> figures_without_source(std::string_view reply, const std::vector<std::string>& sources);

// Does this text ask its reader for a password, a key, card data or an approval code?
bool asks_for_secret(std::string_view text);

}  // namespace spreaders::agent
