#include "agent/working_set.hpp"

#include <algorithm>

#include "planners/marketing_words.hpp"

namespace spreaders::agent {

namespace {

// What a conversation about campaigns nearly always needs, while nothing better is known.
constexpr std::string_view kUsual[] = {"campaign.list",    "campaign.getStatus",    "audience.listAudiences",
                                       "audience.resolve", "analytics.getOverview", "ai.summarizeCampaign"};
// plan_propose and plan_status stand for these: a plan is made from the user's own words, not from a model's.
constexpr std::string_view kBehindMeta[] = {"campaign.plan", "ai.generateCampaignPlan", "ai.processInput",
                                            "ai.voiceToText"};
}  // namespace

bool may_offer(const ToolSpec& spec, const Principal& model) {
  if (spec.operator_only || spec.effect == Effect::kDestroy) return false;
  if (std::find(std::begin(kBehindMeta), std::end(kBehindMeta), spec.name.value) != std::end(kBehindMeta)) return false;
  if (spec.name.value.starts_with("approvals.")) return false;
  for (auto scope : spec.scopes.list()) {
    if (scope.starts_with("approvals:") || !model.may(scope)) return false;
  }
  return true;
}

namespace {

std::vector<const ToolSpec*> offerable(ToolList tools, const Principal& model) {
  std::vector<const ToolSpec*> specs;
  for (const auto* spec : tools) {
    if (may_offer(*spec, model)) specs.push_back(spec);
  }
  return specs;
}

}  // namespace

ToolIndex::ToolIndex(ToolList tools, const Principal& model)
    : specs_(offerable(tools, model)), search_(search_entries(specs_), planners::kMarketingSynonyms) {
  for (const auto* spec : specs_) {
    by_name_.emplace(spec->name.value, spec);
    by_name_.emplace(wire_name(spec->name.value), spec);
  }
}

std::vector<const ToolSpec*> ToolIndex::search(std::string_view query, size_t count) const {
  std::vector<const ToolSpec*> found;
  for (const auto& hit : search_.find(query, count)) found.push_back(specs_[hit.index]);
  return found;
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
    bool is_there = std::find(offered.begin(), offered.end(), hits[i]->name.value) != offered.end();
    if (!is_there || offered.size() == kOfferedMax) offer_tool(*hits[i], offered);
  }
}

}  // namespace spreaders::agent
