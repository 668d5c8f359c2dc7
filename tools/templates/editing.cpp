// templates.*: changing templates together: edits that do not undo each other, copies, comments.
#include "core/bytes.hpp"
#include "services/templates/comments.hpp"
#include "services/templates/templates.hpp"
#include "tools/templates/template_tools.hpp"

namespace spreaders::tools {

namespace {

constexpr size_t kNameMax = 120, kSubjectMax = 500, kBodyMax = 100'000;

struct Edited {
  std::string template_id, name;
  int64_t version = 0;
  std::vector<std::string> advice;
  SPR_FIELDS(Edited, SPR_FIELD(template_id, "Id of the template"), SPR_FIELD(name, "Its name"),
             SPR_FIELD(version, "Its version now"), SPR_FIELD(advice, "What could be better"));
};
Edited edited(const services::StoredTemplate& stored) {
  return {stored.id, stored.name, stored.version, services::review_template(stored.content).advice};
}

struct EditArgs {
  std::string template_id;
  std::optional<std::string> name, subject, preheader, html, text;
  int64_t based_on = 0;
  static void check(const EditArgs& args, Issues& issues) {
    if (!args.name && !args.subject && !args.preheader && !args.html && !args.text)
      issues.push_back({"", "there is nothing to change"});
    if (args.name && trim(*args.name).empty()) issues.push_back({"/name", "must not be blank"});
  }
  SPR_FIELDS(EditArgs, SPR_FIELD(template_id, "Id or name of the template", .min_size = 1, .max_size = 200),
             SPR_FIELD(name, "New name", .min_size = 1, .max_size = kNameMax),
             SPR_FIELD(subject, "New subject line; Liquid", .max_size = kSubjectMax),
             SPR_FIELD(preheader, "New preheader; Liquid", .max_size = kSubjectMax),
             SPR_FIELD(html, "New HTML body; Liquid", .max_size = kBodyMax),
             SPR_FIELD(text, "New text body; Liquid", .max_size = kBodyMax),
             SPR_FIELD(based_on, "Version that was read before: a newer one is not overwritten; 0: whichever is latest",
                       .min = 0, .defaulted = true));
};
Result<Edited> edit(ToolContext& context, const EditArgs& args) {
  const services::TemplateEdit change{.name = args.name,
                                      .subject = args.subject,
                                      .preheader = args.preheader,
                                      .html = args.html,
                                      .text = args.text,
                                      .based_on = args.based_on};
  return edited(TRY(services::edit_template(context.tx(), context.workspace(), args.template_id, change,
                                            context.clock.now(), context.ids)));
}

struct DuplicateArgs {
  std::string template_id, name;
  int64_t version = 0;
  static void check(const DuplicateArgs& args, Issues& issues) {
    if (trim(args.name).empty()) issues.push_back({"/name", "must not be blank"});
  }
  SPR_FIELDS(DuplicateArgs, SPR_FIELD(template_id, "Id or name of the template", .min_size = 1, .max_size = 200),
             SPR_FIELD(name, "Name of the copy", .min_size = 1, .max_size = kNameMax),
             SPR_FIELD(version, "A version; 0 is the latest", .min = 0, .defaulted = true));
};
Result<Edited> duplicate(ToolContext& context, const DuplicateArgs& args) {
  return edited(TRY(services::duplicate_template(context.tx(), context.workspace(), args.template_id, args.version,
                                                 args.name, context.clock.now(), context.ids)));
}

struct CommentView {
  std::string comment_id, template_id;
  int64_t version = 0;
  services::TemplatePart part = services::TemplatePart::kWhole;
  std::string text, by;
  Instant at;
  std::optional<std::string> resolved_by;
  std::optional<Instant> resolved_at;
  SPR_FIELDS(CommentView, SPR_FIELD(comment_id, "Id of the comment"), SPR_FIELD(template_id, "Id of the template"),
             SPR_FIELD(version, "Version it was made on"), SPR_FIELD(part, "What it is about"),
             SPR_FIELD(text, "What it says"), SPR_FIELD(by, "Who made it"), SPR_FIELD(at, "When"),
             SPR_FIELD(resolved_by, "Who resolved it; absent while it is open"),
             SPR_FIELD(resolved_at, "When it was resolved"));
};
CommentView view_of(services::Comment comment) {
  CommentView view{comment.id, comment.template_id, comment.version, comment.part,       std::move(comment.text),
                   comment.by, comment.at,          std::nullopt,    comment.resolved_at};
  if (comment.resolved_at) view.resolved_by = comment.resolved_by;
  return view;
}

struct CommentArgs {
  std::string template_id;
  int64_t version = 0;
  services::TemplatePart part = services::TemplatePart::kWhole;
  std::string text;
  static void check(const CommentArgs& args, Issues& issues) {
    if (trim(args.text).empty()) issues.push_back({"/text", "must not be blank"});
  }
  SPR_FIELDS(CommentArgs, SPR_FIELD(template_id, "Id or name of the template", .min_size = 1, .max_size = 200),
             SPR_FIELD(version, "Version it is about; 0 is the latest", .min = 0, .defaulted = true),
             SPR_FIELD(part, "What it is about", .defaulted = true),
             SPR_FIELD(text, "What to say", .min_size = 1, .max_size = services::kCommentSizeMax));
};
Result<CommentView> comment(ToolContext& context, const CommentArgs& args) {
  return view_of(TRY(services::add_comment(context.tx(), context.workspace(),
                                           {.template_id = args.template_id,
                                            .version = args.version,
                                            .part = args.part,
                                            .text = args.text,
                                            .by = context.principal.id},
                                           context.clock.now(), context.ids)));
}

struct CommentsArgs {
  std::string template_id;
  bool resolved = false;
  SPR_FIELDS(CommentsArgs, SPR_FIELD(template_id, "Id or name of the template", .min_size = 1, .max_size = 200),
             SPR_FIELD(resolved, "Also those that are resolved", .defaulted = true));
};
struct Comments {
  std::vector<CommentView> comments;
  SPR_FIELDS(Comments, SPR_FIELD(comments, "In the order they were made"));
};
Result<Comments> comments(ToolContext& context, const CommentsArgs& args) {
  auto which = args.resolved ? services::Which::kAll : services::Which::kOpen;
  Comments all;
  for (auto& one : TRY(services::list_comments(context.tx(), context.workspace(), args.template_id, which)))
    all.comments.push_back(view_of(std::move(one)));
  return all;
}

struct ResolveArgs {
  std::string comment_id;
  SPR_FIELDS(ResolveArgs, SPR_FIELD(comment_id, "Id of the comment", .format = Format::kIdentifier));
};
Result<CommentView> resolve(ToolContext& context, const ResolveArgs& args) {
  return view_of(TRY(services::resolve_comment(context.tx(), context.workspace(), args.comment_id, context.principal.id,
                                               context.clock.now())));
}

const ToolSpec kEdit{
    .name = "templates.edit",
    .title = "Edit a template",
    .description =
        "Changes parts of a template into its next version, or its name; what is not named stays. With "
        "based_on, what somebody else changed meanwhile is not overwritten.",
    .words =
        "change the subject of the template; fix a typo in the mail; rename a template; new wording "
        "for the newsletter; edit the layout; vorlage ändern; modifier le modèle; editar plantilla",
    .effect = Effect::kWrite,
    .repeat = Repeat::kSafe,
    .scopes = {"templates:write"},
    .body = handler<&edit>()};
const ToolSpec kDuplicate{.name = "templates.duplicate",
                          .title = "Duplicate a template",
                          .description = "Makes a new template from a version of another one.",
                          .words =
                              "copy the mail template; start from last month's newsletter; reuse a layout; clone a "
                              "design; vorlage kopieren; dupliquer le modèle; duplicar plantilla",
                          .effect = Effect::kWrite,
                          .repeat = Repeat::kNeedsKey,
                          .scopes = {"templates:write"},
                          .body = handler<&duplicate>()};
const ToolSpec kComment{
    .name = "templates.comment",
    .title = "Comment on a template",
    .description = "Says something about a version of a template, for those who work on it.",
    .words =
        "leave a note on the mail; feedback on the newsletter; suggest a change to the text; review "
        "the design; remark on the subject line; kommentar zur vorlage; commentaire sur le modèle; "
        "comentario en la plantilla",
    .effect = Effect::kWrite,
    .repeat = Repeat::kNeedsKey,
    .scopes = {"templates:write"},
    .body = handler<&comment>()};
const ToolSpec kComments{.name = "templates.listComments",
                         .title = "Comments on a template",
                         .description = "What people said about a template, open comments or all.",
                         .words =
                             "what did they say about the mail; open remarks; review notes; feedback still to do; "
                             "kommentare ansehen; voir les commentaires; ver comentarios",
                         .effect = Effect::kRead,
                         .repeat = Repeat::kSafe,
                         .scopes = {"templates:read"},
                         .body = handler<&comments>()};
const ToolSpec kResolve{.name = "templates.resolveComment",
                        .title = "Resolve a comment",
                        .description = "Marks a comment on a template as done.",
                        .words =
                            "that remark is done; close the note on the mail; feedback dealt with; tick off a comment; "
                            "kommentar erledigt; commentaire résolu; comentario resuelto",
                        .effect = Effect::kWrite,
                        .repeat = Repeat::kSafe,
                        .scopes = {"templates:write"},
                        .body = handler<&resolve>()};

}  // namespace

ToolList template_editing_tools() {
  static const ToolSpec* const list[] = {&kEdit, &kDuplicate, &kComment, &kComments, &kResolve};
  return list;
}

}  // namespace spreaders::tools
