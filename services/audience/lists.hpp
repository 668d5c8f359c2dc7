// Lists: named sets of contacts kept by hand. Membership says who belongs, never who may be written to
// (services/consent).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "services/audience/facts.hpp"
#include "storage/storage.hpp"

namespace spreaders::audience {

using storage::Tx;

constexpr size_t kListNameSizeMax = 120;  // characters
constexpr size_t kListDescriptionSizeMax = 1000;
constexpr size_t kListsMax = 1000;  // in one workspace; segments have the same limit

struct List {
  std::string id;
  std::string name;
  std::string description;
  Instant created_at;
  int64_t size = 0;  // members
};

struct Made {
  std::string id;
  bool created = false;  // false: one with this name was there
};
// Names are unique without regard to ASCII case.
Result<Made> create_list(Tx& tx, const std::string& workspace, const std::string& name, const std::string& description,
                         Instant now, Ids& ids);
Result<void> rename_list(Tx& tx, const std::string& workspace, const std::string& id, const std::string& name);
// kConflict names the segments that use it.
Result<void> delete_list(Tx& tx, const std::string& workspace, const std::string& id);
Result<std::vector<List>> all_lists(Tx& tx, const std::string& workspace);
// By id or by name; kNotFound lists the names there are.
Result<List> get_list(Tx& tx, const std::string& workspace, const std::string& id_or_name);
// Names of the lists that this contact is on, by name.
Result<std::vector<std::string>> lists_of(Tx& tx, const std::string& workspace, const std::string& contact_id);
// How many were not members before, or were; the journal is told where there are any.
Result<int64_t> add_members(Tx& tx, const std::string& workspace, const std::string& list_id,
                            std::span<const std::string> contact_ids, Instant now, const Journal& journal);
Result<int64_t> remove_members(Tx& tx, const std::string& workspace, const std::string& list_id,
                               std::span<const std::string> contact_ids, Instant now, const Journal& journal);

// Trimmed, checked for emptiness, size and control characters.
Result<std::string> checked_name(std::string_view what, std::string_view name);

}  // namespace spreaders::audience
