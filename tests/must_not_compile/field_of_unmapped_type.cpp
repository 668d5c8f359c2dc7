// A member type that has no form in JSON.
// refused with: this member type has no mapping to JSON
#include <set>
#include "core/fields.hpp"

using namespace spreaders;

#ifdef MISTAKE
struct Args {
  std::set<std::string> tags;
  SPR_FIELDS(Args, SPR_FIELD(tags, "Words"));
};
#else
struct Args {
  std::vector<std::string> tags;
  SPR_FIELDS(Args, SPR_FIELD(tags, "Words"));
};
#endif

const FieldList& list() { return Args::field_list(); }
