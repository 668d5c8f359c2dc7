#include "workflows/inspect/diff.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace spreaders::workflows::inspect {

namespace {

constexpr std::string_view kWays[] = {"next", "on_fail", "yes", "no", "on", "on_missing", "else", "to", "join"};

bool is_way(const std::string& pointer, const Json& node) {
  std::string_view member = std::string_view(pointer).substr(1);
  std::string_view first = member.substr(0, member.find('/'));
  if (std::find(std::begin(kWays), std::end(kWays), first) != std::end(kWays)) return true;
  if (first == "holdout" || first == "branches")
    return pointer.ends_with("/to") || node.value("type", Json()) == Json("parallel");
  return false;
}

void compare(const Json* before, const Json* after, const std::string& pointer, std::vector<Change>& out) {
  if (before == nullptr && after == nullptr) return;
  if (before != nullptr && after != nullptr) {
    if (*before == *after) return;
    if (before->is_object() && after->is_object()) {
      std::set<std::string> keys;
      for (const auto* side : {before, after}) {
        for (const auto& [key, value] : side->items()) keys.insert(key);
      }
      for (const auto& key : keys) {
        auto old_value = before->find(key);
        auto new_value = after->find(key);
        compare(old_value == before->end() ? nullptr : &*old_value, new_value == after->end() ? nullptr : &*new_value,
                pointer + pointer_step(key), out);
      }
      return;
    }
    if (before->is_array() && after->is_array() && before->size() == after->size()) {
      for (size_t i = 0; i < before->size(); ++i)
        compare(&(*before)[i], &(*after)[i], pointer + "/" + std::to_string(i), out);
      return;
    }
  }
  out.push_back({"", ChangeKind::kChanged, pointer, before == nullptr ? "" : to_text(*before),
                 after == nullptr ? "" : to_text(*after)});
}

const Json* node_in(const Json& definition, const std::string& id) {
  return at_pointer(definition, "/nodes" + pointer_step(id));
}

Json without_ways(Json node) {
  for (const auto& way : kWays) node.erase(std::string(way));
  return node;
}

}  // namespace

std::vector<Change> changes_between(const Json& from, const Json& to) {
  std::vector<Change> all;
  for (const char* member : {"start", "goal", "settings"}) {
    auto old_value = from.find(member);
    auto new_value = to.find(member);
    std::vector<Change> found;
    compare(old_value == from.end() ? nullptr : &*old_value, new_value == to.end() ? nullptr : &*new_value,
            std::string("/") + member, found);
    for (auto& change : found) {
      if (change.pointer == "/start") change.kind = ChangeKind::kRewired;
      all.push_back(std::move(change));
    }
  }
  std::set<std::string> ids;
  for (const auto* side : {&from, &to}) {
    for (const auto& [id, node] : side->at("nodes").items()) ids.insert(id);
  }
  for (const auto& id : ids) {
    const Json* before = node_in(from, id);
    const Json* after = node_in(to, id);
    const std::string pointer = "/nodes" + pointer_step(id);
    if (before == nullptr || after == nullptr) {
      all.push_back({id, before == nullptr ? ChangeKind::kAdded : ChangeKind::kRemoved, pointer,
                     before == nullptr ? "" : to_text(*before), after == nullptr ? "" : to_text(*after)});
      continue;
    }
    std::vector<Change> found;
    compare(before, after, "", found);
    for (auto& change : found) {
      change.node = id;
      if (is_way(change.pointer, *after)) change.kind = ChangeKind::kRewired;
      change.pointer = pointer + change.pointer;
      all.push_back(std::move(change));
    }
  }
  return all;
}

NodeMove move_of(const std::string& node, const Json& from, const Json& to, const NodeMap& map) {
  if (auto named = map.find(node); named != map.end()) return {named->second, Arrival::kAnew};
  const Json* before = node_in(from, node);
  const Json* after = node_in(to, node);
  if (before == nullptr || after == nullptr) return {};
  return {node, without_ways(*before) == without_ways(*after) ? Arrival::kStays : Arrival::kAnew};
}

}  // namespace spreaders::workflows::inspect
