// Inside parse_definition(): the reader of members, the readers of the kinds of nodes and the checks of the graph.
#pragma once

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "workflows/definition.hpp"
#include "workflows/findings.hpp"

namespace spreaders::workflows {

// Reads members of one node and remembers which it knows, so that the others can be refused.
class Reader {
 public:
  Reader(const Json& json, std::string pointer, Findings& issues)
      : json_(json), pointer_(std::move(pointer)), issues_(issues) {}

  void issue(std::string_view member, std::string message, std::string code = "invalid_value", std::string fix = {});
  // What is missing, with the value that could stand there.
  void missing(const char* member, std::string code, const Json& value = {});
  const Json* get(const char* member, bool required = false);
  // Each answers its empty value for what is missing or wrong.
  std::string text(const char* member, bool required = false);
  int64_t whole(const char* member, int64_t fallback, int64_t min, int64_t max);
  bool yes_or_no(const char* member, bool fallback);
  int64_t duration_us(const char* member, bool required = false);
  std::shared_ptr<const Json> object(const char* member, bool required = false);
  void refuse_unknown();

 private:
  const Json& json_;
  std::string pointer_;
  Findings& issues_;
  std::set<std::string> known_;
};

// The text of a patch of one operation; no value for "remove".
std::string patch(std::string_view op, const std::string& path, const Json& value = {});

Node read_node(const std::string& id, const Json& json, Findings& issues);

// Where a token may go from here: the member that says so (a JSON Pointer below the node) and the node it names.
std::vector<std::pair<std::string, std::string>> edges_of(const Node& node);
// {"$from":...}, {"$run":...} or {"$trigger":...}: what the run puts in its place.
bool is_reference(const Json& value);
// Whether later nodes may refer to its result.
bool has_result(const Node& node);

// Conditions on an event's properties; the node's or the goal's member `match`.
std::shared_ptr<const Json> read_match(Reader& reader, const std::string& pointer, Findings& issues);
std::optional<sending::WorkflowSettings> read_settings(const Json& json, Findings& issues);
Limits limits_of(const sending::WorkflowSettings& settings);
void read_delay(Reader& reader, const std::string& pointer, Node& node, Findings& issues);
void read_split(Reader& reader, const std::string& pointer, Node& node, Findings& issues);
void read_sub_workflow(Reader& reader, const std::string& pointer, Node& node, Findings& issues);
void read_approval(Reader& reader, const std::string& pointer, Node& node, Findings& issues);
void read_update_profile(Reader& reader, const std::string& pointer, Node& node, Findings& issues);
void read_tag(Reader& reader, Node& node);
void read_render(Reader& reader, Node& node);
// Knows which loops go around which, once the graph is sound.
void nest_loops(Definition& definition);

void check_cycles(const Definition& definition, Findings& issues);
void check_joins(const Definition& definition, Findings& issues);
// A reference inside `value` is well made and names a node that has a result.
void check_references(const Json& value, const std::string& pointer, const Definition& definition, Findings& issues);

}  // namespace spreaders::workflows
