// The policy rules a text can break by its words (reference: the nine rule ids). Every language's words are looked for
// whatever language the text is in.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "planners/rules/lexicon.hpp"

namespace spreaders::planners::rules {

struct PolicyHit {
  std::string_view rule;
  int at = 0;
};

// What earlier turns spoke of: goods and readers of different turns are judged together.
struct TalkContext {
  bool restricted_goods = false;
  bool minors = false;
  bool housing = false;  // housing, jobs, credit
};

std::vector<PolicyHit> find_policy(const Text& text, Lang lang, std::optional<int> min_age, std::optional<int> max_age,
                                   const TalkContext& earlier = {});
// Adds what this turn speaks of.
void note_context(const Text& text, Lang lang, std::optional<int> min_age, std::optional<int> max_age,
                  TalkContext& context);
// A later turn that takes a finding back: "use our own opted-in list instead", "drop the claim".
bool withdraws(const Text& text, Lang lang, std::string_view rule);
bool is_refused(std::string_view rule);  // no lawful variant of the request exists: refuse; the others are flagged

}  // namespace spreaders::planners::rules
