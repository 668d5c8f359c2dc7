// Channels named in a turn, with their sign and whether they mean advertising.
#pragma once

#include <string>
#include <vector>

#include "planners/rules/lexicon.hpp"

namespace spreaders::planners::rules {

struct ChannelMention {
  std::string id;  // one of the closed list
  int begin = 0;
  int end = 0;
  bool excluded = false;
  bool exclusive = false;  // "only email"
  bool replaced = false;   // "... instead of Facebook": goes out without a word of conflict
};

struct ChannelFacts {
  std::vector<ChannelMention> mentions;
  std::vector<bool> used;
  bool generic_ads = false;     // "some ads" and no platform
  bool generic_social = false;  // "social media"
  bool unsupported = false;     // only channels outside the list were named
  std::string unsupported_name;
  bool conflict = false;  // only A, yet B as well; or A both wanted and excluded
  bool has_exclusive = false;
  bool corrected = false;
};

ChannelFacts read_channels(const Text& text, Lang lang);
// The closed list: "instagram", "instagram_ads", "email"...
std::vector<std::string> channel_names();
bool is_paid(std::string_view channel);
// "instagram" -> "instagram_ads"; a channel without ads stays what it is.
std::string paid_form(const std::string& channel);

}  // namespace spreaders::planners::rules
