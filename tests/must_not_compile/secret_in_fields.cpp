// A secret has no way into JSON.
// refused with: this member type has no mapping to JSON
#include "core/fields.hpp"
#include "core/secret.hpp"

using namespace spreaders;

#ifdef MISTAKE
struct Account {
  Secret name;
  SPR_FIELDS(Account, SPR_FIELD(name, "Who"));
};
#else
struct Account {
  std::string name;
  SPR_FIELDS(Account, SPR_FIELD(name, "Who"));
};
#endif

const FieldList& list() { return Account::field_list(); }
