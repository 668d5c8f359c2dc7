#include "services/audience/import.hpp"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/bytes.hpp"
#include "services/audience/csv.hpp"
#include "services/audience/facts.hpp"
#include "services/audience/import_columns.hpp"
#include "services/audience/lists.hpp"
#include "services/consent/consent.hpp"

namespace spreaders::audience {

namespace {

using storage::Scope;
using storage::Storage;
using storage::Values;

// A record of table import_job.
struct Job {
  std::string id;
  bool done = false;
  int64_t byte_offset = 0;
  int64_t line = 0;
};

struct Counts {
  int64_t added = 0;
  int64_t updated = 0;
  int64_t unchanged = 0;
  int64_t failed = 0;
};

// What was read for one transaction.
struct Chunk {
  std::vector<ImportRow> rows;
  std::vector<ImportError> errors;
  int64_t failed = 0;  // rows with errors; a row may have several
  int64_t next_byte = 0;
  int64_t next_line = 0;
  bool ended = false;
  bool broken = false;
};

Json options_json(const ImportOptions& options) {
  return {{"mode", enum_name(options.mode)},
          {"list_id", options.list_id},
          {"channel", options.channel},
          {"consent_source", options.consent_source},
          {"consent_proof", options.consent_proof},
          {"columns", options.columns}};
}

// A chain over pieces, so that a file of any size is hashed in little memory.
Result<std::string> hash_of(const Source& source, const ImportOptions& options) {
  auto stream = source.open();
  if (stream == nullptr || !*stream) return not_found("The source " + source.name + " cannot be opened");
  std::string hash = sha256(canonical_json(options_json(options)));
  std::string piece(1024 * 1024, '\0');
  int64_t total = 0;
  while (true) {
    stream->read(piece.data(), static_cast<std::streamsize>(piece.size()));
    auto got = static_cast<size_t>(stream->gcount());
    total += static_cast<int64_t>(got);
    if (total > kImportBytesMax)
      return invalid("The source " + source.name + " has more than " + std::to_string(kImportBytesMax) + " bytes");
    if (got > 0) hash = sha256(hash + piece.substr(0, got));
    if (stream->bad())
      return Error{Code::kUnavailable,
                   "The source " + source.name + " cannot be read to its end; nothing was imported"};
    if (!stream->good()) break;
  }
  return "sha256:" + hex(hash);
}

// The record of this very source and options, made when there is none.
Result<Job> find_or_make_job(storage::Tx& tx, const std::string& workspace, const Source& source,
                             const ImportOptions& options, const std::string& hash, Instant now, Ids& ids) {
  if (!options.list_id.empty()) TRY(get_list(tx, workspace, options.list_id));
  auto row = TRY(
      tx.query_one("SELECT id, state, byte_offset, line FROM import_job WHERE workspace_id = $1 AND source_hash = $2",
                   {workspace, hash}));
  if (row && options.again && (*row)[1].text() == "done") {
    TRY(
        tx.execute("UPDATE import_job SET state = 'running', byte_offset = 0, line = 0, rows_added = 0, rows_updated = "
                   "0, rows_unchanged = 0, "
                   "rows_failed = 0, updated_at = $3 WHERE workspace_id = $1 AND id = $2",
                   {workspace, (*row)[0].text(), now}));
    TRY(tx.execute("DELETE FROM import_error WHERE workspace_id = $1 AND import_id = $2",
                   {workspace, (*row)[0].text()}));
    return Job{.id = (*row)[0].text()};
  }
  if (row) return Job{(*row)[0].text(), (*row)[1].text() == "done", (*row)[2].integer(), (*row)[3].integer()};
  Job job{.id = ids.make("imp")};
  TRY(
      tx.execute("INSERT INTO import_job (workspace_id, id, source, source_hash, options, state, created_at, "
                 "updated_at) VALUES ($1, $2, $3, $4, "
                 "$5, 'running', $6, $6)",
                 {workspace, job.id, source.name, hash, to_text(options_json(options)), now}));
  return job;
}

Chunk read_chunk(CsvReader& reader, const std::vector<Column>& columns) {
  Chunk chunk;
  while (chunk.rows.size() + static_cast<size_t>(chunk.failed) < kImportChunkRows) {
    CsvItem item = reader.next();
    chunk.ended = item.kind == CsvItem::Kind::kEnd;
    if (chunk.ended) break;
    if (item.kind == CsvItem::Kind::kProblem) {
      chunk.errors.push_back({item.line, "", std::move(item.message)});
      ++chunk.failed;
      continue;
    }
    Issues issues;
    ImportRow row = read_row(columns, item.fields, item.line, issues);
    if (issues.empty()) chunk.rows.push_back(std::move(row));
    else ++chunk.failed;
    for (auto& issue : issues) chunk.errors.push_back({item.line, std::move(issue.pointer), std::move(issue.message)});
  }
  chunk.next_byte = reader.next_byte();
  chunk.next_line = reader.next_line();
  chunk.broken = reader.broken();
  return chunk;
}

Result<void> write_errors(storage::Tx& tx, const std::string& workspace, const std::string& job_id,
                          const std::vector<ImportError>& errors) {
  if (errors.empty()) return {};
  auto row = TRY(tx.query_one("SELECT COUNT(*) FROM import_error WHERE workspace_id = $1 AND import_id = $2",
                              {workspace, job_id}));
  auto stored = static_cast<size_t>((*row)[0].integer());
  std::vector<Values> rows;
  for (const auto& error : errors) {
    if (stored + rows.size() >= kImportErrorsStoredMax) break;
    rows.push_back(
        {workspace, job_id, error.line, first_code_points(error.field, 200), first_code_points(error.message, 500)});
  }
  if (rows.empty()) return {};
  TRY(tx.insert_many("import_error", {"workspace_id", "import_id", "line", "field", "message"}, rows,
                     "ON CONFLICT (workspace_id, import_id, line, field) DO NOTHING"));
  return {};
}

// Records the words of those who may be recorded, with a fact for each who is newly opted in.
Result<void> write_consents(storage::Tx& tx, const std::string& workspace, const std::string& job_id,
                            const ImportOptions& options,
                            const std::vector<std::pair<std::string, consent::State>>& words, Instant now,
                            const Journal& journal) {
  std::vector<std::string> contact_ids;
  for (const auto& [contact_id, state] : words) contact_ids.push_back(contact_id);
  auto known = TRY(consent::states_of(tx, workspace, options.channel, contact_ids));
  std::vector<consent::Consent> entries;
  for (const auto& [contact_id, state] : words) {
    auto before = known.find(contact_id);
    bool opted_out = before != known.end() && before->second == consent::State::kOptedOut;
    if (opted_out || (before != known.end() && before->second == state)) continue;
    known[contact_id] = state;  // the same person may occur twice; a no stays a no
    entries.push_back({contact_id, options.channel, state, options.consent_source, options.consent_proof, now});
  }
  auto changed = TRY(consent::record_many(tx, workspace, entries));
  std::vector<Fact> facts;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (!changed[i]) continue;
    bool in = entries[i].state == consent::State::kOptedIn;
    Json properties = {{"channel", options.channel}, {"source", options.consent_source}, {"import_id", job_id}};
    facts.push_back({.name = in ? "Subscribed" : "Unsubscribed",
                     .contact_id = entries[i].contact_id,
                     .properties = to_text(properties)});
  }
  TRY(record_facts(tx, workspace, facts, now, journal));
  return {};
}

Result<Counts> write_chunk(storage::Tx& tx, const std::string& workspace, const Job& job, const ImportOptions& options,
                           const std::vector<Column>& columns, const Chunk& chunk, const ImportTools& tools) {
  Instant now = tools.clock.now();
  // Whoever moves the offset owns the rows: a second process on the same import stops here.
  int64_t moved =
      TRY(tx.execute("UPDATE import_job SET byte_offset = $3, line = $4, state = $5, updated_at = $6 WHERE "
                     "workspace_id = $1 AND id = $2 "
                     "AND byte_offset = $7 AND state = 'running'",
                     {workspace, job.id, chunk.next_byte, chunk.next_line,
                      chunk.ended && !chunk.broken ? "done" : "running", now, job.byte_offset}));
  if (moved == 0) return conflict("The import " + job.id + " is being carried out by someone else");

  std::vector<ContactChange> changes;
  for (const auto& row : chunk.rows) changes.push_back(row.change);
  bool subscribe = options.mode == ImportMode::kSubscribe;
  auto outcomes =
      TRY(upsert_contacts(tx, workspace, changes, subscribe ? MayAdd::kYes : MayAdd::kNo, now, tools.journal));

  Counts counts{.failed = chunk.failed};
  std::vector<ImportError> errors = chunk.errors;
  std::vector<std::string> members;
  std::vector<std::pair<std::string, consent::State>> words;
  bool has_column = std::any_of(columns.begin(), columns.end(),
                                [](const Column& column) { return column.meaning == Column::Meaning::kConsent; });
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const auto& outcome = outcomes[i];
    if (outcome.what == Upserted::kRefused) {
      ++counts.failed;
      for (const auto& problem : outcome.problems)
        errors.push_back({chunk.rows[i].line, column_of(columns, problem.pointer), problem.message});
      continue;
    }
    ++(outcome.what == Upserted::kAdded     ? counts.added
       : outcome.what == Upserted::kUpdated ? counts.updated
                                            : counts.unchanged);
    members.push_back(outcome.contact_id);
    if (subscribe && has_column && chunk.rows[i].word) words.emplace_back(outcome.contact_id, *chunk.rows[i].word);
    if (subscribe && !has_column) words.emplace_back(outcome.contact_id, consent::State::kOptedIn);
  }
  if (!options.list_id.empty()) TRY(add_members(tx, workspace, options.list_id, members, now, tools.journal));
  TRY(write_consents(tx, workspace, job.id, options, words, now, tools.journal));
  TRY(write_errors(tx, workspace, job.id, errors));
  TRY(
      tx.execute("UPDATE import_job SET rows_added = rows_added + $3, rows_updated = rows_updated + $4, rows_unchanged "
                 "= rows_unchanged + $5, "
                 "rows_failed = rows_failed + $6 WHERE workspace_id = $1 AND id = $2",
                 {workspace, job.id, counts.added, counts.updated, counts.unchanged, counts.failed}));
  return counts;
}

