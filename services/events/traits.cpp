#include "services/events/traits.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"

namespace spreaders::services {

namespace {

constexpr int kTraitDepthMax = 3;

using audience::ContactChange;
using TextField = std::optional<std::string> ContactChange::*;
struct Reserved {
  std::string_view trait;
  TextField field;
  const char* pointer;
};
constexpr Reserved kReserved[] = {
    {"firstName", &ContactChange::first_name, "/first_name"}, {"first_name", &ContactChange::first_name, "/first_name"},
    {"lastName", &ContactChange::last_name, "/last_name"},    {"last_name", &ContactChange::last_name, "/last_name"},
    {"language", &ContactChange::language, "/language"},      {"timezone", &ContactChange::time_zone, "/time_zone"},
    {"time_zone", &ContactChange::time_zone, "/time_zone"}};

const Reserved* reserved(std::string_view trait) {
  for (const auto& one : kReserved) {
    if (one.trait == trait) return &one;
  }
  return nullptr;
}

void add_attribute(const std::string& name, const Json& value, const std::string& place, int depth, TraitChange& made,
                   Issues& notes) {
  if (value.is_object() && depth < kTraitDepthMax) {
    for (const auto& [part, inner] : value.items())
      add_attribute(name + "." + part, inner, place + pointer_step(part), depth + 1, made, notes);
    return;
  }
  Issues problems;
  auto attributes = audience::attributes_from_json({{name, value}}, "", problems);
  if (!problems.empty()) {
    notes.push_back({place, "is kept with the event only: an attribute is text, a number, true or false"});
    return;
  }
  made.change.attributes.merge(attributes);
  made.places["/attributes" + pointer_step(name)] = place;
}

// A whole name goes before the first blank and after it.
void split_name(const std::string& name, ContactChange& change) {
  auto text = trim(name);
  size_t blank = std::min(text.find(' '), text.size());
  change.first_name = std::string(text.substr(0, blank));
  change.last_name = std::string(trim(text.substr(blank)));
}

// The device's language and zone say something about the person as long as nothing better is known.
void add_locale(const Json& context, ContactChange& change) {
  auto add = [&](const char* name, Format format, std::optional<std::string>& field) {
    auto found = context.find(name);
    if (field || found == context.end() || !found->is_string()) return;
    const auto& text = found->get_ref<const std::string&>();
    if (!text.empty() && format_problem(format, text).empty()) field = text;
  };
  add("locale", Format::kLanguage, change.language);
  add("timezone", Format::kTimeZone, change.time_zone);
}

// Leaves out what a contact cannot hold, and says so.
void drop_problems(TraitChange& made, Issues& notes) {
  Issues problems;
  ContactChange probe = made.change;
  if (probe.email.empty()) probe.external_id = "-";  // who it is about is told elsewhere
  audience::check_change(probe, problems);
  for (auto& problem : problems) {
    auto place = made.places.find(problem.pointer);
    notes.push_back({place == made.places.end() ? problem.pointer : place->second, problem.message});
    if (problem.pointer == "/email") made.change.email.clear();
    for (const auto& one : kReserved) {
      if (problem.pointer == one.pointer) (made.change.*one.field).reset();
    }
    std::erase_if(made.change.attributes,
                  [&](const auto& entry) { return "/attributes" + pointer_step(entry.first) == problem.pointer; });
  }
}

}  // namespace

TraitChange change_of_traits(const Json& traits, const Json& context, Issues& notes) {
  TraitChange made;
  std::string whole_name;
  for (const auto& [name, value] : traits.items()) {
    std::string place = "/traits" + pointer_step(name);
    const Reserved* field = reserved(name);
    bool text = value.is_string();
    if (name == "email" && text) {
      made.change.email = std::string(trim(value.get_ref<const std::string&>()));
      made.places["/email"] = place;
    } else if (field != nullptr && text) {
      made.change.*field->field = value.get<std::string>();
      made.places[field->pointer] = place;
    } else if (name == "name" && text) {
      whole_name = value.get<std::string>();
      made.places.emplace("/first_name", place);
      made.places.emplace("/last_name", place);
    } else if (name == "email" || field != nullptr) {
      if (!value.is_null()) notes.push_back({place, "is kept with the event only: it must be text"});
    } else if (name != "id") {  // the person's id, which userId says already
      add_attribute(name, value, place, 1, made, notes);
    }
  }
  if (!trim(whole_name).empty() && !made.change.first_name && !made.change.last_name)
    split_name(whole_name, made.change);
  add_locale(context, made.change);
  drop_problems(made, notes);
  return made;
}

Json merged_traits(Json older, const Json& newer) {
  for (const auto& [name, value] : newer.items()) older[name] = value;
  return older;
}

}  // namespace spreaders::services
