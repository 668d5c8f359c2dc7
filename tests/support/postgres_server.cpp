#include "tests/support/postgres_server.hpp"

#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <poll.h>
#include <pqxx/pqxx>
#include <pwd.h>
#include <signal.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "core/time.hpp"

// libpqxx 6.4 loses one result (2 KB) whenever a connection breaks in a statement, which our tests provoke.
extern "C" const char* __lsan_default_suppressions();  // NOLINT: the name is LeakSanitizer's
extern "C" const char* __lsan_default_suppressions() { return "leak:libpqxx-6.4\n"; }

namespace spreaders::testing {

namespace {

constexpr int64_t kStart_ms_max = 60'000;
constexpr int kPoll_ms = 10;

std::string newest_binaries() {
  std::string best;
  int best_version = 0;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
    int version = std::atoi(entry.path().filename().c_str());
    if (version <= best_version || !std::filesystem::exists(entry.path() / "bin/initdb")) continue;
    best_version = version;
    best = (entry.path() / "bin").string();
  }
  return best;
}

// PostgreSQL refuses to run as root; its package brings the user postgres.
const passwd* other_user() { return geteuid() == 0 ? getpwnam("postgres") : nullptr; }

pid_t spawn(const std::vector<std::string>& command, const std::string& log) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const passwd* user = other_user();
  pid_t process = fork();
  if (process != 0) return process;
  int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  dup2(out, 1);
  dup2(out, 2);
  if (user != nullptr && (setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) _exit(126);
  // A test program that crashes takes its server along.
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (chdir("/") != 0) _exit(126);
  execv(arguments[0], arguments.data());
  _exit(127);
}

std::string text_of(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

bool answers(const std::string& url) {
  try {
    pqxx::connection connection(url);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

std::string PostgresServer::url(const std::string& user, const std::string& database) const {
  return "host=" + directory_.path() + " user=" + user + " dbname=" + database;
}

Result<std::unique_ptr<PostgresServer>> PostgresServer::start() {
  std::string binaries = newest_binaries();
  if (binaries.empty()) return Error{Code::kNotConfigured, kNoPostgres};
  auto server = std::unique_ptr<PostgresServer>(new PostgresServer);
  const std::string& directory = server->directory_.path();
  if (const passwd* user = other_user()) {
    if (chown(directory.c_str(), user->pw_uid, user->pw_gid) != 0) return Error{Code::kInternal, "chown failed"};
  }
  std::string log = server->directory_.file("log");
  pid_t made = spawn({binaries + "/initdb", "-D", directory + "/data", "-U", "admin", "--auth=trust", "--no-sync",
                      "--encoding=UTF8", "--locale=C"},
                     log);
  int status = 0;
  if (waitpid(made, &status, 0) != made || status != 0) return Error{Code::kInternal, "initdb failed: " + text_of(log)};
  server->process_ =
      spawn({binaries + "/postgres", "-D", directory + "/data", "-k", directory, "-c", "listen_addresses=", "-c",
             "fsync=off", "-c", "max_connections=100", "-c", "log_min_messages=fatal"},
            log);
  std::string admin = server->url("admin", "postgres");
  for (int64_t deadline_ms = monotonic_ms() + kStart_ms_max; !answers(admin); poll(nullptr, 0, kPoll_ms)) {
    if (waitpid(server->process_, &status, WNOHANG) == server->process_) {
      server->process_ = -1;
      return Error{Code::kInternal, "PostgreSQL ended: " + text_of(log)};
    }
    if (monotonic_ms() > deadline_ms) return Error{Code::kInternal, "PostgreSQL does not answer: " + text_of(log)};
  }
  administer(admin, "CREATE ROLE spreaders LOGIN NOSUPERUSER NOBYPASSRLS");
  return server;
}

PostgresServer::~PostgresServer() {
  if (process_ <= 0) return;
  kill(process_, SIGQUIT);
  waitpid(process_, nullptr, 0);
}

std::string PostgresServer::make_database() {
  std::string name = "test" + std::to_string(++databases_);
  administer(url("admin", "postgres"), "CREATE DATABASE " + name + " OWNER spreaders");
  return url("spreaders", name);
}

std::string PostgresServer::as_superuser(std::string url) {
  size_t at = url.find("user=spreaders");
  if (at != std::string::npos) url.replace(at, 14, "user=admin");
  return url;
}

std::string PostgresServer::administer(const std::string& url, const std::string& sql) {
  pqxx::connection connection(as_superuser(url));
  pqxx::nontransaction work(connection);
  pqxx::result result = work.exec(sql);
  return result.empty() || result[0].empty() ? "" : result[0][0].c_str();
}

PostgresServer* shared_postgres() {
  static const std::unique_ptr<PostgresServer> server = []() -> std::unique_ptr<PostgresServer> {
    auto started = PostgresServer::start();
    if (started.ok()) return std::move(*started);
    std::cerr << started.error().text() << '\n';
    CHECK(started.error().code == Code::kNotConfigured, "an installed PostgreSQL starts");
    return nullptr;
  }();
  return server.get();
}

}  // namespace spreaders::testing
