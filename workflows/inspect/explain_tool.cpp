// workflow.explain: about a run, or about a person and what they should have got.
#include <nlohmann/json.hpp>

#include "services/audience/contacts.hpp"
#include "workflows/inspect/explain.hpp"
#include "workflows/inspect/tools.hpp"

namespace spreaders::workflows::inspect {

namespace {

struct Args {
  std::optional<std::string> run_id = {}, contact = {}, campaign_id = {}, workflow_id = {};
  SPR_FIELDS(Args, SPR_FIELD(run_id, "A run", .format = Format::kIdentifier),
             SPR_FIELD(contact, "Or a person: contact id or email", .max_size = 254),
             SPR_FIELD(campaign_id, "The campaign that should have reached them", .format = Format::kIdentifier),
             SPR_FIELD(workflow_id, "Or the workflow", .format = Format::kIdentifier));
  static void check(const Args& args, Issues& issues) {
    if (args.run_id.has_value() == args.contact.has_value())
      issues.push_back({"/run_id", "give either a run_id or a contact"});
    if (args.contact && args.campaign_id.has_value() == args.workflow_id.has_value())
      issues.push_back({"/campaign_id", "goes with a contact: either a campaign_id or a workflow_id"});
  }
};

Result<Explained> explain(ToolContext& context, const Args& args) {
  auto& tx = context.tx();
  const Instant now = context.clock.now();
  if (args.run_id) return explain_run(tx, context.workspace(), *args.run_id, now);
  std::string id = *args.contact;
  if (id.find('@') != std::string::npos) id = TRY(audience::get_contact_by_email(tx, context.workspace(), id)).id;
  return explain_message(tx, context.workspace(), {id, args.campaign_id.value_or(""), args.workflow_id.value_or("")},
                         now);
}

}  // namespace

const ToolSpec kExplain{
    .name = "workflow.explain",
    .title = "Explain what happened to somebody",
    .description =
        "Why a person got or did not get a message, or what a run did and why, in words: conditions with what they "
        "saw, consent, the message's fate, and what is not known.",
    .words =
        "why did she not get the mail; why was he not written to; why did this contact take that way; explain the "
        "journey of a person; what happened to this customer; mail did not arrive; who decided this; reason for skip; "
        "warum keine mail bekommen; pourquoi pas reçu; por qué no recibió",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"workflows:read", "audience:read"},
    .body = handler<&explain>()};

}  // namespace spreaders::workflows::inspect
