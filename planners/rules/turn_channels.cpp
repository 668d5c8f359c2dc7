// Channels of a turn against those of the turns before: added, dropped, swapped, named anew.
#include <algorithm>

#include "planners/rules/turns.hpp"

namespace spreaders::planners::rules {

bool has_class(const Text& text, Lang lang, ClassId id) {
  for (int i = 0; i < text.size(); ++i) {
    if (match(text, i, lang, id) > 0) return true;
  }
  return false;
}

Provenance span(const Facts& facts, int turn, int begin, int end) {
  Provenance from{turn == 0 ? Source::kStated : Source::kAnswered, turn, 0, 0, {}};
  if (begin >= 0 && end > begin && end <= facts.text.size()) {
    from.start = facts.text.at(begin).start;
    from.end = facts.text.at(end - 1).end;
  }
  return from;
}

std::string platform(const std::string& id) { return is_paid(id) ? id.substr(0, id.size() - 4) : id; }

namespace {

void drop_channel(State& state, const std::string& id) {
  auto& list = state.brief.channels;
  const auto exact = std::find_if(list.begin(), list.end(), [&](const auto& slot) { return slot.value == id; });
  if (exact != list.end()) {
    list.erase(exact);
  } else {
    std::erase_if(list, [&](const auto& slot) { return platform(slot.value) == platform(id); });
  }
  if (std::find(state.brief.excluded_channels.begin(), state.brief.excluded_channels.end(), id) ==
      state.brief.excluded_channels.end()) {
    state.brief.excluded_channels.push_back(id);
  }
}

}  // namespace

void merge_channels(State& state, const Facts& facts, int turn, bool asked) {
  const auto& mentions = facts.channels.mentions;
  state.generic_ads = state.generic_ads || facts.channels.generic_ads;
  if (mentions.empty()) return;
  const bool any_wanted =
      std::any_of(mentions.begin(), mentions.end(), [](const auto& m) { return !m.excluded && !m.replaced; });
  const bool replaced = std::any_of(mentions.begin(), mentions.end(), [](const auto& m) { return m.replaced; });
  const bool removed = std::any_of(mentions.begin(), mentions.end(), [](const auto& m) { return m.excluded; });
  std::vector<std::string> before;  // the channels that a later turn clears to name anew
  if (turn > 0) {
    const bool adds = has_class(facts.text, facts.lang, C("add_verb"));
    const bool replaces = has_class(facts.text, facts.lang, C("replace_verb")) && !removed && !replaced;
    const bool exclusive = facts.channels.has_exclusive;
    if (any_wanted && (exclusive || state.channel_conflict || (replaces && !adds && !facts.amounts.budget && !asked))) {
      for (const auto& slot : state.brief.channels) before.push_back(slot.value);
      state.brief.channels.clear();
    }
    state.channel_conflict = false;
  }
  if (facts.channels.conflict) state.channel_conflict = true;
  // "Instagram instead of Facebook" keeps the form: ads stay ads.
  const bool paid_replaced = std::any_of(mentions.begin(), mentions.end(), [&](const auto& m) {
    return m.replaced && std::any_of(state.brief.channels.begin(), state.brief.channels.end(), [&](const auto& slot) {
             return is_paid(slot.value) && platform(slot.value) == platform(m.id);
           });
  });
  // Written with the platform alone in a later turn, "Instagram" means the form already in the plan.
  for (const ChannelMention& mention : mentions) {
    if (mention.excluded || mention.replaced) drop_channel(state, mention.id);
  }
  // "add Facebook too" beside nothing but ads: one more to advertise on.
  const bool all_paid = turn > 0 && !state.brief.channels.empty() &&
                        std::all_of(state.brief.channels.begin(), state.brief.channels.end(),
                                    [](const auto& slot) { return is_paid(slot.value); }) &&
                        has_class(facts.text, facts.lang, C("add_verb"));
  for (const ChannelMention& mention : mentions) {
    if (mention.excluded || mention.replaced) continue;
    const auto in_plan = [&](const std::string& name) {
      return std::find(before.begin(), before.end(), name) != before.end();
    };
    const bool kept_paid = in_plan(mention.id + "_ads") && !in_plan(mention.id);  // "only Instagram": the ads stay ads
    const std::string id = (paid_replaced || all_paid || kept_paid) && !is_paid(mention.id) &&
                                   match(facts.text, mention.end, facts.lang, C("organic_word")) < 0
                               ? paid_form(mention.id)
                               : mention.id;
    auto& list = state.brief.channels;
    const bool known = std::any_of(list.begin(), list.end(), [&](const auto& slot) {
      return slot.value == id ||
             (turn > 0 && !is_paid(mention.id) && slot.value == mention.id + "_ads" && facts.amounts.budget);
    });
    // A bare second naming of a platform in one text ("Instagram ads ... on Instagram") is the same channel.
    const bool repeated =
        turn == 0 && !is_paid(mention.id) &&
        std::any_of(list.begin(), list.end(), [&](const auto& slot) { return slot.value == mention.id + "_ads"; }) &&
        match(facts.text, mention.end, facts.lang, C("organic_word")) < 0;
    if (known || repeated) continue;
    list.push_back({id, span(facts, turn, mention.begin, mention.end)});
    std::erase(state.brief.excluded_channels, id);
  }
}

}  // namespace spreaders::planners::rules
