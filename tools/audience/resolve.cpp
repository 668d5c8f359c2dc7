#include "tools/audience/resolve.hpp"

#include <algorithm>

#include "services/audience/audience.hpp"

namespace spreaders::tools {

namespace {

constexpr int64_t kMeasureMax = 200'000;  // people counted one by one; beyond it the share found so far is applied

struct Resolve {
  std::string name;
  SPR_FIELDS(
      Resolve,
      SPR_FIELD(name,
                "Words for an audience: a list's or segment's name or id, 'newsletter readers', or empty for everyone",
                .max_size = 300, .defaulted = true));
};
struct Resolved {
  std::string audience_id, name;
  int64_t size = 0, reachable_by_email = 0;
  SPR_FIELDS(Resolved, SPR_FIELD(audience_id, "Id of the list or segment; empty for everyone"),
             SPR_FIELD(name, "Its name"), SPR_FIELD(size, "People in it now"),
             SPR_FIELD(reachable_by_email, "Of them with consent for email and an address that works"));
};

Result<Resolved> resolve(ToolContext& context, const Resolve& args) {
  auto& tx = context.tx();
  audience::Resolved found{{}, "all contacts"};
  if (!args.name.empty()) found = TRY(audience::resolve(tx, context.workspace(), args.name));
  Resolved answer{found.ref.list_id + found.ref.segment_id, found.name,
                  TRY(audience::audience_count(tx, context.workspace(), found.ref, context.clock.now())), 0};
  // The same two questions that sending asks, so the number is the one that will be sent.
  auto& profiles = context.part<storage::ProfileSource>();
  auto& guard = context.part<storage::SendGuard>();
  constexpr int page_size = 500;
  int64_t seen = 0;
  for (std::string cursor; seen < kMeasureMax;) {
    auto page = TRY(profiles.page(tx, context.workspace(), found.ref, cursor, page_size));
    if (page.empty()) break;
    auto refusals = TRY(guard.refusals(tx, context.workspace(), "email", false, page));
    answer.reachable_by_email += std::count(refusals.begin(), refusals.end(), "");
    seen += static_cast<int64_t>(page.size());
    cursor = page.back().contact_id;
    if (static_cast<int>(page.size()) < page_size) break;
  }
  if (seen > 0 && answer.size > seen) answer.reachable_by_email = answer.reachable_by_email * answer.size / seen;
  return answer;
}

const ToolSpec kResolve{.name = "audience.resolve",
                        .title = "Find and measure an audience",
                        .description =
                            "Finds the list or segment that a person's words mean and counts who is in it now and who "
                            "of them may get email.",
                        .effect = Effect::kRead,
                        .repeat = Repeat::kSafe,
                        .scopes = {"audience:read"},
                        .body = handler<&resolve>()};

}  // namespace

ToolList audience_resolve_tools() {
  static const ToolSpec* const list[] = {&kResolve};
  return list;
}

}  // namespace spreaders::tools
