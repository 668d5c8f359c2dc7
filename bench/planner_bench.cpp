// Milliseconds from a brief to its understanding with the built-in planner, over tests/planner/briefs.jsonl.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/json.hpp"
#include "planners/brief.hpp"

int main() {
  using namespace spreaders;
  constexpr int kRounds = 20;
  struct Case {
    std::vector<planners::Turn> turns;
    planners::Known known;
  };
  std::vector<Case> cases;
  std::ifstream file("tests/planner/briefs.jsonl");
  for (std::string line; std::getline(file, line);) {
    const auto json = parse_json(line);
    if (!json) continue;
    const auto now = parse_instant((*json)["now"].get<std::string>());
    if (!now) continue;
    cases.push_back(
        {{{(*json)["goal"].get<std::string>()}}, {.now = *now, .zone = (*json)["tz"].get<std::string>(), .lists = {}}});
  }
  if (cases.empty()) {
    std::fprintf(stderr, "tests/planner/briefs.jsonl has no briefs; run from the root of the tree\n");
    return 1;
  }
  size_t questions = 0;
  int64_t worst_ms = 0;
  const int64_t begin_ms = monotonic_ms();
  for (int round = 0; round < kRounds; ++round) {
    for (const auto& brief : cases) {
      const int64_t one_ms = monotonic_ms();
      questions += planners::understand(brief.turns, brief.known).questions.size();
      worst_ms = std::max(worst_ms, monotonic_ms() - one_ms);
    }
  }
  const double all_ms = static_cast<double>(monotonic_ms() - begin_ms);
  std::printf("{\"briefs\": %zu, \"questions\": %zu, \"ms_per_brief\": %.3f, \"worst_ms\": %lld}\n", cases.size(),
              questions / kRounds, all_ms / static_cast<double>(cases.size() * kRounds),
              static_cast<long long>(worst_ms));
  return 0;
}
