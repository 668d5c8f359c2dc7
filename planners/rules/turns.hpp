// What is known after some turns, what one turn says, and how it changes the slots. Internal to understand.cpp.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "planners/brief.hpp"
#include "planners/rules/amounts.hpp"
#include "planners/rules/channels.hpp"
#include "planners/rules/dates.hpp"
#include "planners/rules/people.hpp"
#include "planners/rules/policy.hpp"
#include "planners/rules/tone.hpp"

namespace spreaders::planners::rules {

struct State {
  Brief brief;
  Lang lang = Lang::kEn;
  Date today;
  std::string_view country;
  bool channel_conflict = false;
  bool split_mismatch = false;
  bool total_said = false;  // the budget is a number the user named, not the sum of allocations
  bool reversed = false;
  std::optional<Date> reversed_start, reversed_end;  // as they were said, until one of them is corrected
  std::string date_problem;                          // kind of the question: "ambiguous" or "contradiction"
  std::string date_words;
  bool schedule_known = false;
  bool generic_ads = false;
  bool paid_conflict = false;
  bool defaults = false;         // "you decide"
  bool small_talk = false;       // the last turn asks who we are, or greets
  std::optional<Date> event_at;  // the day of an event nobody has said when to speak of
  std::vector<PolicyHit> hits;
  TalkContext talk;
  std::vector<std::pair<std::string, double>> shares;
  std::vector<Brief> history;  // the slots after each turn
};

struct Facts {
  Text said;  // all of it, quotations too
  Text text;  // with what is quoted faded to one word
  Lang lang = Lang::kEn;
  DateFacts dates;
  ChannelFacts channels;
  AmountFacts amounts;
  Phrase audience;
  Phrase offer;
  std::string objective;
  Tone tone;
  bool you_decide = false;
  bool small_talk = false;
};

bool has_class(const Text& text, Lang lang, ClassId id);
// Where tokens [begin, end) of the turn stand.
Provenance span(const Facts& facts, int turn, int begin, int end);
std::string platform(const std::string& id);  // "instagram_ads" -> "instagram"
// `asked`: the question before this turn was about channels.
void merge_channels(State& state, const Facts& facts, int turn, bool asked);
// After the merges: "as at first", "leave it as it was", "forget the ads" bring back what slots held before.
void restore(State& state, const Facts& facts);
void merge_schedule(State& state, const Facts& facts, int turn);

}  // namespace spreaders::planners::rules
