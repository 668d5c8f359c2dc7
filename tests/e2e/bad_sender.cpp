// The sender that this project exists not to be, for the crash test's self-check: it forgets the intent before it sends
// and writes results down once a batch. Everything else is the real thing. `bad_sender DATA_DIR` works until it is
// killed.
#include <csignal>
#include <iostream>
#include <thread>

#include "core/log.hpp"
#include "credentials/vault.hpp"
#include "events/outbox.hpp"
#include "integrations/http/curl_client.hpp"
#include "mcp-server/main_mail.hpp"
#include "services/audience/audience.hpp"
#include "services/consent/consent.hpp"
#include "workflows/engine.hpp"

namespace spreaders {
namespace {

// The plan was approved by the real program; a bulk step needs no more than to be let through.
class AllowAll : public ToolRunner {
 public:
  [[nodiscard]] ToolList list() const override { return {}; }
  [[nodiscard]] const ToolSpec* find(std::string_view) const override { return nullptr; }
  Result<Json> call(const ToolCall& call) override {
    return not_found("the bad sender calls no tool, not even " + call.name);
  }
  Result<void> admit(storage::Tx&, const ToolCall&) override { return {}; }
};

Result<void> run(const std::string& data_dir) {
  auto storage = TRY(storage::open_sqlite({.path = data_dir + "/spreaders.db"}));
  auto vault = TRY(credentials::Vault::open(data_dir + "/vault.key", system_clock(), system_ids()));
  CurlClient http;
  services::Tracking tracking{.key = Secret("links are not followed here"), .public_url = "http://127.0.0.1"};
  app::EmailSender sender(*storage, system_clock(), http, *vault, tracking);
  consent::Guard guard;
  audience::Profiles profiles(system_clock());
  AllowAll tools;
  std::string owner = system_ids().make("prc");
  workflows::Engine engine(*storage, system_clock(), system_ids(), tools, profiles, guard, {}, owner);
  events::Dispatcher dispatcher(*storage, system_clock(), guard, {.planted_bad_checkpoint = true}, owner);
  dispatcher.add_sender("email", sender);
  dispatcher.on_settle(
      [&](storage::Tx& tx, const std::vector<events::Settled>& settled) { return engine.on_settled(tx, settled); });
  TRY(engine.recover());
  TRY(dispatcher.recover());
  std::cout << "ready" << std::endl;
  std::jthread sending([&](std::stop_token stop) { dispatcher.loop(stop); });
  engine.loop({});  // until killed
  return {};
}

}  // namespace
}  // namespace spreaders

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  if (argc != 2) return 2;
  spreaders::set_log_level(spreaders::LogLevel::kOff);
  auto done = spreaders::run(argv[1]);
  if (!done.ok()) std::cerr << done.error().text() << std::endl;
  return 1;
}
