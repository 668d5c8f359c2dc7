// A server that is a command of ours: one JSON-RPC message a line on its standard input and output (MCP
// basic/transports, stdio). The command gets exactly the environment that it is given, never ours, so that no key of
// this process reaches it. What it writes to standard error is kept for error messages only. At the end its input is
// closed, then it and all that it started are told to stop, then they are killed.
//
//   auto transport = TRY(StdioTransport::start({.command = {"npx", "-y", "some-server"}, .environment = {...}}));
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "mcp-server/client/limits.hpp"
#include "mcp-server/client/transport.hpp"

namespace spreaders::mcp {

struct StdioTransportOptions {
  std::vector<std::string> command;  // program, found through PATH of `environment`'s parent, and arguments
  std::map<std::string, std::string> environment = {};
  ClientLimits limits = {};
};

class StdioTransport final : public ClientTransport {
 public:
  // kUnavailable when the command cannot be started.
  static Result<std::unique_ptr<StdioTransport>> start(StdioTransportOptions options);
  ~StdioTransport() override;
  StdioTransport(const StdioTransport&) = delete;
  StdioTransport& operator=(const StdioTransport&) = delete;

  Result<Received> exchange(const Exchange& call) override;
  Result<void> notify(const Json& message, const HeaderList& headers) override;
  void listen(MessageTaker take, HeaderList headers) override;
  [[nodiscard]] bool is_http() const override { return false; }
  [[nodiscard]] bool has_session() const override { return false; }
  void forget_session() override {}
  void close() override;
  [[nodiscard]] int pid() const { return pid_; }
  // The end of what the command wrote to standard error. For the person at the terminal only: it may hold anything.
  [[nodiscard]] std::string last_errors() const;

 private:
  explicit StdioTransport(StdioTransportOptions options) : options_(std::move(options)) {}
  struct Waiting {
    std::optional<jsonrpc::Message> answer;
    std::deque<jsonrpc::Message> others;
  };
  Result<void> spawn();
  Result<void> write_line(const Json& message, int64_t deadline_ms);
  Result<Received> wait(const Exchange& call, Waiting& mine);
  void read_all();
  bool read_lines(std::string& buffer);
  void read_errors();
  void take_line(std::string_view line);
  void take_message(jsonrpc::Message message);
  void fail(std::string why);
  Error gone_locked() const;
  void end_process();

  const StdioTransportOptions options_;
  int pid_ = -1;
  int pid_fd_ = -1;
  int to_child_ = -1, from_child_ = -1, errors_ = -1;
  int wake_ = -1;  // ends the reading
  std::mutex write_mutex_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<jsonrpc::Id, Waiting*> waiting_;
  MessageTaker idle_taker_;
  bool broken_ = false;
  bool closed_ = false;
  std::string why_broken_;
  std::string last_errors_;
  size_t stray_lines_ = 0;  // of the reading thread
  std::thread reader_;
};

}  // namespace spreaders::mcp
