// What an identify says about a person, as a change of their contact. Traits that Segment reserves become the fields of
// a contact (firstName, lastName, name, email, language, timezone), the others attributes; objects are laid flat
// ("address.city"). Nothing a trait says is consent.
#pragma once

#include <map>
#include <string>

#include "services/audience/contacts.hpp"

namespace spreaders::services {

struct TraitChange {
  audience::ContactChange change;             // without the external id
  std::map<std::string, std::string> places;  // "/attributes/address.city" -> "/traits/address/city"
};
// What cannot be kept with a contact is left out and named in `notes`; it stays in the event.
TraitChange change_of_traits(const Json& traits, const Json& context, Issues& notes);

// Members of `newer` over those of `older`.
Json merged_traits(Json older, const Json& newer);

}  // namespace spreaders::services
