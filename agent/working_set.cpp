#include "agent/working_set.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace spreaders::agent {

namespace {

constexpr double kSaturation = 1.2;    // k1 of BM25
constexpr double kLengthShare = 0.75;  // b of BM25
constexpr int kNestingMax = 3;         // levels of argument names that are searched

// What a conversation about campaigns nearly always needs, while nothing better is known.
constexpr std::string_view kUsual[] = {"campaign.list",    "campaign.getStatus",    "audience.listAudiences",
                                       "audience.resolve", "analytics.getOverview", "ai.summarizeCampaign"};
// plan_propose and plan_status stand for these: a plan is made from the user's own words, not from a model's.
constexpr std::string_view kBehindMeta[] = {"campaign.plan", "ai.generateCampaignPlan", "ai.processInput",
                                            "ai.voiceToText"};
// Words that say nothing about which tool is meant.
constexpr std::string_view kStopWords[] = {"a",    "an",   "and", "are", "as",   "at",     "be",   "by",   "for",
                                           "from", "how",  "i",   "in",  "is",   "it",     "me",   "my",   "not",
                                           "of",   "on",   "one", "or",  "our",  "please", "that", "the",  "their",
                                           "them", "this", "to",  "we",  "what", "with",   "you",  "your", "can"};

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

void add_word(std::string word, std::vector<std::string>& words) {
  if (word.size() > 3 && word.ends_with("ies")) word.replace(word.size() - 3, 3, "y");
  else if (word.size() > 3 && word.ends_with("s") && !word.ends_with("ss") && !word.ends_with("us")) word.pop_back();
  bool stop = std::find(std::begin(kStopWords), std::end(kStopWords), word) != std::end(kStopWords);
  if (!word.empty() && !stop) words.push_back(std::move(word));
}

void add_argument_names(const FieldList& list, int depth, std::vector<std::string>& words) {
  for (const auto& field : list.fields) {
    for (auto& word : search_words(field.name)) words.push_back(std::move(word));
    const TypeOps* ops = field.ops;
    while (ops->item != nullptr) ops = ops->item;
    if (ops->object != nullptr && depth < kNestingMax) add_argument_names(ops->object(), depth + 1, words);
  }
}

}  // namespace

std::vector<std::string> search_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (size_t i = 0; i < text.size() && words.size() < kQueryWordsMax * 10; ++i) {
    char c = text[i];
    bool other_script = static_cast<unsigned char>(c) >= 0x80;
    bool part = is_upper(c) || is_lower(c) || is_digit(c) || other_script;
    bool camel = is_upper(c) && i > 0 && is_lower(text[i - 1]);
    if (!part || camel) {
      add_word(std::move(word), words);
      word.clear();
    }
    if (part) word += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  }
  add_word(std::move(word), words);
  return words;
}

bool may_offer(const ToolSpec& spec, const Principal& model) {
  if (spec.operator_only || spec.effect == Effect::kDestroy) return false;
  if (std::find(std::begin(kBehindMeta), std::end(kBehindMeta), spec.name.value) != std::end(kBehindMeta)) return false;
  if (spec.name.value.starts_with("approvals.")) return false;
  for (auto scope : spec.scopes.list()) {
    if (scope.starts_with("approvals:") || !model.may(scope)) return false;
  }
  return true;
}

ToolIndex::ToolIndex(ToolList tools, const Principal& model) {
  double total = 0;
  for (const auto* spec : tools) {
    if (!may_offer(*spec, model)) continue;
    std::vector<std::string> words;
    auto add = [&](std::string_view text, int times) {
      for (const auto& word : search_words(text)) words.insert(words.end(), static_cast<size_t>(times), word);
    };
    add(spec->name.value, 3);
    add(spec->title.value, 2);
    add(spec->description.value, 1);
    add_argument_names(spec->body.arguments(), 0, words);
    Entry entry{spec, {}, static_cast<double>(words.size())};
    for (auto& word : words) entry.counts[std::move(word)] += 1;
    for (const auto& [word, count] : entry.counts) ++documents_[word];
    total += entry.length;
    by_name_.emplace(spec->name.value, spec);
    by_name_.emplace(wire_name(spec->name.value), spec);
    entries_.push_back(std::move(entry));
  }
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return a.spec->name.value < b.spec->name.value; });
  if (!entries_.empty()) mean_length_ = std::max(1.0, total / static_cast<double>(entries_.size()));
}

std::vector<ToolIndex::Hit> ToolIndex::search(std::string_view query, size_t count) const {
  auto words = search_words(query);
  std::set<std::string> asked(words.begin(),
                              words.begin() + static_cast<int64_t>(std::min(words.size(), kQueryWordsMax)));
  std::vector<Hit> hits;
  auto all = static_cast<double>(entries_.size());
  for (const auto& entry : entries_) {
    double score = 0;
    for (const auto& word : asked) {
      auto found = entry.counts.find(word);
      if (found == entry.counts.end()) continue;
      auto holding = static_cast<double>(documents_.find(word)->second);
      double rarity = std::log(1 + (all - holding + 0.5) / (holding + 0.5));
      double room = kSaturation * (1 - kLengthShare + kLengthShare * entry.length / mean_length_);
      score += rarity * found->second * (kSaturation + 1) / (found->second + room);
    }
    if (score > 0) hits.push_back({entry.spec, score});
  }
  std::stable_sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) { return a.score > b.score; });
  if (hits.size() > count) hits.resize(count);
  return hits;
}

const ToolSpec* ToolIndex::find(std::string_view name) const {
  auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

void offer_tool(const ToolSpec& spec, std::vector<std::string>& offered) {
  std::string name(spec.name.value);
  offered.erase(std::remove(offered.begin(), offered.end(), name), offered.end());
  offered.push_back(std::move(name));
  if (offered.size() > kOfferedMax) offered.erase(offered.begin(), offered.end() - static_cast<int64_t>(kOfferedMax));
}

void choose_tools(const ToolIndex& index, std::string_view words, std::vector<std::string>& offered) {
  std::erase_if(offered, [&](const std::string& name) { return index.find(name) == nullptr; });
  auto hits = index.search(words, offered.empty() ? kOfferedMax : kSureHits);
  if (offered.empty()) {
    for (auto name : kUsual) {
      if (const auto* spec = index.find(name)) offer_tool(*spec, offered);
    }
  }
  // The best hit is added last, so that it stays longest.
  for (size_t i = hits.size(); i-- > 0;) {
    bool is_there = std::find(offered.begin(), offered.end(), hits[i].spec->name.value) != offered.end();
    if (!is_there || offered.size() == kOfferedMax) offer_tool(*hits[i].spec, offered);
  }
}

}  // namespace spreaders::agent
