// The byte stream under SmtpConnection: a non-blocking TCP socket with deadlines and, above it, TLS through memory
// buffers. So write() knows exactly how much the kernel has taken: a message whose last bytes (or whose last TLS
// record) were not handed over entirely cannot have been understood by the server.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace spreaders::email {

struct TlsOptions {
  std::string host;     // what the certificate must be for, and the SNI name
  std::string ca_file;  // empty = the system's store
  bool verify = true;
};

class SmtpTransport {
 public:
  SmtpTransport() = default;
  ~SmtpTransport();
  SmtpTransport(const SmtpTransport&) = delete;
  SmtpTransport& operator=(const SmtpTransport&) = delete;

  // Tries each numeric address once, `timeout_ms` each, none past the deadline (monotonic_ms()).
  Result<void> connect(const std::vector<std::string>& addresses, uint16_t port, int timeout_ms, int64_t deadline_ms);
  Result<void> start_tls(const TlsOptions& options, int64_t deadline_ms);

  enum class Io : uint8_t { kDone, kClosed, kTimeout, kTooLong };
  // kDone only when the kernel took every byte; else not even the last TLS record went out whole.
  Io write(std::string_view data, int64_t deadline_ms);
  // One line without its CRLF.
  Io read_line(std::string& line, size_t bytes_max, int64_t deadline_ms);

  // Bytes the server sent before it was asked; after STARTTLS that is an injection attempt.
  [[nodiscard]] bool has_unread() const { return read_at_ < input_.size(); }
  // True when the server has closed or said something while the connection was idle.
  [[nodiscard]] bool is_stale() const;
  [[nodiscard]] bool is_open() const { return socket_ >= 0; }
  [[nodiscard]] bool is_tls() const { return ssl_ != nullptr; }
  void close();

 private:
  Io wait(short events, int64_t deadline_ms) const;
  Io send_raw(std::string_view data, int64_t deadline_ms);
  Io receive_raw(int64_t deadline_ms);  // into raw_
  Io receive(int64_t deadline_ms);      // plain text into input_
  Io flush_tls(int64_t deadline_ms);
  int socket_ = -1;
  ssl_st* ssl_ = nullptr;
  std::string input_;  // decrypted and not yet read
  size_t read_at_ = 0;
  std::string raw_;  // what the last receive_raw() took from the socket
};

// Numeric addresses of a host name, IPv6 and IPv4 in the order of the system's resolver.
Result<std::vector<std::string>> resolve_host(const std::string& host);

}  // namespace spreaders::email
