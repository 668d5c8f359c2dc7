#include "mcp-server/catalogue/selection.hpp"

#include <algorithm>
#include <set>

#include "core/bytes.hpp"
#include "core/service.hpp"

namespace spreaders::mcp {

namespace {

constexpr size_t kNames_max = 400;  // of one list
constexpr size_t kNameShown_max = 80;

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The names of a comma list: sorted, once each.
std::vector<std::string> names_of(std::string_view list) {
  std::set<std::string> names;
  for (size_t from = 0; from <= list.size() && names.size() < kNames_max;) {
    size_t end = std::min(list.find(',', from), list.size());
    auto name = trim(list.substr(from, end - from));
    if (!name.empty()) names.emplace(name);
    from = end + 1;
  }
  return {names.begin(), names.end()};
}

// Dotted name of a tool given by its dotted or wire name; empty when there is none.
std::string dotted_of(std::string_view name, const ToolList& known) {
  const auto* spec = find_tool(known, name);
  return spec == nullptr ? std::string() : std::string(spec->name.value);
}

bool is_family(std::string_view name, const ToolList& known) {
  return std::any_of(known.begin(), known.end(),
                     [&](const ToolSpec* spec) { return family_of(spec->name.value) == name; });
}

std::string families_of(const ToolList& known) {
  std::set<std::string_view> families;
  for (const auto* spec : known) families.insert(family_of(spec->name.value));
  std::string text;
  for (auto family : families) text += (text.empty() ? "" : ", ") + std::string(family);
  return text;
}

std::string shown(std::string_view name) { return "'" + std::string(first_code_points(name, kNameShown_max)) + "'"; }

void read_toolsets(std::string_view list, const ToolList& known, const std::string& where, Selection& selection,
                   Issues& issues) {
  for (auto& name : names_of(list)) {
    if (name == "all") continue;
    if (is_family(name, known)) selection.toolsets.push_back(std::move(name));
    else issues.push_back({where, "there is no toolset " + shown(name) + "; there are " + families_of(known)});
  }
}

}  // namespace

bool Selection::shows(const ToolSpec& spec) const {
  std::string_view name = spec.name.value;
  if (read_only && spec.effect != Effect::kRead) return false;
  if (caller && !caller->may_all(spec.scopes.list())) return false;
  if (holds(exclude, name) || holds(exclude, family_of(name))) return false;
  if (toolsets.empty() && tools.empty()) return true;
  return holds(toolsets, family_of(name)) || holds(tools, name);
}

std::string Selection::key() const {
  std::string text;
  auto add = [&text](char kind, const std::vector<std::string>& names) {
    for (const auto& name : names) text += kind + name;
  };
  if (compact) text += '*';
  if (read_only) text += '!';
  if (by_header) text += '@';
  add('/', toolsets);
  add('+', tools);
  add('-', exclude);
  if (caller) {
    text += caller->kind == Principal::Kind::kPerson ? "=person" : "=";
    std::set<std::string> scopes(caller->scopes.begin(), caller->scopes.end());
    for (const auto& scope : scopes) text += " " + scope;
  }
  return text;
}

Result<Selection> read_selection(const SelectionWords& words, const ToolList& known, std::string_view where) {
  Selection selection;
  Issues issues;
  std::string prefix(where);
  read_toolsets(words.toolsets, known, prefix + "toolsets", selection, issues);
  for (const auto& name : names_of(words.tools)) {
    auto dotted = dotted_of(name, known);
    if (dotted.empty()) issues.push_back({prefix + "tools", "there is no tool " + shown(name)});
    else selection.tools.push_back(std::move(dotted));
  }
  for (const auto& name : names_of(words.exclude)) {
    auto dotted = is_family(name, known) ? name : dotted_of(name, known);
    if (dotted.empty()) issues.push_back({prefix + "exclude", "there is no tool or toolset " + shown(name)});
    else selection.exclude.push_back(std::move(dotted));
  }
  if (!issues.empty()) return issues_error("The selection of tools", std::move(issues));
  return selection;
}

Result<void> read_selection_path(std::string_view rest, const ToolList& known, Selection& selection) {
  Issues issues;
  auto take = [&rest](std::string_view part) {
    if (!rest.starts_with(part) || (rest.size() > part.size() && rest[part.size()] != '/')) return false;
    rest.remove_prefix(part.size());
    return true;
  };
  if (take("/compact")) {
    selection.compact = true;
  } else if (rest.starts_with("/x/")) {
    rest.remove_prefix(3);
    size_t end = std::min(rest.find('/'), rest.size());
    Selection of_path;
    read_toolsets(rest.substr(0, end), known, "path", of_path, issues);
    if (trim(rest.substr(0, end)).empty())
      issues.push_back({"path", "name a toolset after /x/: " + families_of(known)});
    // A header and a path together: what both allow.
    if (!selection.toolsets.empty())
      std::erase_if(of_path.toolsets, [&](const std::string& name) { return !holds(selection.toolsets, name); });
    if (of_path.toolsets.empty() && issues.empty())
      issues.push_back({"path", "the path and the header name no toolset in common"});
    selection.toolsets = std::move(of_path.toolsets);
    rest.remove_prefix(end);
  }
  if (take("/readonly")) selection.read_only = true;
  if (!rest.empty() && rest != "/")
    issues.push_back(
        {"path", shown(rest) + " is no part of this endpoint; there are /compact, /x/{toolsets} and /readonly"});
  if (!issues.empty()) return issues_error("The path", std::move(issues));
  return {};
}

bool is_true_word(std::string_view word) {
  std::string lower = lower_ascii(trim(word));
  return lower == "true" || lower == "1" || lower == "yes" || lower == "on";
}

}  // namespace spreaders::mcp
