// The program: reads what is wanted, opens what it needs, ends cleanly.
#include <csignal>
#include <iostream>
#include <pthread.h>
#include <unistd.h>

#include "core/log.hpp"
#include "mcp-server/main_app.hpp"
#include "mcp-server/main_chat.hpp"
#include "mcp-server/main_commands.hpp"
#include "mcp-server/main_parts.hpp"
#include "mcp-server/transport/stdio/stdio.hpp"

namespace spreaders::app {

namespace {

// Ctrl-C and TERM are waited for, not handled: nothing unsafe runs in a signal handler.
sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

int serve(App& app) {
  app.start_threads();
  std::cout << "Spreaders serves MCP on " << app.base_url()
            << "/mcp (also /sse, /rpc); health on http://127.0.0.1:" << app.operations_port() << "/health\n"
            << "listening on " << app.config().http.address << " port " << app.http()->port()
            << (!needs_token(app.config())         ? ""
                : app.config().auth.issuer.empty() ? "; every call needs an API key"
                                                   : "; every call needs an access token or an API key")
            << "\n"
            << "planner: " << app.planner_name() << "\n";
  if (app.in_sandbox()) std::cout << "sandbox mailbox: " << app.world()->http_base() << "/\n";
  std::cout << "ready" << std::endl;
  sigset_t set = stop_signals();
  int signal = 0;
  sigwait(&set, &signal);
  return 0;
}

int serve_stdio(App& app) {
  app.start_threads();
  Offer offer(app);
  mcp::McpServer server(mcp_options(app, Secret("stdio"), offer));
  auto follower = offer.follow(server);
  auto ended = mcp::serve_stdio(server, {.principal = app.model("stdio")});
  server.close();
  if (!ended.ok()) {
    // A handler hangs: leaving without destroying what it uses is the one safe way out.
    log_error("a call did not end in time", {{"error", ended.error().message}});
    std::_Exit(1);
  }
  return 0;
}

int run_with_app(const CommandLine& line, const Config& config, const std::map<std::string, std::string>& environment) {
  bool chat = line.command == "chat";
  bool mcp = line.command == "mcp";
  bool virtual_time = chat ? !line.flags.contains("real-time") : line.flags.contains("virtual-time");
  // Only a server that a person started in a terminal has one; an MCP client's child process shares the client's.
  bool terminal = !chat && !mcp && isatty(STDERR_FILENO) != 0;
  auto app =
      App::start({.config = config, .environment = environment, .virtual_time = virtual_time, .terminal = terminal});
  if (!app.ok()) return fail(app.error());
  if (mcp) return serve_stdio(**app);
  if (!chat) return serve(**app);
  if (!(*app)->clock().is_virtual()) (*app)->start_threads();
  auto flag = [&](const char* name) {
    auto found = line.flags.find(name);
    return found == line.flags.end() ? std::string() : found->second;
  };
  return run_chat(**app, {.goal = flag("goal"),
                          .yes = line.flags.contains("yes"),
                          .sample_audience = line.flags.contains("sample-audience"),
                          .voice_file = flag("voice")});
}

int run(const std::vector<std::string>& arguments) {
  auto line = parse_command_line(arguments);
  if (!line.ok()) return fail(line.error());
  if (line->command == "help") {
    std::cout << usage();
    return 0;
  }
  if (line->command == "version") {
    std::cout << "spreaders " << SPREADERS_VERSION << std::endl;
    return 0;
  }
  if (line->command == "tools") return run_tools(*line);
  if (line->command == "plan") return run_plan(*line);
  auto environment = process_environment();
  auto file = line->flags.find("config");
  auto config = load_config(
      {.file = file == line->flags.end() ? "" : file->second, .environment = environment, .flags = line->settings});
  if (!config.ok()) return fail(config.error());
  const std::pair<std::string_view, LogLevel> levels[] = {{"trace", LogLevel::kTrace}, {"debug", LogLevel::kDebug},
                                                          {"info", LogLevel::kInfo},   {"warn", LogLevel::kWarn},
                                                          {"error", LogLevel::kError}, {"off", LogLevel::kOff}};
  for (const auto& [name, level] : levels) {
    if (config->log_level == name) set_log_level(level);
  }
  if (line->command == "config") return run_config(*line, *config);
  if (line->command == "call") return run_call(*line, *config, environment);
  if (line->command == "approve") return run_approve(*line, *config, environment);
  if (line->command == "sandbox") return run_sandbox(*line, *config);
  if (line->command == "doctor") return run_doctor(*config, environment);
  if (line->command == "backup") return run_backup(*line, *config, environment);
  if (line->command == "restore") return run_restore(*line, *config);
  if (line->command == "key") return run_key(*line, *config, environment);
  return run_with_app(*line, *config, environment);
}

}  // namespace

}  // namespace spreaders::app

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t set = spreaders::app::stop_signals();
  std::vector<std::string> arguments(argv + 1, argv + argc);
  // Threads inherit this mask, so that only sigwait() sees the signals of a server, and Ctrl-C in a talk
  // (main_interrupt.hpp); other commands end as usual.
  bool server = !arguments.empty() && (arguments[0] == "serve" || arguments[0] == "sandbox");
  bool talk = !arguments.empty() && arguments[0] == "chat";
  if (talk) sigdelset(&set, SIGTERM);
  if (server || talk) pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return spreaders::app::run(arguments);
}
