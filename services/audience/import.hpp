// Imports contacts from a CSV source, 500 rows a transaction, and can be killed at any point: each transaction also
// stores how far it got, so the same import started again goes on where it was. What was imported before is recognised
// by the hash of the bytes and the options, and answered from the record.
//
//   Source source{"newsletter.csv", [&] { return std::make_unique<std::ifstream>(path, std::ios::binary); }};
//   ImportOptions options{.mode = ImportMode::kSubscribe, .list_id = list, .consent_source = "signup form of the
//   shop"}; auto result = TRY(import_contacts(storage, workspace, source, options, {clock, journal}));
//
// A bad row is recorded with its line and field, counted as failed, and skipped; the others are imported. An import
// never turns an opt-out into an opt-in and never lifts a suppression: that takes the person's own word.
#pragma once

#include <functional>
#include <istream>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "core/fields.hpp"
#include "services/audience/facts.hpp"
#include "storage/storage.hpp"

namespace spreaders::audience {

constexpr size_t kImportChunkRows = 500;
constexpr size_t kImportErrorsStoredMax = 1000;  // of one import; the others are counted
constexpr size_t kImportErrorsShownMax = 100;
constexpr int64_t kImportBytesMax = 4LL * 1024 * 1024 * 1024;
constexpr size_t kImportInlineBytesMax = 1024 * 1024;  // of CSV text given in a call

// The only directory from which tools may import files; bound by main.cpp from the configuration.
struct ImportDirectory {
  std::string path;  // empty: none
};
// Opens `relative` below the directory; anything that leads out of it is refused, links included.
Result<std::string> path_in(const ImportDirectory& directory, const std::string& relative);

struct Source {
  std::string name;  // shown in the record
  std::function<std::unique_ptr<std::istream>()> open;
};
Source text_source(std::string name, std::string text);
Source file_source(std::string path);

// kSubscribe adds and updates people; whose consent column says yes (all, when there is none) are opted in with the
// stated source and proof. kUpdateOnly changes known contacts and touches no consent.
enum class ImportMode : uint8_t { kSubscribe, kUpdateOnly };
SPR_ENUM(ImportMode, {ImportMode::kSubscribe, "subscribe"}, {ImportMode::kUpdateOnly, "update_only"});

struct ImportOptions {
  ImportMode mode = ImportMode::kUpdateOnly;
  std::string list_id = {};  // everybody imported becomes a member; empty = none
  std::string channel = "email";
  std::string consent_source = {};  // required by kSubscribe
  std::string consent_proof = {};
  std::map<std::string, std::string> columns = {};  // header -> field, see import_columns.hpp
  bool again = false;                               // a finished import of the same bytes is done once more
};

struct ImportError {
  int64_t line = 0;
  std::string field;
  std::string message;
  SPR_FIELDS(ImportError, SPR_FIELD(line, "Line of the file, from 1"),
             SPR_FIELD(field, "Header of the column; empty for the whole row"), SPR_FIELD(message, "What is wrong"));
};

struct ImportResult {
  std::string import_id;
  std::string state;  // running, done
  int64_t rows_total = 0;
  int64_t added = 0;
  int64_t updated = 0;
  int64_t unchanged = 0;
  int64_t failed = 0;
  std::vector<ImportError> errors = {};  // the first kImportErrorsShownMax
  bool repeated = false;                 // this had been imported before; nothing was done
};

struct ImportTools {
  Clock& clock;
  const Journal& journal;
  std::stop_token stop = {};
  std::function<void(int64_t rows)> on_progress = {};
};

// Opens transactions of its own. kUnavailable when the source broke and kCancelled when it was stopped: what was read
// so far is imported, and the same call goes on from there.
Result<ImportResult> import_contacts(storage::Storage& storage, const std::string& workspace, const Source& source,
                                     const ImportOptions& options, const ImportTools& tools);
Result<ImportResult> get_import(storage::Tx& tx, const std::string& workspace, const std::string& import_id);

}  // namespace spreaders::audience