// Reads the header and stands at the first row that is not imported yet.
Result<std::vector<Column>> read_header(CsvReader& reader, const ImportOptions& options) {
  CsvItem header = reader.next();
  if (reader.broken())
    return Error{Code::kUnavailable, "The source broke before its header was read; nothing was imported"};
  if (header.kind == CsvItem::Kind::kEnd) return invalid("The source is empty: its first line must name the columns");
  if (header.kind == CsvItem::Kind::kProblem) {
    Error error = invalid("The header cannot be read:");
    error.issues.push_back({"line " + std::to_string(header.line), header.message});
    return error;
  }
  return map_columns(header.fields, options.columns);
}

Result<void> run_chunks(Storage& storage, const std::string& workspace, CsvReader& reader,
                        const std::vector<Column>& columns, Job job, const ImportOptions& options,
                        const ImportTools& tools) {
  int64_t rows = 0;
  while (true) {
    std::string place =
        "; lines before " + std::to_string(reader.next_line()) + " are imported, start the same import again to go on";
    if (tools.stop.stop_requested()) return Error{Code::kCancelled, "The import was stopped" + place};
    Chunk chunk = read_chunk(reader, columns);
    auto written = storage.write(Scope::of(workspace), [&](storage::Tx& tx) {
      return write_chunk(tx, workspace, job, options, columns, chunk, tools);
    });
    if (!written.ok()) return std::move(written).error();
    job.byte_offset = chunk.next_byte;
    rows += static_cast<int64_t>(chunk.rows.size()) + chunk.failed;
    if (tools.on_progress) tools.on_progress(rows);
    if (chunk.broken) {
      return Error{Code::kUnavailable, "The source broke; lines before " + std::to_string(chunk.next_line) +
                                           " are imported, start the same import again to go on"};
    }
    if (chunk.ended) return {};
  }
}

