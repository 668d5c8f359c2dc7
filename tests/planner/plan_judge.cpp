// Makes plans of briefs and judges plans, a JSON document a line, for the comparison with ajv:
//
//   plan_judge make FILE...   briefs (tests/planner/*.jsonl)   -> plans, one a state of the talk
//   plan_judge check          plans on standard input          -> the pointers of what is wrong, an array a line
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "planners/made_up_facts_test.hpp"
#include "planners/plan.hpp"
#include "planners/schema.hpp"

namespace spreaders::planners {
namespace {

void make(const std::string& path) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const Json brief = parse_json(line).value_or(Json());
    const Known known{*parse_instant(brief.at("now").get<std::string>()), brief.value("tz", "UTC"), {}};
    std::vector<Turn> turns = {{brief.at("goal").get<std::string>()}};
    for (const Json& turn : brief.value("turns", Json::array())) {
      std::cout << to_text(build_plan(understand(turns, known), made_up_facts(turns, known))) << "\n";
      turns.push_back({turn.at("user").get<std::string>()});
    }
    std::cout << to_text(build_plan(understand(turns, known), made_up_facts(turns, known))) << "\n";
  }
}

void check() {
  for (std::string line; std::getline(std::cin, line);) {
    Json pointers = Json::array();
    for (const Issue& issue : check_plan(parse_json(line).value_or(Json()))) pointers.push_back(issue.pointer);
    std::cout << to_text(pointers) << "\n";
  }
}

}  // namespace
}  // namespace spreaders::planners

int main(int count, char** arguments) {
  const std::string mode = count > 1 ? arguments[1] : "";
  if (mode == "check") return spreaders::planners::check(), 0;
  if (mode != "make") return 2;
  for (int i = 2; i < count; ++i) spreaders::planners::make(arguments[i]);
  return 0;
}
