// Steps a second of workflow.simulate: made-up people through a split, an action, a delay until nine, a wait for an
// event and a condition. The floor is the pure part alone: the same decisions of step() and after_call() for the same
// people, with nothing kept.
//
//   simulate_bench [people]
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>

#include "workflows/inspect/simulate.hpp"

using namespace spreaders;
using namespace spreaders::workflows;

namespace {

constexpr int64_t kPeople = 200'000;
constexpr Instant kFrom{1'790'000'000'000'000};

Json journey() {
  const char* text = R"({"id":"wf_bench","name":"Bench","start":"split","nodes":{
    "split":{"type":"split","mode":"experiment","salt":"e","branches":[{"name":"A","weight":5000,"to":"mail"},{"name":"B","weight":5000,"to":"nine"}]},
    "mail":{"type":"action","tool":"notification.sendEmail","args":{"template_id":"tpl_1"},"next":"nine"},
    "nine":{"type":"delay","local_time":"09:00","zone":"Europe/Berlin","next":"wait"},
    "wait":{"type":"wait_event","event":"Bought","timeout":"P7D","on":{"event":"end","timeout":"ask"}},
    "ask":{"type":"condition","if":{"person":{"attribute":"plan","op":"eq","value":"free"}},"yes":"day","no":"end"},
    "day":{"type":"delay","for":"P1D","next":"end"},
    "end":{"type":"end"}}})";
  return parse_json(text).value_or(Json());
}

// Of processor time: what else the machine does is not the simulation's.
double cpu_s() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Figures {
  int64_t steps = 0;
  double seconds = 0;
  [[nodiscard]] double rate() const { return static_cast<double>(steps) / seconds; }
};

Result<Figures> simulated(const Definition& definition, const Json& json, int64_t people) {
  auto prepared = TRY(inspect::prepare(definition, json, {}, [](std::string_view) { return "email"; }));
  const double begin_s = cpu_s();
  auto result = TRY(inspect::simulate(prepared, inspect::made_up_people(prepared, people, 1),
                                      {.from = kFrom, .people_of = people, .time_limit_ms = 600'000}));
  return Figures{result.steps, cpu_s() - begin_s};
}

// Everybody takes the same way, as long as most take in the simulation.
Figures bare(const Definition& definition, int64_t people) {
  const std::pair<const char*, int64_t> way[] = {{"split", 0}, {"mail", 0}, {"nine", 0}, {"nine", 1}, {"wait", 0},
                                                 {"wait", 1},  {"ask", 0},  {"day", 0},  {"day", 1},  {"end", 0}};
  std::vector<Token> tokens;
  for (const auto& [node, visit] : way) tokens.push_back({.node_id = node, .due = kFrom, .visit = visit});
  const Json results = Json::object();
  const Result<Json> answer = Json::object();
  Rng rng(1);
  Figures figures;
  const double begin_s = cpu_s();
  for (int64_t i = 0; i < people; ++i) {
    Seen seen;
    seen.run = {{"id", "run"}, {"subject", "person_" + std::to_string(i)}, {"key", ""}, {"campaign", ""}};
    for (const auto& token : tokens) {
      Step decided = step(definition, token, results, kFrom, seen);
      if (decided.kind == Step::Kind::kCall) decided = after_call(definition, token, answer, kFrom, rng);
      figures.steps += decided.log_kind.empty() ? 0 : 1;
    }
  }
  figures.seconds = cpu_s() - begin_s;
  return figures;
}

Result<void> measure(int64_t people) {
  Json json = journey();
  auto definition = TRY(parse_definition(json));
  auto ours = TRY(simulated(definition, json, people));
  auto floor = bare(definition, people);
  std::printf("{\"people\": %lld, \"steps\": %lld, \"steps_per_s\": %.0f, \"floor_per_s\": %.0f}\n",
              static_cast<long long>(people), static_cast<long long>(ours.steps), ours.rate(), floor.rate());
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const auto done = measure(argc > 1 ? std::atoll(argv[1]) : kPeople);
  if (done.ok()) return 0;
  std::fprintf(stderr, "%s\n", done.error().text().c_str());
  return 1;
}
