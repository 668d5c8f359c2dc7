// audience.*: importing contacts, and looking at contacts, lists and segments.
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "services/audience/audience.hpp"
#include "services/audience/import.hpp"
#include "services/audience/segments.hpp"
#include "services/consent/consent.hpp"
#include "tools/audience/audience_tools.hpp"
#include "tools/health.hpp"

namespace spreaders::tools {

namespace {

using audience::ImportMode;

struct Import {
  std::optional<std::string> csv;
  std::optional<std::string> path;
  ImportMode mode = ImportMode::kUpdateOnly;
  std::optional<std::string> list;
  std::string consent_source;
  std::string consent_proof;
  std::map<std::string, std::string> columns;
  bool again = false;
  static void check(const Import& args, Issues& issues) {
    if (args.csv.has_value() == args.path.has_value()) issues.push_back({"", "give either csv or path"});
    if (args.csv && args.csv->size() > audience::kImportInlineBytesMax) {
      issues.push_back({"/csv", "has more than " + std::to_string(audience::kImportInlineBytesMax) +
                                    " bytes; put the file into the import directory and give its path"});
    }
    if (args.mode == ImportMode::kSubscribe && trim(args.consent_source).empty()) {
      issues.push_back({"/consent_source", "is required to subscribe people: say where they gave their consent"});
    }
  }
  SPR_FIELDS(Import,
             SPR_FIELD(csv, "The rows as CSV text; the first line names the columns", .min_size = 1,
                       .max_size = audience::kImportInlineBytesMax),
             SPR_FIELD(path, "A file in the configured import directory", .min_size = 1, .max_size = 1000),
             SPR_FIELD(mode,
                       "subscribe adds and updates people and records their consent; update_only changes known people",
                       .defaulted = true),
             SPR_FIELD(list, "List that everyone joins: its id or name; made if there is none", .min_size = 1,
                       .max_size = audience::kListNameSizeMax),
             SPR_FIELD(consent_source, "Where these people gave their consent; required by subscribe",
                       .max_size = consent::kSourceSizeMax, .defaulted = true),
             SPR_FIELD(consent_proof, "What shows it", .max_size = consent::kProofSizeMax, .defaulted = true),
             SPR_FIELD(columns,
                       "Header to field: email, external_id, first_name, last_name, language, time_zone, consent, an "
                       "attribute, or - to skip",
                       .max_size = 200, .item_max_size = 100, .defaulted = true),
             SPR_FIELD(again, "Import the same bytes once more", .defaulted = true));
};

struct Imported {
  std::string import_id;
  std::string state;
  std::optional<std::string> list_id;
  int64_t rows_total = 0, added = 0, updated = 0, unchanged = 0, failed = 0;
  std::vector<audience::ImportError> errors;
  bool repeated = false;
  SPR_FIELDS(Imported, SPR_FIELD(import_id, "Id of the import"), SPR_FIELD(state, "running or done"),
             SPR_FIELD(list_id, "List that everyone joined"), SPR_FIELD(rows_total, "Rows read"),
             SPR_FIELD(added, "New contacts"), SPR_FIELD(updated, "Contacts that changed"),
             SPR_FIELD(unchanged, "Contacts that were as given"), SPR_FIELD(failed, "Rows that were skipped"),
             SPR_FIELD(errors, "Why, with line and field; the first 100"),
             SPR_FIELD(repeated, "True: the same had been imported before, nothing was done"));
};

Imported view_of(audience::ImportResult result) {
  return {std::move(result.import_id),
          std::move(result.state),
          std::nullopt,
          result.rows_total,
          result.added,
          result.updated,
          result.unchanged,
          result.failed,
          std::move(result.errors),
          result.repeated};
}

// A list that is named and does not exist is made, so that one call loads an audience.
Result<std::string> list_for(ToolContext& context, const std::string& name) {
  auto& storage = context.part<storage::Storage>();
  return storage.write(storage::Scope::of(context.workspace()), [&](storage::Tx& tx) -> Result<std::string> {
    auto known = audience::get_list(tx, context.workspace(), name);
    if (known.ok()) return known->id;
    return TRY(audience::create_list(tx, context.workspace(), name, "", context.clock.now(), context.ids)).id;
  });
}

Result<Imported> import(ToolContext& context, const Import& args) {
  audience::Source source;
  if (args.csv) {
    source = audience::text_source("text in the call", *args.csv);
  } else {
    const auto* directory = context.parts.find<audience::ImportDirectory>();
    source = audience::file_source(
        TRY(audience::path_in(directory != nullptr ? *directory : audience::ImportDirectory{}, *args.path)));
  }
  audience::ImportOptions options{.mode = args.mode,
                                  .consent_source = args.consent_source,
                                  .consent_proof = args.consent_proof,
                                  .columns = args.columns,
                                  .again = args.again};
  if (args.list) options.list_id = TRY(list_for(context, *args.list));
  audience::ImportTools tools{context.clock, context.part<audience::Journal>(), context.stop, [&](int64_t rows) {
                                context.progress(static_cast<double>(rows), 0, std::to_string(rows) + " rows imported");
                              }};
  Imported imported = view_of(
      TRY(audience::import_contacts(context.part<storage::Storage>(), context.workspace(), source, options, tools)));
  if (args.list) imported.list_id = options.list_id;
  return imported;
}

struct ById {
  std::string import_id;
  SPR_FIELDS(ById, SPR_FIELD(import_id, "Id of the import", .format = Format::kIdentifier));
};
Result<Imported> get_import(ToolContext& context, const ById& args) {
  return view_of(TRY(audience::get_import(context.tx(), context.workspace(), args.import_id)));
}

struct ListContacts {
  std::optional<std::string> audience;
  std::string text;
  int limit = 50;
  std::optional<std::string> cursor;
  SPR_FIELDS(ListContacts,
             SPR_FIELD(audience, "Id or name of a list or segment; everyone if left out", .min_size = 1,
                       .max_size = 200),
             SPR_FIELD(text, "Only contacts whose address or name contains it", .max_size = 100, .defaulted = true),
             SPR_FIELD(limit, "How many at most", .min = 1, .max = 200, .defaulted = true),
             SPR_FIELD(cursor, "next_cursor of the page before", .format = Format::kIdentifier));
};
struct ContactView {
  std::string contact_id, email, first_name, last_name, language, time_zone;
  Json attributes;
  Instant created_at;
  SPR_FIELDS(ContactView, SPR_FIELD(contact_id, "Id of the contact"), SPR_FIELD(email, "Email address"),
             SPR_FIELD(first_name, "First name"), SPR_FIELD(last_name, "Last name"),
             SPR_FIELD(language, "Language tag"), SPR_FIELD(time_zone, "IANA time zone"),
             SPR_FIELD(attributes, "Other attributes by name"), SPR_FIELD(created_at, "When the contact was added"));
};
struct Contacts {
  std::vector<ContactView> contacts;
  int64_t audience_size = 0;
  std::optional<std::string> next_cursor;
  SPR_FIELDS(Contacts, SPR_FIELD(contacts, "In the order of their ids"),
             SPR_FIELD(audience_size, "Contacts in the audience, without regard to text and page"),
             SPR_FIELD(next_cursor, "Gives the next page; absent on the last"));
};

Result<Contacts> list_contacts(ToolContext& context, const ListContacts& args) {
  auto& tx = context.tx();
  audience::AudienceRef ref;
  if (args.audience) ref = TRY(audience::resolve(tx, context.workspace(), *args.audience)).ref;
  Instant now = context.clock.now();
  audience::PageQuery query{.after = args.cursor.value_or(""), .limit = args.limit + 1, .text = args.text};
  auto page = TRY(audience::audience_page(tx, context.workspace(), ref, query, now));
  Contacts contacts{.contacts = {},
                    .audience_size = TRY(audience::audience_count(tx, context.workspace(), ref, now)),
                    .next_cursor = {}};
  bool more = page.size() > static_cast<size_t>(args.limit);
  if (more) page.pop_back();
  for (auto& one : page) {
    contacts.contacts.push_back({one.id, one.email, one.first_name, one.last_name, one.language, one.time_zone,
                                 TRY(parse_json(one.attributes)), one.created_at});
  }
  if (more) contacts.next_cursor = page.back().id;
  return contacts;
}

struct NoArguments {
  SPR_NO_FIELDS(NoArguments);
};
struct AudienceView {
  std::string kind, id, name, description;
  int64_t size = 0;
  std::optional<Json> rule;
  SPR_FIELDS(AudienceView, SPR_FIELD(kind, "list or segment"), SPR_FIELD(id, "Its id"), SPR_FIELD(name, "Its name"),
             SPR_FIELD(description, "What it is for"), SPR_FIELD(size, "Contacts in it now"),
             SPR_FIELD(rule, "Rule of a segment"));
};
struct Audiences {
  int64_t contacts_total = 0;
  std::vector<AudienceView> audiences;
  SPR_FIELDS(Audiences, SPR_FIELD(contacts_total, "Contacts in the workspace"),
             SPR_FIELD(audiences, "Lists, then segments, by name"));
};

Result<Audiences> list_audiences(ToolContext& context, const NoArguments&) {
  auto& tx = context.tx();
  const std::string& workspace = context.workspace();
  Instant now = context.clock.now();
  Audiences all;
  all.contacts_total = TRY(audience::audience_count(tx, workspace, {}, now));
  for (auto& list : TRY(audience::all_lists(tx, workspace)))
    all.audiences.push_back({"list", list.id, list.name, list.description, list.size, std::nullopt});
  for (auto& segment : TRY(audience::all_segments(tx, workspace))) {
    int64_t size = TRY(audience::rule_count(tx, workspace, segment.rule, now));
    all.audiences.push_back({"segment", segment.id, segment.name, "", size, audience::rule_to_json(segment.rule)});
  }
  return all;
}

const ToolSpec kImport{
    .name = "audience.importContacts",
    .title = "Import contacts",
    .description =
        "Imports contacts from CSV text (up to 1 MiB) or a file in the import directory. Bad rows are skipped and "
        "reported with line and field. "
        "The same import again continues where it stopped, or returns its result. Never opts anyone in who opted out.",
    .effect = Effect::kWrite,
    .repeat = Repeat::kSafe,
    .scopes = {"audience:write", "consent:write"},
    .body = handler<&import>(),
    .run = Run::kFree};
const ToolSpec kGetImport{.name = "audience.getImport",
                          .title = "Result of an import",
                          .description = "Counts and row errors of an import of contacts.",
                          .effect = Effect::kRead,
                          .repeat = Repeat::kSafe,
                          .scopes = {"audience:read"},
                          .body = handler<&get_import>()};
const ToolSpec kListContacts{
    .name = "audience.listContacts",
    .title = "List contacts",
    .description =
        "Contacts of a list, a segment or the whole workspace, page by page, with their names and attributes.",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"audience:read"},
    .body = handler<&list_contacts>()};
const ToolSpec kListAudiences{.name = "audience.listAudiences",
                              .title = "List audiences",
                              .description = "All lists and segments of the workspace with their sizes now.",
                              .effect = Effect::kRead,
                              .repeat = Repeat::kSafe,
                              .scopes = {"audience:read"},
                              .body = handler<&list_audiences>()};

}  // namespace

ToolList audience_tools() {
  static const ToolSpec* const list[] = {&kImport, &kGetImport, &kListContacts, &kListAudiences};
  return list;
}

namespace {

Health audience_health(ToolContext& context) { return readable(context, "contact", "the people can be read"); }

}  // namespace

const Service kAudienceService{.name = "audience",
                               .title = "Audience",
                               .version = "1.0.0",
                               .description = "People, lists and segments, and how they are imported and found.",
                               .limits = {.calls_per_minute = 6000, .at_once = 16},
                               .health = &audience_health};

}  // namespace spreaders::tools
