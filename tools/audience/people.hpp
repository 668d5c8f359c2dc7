// How contacts look to callers; shared by the audience and email families.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/tool.hpp"
#include "services/audience/contacts.hpp"
#include "services/consent/consent.hpp"

namespace spreaders::tools {

// What is known about one address on one channel, and whether it may be written to now.
struct ConsentView {
  std::string channel;
  std::string state;  // opted_in, opted_out, unknown
  std::optional<std::string> source;
  std::optional<std::string> proof;
  std::optional<Instant> at;
  std::optional<std::string> suppressed;  // reason
  std::optional<std::string> suppressed_by;
  std::optional<Instant> suppressed_at;
  bool may_send_marketing = false;
  std::string reason;
  SPR_FIELDS(ConsentView, SPR_FIELD(channel, "Channel"), SPR_FIELD(state, "opted_in, opted_out or unknown"),
             SPR_FIELD(source, "Where the consent was given"), SPR_FIELD(proof, "What shows it"),
             SPR_FIELD(at, "When it was given"),
             SPR_FIELD(suppressed, "Why the address is shut: unsubscribed, manual, hard_bounce or complaint"),
             SPR_FIELD(suppressed_by, "Who or what shut it"), SPR_FIELD(suppressed_at, "Since when it is shut"),
             SPR_FIELD(may_send_marketing, "Whether marketing may be sent now"),
             SPR_FIELD(reason, "Why not; empty when it may"));
};
// `contact_id` may be empty: an address can be shut without being anybody's.
Result<ConsentView> consent_view(storage::Tx& tx, const std::string& workspace, const std::string& channel,
                                 const std::string& contact_id, const std::string& address);

// Attributes as tools take them; problems begin with "/attributes".
audience::Attributes attributes_of(const std::map<std::string, Json>& given, Issues& issues);
// Puts a contact on lists, named by id or name; whether that changed anything.
Result<bool> join_lists(ToolContext& context, const std::string& contact_id, const std::vector<std::string>& lists);

constexpr size_t kPersonSizeMax = 254;
// Who `person` is: a contact's id or address, or the id that another system gives them. kNotFound: nobody.
Result<audience::Contact> person_of(storage::Tx& tx, const std::string& workspace, const std::string& person);

}  // namespace spreaders::tools