Issues problems_of(const ImportOptions& options) {
  Issues issues;
  if (options.mode == ImportMode::kSubscribe && trim(options.consent_source).empty()) {
    issues.push_back({"/consent_source", "is required to subscribe people: say where they gave their consent"});
  }
  if (count_code_points(options.consent_source) > consent::kSourceSizeMax)
    issues.push_back({"/consent_source", "is too long"});
  if (count_code_points(options.consent_proof) > consent::kProofSizeMax)
    issues.push_back({"/consent_proof", "is too long"});
  return issues;
}

}  // namespace

Source text_source(std::string name, std::string text) {
  return {std::move(name),
          [text = std::move(text)] { return std::make_unique<std::istringstream>(text, std::ios::binary); }};
}

Source file_source(std::string path) {
  std::string name = std::filesystem::path(path).filename().string();
  return {std::move(name),
          [path = std::move(path)] { return std::make_unique<std::ifstream>(path, std::ios::binary); }};
}

Result<std::string> path_in(const ImportDirectory& directory, const std::string& relative) {
  if (directory.path.empty())
    return Error{Code::kNotConfigured, "No import directory is configured; give the rows as csv text instead"};
  std::error_code problem;
  auto root = std::filesystem::canonical(directory.path, problem);
  if (problem) return Error{Code::kNotConfigured, "The configured import directory does not exist"};
  auto file = std::filesystem::canonical(root / relative, problem);
  Error refused = not_found("The import directory has no file '" + std::string(first_code_points(relative, 200)) + "'");
  if (problem || std::filesystem::path(relative).is_absolute()) return refused;
  auto [in_root, rest] = std::mismatch(root.begin(), root.end(), file.begin(), file.end());
  if (in_root != root.end() || !std::filesystem::is_regular_file(file, problem)) return refused;
  return file.string();
}

