#include "mcp-server/transport/stdio/stdio.hpp"

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <unistd.h>

#include "mcp-server/protocol/batch.hpp"

namespace spreaders::mcp {

namespace {

constexpr size_t kReadBlock_bytes = 64 * 1024;

// Whole lines from many threads. One thread writes at a time and takes along what the others added meanwhile.
class LineWriter {
 public:
  LineWriter(int fd, size_t waiting_bytes_max) : fd_(fd), waiting_bytes_max_(waiting_bytes_max) {}

  bool write(std::string_view line) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return broken_ || waiting_.size() < waiting_bytes_max_; });
    if (broken_) return false;
    waiting_.append(line).push_back('\n');
    if (writing_) return true;
    writing_ = true;
    while (!waiting_.empty() && !broken_) {
      std::string now;
      now.swap(waiting_);
      lock.unlock();
      room_.notify_all();
      bool written = write_all(now);
      lock.lock();
      if (!written) broken_ = true;
    }
    writing_ = false;
    if (broken_) room_.notify_all();
    return !broken_;
  }

 private:
  bool write_all(std::string_view text) {
    while (!text.empty()) {
      ssize_t count = ::write(fd_, text.data(), text.size());
      if (count >= 0) {
        text.remove_prefix(static_cast<size_t>(count));
      } else if (errno == EAGAIN) {
        pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
        ::poll(&ready, 1, -1);
      } else if (errno != EINTR) {
        return false;
      }
    }
    return true;
  }

  const int fd_;
  const size_t waiting_bytes_max_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::string waiting_;
  bool writing_ = false;
  bool broken_ = false;
};

class LineOutlet final : public Outlet {
 public:
  explicit LineOutlet(std::shared_ptr<LineWriter> writer) : writer_(std::move(writer)) {}
  bool send(std::string_view text) override { return writer_->write(text); }
  void finish(std::string text, int) override { writer_->write(text); }

 private:
  std::shared_ptr<LineWriter> writer_;  // shared by all requests in work
};

// Standard output belongs to the protocol: strangers' prints go to standard error while this lives.
class StdoutGuard {
 public:
  explicit StdoutGuard(int output) : output_(output) {
    if (output_ != STDOUT_FILENO) return;
    kept_ = ::dup(STDOUT_FILENO);
    if (kept_ >= 0) ::dup2(STDERR_FILENO, STDOUT_FILENO);
  }
  ~StdoutGuard() {
    if (kept_ < 0) return;
    ::dup2(kept_, STDOUT_FILENO);
    ::close(kept_);
  }
  [[nodiscard]] int fd() const { return kept_ >= 0 ? kept_ : output_; }

 private:
  const int output_;
  int kept_ = -1;
};

class StdioServer {
 public:
  StdioServer(McpServer& server, const StdioOptions& options, int output)
      : server_(server),
        options_(options),
        writer_(std::make_shared<LineWriter>(output, options.unwritten_bytes_max)),
        peer_(std::make_shared<Peer>(options.principal)),
        pool_(std::make_unique<WorkerPool>(options.pool)) {
    peer_->set_standing(std::make_shared<LineOutlet>(writer_));
    server_.attach(peer_);
  }

  void read_all();
  Result<void> finish();

 private:
  void line(std::string_view text);
  void batch(Json messages);
  void message(Message message, OutletPtr outlet);
  void request(Message message, OutletPtr outlet);
  void run(std::function<void()> job);
  void refuse(const std::optional<Id>& id, const RpcError& error) { writer_->write(jsonrpc::error_text(id, error)); }

  McpServer& server_;
  const StdioOptions options_;
  std::shared_ptr<LineWriter> writer_;
  PeerPtr peer_;
  std::unique_ptr<WorkerPool> pool_;
};

void StdioServer::read_all() {
  std::string buffer;
  bool too_long = false;  // the rest of the line is skipped
  std::string block(kReadBlock_bytes, '\0');
  for (;;) {
    ssize_t count = ::read(options_.input, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) {
      pollfd ready{.fd = options_.input, .events = POLLIN, .revents = 0};
      ::poll(&ready, 1, -1);
      continue;
    }
    if (count <= 0) break;
    std::string_view rest(block.data(), static_cast<size_t>(count));
    for (size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      std::string_view part = rest.substr(0, end);
      rest.remove_prefix(end + 1);
      if (too_long || buffer.size() + part.size() > options_.json.bytes_max) {
        refuse(std::nullopt,
               {.code = jsonrpc::kParseError,
                .message = "Parse error: the line is over " + std::to_string(options_.json.bytes_max) + " bytes"});
      } else if (buffer.empty()) {
        line(part);
      } else {
        line(buffer.append(part));
      }
      buffer.clear();
      too_long = false;
    }
    if (too_long) continue;
    buffer.append(rest);
    if (buffer.size() > options_.json.bytes_max) {
      too_long = true;
      std::string().swap(buffer);
    }
  }
  if (!buffer.empty()) line(buffer);
}

