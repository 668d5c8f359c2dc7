// Texts that a model writes for a campaign. What comes back is data: it is checked here, and shown to a person before
// it goes anywhere.
//
//   auto email = TRY(draft_email(*model, {.facts = "...", .links = {"https://shop.example/sale"}}));
//   email.html, email.text
//
// - An email is written as blocks of plain text; the HTML is built here, so no markup of the model's is in it. Links
// only
//   as given, personal fields ({{first_name}}) only as allowed, lengths limited, no hidden characters.
// - A summary may hold no number that the report does not hold.
// - Faulty answers go back with the list of faults, at most kContentRepairs_max times; then kVendorRejected.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/language_model.hpp"
#include "planners/llm/prompt.hpp"

namespace spreaders::planners::llm {

constexpr int kContentRepairs_max = 2;
constexpr size_t kFactsBytes_max = 32 * 1024;
constexpr size_t kSubject_max = 100;    // code points; the prompt asks for 60
constexpr size_t kPreheader_max = 150;  // the prompt asks for 110
constexpr size_t kBlocks_max = 40;
constexpr size_t kBlockText_max = 1'500;
constexpr size_t kButtons_max = 3;
constexpr size_t kSummary_max = 1'500;
constexpr size_t kHashtags_max = 30;

struct ContentOptions {
  PromptLoad load = &embedded_prompt;
  int64_t output_tokens_max = 3'000;
  int64_t timeout_ms = 60'000;
  std::stop_token stop = {};
};

struct EmailFacts {
  std::string facts;  // what to write about; untrusted text is fine here
  std::string language = "en";
  std::string tone = "friendly and clear";
  std::vector<std::string> links = {};       // the allow list, https only
  std::vector<std::string> merge_tags = {};  // first_name ...
};

struct EmailBlock {
  enum class Kind : uint8_t { kHeading, kParagraph, kListItem, kButton } kind = Kind::kParagraph;
  std::string text;
  std::string url = {};  // of a button
};

struct EmailDraft {
  std::string subject;
  std::string preheader;
  std::vector<EmailBlock> blocks;
  std::string html;  // body fragment: h2, p, ul, li, a; everything escaped
  std::string text;  // the same as plain text
};

Result<EmailDraft> draft_email(LanguageModel& model, const EmailFacts& facts, const ContentOptions& options = {});

struct CampaignSummary {
  std::string summary;
  std::vector<std::string> unmeasured;
  std::vector<std::string> next_steps;
};

Result<CampaignSummary> summarize_campaign(LanguageModel& model, const Json& report, const std::string& language,
                                           const ContentOptions& options = {});

struct HashtagQuery {
  std::string post;
  std::string channel;
  std::string language = "en";
  size_t count = 10;
};

Result<std::vector<std::string>> suggest_hashtags(LanguageModel& model, const HashtagQuery& query,
                                                  const ContentOptions& options = {});

}  // namespace spreaders::planners::llm
