#include "mcp-server/main_commands.hpp"

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <unistd.h>

#include "core/bytes.hpp"
#include "mcp-server/main_app.hpp"
#include "mcp-server/main_foreign.hpp"
#include "mcp-server/main_parts.hpp"
#include "planners/batch.hpp"
#include "services/accounts/accounts.hpp"
#include "services/approvals/approvals.hpp"

namespace spreaders::app {

namespace {

struct FlagName {
  std::string_view name, value, help;
};
struct CommandHelp {
  std::string_view name, words, help;
  std::vector<FlagName> flags;
};

const std::vector<CommandHelp>& commands() {
  static const std::vector<CommandHelp> all = {
      {"chat",
       "",
       "type a goal, approve the plan, get the report",
       {{"goal", "TEXT", "the goal"},
        {"yes", "", "approve what is planned, as the person who starts this"},
        {"sample-audience", "", "load 500 fictional readers"},
        {"voice", "FILE", "a recording of the goal"},
        {"real-time", "", "sandbox: do not jump to the next due time"}}},
      {"serve",
       "",
       "serve MCP, links and pages, and send",
       {{"virtual-time", "", "sandbox: the clock jumps to the next due time"}}},
      {"mcp",
       "",
       "an MCP server on standard input and output",
       {{"virtual-time", "", "sandbox: the clock jumps to the next due time"}}},
      {"call", "TOOL JSON", "call one tool and print its result", {{"key", "KEY", "idempotency key"}}},
      {"tools", "", "list the tools", {{"json", "", "as tools/list would"}, {"docs", "", "as Markdown"}}},
      {"plan",
       "",
       "understand briefs without storing anything",
       {{"batch", "FILE", "one brief a line (JSON)"}, {"planner", "rules", "the built-in planner"}}},
      {"approve", "ID", "approve or reject in this terminal", {{"reject", "", "reject it"}}},
      {"sandbox",
       "",
       "only the sandbox: mail server, mailbox, shop",
       {{"journal", "FILE", "one line for each accepted mail"},
        {"tempfail", "SHARE", "of recipients refused for now"},
        {"reject", "SHARE", "of recipients refused for good"},
        {"cut-after", "SHARE", "accepted, but the connection is cut before the answer"},
        {"cut-before", "SHARE", "cut before the mail is taken"},
        {"slow-ms", "MS", "delay of replies"}}},
      {"config",
       "",
       "the configuration",
       {{"schema", "", "JSON Schema"},
        {"show", "", "the values in force, secrets masked"},
        {"docs", "", "as Markdown"}}},
      {"key",
       "create|list|revoke",
       "API keys",
       {{"name", "NAME", "name of a new key"},
        {"kind", "KIND", "model, person, write_key or service"},
        {"scopes", "LIST", "scopes, separated by commas"}}},
      {"doctor", "", "check what is needed", {}},
      {"backup", "FILE", "copy the database while it is in use", {}},
      {"restore",
       "FILE",
       "put a copy back; refuses to overwrite without --force",
       {{"force", "", "replace the database that is there"}}},
      {"version", "", "the version", {}},
  };
  return all;
}

const CommandHelp* find_command(std::string_view name) {
  for (const auto& command : commands()) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

Result<std::unique_ptr<App>> open_app(const Config& config, const std::map<std::string, std::string>& environment) {
  return App::start({.config = config, .environment = environment, .engine = false, .http = false});
}

void print(const std::string& text) { std::cout << text << std::endl; }

}  // namespace

int fail(const Error& error) {
  std::cerr << "spreaders: " << error.text() << std::endl;
  return error.code == Code::kInvalidArgument ? 2 : 1;
}

std::string usage() {
  std::string out = "spreaders COMMAND ...\n\n";
  for (const auto& command : commands()) {
    std::string head = std::string(command.name) + (command.words.empty() ? "" : " " + std::string(command.words));
    head.resize(std::max<size_t>(head.size() + 1, 26), ' ');
    out += "  " + head + std::string(command.help) + "\n";
    for (const auto& flag : command.flags) {
      std::string name = "--" + std::string(flag.name) + (flag.value.empty() ? "" : " " + std::string(flag.value));
      name.resize(std::max<size_t>(name.size() + 1, 24), ' ');
      out += "      " + name + std::string(flag.help) + "\n";
    }
  }
  return out + "\nEvery setting is a flag too: --data-dir DIR, --http-port 8080 (`spreaders config --schema`).\n";
}

Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments) {
  CommandLine line;
  Issues issues;
  if (arguments.empty()) return invalid("say what to do\n\n" + usage());
  line.command = arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help" ? "help"
                 : arguments[0] == "--version"                                              ? "version"
                                                                                            : arguments[0];
  const CommandHelp* command = find_command(line.command);
  if (command == nullptr && line.command != "help")
    return invalid("there is no command '" + std::string(first_code_points(line.command, 40)) + "'\n\n" + usage());
  for (size_t i = 1; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (!word.starts_with("--") || word == "--") {
      if (word != "--") line.words.push_back(word);
      continue;
    }
    size_t equals = word.find('=');
    std::string name = word.substr(2, equals == std::string::npos ? std::string::npos : equals - 2);
    bool own = false;
    bool takes_value = true;
    if (command != nullptr) {
      for (const auto& flag : command->flags) {
        if (flag.name == name) own = true, takes_value = !flag.value.empty();
      }
    }
    bool setting = !own && (is_config_flag(name) || name == "config");
    if (name == "help") return invalid(usage());
    if (!own && !setting) {
      issues.push_back({"--" + name, "is not known to `spreaders " + line.command + "`"});
      continue;
    }
    bool boolean_setting = setting && name == "read-only";
    std::string value;
    if (equals != std::string::npos) value = word.substr(equals + 1);
    else if ((own && takes_value) || (setting && !boolean_setting)) {
      if (i + 1 >= arguments.size()) {
        issues.push_back({"--" + name, "needs a value"});
        continue;
      }
      value = arguments[++i];
    } else value = "true";
    if (own || name == "config") line.flags[name] = value;
    else line.settings.emplace_back(name, value);
  }
  if (!issues.empty()) return issues_error("The command line", std::move(issues));
  return line;
}

int run_tools(const CommandLine& line) {
  auto all = all_tools(false);
  std::erase_if(all, [](const ToolSpec* spec) { return spec->scopes.list()[0].starts_with("approvals:decide"); });
  if (line.flags.contains("json")) {
    Json tools = Json::array();
    for (const auto* spec : all) tools.push_back(list_tool(*spec));
    print(to_text({{"tools", tools}}));
  } else if (line.flags.contains("docs")) {
    std::string out = "# Tools\n\nMade by `spreaders tools --docs`. Wire names have `_` for the dot.\n";
    for (const auto* spec : all) {
      std::string scopes;
      for (auto scope : spec->scopes.list()) scopes += (scopes.empty() ? "" : ", ") + ("`" + std::string(scope) + "`");
      out += "\n## " + std::string(spec->name.value) + "\n\n**" + std::string(spec->title.value) + ".** " +
             std::string(spec->description.value) + "\n\nRisk " + std::string(risk_class(spec->effect)) +
             (spec->effect >= Effect::kPublish || spec->always_approve ? ", needs a person's approval" : "") +
             "; scopes " + scopes + ".\n\nArguments\n\n" + docs_of_fields(spec->body.arguments()) + "\nResult\n\n" +
             docs_of_fields(spec->body.result());
    }
    std::cout << out;
  } else {
    for (const auto* spec : all) {
      std::string name(spec->name.value);
      name.resize(std::max<size_t>(name.size() + 1, 30), ' ');
      print(name + std::string(spec->title.value));
    }
    print(std::to_string(all.size()) + " tools");
  }
  return 0;
}

int run_call(const CommandLine& line, const Config& config, const std::map<std::string, std::string>& environment) {
  if (line.words.empty() || line.words.size() > 2)
    return fail(invalid("say `spreaders call TOOL JSON`, for example: spreaders call campaign.list '{}'"));
  auto arguments = parse_json(line.words.size() == 2 ? line.words[1] : "{}");
  if (!arguments.ok()) return fail(arguments.error());
  auto app = open_app(config, environment);
  if (!app.ok()) return fail(app.error());
  auto key = line.flags.find("key");
  auto answer = (*app)->tools().call({.name = line.words[0],
                                      .arguments = *arguments,
                                      .principal = (*app)->owner("cli"),
                                      .idempotency_key = key == line.flags.end() ? "" : key->second});
  if (!answer.ok()) return fail(answer.error());
  print(answer->dump(2, ' ', false, Json::error_handler_t::replace));
  return 0;
}

int run_plan(const CommandLine& line) {
  auto planner = line.flags.find("planner");
  if (planner != line.flags.end() && planner->second != "rules")
    return fail(issues_error("The command line", {{"--planner", "only `rules` works on batches"}}));
  auto file = line.flags.find("batch");
  if (file == line.flags.end())
    return fail(
        invalid("say `spreaders plan --batch FILE.jsonl --planner rules`; to plan one goal use `spreaders chat`"));
  std::ifstream stream;
  if (file->second != "-") stream.open(file->second);
  std::istream& input = file->second == "-" ? std::cin : stream;
  if (!input) return fail(Error{Code::kNotFound, "the file " + file->second + " cannot be read"});
  std::string text;
  int number = 0;
  bool bad = false;
  while (std::getline(input, text)) {
    ++number;
    if (trim(text).empty()) continue;
    auto planned = planners::plan_batch_line(text);
    if (planned.ok()) {
      std::cout << *planned << "\n";
      continue;
    }
    bad = true;
    Json error = {{"line", number}, {"error", planned.error().text()}};
    auto parsed = parse_json(text);
    if (parsed.ok() && parsed->is_object() && parsed->contains("id")) error["id"] = (*parsed)["id"];
    std::cout << to_text(error) << "\n";
  }
  std::cout.flush();
  return bad ? 2 : 0;
}

int run_approve(const CommandLine& line, const Config& config, const std::map<std::string, std::string>& environment) {
  if (line.words.size() != 1) return fail(invalid("say `spreaders approve ID`; approvals.list shows what waits"));
  const std::string& id = line.words[0];
  auto app = open_app(config, environment);
  if (!app.ok()) return fail(app.error());
  App& a = **app;
  auto scope = storage::Scope::of(a.workspace());
  auto approval = a.storage().read(
      scope, [&](storage::Tx& tx) { return services::get_approval(tx, a.workspace(), id, a.clock().now()); });
  if (!approval.ok()) return fail(approval.error());
  if (approval->state != "pending") return fail(conflict("the approval " + id + " is already " + approval->state));
  if (!isatty(STDIN_FILENO) ||
      !show_on_terminal("\n" + approval->subject.summary + "\n\n" + approval->subject.kind + " " +
                        approval->subject.id + ", " + approval->risk + "\n" + approval->subject.hash + "\n")) {
    return fail(Error{Code::kPermissionDenied, "an approval is given by a person in a terminal; this is not one"});
  }
  if (line.flags.contains("reject")) {
    auto decided = a.tools().call({.name = "approvals.decide",
                                   .arguments = {{"approval_id", id}, {"decision", "reject"}},
                                   .principal = a.owner("cli")});
    if (!decided.ok()) return fail(decided.error());
    print("Rejected.");
    return 0;
  }
  // A server with a terminal has shown its own code; otherwise this terminal is the server's.
  if (!approval->has_code || approval->locked) {
    auto code = a.storage().write(
        scope, [&](storage::Tx& tx) { return services::issue_code(tx, a.workspace(), id, a.clock().now()); });
    if (!code.ok()) return fail(code.error());
    show_on_terminal("Code: " + *code);
  } else {
    show_on_terminal("The code is on the terminal of the Spreaders server.");
  }
  auto typed = ask_on_terminal("Type the code to approve exactly this (Enter alone leaves it): ");
  if (!typed || typed->empty()) {
    print("Nothing was decided.");
    return 1;
  }
  auto decided = a.tools().call({.name = "approvals.decide",
                                 .arguments = {{"approval_id", id}, {"decision", "approve"}, {"code", *typed}},
                                 .principal = a.owner("cli")});
  if (!decided.ok()) return fail(decided.error());
  print("Approved. Whoever asked calls the same tool again now.");
  return 0;
}

int run_config(const CommandLine& line, const Config& config) {
  if (line.flags.contains("schema")) print(schema_of<Config>().dump(2));
  else if (line.flags.contains("docs")) {
    std::string out =
        "# Configuration\n\nMade by `spreaders config --docs`. A JSON file, then SPREADERS_SECTION_NAME in the "
        "environment, then --section-name flags; the later wins.\n\n" +
        docs_of_fields(Config::field_list());
    for (const auto& field : Config::field_list().fields) {
      if (field.ops->kind != Kind::kObject) continue;
      out += "\n## " + std::string(field.name) + "\n\n" + docs_of_fields(field.ops->object());
      for (const auto& inner : field.ops->object().fields) {
        bool entries = inner.ops->kind == Kind::kArray && inner.ops->item->kind == Kind::kObject;
        if (entries)
          out += "\n### Each of " + std::string(inner.name) + "\n\n" + docs_of_fields(inner.ops->item->object());
      }
    }
    std::cout << out;
  } else print(show_config(config).dump(2));
  return 0;
}

namespace {

// Connects to the configured mail server and signs in; sends nothing.
Result<std::string> check_mail(App& app) {
  const MailConfig& mail = app.config().mail;
  if (mail.host.empty()) return std::string("sandbox (no mail server is configured)");
  std::string where = mail.host + ":" + std::to_string(mail.port);
  auto listed =
      TRY(app.tools().call({.name = "connections.list", .arguments = Json::object(), .principal = app.owner("cli")}));
  for (const auto& connection : listed["connections"]) {
    if (connection["provider"] != "smtp" || connection["name"] != "Mail server") continue;
    auto tested = TRY(app.tools().call({.name = "connections.test",
                                        .arguments = {{"connection_id", connection["connection_id"]}},
                                        .principal = app.owner("cli")}));
    std::string finding = tested.value("finding", "");
    if (tested.value("ok", false)) return where + ", " + finding;
    return Error{Code::kUnavailable, where + ": " + finding};
  }
  return Error{Code::kNotConfigured, where + " has no connection"};
}

}  // namespace

namespace {

// Other MCP servers: whether their tools are used, and what a person reads before they accept them.
bool check_foreign(App& app, const std::map<std::string, std::string>& environment,
                   const std::function<void(bool, const std::string&)>& say) {
  CurlClient http;
  ForeignTools foreign(app.config().mcp, environment, http, app.storage(), app.clock());
  bool good = true;
  for (const auto& report : foreign.connect()) {
    good = good && report.problem.empty();
    say(report.problem.empty(),
        "MCP server " + report.server + ": " +
            (report.problem.empty() ? std::to_string(report.tools.size()) + " tools" : report.problem));
    if (report.problem.empty() || report.hash.empty()) continue;
    for (const auto& tool : report.tools) print("        " + tool);
    print("      Their names and words are the server's. To let the agent use them, set \"accepted\": \"" +
          report.hash + "\" for this server.");
  }
  return good;
}

}  // namespace

int run_doctor(const Config& config, const std::map<std::string, std::string>& environment) {
  auto say = [](bool good, const std::string& text) { print((good ? "ok    " : "FAIL  ") + text); };
  auto app = open_app(config, environment);
  if (!app.ok()) {
    say(false, app.error().text());
    return 1;
  }
  App& a = **app;
  say(true, "data directory " + config.data_dir);
  say(true,
      config.database.url.empty() ? "database SQLite, schema up to date" : "database PostgreSQL, schema up to date");
  bool good = true;
  auto audit = a.storage().read(storage::Scope::of(a.workspace()),
                                [&](storage::Tx& tx) { return tools::verify_audit(tx, a.workspace()); });
  bool whole = audit.ok() && audit->first_bad_seq == 0;
  good = good && whole;
  say(whole, whole ? "audit chain of " + std::to_string(audit->rows) + " rows is whole"
                   : "the audit chain is broken at row " + std::to_string(audit.ok() ? audit->first_bad_seq : 0));
  say(true, "planner: " + a.planner_name());
  auto mail = check_mail(a);
  good = good && mail.ok();
  say(mail.ok(), "mail: " + (mail.ok() ? *mail : mail.error().text()));
  good = check_foreign(a, environment, say) && good;
  auto unclear = a.storage().read(storage::Scope::of(a.workspace()), [&](storage::Tx& tx) {
    return tx.query("SELECT COUNT(*) FROM outbox WHERE workspace_id = $1 AND state = 'unknown'", {a.workspace()});
  });
  if (unclear.ok() && (*unclear)[0][0].integer() > 0)
    say(true, std::to_string((*unclear)[0][0].integer()) + " mails are unclear and held");
  return good ? 0 : 1;
}

int run_backup(const CommandLine& line, const Config& config, const std::map<std::string, std::string>& environment) {
  if (line.words.size() != 1) return fail(invalid("say `spreaders backup FILE`"));
  if (std::filesystem::exists(line.words[0]))
    return fail(conflict("the file " + line.words[0] + " exists; nothing was overwritten"));
  auto app = open_app(config, environment);
  if (!app.ok()) return fail(app.error());
  auto done = (*app)->storage().backup_to(line.words[0]);
  if (!done.ok()) return fail(done.error());
  print("Copied the database to " + line.words[0] + ". Keep " + config.data_dir +
        "/vault.key with it, in another place: without it the secrets in the copy cannot be read.");
  return 0;
}

int run_restore(const CommandLine& line, const Config& config) {
  if (line.words.size() != 1) return fail(invalid("say `spreaders restore FILE`"));
  if (!config.database.url.empty()) return fail(Error{Code::kUnsupported, "restore PostgreSQL with pg_restore"});
  std::string target = config.data_dir + "/spreaders.db";
  std::error_code failed;
  std::filesystem::create_directories(config.data_dir, failed);
  int lock = open((config.data_dir + "/engine.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0)
    return fail(conflict("a Spreaders process is running on " + config.data_dir + "; stop it first"));
  if (std::filesystem::exists(target) && !line.flags.contains("force"))
    return fail(conflict("there is a database in " + config.data_dir + " already; add --force to replace it"));
  // The copy is opened and checked before anything is replaced.
  std::string fresh = target + ".restored";
  std::filesystem::copy_file(line.words[0], fresh, std::filesystem::copy_options::overwrite_existing, failed);
  if (failed)
    return fail(Error{Code::kNotFound, "the file " + line.words[0] + " cannot be copied: " + failed.message()});
  auto opened = storage::open_sqlite({.path = fresh});
  // An empty file would become an empty database, and take the place of one with everything in it.
  auto ours = opened.ok()
                  ? (*opened)->read(storage::Scope::system(),
                                    [](storage::Tx& tx) { return tx.query("SELECT number FROM schema_migration"); })
                  : Result<storage::Rows>(opened.error());
  auto migrated = ours.ok() ? (*opened)->migrate() : Result<void>(ours.error());
  if (!migrated.ok()) {
    if (opened.ok()) opened->reset();
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(fresh + suffix, failed);
  }
  if (!migrated.ok())
    return fail(Error{Code::kInvalidArgument,
                      "the file " + line.words[0] + " is not a Spreaders database: " + migrated.error().message});
  // What was on its way when the copy was made may have arrived, and what the campaigns did afterwards the copy does
  // not know: messages are held, campaigns wait for a person. Batches that waited for held messages do so no longer.
  int64_t paused = 0;
  auto held = (*opened)->write(storage::Scope::system(), [&](storage::Tx& tx) -> Result<int64_t> {
    constexpr int64_t never_us = INT64_MAX / 2;
    auto count =
        TRY(tx.execute("UPDATE outbox SET state = 'unknown', reply = 'restored from a copy; it may have been sent "
                       "since', next_at = $1 WHERE state IN ('pending', 'sending')",
                       {never_us}));
    TRY(
        tx.execute("UPDATE token SET state = 'ready', data = json_set(data, '$.phase', 'drained'), rev = rev + 1 WHERE "
                   "state = 'waiting'"));
    TRY(
        tx.execute("UPDATE campaign SET status = 'paused' WHERE id IN (SELECT campaign_id FROM run WHERE status = "
                   "'active' AND campaign_id IS NOT NULL)"));
    paused = TRY(tx.execute("UPDATE run SET status = 'paused', rev = rev + 1 WHERE status = 'active'"));
    return count;
  });
  if (!held.ok()) return fail(held.error());
  opened->reset();
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(target + suffix, failed);
  std::filesystem::rename(fresh, target, failed);
  if (failed) return fail(Error{Code::kInternal, "the database cannot be put in place: " + failed.message()});
  print("Restored. " + std::to_string(*held) +
        " messages that were waiting are held as unclear, so that nothing is sent twice." +
        (paused == 0 ? ""
                     : "\n" + std::to_string(paused) +
                           " running campaigns are paused. If they went on after the copy was made, resuming them "
                           "mails people a second time: then cancel them."));
  return 0;
}

int run_key(const CommandLine& line, const Config& config, const std::map<std::string, std::string>& environment) {
  auto app = open_app(config, environment);
  if (!app.ok()) return fail(app.error());
  App& a = **app;
  auto scope = storage::Scope::of(a.workspace());
  std::string what = line.words.empty() ? "list" : line.words[0];
  if (what == "create") {
    auto flag = [&](const char* name, std::string fallback) {
      auto found = line.flags.find(name);
      return found == line.flags.end() ? fallback : found->second;
    };
    auto kind = enum_from<services::KeyKind>(flag("kind", "model"));
    if (!kind)
      return fail(issues_error("The command line", {{"--kind", "is one of: model, person, write_key, service"}}));
    services::NewKey wanted{.user_id = a.owner("cli").id, .name = flag("name", "key"), .kind = *kind};
    std::string scopes = flag("scopes", *kind == services::KeyKind::kWriteKey ? "" : "*");
    for (size_t from = 0; from < scopes.size();) {
      size_t end = std::min(scopes.find(',', from), scopes.size());
      wanted.scopes.emplace_back(trim(std::string_view(scopes).substr(from, end - from)));
      from = end + 1;
    }
    auto made = a.storage().write(scope, [&](storage::Tx& tx) {
      return services::create_api_key(tx, a.workspace(), wanted, a.clock().now(), system_ids());
    });
    if (!made.ok()) return fail(made.error());
    print("Key " + made->key.id + ", shown this once:\n" + made->secret.reveal());
    return 0;
  }
  if (what == "revoke" && line.words.size() == 2) {
    auto done = a.storage().write(scope, [&](storage::Tx& tx) {
      return services::revoke_api_key(tx, a.workspace(), line.words[1], a.clock().now());
    });
    if (!done.ok()) return fail(done.error());
    print("Revoked.");
    return 0;
  }
  if (what != "list") return fail(invalid("say `spreaders key create|list|revoke ID`"));
  auto keys = a.storage().read(scope, [&](storage::Tx& tx) { return services::list_api_keys(tx, a.workspace()); });
  if (!keys.ok()) return fail(keys.error());
  for (const auto& key : *keys)
    print(key.id + "  " + std::string(enum_name(key.kind)) + "  " + key.name + (key.revoked_at ? "  revoked" : ""));
  return 0;
}

}  // namespace spreaders::app
