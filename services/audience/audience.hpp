// An audience: a list, a segment or everyone; how a person's words find one, how many it has, and its members page by
// page.
//
//   auto found = TRY(resolve(tx, workspace, "our newsletter readers"));       // found.name == "Newsletter"
//   auto people = TRY(audience_page(tx, workspace, found.ref, {.after = cursor, .limit = 500}, now));
//
// Pages are in the order of contact ids, which never change, so a cursor is stable while people come and go.
#pragma once

#include <string>
#include <vector>

#include "services/audience/contacts.hpp"
#include "storage/ports.hpp"

namespace spreaders::audience {

using storage::AudienceRef;

struct Resolved {
  AudienceRef ref;
  std::string name;  // of the list or segment; "all contacts"
};
// By id, by name without regard to case, or by words in common ("newsletter readers" finds "Newsletter"; plurals count
// as singulars). kNotFound names what there is; kInvalidArgument names the candidates when several fit equally well.
Result<Resolved> resolve(Tx& tx, const std::string& workspace, std::string_view name);

struct PageQuery {
  std::string after = {};  // contact id; empty = from the start
  int limit = 500;         // at most kPageMax
  std::string text = {};   // only contacts whose address or names contain it
};
// Fewer than `limit` means the end.
Result<std::vector<Contact>> audience_page(Tx& tx, const std::string& workspace, const AudienceRef& ref,
                                           const PageQuery& query, Instant now);
Result<int64_t> audience_count(Tx& tx, const std::string& workspace, const AudienceRef& ref, Instant now);

// The same for a rule that has no name yet; its lists must be bound.
struct Rule;
Result<int64_t> rule_count(Tx& tx, const std::string& workspace, const Rule& rule, Instant now);
Result<std::vector<Contact>> rule_page(Tx& tx, const std::string& workspace, const Rule& rule, const PageQuery& query,
                                       Instant now);

// The engine's port to audience_page() for e-mail.
class Profiles : public storage::ProfileSource {
 public:
  explicit Profiles(Clock& clock) : clock_(clock) {}
  Result<std::vector<storage::Recipient>> page(Tx& tx, const std::string& workspace, const AudienceRef& audience,
                                               const std::string& after_contact_id, int limit) override;

 private:
  Clock& clock_;
};

}  // namespace spreaders::audience
