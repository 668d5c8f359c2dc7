// Steps a second of the workflow engine on SQLite with synchronous=FULL: runs of delay nodes that are due at once, so
// that every step is claim, decision, step log and commit, and nothing else.
//
//   engine_bench [runs] [nodes]
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/random.hpp"
#include "tests/support/temp_dir.hpp"
#include "workflows/engine.hpp"

using namespace spreaders;

namespace {

constexpr int kRuns = 4000;
constexpr int kNodes = 10;
constexpr int kStartsPerCommit = 500;

class NoTools : public ToolRunner {
 public:
  [[nodiscard]] ToolList list() const override { return {}; }
  [[nodiscard]] const ToolSpec* find(std::string_view) const override { return nullptr; }
  Result<Json> call(const ToolCall& call) override { return not_found("no tool " + call.name); }
  Result<void> admit(storage::Tx&, const ToolCall&) override { return {}; }
};

class NoPeople : public storage::ProfileSource, public storage::SendGuard {
 public:
  Result<std::vector<storage::Recipient>> page(storage::Tx&, const std::string&, const storage::AudienceRef&,
                                               const std::string&, int) override {
    return std::vector<storage::Recipient>{};
  }
  Result<std::vector<std::string>> refusals(storage::Tx&, const std::string&, const std::string&, bool,
                                            const std::vector<storage::Recipient>& recipients) override {
    return std::vector<std::string>(recipients.size());
  }
};

Json chain(int nodes) {
  Json definition = {{"id", "wf_bench"}, {"name", "Bench"}, {"start", "n0"}, {"nodes", Json::object()}};
  for (int i = 0; i < nodes; ++i) {
    const std::string next = i + 1 < nodes ? "n" + std::to_string(i + 1) : "end";
    definition["nodes"]["n" + std::to_string(i)] = {{"type", "delay"}, {"for", "PT0S"}, {"next", next}};
  }
  definition["nodes"]["end"] = {{"type", "end"}};
  return definition;
}

Result<void> start_runs(storage::Storage& storage, const std::string& workspace, int runs, int nodes, Instant now) {
  TRY(storage.write(storage::Scope::of(workspace),
                    [&](storage::Tx& tx) { return workflows::store_definition(tx, workspace, chain(nodes), 1, now); }));
  for (int begin = 0; begin < runs; begin += kStartsPerCommit) {
    TRY(storage.write(storage::Scope::of(workspace), [&](storage::Tx& tx) -> Result<void> {
      for (int i = begin; i < std::min(runs, begin + kStartsPerCommit); ++i) {
        workflows::StartRun start;
        start.workflow_id = "wf_bench";
        start.subject = "con_" + std::to_string(i);
        start.entry_key = "bench";
        start.principal = {.id = "system", .workspace = workspace, .scopes = {}, .door = "engine"};
        TRY(workflows::start_run(tx, workspace, start, now, system_ids()));
      }
      return {};
    }));
  }
  return {};
}

Result<void> measure(int runs, int nodes) {
  testing::TempDir directory;
  auto storage = TRY(storage::open_sqlite({.path = directory.path() + "/bench.db"}));
  TRY(storage->migrate());
  VirtualClock clock(Instant{1'790'000'000'000'000});
  TRY(start_runs(*storage, "wsp_bench", runs, nodes, clock.now()));
  NoTools tools;
  NoPeople people;
  workflows::Engine engine(*storage, clock, system_ids(), tools, people, people, {.batch = 500}, "bench");
  const int64_t begin_ms = monotonic_ms();
  int64_t steps = 0;
  for (;;) {
    const int moved = TRY(engine.run_once());
    steps += moved;
    if (moved > 0) continue;
    const auto due = TRY(engine.next_due());
    if (!due) break;
    clock.move_to(*due);
  }
  const double seconds = static_cast<double>(monotonic_ms() - begin_ms) / 1000;
  std::printf("{\"runs\": %d, \"steps\": %lld, \"seconds\": %.2f, \"steps_per_s\": %.0f}\n", runs,
              static_cast<long long>(steps), seconds, static_cast<double>(steps) / seconds);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const auto done = measure(argc > 1 ? std::atoi(argv[1]) : kRuns, argc > 2 ? std::atoi(argv[2]) : kNodes);
  if (done.ok()) return 0;
  std::fprintf(stderr, "%s\n", done.error().text().c_str());
  return 1;
}