Result<ImportResult> import_contacts(Storage& storage, const std::string& workspace, const Source& source,
                                     const ImportOptions& options, const ImportTools& tools) {
  if (auto issues = problems_of(options); !issues.empty()) return issues_error("The import", std::move(issues));
  std::string hash = TRY(hash_of(source, options));
  auto stream = source.open();
  if (stream == nullptr || !*stream) return not_found("The source " + source.name + " cannot be opened");
  CsvReader reader(*stream, {});
  auto columns = TRY(read_header(reader, options));
  auto found = storage.write(Scope::of(workspace), [&](storage::Tx& tx) {
    return find_or_make_job(tx, workspace, source, options, hash, tools.clock.now(), tools.journal.ids);
  });
  if (!found.ok()) return std::move(found).error();
  Job job = *found;
  if (!job.done && job.byte_offset == 0) {
    TRY(run_chunks(storage, workspace, reader, columns, job, options, tools));
  } else if (!job.done) {
    auto rest = source.open();
    if (rest == nullptr || !*rest) return not_found("The source " + source.name + " cannot be opened");
    rest->ignore(job.byte_offset);
    CsvReader later(*rest, {.separator = reader.separator(),
                            .columns = reader.columns(),
                            .first_line = job.line,
                            .first_byte = job.byte_offset});
    TRY(run_chunks(storage, workspace, later, columns, job, options, tools));
  }
  auto result = storage.read(Scope::of(workspace), [&](storage::Tx& tx) { return get_import(tx, workspace, job.id); });
  if (result.ok()) result->repeated = job.done;
  return result;
}

Result<ImportResult> get_import(storage::Tx& tx, const std::string& workspace, const std::string& import_id) {
  auto row =
      TRY(tx.query_one("SELECT state, rows_added, rows_updated, rows_unchanged, rows_failed FROM import_job WHERE "
                       "workspace_id = $1 AND id = $2",
                       {workspace, import_id}));
  if (!row) return not_found("No import has the id " + std::string(first_code_points(import_id, 100)));
  ImportResult result{.import_id = import_id,
                      .state = (*row)[0].text(),
                      .added = (*row)[1].integer(),
                      .updated = (*row)[2].integer(),
                      .unchanged = (*row)[3].integer(),
                      .failed = (*row)[4].integer()};
  result.rows_total = result.added + result.updated + result.unchanged + result.failed;
  auto rows =
      TRY(tx.query("SELECT line, field, message FROM import_error WHERE workspace_id = $1 AND import_id = $2 ORDER BY "
                   "line, field LIMIT " +
                       std::to_string(kImportErrorsShownMax),
                   {workspace, import_id}));
  for (const auto& error : rows) result.errors.push_back({error[0].integer(), error[1].text(), error[2].text()});
  return result;
}

}  // namespace spreaders::audience
