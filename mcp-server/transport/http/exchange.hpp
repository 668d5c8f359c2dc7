// Internal to transport/http: one request on its way through libmicrohttpd. The only header that names MHD types.
//
// Life: headers -> body -> a worker's handler while the connection is suspended -> respond() or stream() resumes it ->
// the event loop queues the answer. Locks: Exchange::mutex_ guards everything below it and is never held while a
// callback or handler runs; MHD_resume_connection may be called under it (it only marks and wakes the loop).
#pragma once

#include <atomic>
#include <condition_variable>
#include <microhttpd.h>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "mcp-server/transport/http/server.hpp"
#include "mcp-server/transport/http/watch.hpp"

namespace spreaders::http_internal {

// What the connections of one address hold together. Shared by them, their exchanges and the jobs in the queue.
struct Address {
  std::atomic<size_t> streams{0};
  std::atomic<size_t> held_bytes{0};
};
using AddressPtr = std::shared_ptr<Address>;

// One accepted socket. deadline_ms: monotonic, 0 = none; housekeeping shuts the socket down after it.
struct Connection {
  int fd = -1;
  std::atomic<int64_t> deadline_ms{0};
  AddressPtr address;
  uint64_t watch_token = 0;
  std::optional<HttpServerResponse> target_problem;  // of the request whose target was read last
};

struct Route {
  std::string method;
  std::string path;
  HttpExchangeHandler handler;
  HttpRouteOptions options;
  std::shared_ptr<std::atomic<size_t>> running = std::make_shared<std::atomic<size_t>>(0);  // held by running jobs too
};

class Exchange;

// What exchanges share with their server. Held by each exchange, since one may be dropped by a slow producer after the
// server has stopped.
struct Hub {
  HttpServerOptions options;
  Watch watch;
  std::atomic<uint64_t> requests{0};
  std::atomic<uint64_t> refused{0};
  std::atomic<uint64_t> slow_readers_cut{0};
  std::atomic<bool> draining{false};
  std::atomic<size_t> held_bytes{0};

  std::mutex mutex;  // guards the sets below
  std::condition_variable changed;
  std::unordered_set<Connection*> connections;
  std::unordered_set<Exchange*> open;  // headers seen, not completed
  bool closing = false;                // no further one: those in `open` have been cut for good
  std::unordered_map<std::string, std::weak_ptr<Address>> addresses;
  std::atomic<size_t> streams{0};
};

class Exchange final : public HttpExchange, public HangupListener, public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(std::shared_ptr<Hub> hub, MHD_Connection* connection, Connection* socket)
      : hub_(std::move(hub)), address_(socket->address), connection_(connection), socket_(socket) {}
  ~Exchange() override { release(held_bytes_); }

  // --- HttpExchange
  [[nodiscard]] const HttpServerRequest& request() const override { return request_; }
  void respond(HttpServerResponse response) override;
  HttpStreamPtr stream(HttpStreamStart start) override;
  [[nodiscard]] bool answered() const override;
  [[nodiscard]] bool closed() const override;
  void on_closed(std::function<void()> callback) override;
  void hung_up() override;

  // --- the stream part; HttpStream objects forward here
  bool push(std::string_view text);
  void close_stream();
  [[nodiscard]] bool stream_closed() const;

  // --- event loop only
  // Both: false when the exchange has been cut, which nothing would resume.
  bool suspend();  // until respond(), stream() or cut()
  // Leaves a client that does not end waiting before it is cut: at once it would only begin anew, and keep the loop
  // busy.
  bool hold_back();
  MHD_Result queue_answer();  // called again by libmicrohttpd after a resume
  ssize_t read_stream(char* buffer, size_t size);
  void completed();  // libmicrohttpd has let go of the connection
  void set_immediate(HttpServerResponse response) { answer_ = std::move(response); }

  // --- any thread
  // Counts bytes that are kept for this exchange until release() or its end. False: there is no room for them.
  bool hold(size_t bytes);
  void release(size_t bytes);
  [[nodiscard]] const AddressPtr& address() const { return address_; }
  void cut();    // drop the connection, whatever state it is in
  void drain();  // the server stops: end the stream
  void comment_if_idle(int64_t now_ms);

  HttpServerRequest request_;  // filled by the event loop before a worker sees it
  const Route* route = nullptr;
  size_t body_bytes = 0;
  bool body_too_large = false;
  bool body_unheld = false;  // there was no room for it
  bool whole = false;        // the request is here and the event loop has stopped reading
  bool dispatched = false;
  std::optional<HttpServerResponse> refused;  // to be answered instead of running a handler

 private:
  void resume_locked();
  void watch_locked();
  ssize_t leave_locked();
  MHD_Result queue_plain(HttpServerResponse response);
  MHD_Result queue_stream();

  std::shared_ptr<Hub> hub_;
  const AddressPtr address_;
  std::atomic<size_t> held_bytes_{0};
  mutable std::mutex mutex_;
  MHD_Connection* connection_;
  Connection* socket_;
  bool suspended_ = false;
  bool answered_ = false;
  bool cut_ = false;
  bool leaving_ = false;  // the cut is on its way through the event loop
  bool gone_ = false;     // completed() ran, or the client hung up
  bool watched_ = false;
  std::optional<HttpServerResponse> answer_;
  std::optional<HttpStreamStart> stream_start_;
  bool stream_open_ = false;   // counted in hub_->streams
  bool stream_ended_ = false;  // close() was called
  std::string buffer_;
  size_t buffer_read_ = 0;
  size_t buffer_held_ = 0;  // of buffer_, counted by hold()
  int64_t last_write_ms_ = 0;
  std::vector<std::function<void()>> closed_callbacks_;
};

}  // namespace spreaders::http_internal