void StdioServer::line(std::string_view text) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.find_first_not_of(" \t") == std::string_view::npos) return;
  auto json = parse_json(text, options_.json);
  if (!json)
    return refuse(std::nullopt, {.code = jsonrpc::kParseError, .message = "Parse error: " + json.error().message});
  if (json->is_array()) return batch(std::move(*json));
  auto parsed = jsonrpc::parse(std::move(*json));
  if (auto* refused = std::get_if<jsonrpc::Refused>(&parsed)) return refuse(refused->id, refused->error);
  message(std::move(std::get<Message>(parsed)), std::make_shared<LineOutlet>(writer_));
}

void StdioServer::batch(Json messages) {
  bool allowed =
      peer_->client().revision == kBatchRevision && !messages.empty() && messages.size() <= options_.batch_max;
  if (!allowed) {
    return refuse(std::nullopt, {.code = jsonrpc::kInvalidRequest,
                                 .message = "Batches of 1 to " + std::to_string(options_.batch_max) +
                                            " messages exist only in revision " + std::string(kBatchRevision)});
  }
  std::vector<std::variant<Message, jsonrpc::Refused>> parsed;
  size_t answers = 0;
  for (auto& each : messages) {
    parsed.push_back(jsonrpc::parse(std::move(each)));
    const auto* received = std::get_if<Message>(&parsed.back());
    if (received == nullptr || received->kind == jsonrpc::Kind::kRequest) ++answers;
  }
  auto collected = std::make_shared<Batch>(answers, [writer = writer_](std::string text) { writer->write(text); });
  for (auto& each : parsed) {
    if (auto* refused = std::get_if<jsonrpc::Refused>(&each)) {
      collected->add(jsonrpc::error_text(refused->id, refused->error));
    } else {
      auto& received = std::get<Message>(each);
      bool asks = received.kind == jsonrpc::Kind::kRequest;
      message(std::move(received), asks ? std::make_shared<BatchOutlet>(collected) : nullptr);
    }
  }
}

void StdioServer::message(Message received, OutletPtr outlet) {
  switch (received.kind) {
    case jsonrpc::Kind::kRequest:
      return request(std::move(received), std::move(outlet));
    case jsonrpc::Kind::kNotification:
      return server_.notification(received, peer_);
    case jsonrpc::Kind::kResponse:
      // The rest of a waiting call runs with it.
      return run([this, shared = std::make_shared<Message>(std::move(received))] {
        server_.response(std::move(*shared), peer_);
      });
  }
}

void StdioServer::request(Message received, OutletPtr outlet) {
  RequestInfo info{.client = {}, .principal = options_.principal, .peer = peer_};
  if (McpServer::is_modern(received)) {
    auto client = McpServer::read_modern(received);
    if (auto* error = std::get_if<RpcError>(&client))
      return outlet->finish(jsonrpc::error_text(received.id, *error), 200);
    info.client = std::move(std::get<ClientState>(client));
    if (info.client.revision != kModernRevision) {
      Json supported = Json::array();
      for (auto revision : kRevisions) supported.push_back(revision);
      RpcError error{.code = kUnsupportedVersion,
                     .message = "Unsupported protocol version: " + info.client.revision,
                     .data = {{"supported", std::move(supported)}, {"requested", info.client.revision}}};
      return outlet->finish(jsonrpc::error_text(received.id, error), 200);
    }
  } else {
    info.client = peer_->client();
    // A request typed by hand, before any initialize, is served as the newest session revision.
    if (info.client.revision.empty()) info.client.revision = kLegacyNewest;
  }
  // Methods that run nobody's code are answered here, without a change of threads.
  bool quick = received.method != "tools/call" && received.method != "prompts/get" &&
               received.method != "resources/read" && received.method != "resources/list" &&
               received.method != "completion/complete";
  if (quick) return server_.request(std::move(received), std::move(info), std::move(outlet));
  struct Job {
    Message message;
    RequestInfo info;
    OutletPtr outlet;
  };
  run([this, job = std::make_shared<Job>(Job{std::move(received), std::move(info), std::move(outlet)})] {
    server_.request(std::move(job->message), std::move(job->info), std::move(job->outlet));
  });
}

// On the pool, or right here when the pool is full: then nothing more is read until this is done.
void StdioServer::run(std::function<void()> job) {
  if (!pool_->submit(job)) job();
}

Result<void> StdioServer::finish() {
  bool idle = pool_->wait_idle(options_.finish_timeout_ms);
  peer_->close();
  if (!idle && !pool_->wait_idle(options_.finish_timeout_ms)) {
    // Its threads use this object and the server; the caller ends the process, so both are left in place.
    [[maybe_unused]] auto* left = pool_.release();
    return Error{Code::kUnavailable, "A call did not stop after the client had gone"};
  }
  pool_->stop();
  return {};
}

}  // namespace

Result<void> serve_stdio(McpServer& server, StdioOptions options) {
  StdoutGuard guard(options.output);
  auto stdio = std::make_unique<StdioServer>(server, options, guard.fd());
  stdio->read_all();
  auto ended = stdio->finish();
  if (!ended) [[maybe_unused]]
    auto* left = stdio.release();
  return ended;
}

}  // namespace spreaders::mcp
