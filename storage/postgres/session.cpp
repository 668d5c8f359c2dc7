#include "storage/postgres/session.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>

#include "core/bytes.hpp"
#include "core/log.hpp"

namespace spreaders::storage::postgres {

namespace {

// Types by their fixed number in the system catalogue.
constexpr pqxx::oid kBool = 16, kInt8 = 20, kInt2 = 21, kInt4 = 23, kOid = 26, kFloat4 = 700, kFloat8 = 701,
                    kNumeric = 1700;

Failure lost_connection() {
  return {{Code::kUnavailable, "the connection to the database was lost; nothing was stored", "", 500}, false, true};
}

// The server's first line names constraints and columns; the lines after it may hold values of rows.
std::string first_line(std::string_view text) {
  return std::string(text.substr(0, std::min(text.find('\n'), size_t{300})));
}

Failure statement_failure(const pqxx::sql_error& error) {
  const std::string& state = error.sqlstate();
  std::string_view kind = std::string_view(state).substr(0, 2);
  std::string what = first_line(error.what());
  std::string detail = "sqlstate " + state;
  if (state == "57P01" || state == "57P02" || state == "57P03" || kind == "08") return lost_connection();
  if (state == "57014") return {{Code::kUnavailable, "the database took too long; nothing was stored", detail, 500}};
  if (state == "55P03") return {{Code::kUnavailable, "the database is busy; try again", detail, 200}, true};
  if (kind == "53")
    return {{Code::kUnavailable, "the database is out of room or connections; nothing was stored", detail, 5000}};
  if (kind == "23") return {{Code::kConflict, "this conflicts with what is stored already", detail + ": " + what}};
  if (kind == "22")
    return {
        {Code::kInvalidArgument, "a value does not fit the database: it is too large, malformed or not UTF-8", detail}};
  // libpqxx tells this one by its type only.
  if (state == "42501" || dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr) {
    if (what.find("row-level security") != std::string::npos)
      return {{Code::kPermissionDenied, "this is not in the caller's workspace", what}};
    return {
        {Code::kNotConfigured, "the database role lacks a right that Spreaders needs: it has to own the tables", what}};
  }
  if (state == "25006") return {{Code::kInternal, "a reading transaction tried to write", detail}};
  if (state == "0A000" && what.find("cached plan") != std::string::npos) {
    // The schema changed under a prepared statement; a new connection plans anew.
    return {{Code::kUnavailable, "the database was changed meanwhile; try again", detail, 200}, true, true};
  }
  return {{Code::kInternal, "the database refused a statement", detail + ": " + what}};
}

Value value_of(const pqxx::field& field, pqxx::oid type) {
  if (field.is_null()) return {};
  std::string_view text(field.c_str(), field.size());
  const char* end = text.data() + text.size();
  int64_t whole = 0;
  double real = 0;
  switch (type) {
    case kBool:
      return text == "t" ? 1 : 0;
    case kNumeric:  // what SUM of BIGINT answers
    case kInt2:
    case kInt4:
    case kInt8:
    case kOid:
      if (auto read = std::from_chars(text.data(), end, whole); read.ec == std::errc() && read.ptr == end) return whole;
      [[fallthrough]];
    case kFloat4:
    case kFloat8:
      std::from_chars(text.data(), end, real);
      return real;
    default:
      return text;
  }
}

// The text that PostgreSQL reads back as this very value. Text itself stays where it is: `keep` holds only what is made
// here.
const char* parameter_text(const Value& value, std::string& keep) {
  if (value.is_null()) return nullptr;
  if (const auto* text = std::get_if<std::string>(&value.variant())) return text->c_str();
  char digits[32];
  char* end = digits;
  if (const auto* whole = std::get_if<int64_t>(&value.variant()))
    end = std::to_chars(digits, digits + sizeof digits, *whole).ptr;
  else end = std::to_chars(digits, digits + sizeof digits, std::get<double>(value.variant())).ptr;
  keep.assign(digits, end);
  return keep.c_str();
}

// A connection attempt without a limit can hang for minutes.
std::string with_limits(const std::string& url) {
  bool words = !url.starts_with("postgres://") && !url.starts_with("postgresql://");
  std::string_view glue = words ? " " : url.find('?') == std::string::npos ? "?" : "&";
  std::string out = url;
  for (std::string_view word : {"connect_timeout=10", "application_name=spreaders"}) {
    if (url.find(word.substr(0, word.find('='))) != std::string::npos) continue;
    out.append(glue).append(word);
    glue = words ? " " : "&";
  }
  return out;
}

}  // namespace

template <class Body>
Outcome Session::attempt(Body&& body) {
  // libpqxx opens a lost connection again by itself, which would run the rest of a transaction outside of it.
  if (!connection_.is_open()) return lost_connection();
  Outcome outcome;
  try {
    body();
    return outcome;
  } catch (const pqxx::broken_connection&) {
    return lost_connection();
  } catch (const pqxx::in_doubt_error&) {
    return lost_connection();
  } catch (const pqxx::statement_completion_unknown&) {
    return lost_connection();
  } catch (const pqxx::transaction_rollback& error) {
    outcome = Failure{
        {Code::kUnavailable, "the database is busy with the same rows; try again", first_line(error.what()), 200},
        true};
  } catch (const pqxx::sql_error& error) {
    outcome = statement_failure(error);
  } catch (const std::exception& error) {
    outcome = Failure{{Code::kInternal, "the database client failed", first_line(error.what())}};
  }
  if (!connection_.is_open()) return lost_connection();
  return outcome;
}

Result<std::unique_ptr<Session>> Session::open(const PostgresOptions& options) {
  std::unique_ptr<Session> session;
  try {
    session = std::make_unique<Session>(with_limits(options.url));
  } catch (const std::exception& error) {
    std::string detail = first_line(error.what());
    // Only this message is free of parts of the URL, which may hold a password.
    if (!detail.starts_with("connection to server")) {
      return Error{Code::kNotConfigured,
                   "the database URL cannot be used: write postgres://user@host/database or key=value words"};
    }
    return Error{Code::kUnavailable, "the database cannot be reached", detail, 1000};
  }
  auto failed = session->run(
      "SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SET client_min_messages = warning; "
      "SET idle_in_transaction_session_timeout = 600000; SET statement_timeout = " +
      std::to_string(options.statement_timeout_ms));
  if (failed) return std::move(failed->error);
  session->made_at_ms = session->used_at_ms = monotonic_ms();
  return session;
}

Outcome Session::run(const std::string& commands) {
  return attempt([&] { work_.exec(commands); });
}

bool Session::is_usable() {
  int64_t now_ms = monotonic_ms();
  if (!connection_.is_open() || now_ms - made_at_ms > kConnectionAge_ms_max) return false;
  return now_ms - used_at_ms < kIdleBeforePing_ms || !run("SELECT 1");
}

Session::Statement& Session::statement(std::string_view sql) {
  std::string key(sql);
  if (auto found = statements_.find(key); found != statements_.end()) {
    Statement& known = found->second;
    if (known.name.empty()) {
      known.name = "s" + std::to_string(++prepared_);
      connection_.prepare(known.name, known.sql);
    }
    return known;
  }
  // PostgreSQL refuses parameters that a statement does not use, SQLite skips them; callers share their lists between
  // both.
  Statement made;
  bool quoted = false;
  for (size_t i = 0; i < sql.size(); ++i) {
    made.sql += sql[i];
    if (sql[i] == '\'') quoted = !quoted;
    if (quoted || sql[i] != '$' || i + 1 >= sql.size() || std::isdigit(static_cast<unsigned char>(sql[i + 1])) == 0)
      continue;
    size_t number = 0;
    auto read = std::from_chars(sql.data() + i + 1, sql.data() + sql.size(), number);
    i = static_cast<size_t>(read.ptr - sql.data()) - 1;
    auto known = std::find(made.use.begin(), made.use.end(), number - 1);
    made.sql += std::to_string(known - made.use.begin() + 1);
    if (known == made.use.end()) made.use.push_back(number - 1);
  }
  if (statements_.size() < kStatementsMax) return statements_.emplace(std::move(key), std::move(made)).first->second;
  passing_ = std::move(made);
  return passing_;
}

Outcome Session::run(std::string_view sql, const Values& parameters, Rows* rows, int64_t& changed) {
  for (const auto& value : parameters) {
    const auto* text = std::get_if<std::string>(&value.variant());
    if (text == nullptr || text->find('\0') == std::string::npos) continue;
    return Failure{{Code::kInvalidArgument, "text with a NUL character cannot be stored"}};
  }
  return attempt([&] {
    Statement& prepared = statement(sql);
    std::vector<std::string> made(prepared.use.size());
    std::vector<const char*> texts;
    for (size_t i = 0; i < prepared.use.size(); ++i) {
      CHECK(prepared.use[i] < parameters.size(), "a statement uses a parameter that it was not given");
      texts.push_back(parameter_text(parameters[prepared.use[i]], made[i]));
    }
    auto list = pqxx::prepare::make_dynamic_params(texts);
    pqxx::result result =
        prepared.name.empty() ? work_.exec_params(prepared.sql, list) : work_.exec_prepared(prepared.name, list);
    changed = static_cast<int64_t>(result.affected_rows());
    if (rows == nullptr) return;
    rows->reserve(result.size());
    for (const auto& from : result) {
      Row& row = rows->emplace_back();
      row.reserve(from.size());
      for (const auto& field : from) row.push_back(value_of(field, field.type()));
    }
  });
}

Pool::Pool(PostgresOptions options)
    : options_(std::move(options)), writers_max_(std::max(1, options_.connections * 3 / 4)) {}

std::unique_ptr<Session> Pool::take_idle() {
  if (idle_.empty()) return nullptr;
  auto session = std::move(idle_.back());  // the newest: the others may age and close
  idle_.pop_back();
  return session;
}

Result<Pool::Loan> Pool::lend(bool writing) {
  std::unique_ptr<Session> session;
  {
    std::unique_lock lock(mutex_);
    bool free = freed_.wait_for(lock, std::chrono::milliseconds(kLendWait_ms_max),
                                [&] { return lent_ < options_.connections && (!writing || writers_ < writers_max_); });
    if (!free) return Error{Code::kUnavailable, "all connections to the database are busy; try again", "", 500};
    ++lent_;
    if (writing) ++writers_;
    session = take_idle();
  }
  // Pings and connects happen outside the lock.
  while (session && !session->is_usable()) {
    std::lock_guard lock(mutex_);
    session = take_idle();
  }
  if (session) return Loan(*this, std::move(session), writing, false);
  auto made = Session::open(options_);
  if (!made.ok()) {
    give_back(nullptr, writing);
    return std::move(made).error();
  }
  return Loan(*this, std::move(*made), writing, true);
}

void Pool::give_back(std::unique_ptr<Session> session, bool writing) {
  {
    std::lock_guard lock(mutex_);
    --lent_;
    if (writing) --writers_;
    if (session) {
      session->used_at_ms = monotonic_ms();
      idle_.push_back(std::move(session));
    }
  }
  // All: the one woken may be a writer that still has to wait while a reader could go on.
  freed_.notify_all();
}

void Pool::wait_for_winner(int attempt) {
  int64_t wait_ms = std::min(kRetryWait_ms << std::min(attempt - 1, 10), kRetryWait_ms_max);
  std::unique_lock lock(mutex_);
  freed_.wait_for(lock, std::chrono::milliseconds(wait_ms));  // woken early, it only tries early
}

Result<std::vector<std::string>> Pool::column_types(Session& session, std::string_view table,
                                                    std::initializer_list<std::string_view> columns) {
  std::string key(table);
  std::lock_guard lock(types_mutex_);
  auto found = types_.find(key);
  auto knows_all = [&] {
    return std::all_of(columns.begin(), columns.end(),
                       [&](auto column) { return found->second.contains(std::string(column)); });
  };
  if (found == types_.end() || !knows_all()) {
    Rows rows;
    int64_t changed = 0;
    auto failed = session.run(
        "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped",
        {key}, &rows, changed);
    if (failed) return std::move(failed->error);
    auto& types = types_[key];
    for (const auto& row : rows) types[row[0].text()] = row[1].text();
    found = types_.find(key);
  }
  if (!knows_all()) return Error{Code::kInternal, "insert_many was given a table or column that does not exist", key};
  std::vector<std::string> list;
  for (auto column : columns) list.push_back(found->second.at(std::string(column)));
  return list;
}

}  // namespace spreaders::storage::postgres
