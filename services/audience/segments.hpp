// Segments: named rules. Who belongs is worked out when it is asked, so a segment is never stale.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "services/audience/lists.hpp"
#include "services/audience/rule.hpp"

namespace spreaders::audience {

struct Segment {
  std::string id;
  std::string name;
  Rule rule;
  Instant created_at;
  Instant updated_at;
};

// Lists in the rule are bound. A name that is taken: the same segment when the rule is equal, else kConflict.
Result<Made> create_segment(Tx& tx, const std::string& workspace, const std::string& name, Rule rule, Instant now,
                            Ids& ids);
// An empty name keeps the old one; so does a missing rule.
Result<void> update_segment(Tx& tx, const std::string& workspace, const std::string& id, const std::string& name,
                            std::optional<Rule> rule, Instant now);
Result<void> delete_segment(Tx& tx, const std::string& workspace, const std::string& id);
// By id or by name; kNotFound lists the names there are.
Result<Segment> get_segment(Tx& tx, const std::string& workspace, const std::string& id_or_name);
Result<std::vector<Segment>> all_segments(Tx& tx, const std::string& workspace);

}  // namespace spreaders::audience
