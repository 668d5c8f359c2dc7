// Whether the steps of a workflow can be what they say: an action's constant arguments against its tool's schema, and
// mails against what the renderer adds by itself. References are resolved only when the run comes to them.
//
//   Findings wrong = find_argument_problems(definition, context.tools);
//   Findings unlawful = TRY(find_mail_problems(tx, workspace, definition));
#pragma once

#include "core/tool.hpp"
#include "storage/storage.hpp"
#include "workflows/findings.hpp"

namespace spreaders::workflows {

// unknown_argument (moved to the nearest name there is, else removed), missing_argument, argument_type (put right where
// the text says the same), invalid_argument (a value outside of what the tool takes).
Findings find_argument_problems(const Json& definition, const ToolRunner& tools);

// missing_unsubscribe: a marketing mail whose template has a text part of its own without unsubscribe_url beside HTML.
// (The renderer adds a footer to HTML without a link, to mails of text alone and to text made from HTML, not to that.)
Result<Findings> find_mail_problems(storage::Tx& tx, const std::string& workspace, const Json& definition);

}  // namespace spreaders::workflows
