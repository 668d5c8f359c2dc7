// What people say of a template while they work on it. A comment belongs to the version it was made on and stays when
// there is a newer one, until somebody resolves it.
//
//   auto comment = TRY(add_comment(tx, workspace, {.template_id = id, .part = "subject", .text = "Too long?",
//                                                  .by = principal.id}, now, ids));
//   TRY(resolve_comment(tx, workspace, comment.id, principal.id, now));
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/fields.hpp"
#include "core/random.hpp"
#include "storage/storage.hpp"

namespace spreaders::services {

enum class TemplatePart : uint8_t { kWhole, kSubject, kPreheader, kHtml, kText };
SPR_ENUM(TemplatePart, {TemplatePart::kWhole, "whole"}, {TemplatePart::kSubject, "subject"},
         {TemplatePart::kPreheader, "preheader"}, {TemplatePart::kHtml, "html"}, {TemplatePart::kText, "text"});

constexpr size_t kCommentSizeMax = 2000;  // characters
constexpr int64_t kCommentsPerTemplateMax = 1000;

struct NewComment {
  std::string template_id;  // or its name
  int64_t version = 0;      // 0 = the latest
  TemplatePart part = TemplatePart::kWhole;
  std::string text;
  std::string by = {};  // id of the principal
};
struct Comment {
  std::string id, template_id;
  int64_t version = 0;
  TemplatePart part = TemplatePart::kWhole;
  std::string text, by;
  Instant at;
  std::string resolved_by;  // empty: still open
  std::optional<Instant> resolved_at;
};

Result<Comment> add_comment(storage::Tx& tx, const std::string& workspace, const NewComment& comment, Instant now,
                            Ids& ids);
enum class Which : uint8_t { kOpen, kAll };
// In the order they were made, all versions.
Result<std::vector<Comment>> list_comments(storage::Tx& tx, const std::string& workspace,
                                           const std::string& template_id, Which which);
// Resolving again changes nothing.
Result<Comment> resolve_comment(storage::Tx& tx, const std::string& workspace, const std::string& id,
                                const std::string& by, Instant now);

}  // namespace spreaders::services
