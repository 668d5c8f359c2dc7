// `spreaders sandbox`: the mail server, the mailbox and the shop alone, for tests and for looking at mails.
#include <charconv>
#include <csignal>
#include <iostream>

#include "mcp-server/main_commands.hpp"
#include "sandbox/world.hpp"

namespace spreaders::app {

int run_sandbox(const CommandLine& line, const Config& config) {
  Issues issues;
  auto number = [&](const char* name, double max) {
    auto found = line.flags.find(name);
    if (found == line.flags.end()) return 0.0;
    double value = 0;
    auto [end, error] = std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
    bool fine =
        error == std::errc() && end == found->second.data() + found->second.size() && value >= 0 && value <= max;
    if (!fine)
      issues.push_back({"--" + std::string(name), "is a number from 0 to " + std::to_string(static_cast<int>(max))});
    return value;
  };
  sandbox::WorldOptions options;
  options.smtp.port = config.sandbox.smtp_port;
  options.http.port = config.sandbox.http_port;
  options.readers.seed = static_cast<uint64_t>(config.sandbox.seed);
  if (auto journal = line.flags.find("journal"); journal != line.flags.end())
    options.mails.journal_path = journal->second;
  auto& faults = options.smtp.faults;
  faults.rcpt_tempfail = number("tempfail", 1);
  faults.rcpt_reject = number("reject", 1);
  faults.cut_accepted = number("cut-after", 1);
  faults.cut_lost = number("cut-before", 1);
  faults.slow_ms = static_cast<int>(number("slow-ms", 60'000));
  if (faults.slow_ms > 0) faults.slow = 1;
  if (!issues.empty()) return fail(issues_error("The command line", std::move(issues)));
  auto world = sandbox::World::start(options);
  if (!world.ok()) return fail(world.error());
  std::cout << "smtp 127.0.0.1:" << (*world)->smtp_port() << "\nmailbox " << (*world)->http_base() << "/\nready"
            << std::endl;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  int signal = 0;
  sigwait(&set, &signal);
  (*world)->stop();
  return 0;
}

}  // namespace spreaders::app
