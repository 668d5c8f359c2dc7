// The facts under which tests make plans: made-up ids, one list of 500 people, one template.
#pragma once

#include <string>
#include <vector>

#include "planners/plan.hpp"

namespace spreaders::planners {

inline PlanFacts made_up_facts(const std::vector<Turn>& turns, const Known& known) {
  PlanFacts facts{.plan_id = "pln_golden0000000001",
                  .tenant = "ten_golden01",
                  .campaign_id = "cmp_golden0001",
                  .connection_id = "con_golden0001",
                  .now = known.now,
                  .zone = known.zone};
  for (const Turn& turn : turns) facts.turns.push_back(turn.text);
  facts.audience_id = "lst_golden0001";
  facts.audience_name = "Newsletter";
  facts.audience_size = 500;
  facts.audience_reachable = 480;
  facts.template_id = "tpl_golden0001";
  facts.template_hash = "sha256:" + std::string(64, 'a');
  facts.template_version = 1;
  facts.subject = "A subject";
  return facts;
}

}  // namespace spreaders::planners
