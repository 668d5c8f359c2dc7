#include "integrations/email/smtp_transport.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/time.hpp"

namespace spreaders::email {
namespace {

constexpr size_t kReadBytes = 16 * 1024;
constexpr size_t kAddressesMax = 8;

Error unavailable(std::string message) { return Error{Code::kUnavailable, std::move(message)}; }

struct Sockaddr {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

Result<Sockaddr> numeric_address(const std::string& address, uint16_t port) {
  Sockaddr out;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
  if (inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    out.size = sizeof *v4;
    return out;
  }
  if (inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    out.size = sizeof *v6;
    return out;
  }
  return invalid("\"" + address + "\" is not a numeric address");
}

// The reason in words a person can act on; OpenSSL's queue is emptied.
std::string tls_problem(SSL* ssl) {
  const long verdict = SSL_get_verify_result(ssl);
  const auto code = ERR_get_error();
  ERR_clear_error();
  if (verdict != X509_V_OK) return X509_verify_cert_error_string(verdict);
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason ? reason : "the server ended the handshake";
}

Result<SSL*> new_ssl(const TlsOptions& options) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (!context) return internal("TLS could not be set up");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  if (options.verify) {
    const int loaded = options.ca_file.empty() ? SSL_CTX_set_default_verify_paths(context.get())
                                               : SSL_CTX_load_verify_file(context.get(), options.ca_file.c_str());
    ERR_clear_error();
    if (loaded != 1) return Error{Code::kNotConfigured, "The certificate authorities for SMTP cannot be read"};
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  }
  SSL* ssl = SSL_new(context.get());
  if (!ssl) return internal("TLS could not be set up");
  const bool numeric = numeric_address(options.host, 0).ok();
  bool named = true;
  if (numeric) named = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), options.host.c_str()) == 1;
  else
    named = SSL_set1_host(ssl, options.host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, options.host.c_str()) == 1;
  if (!named) {
    SSL_free(ssl);
    ERR_clear_error();
    return invalid("The SMTP host name cannot be checked against a certificate");
  }
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl);
  return ssl;
}

}  // namespace

Result<std::vector<std::string>> resolve_host(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  int failed = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (failed != 0 && numeric_address(host, 0).ok()) return std::vector<std::string>{host};
  if (failed != 0) return unavailable("The SMTP host " + host + " cannot be resolved: " + gai_strerror(failed));
  std::vector<std::string> out;
  for (const addrinfo* at = list; at && out.size() < kAddressesMax; at = at->ai_next) {
    char text[INET6_ADDRSTRLEN] = {};
    const void* from = at->ai_family == AF_INET
                           ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(at->ai_addr)->sin_addr)
                           : static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(at->ai_addr)->sin6_addr);
    if (inet_ntop(at->ai_family, from, text, sizeof text)) out.emplace_back(text);
  }
  freeaddrinfo(list);
  if (out.empty()) return unavailable("The SMTP host " + host + " has no address");
  return out;
}

SmtpTransport::~SmtpTransport() { close(); }

void SmtpTransport::close() {
  if (ssl_) SSL_free(ssl_);
  if (socket_ >= 0) ::close(socket_);
  ssl_ = nullptr;
  socket_ = -1;
  input_.clear();
  read_at_ = 0;
}

SmtpTransport::Io SmtpTransport::wait(short events, int64_t deadline_ms) const {
  for (;;) {
    const int64_t left_ms = deadline_ms - monotonic_ms();
    if (left_ms <= 0) return Io::kTimeout;
    pollfd entry{socket_, events, 0};
    const int ready = poll(&entry, 1, static_cast<int>(std::min<int64_t>(left_ms, INT32_MAX)));
    if (ready > 0) return Io::kDone;
    if (ready < 0 && errno != EINTR) return Io::kClosed;
  }
}

Result<void> SmtpTransport::connect(const std::vector<std::string>& addresses, uint16_t port, int timeout_ms,
                                    int64_t deadline_ms) {
  std::string problem = "there is no address";
  for (const auto& address : addresses) {
    close();
    const auto target = numeric_address(address, port);
    if (!target.ok()) return target.error();
    socket_ = socket(target->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) {
      problem = std::strerror(errno);
      continue;
    }
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int failed = ::connect(socket_, reinterpret_cast<const sockaddr*>(&target->storage), target->size) == 0 ? 0 : errno;
    if (failed == EINPROGRESS) {
      const int64_t until_ms = std::min(deadline_ms, monotonic_ms() + timeout_ms);
      socklen_t size = sizeof failed;
      if (wait(POLLOUT, until_ms) != Io::kDone) failed = ETIMEDOUT;
      else if (getsockopt(socket_, SOL_SOCKET, SO_ERROR, &failed, &size) != 0) failed = errno;
    }
    if (failed == 0) return {};
    problem = std::strerror(failed);
  }
  close();
  return unavailable("The SMTP server cannot be reached: " + problem);
}

Result<void> SmtpTransport::start_tls(const TlsOptions& options, int64_t deadline_ms) {
  ssl_ = TRY(new_ssl(options));
  for (;;) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_);
    const int reason = done == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_, done);
    const Io flushed = flush_tls(deadline_ms);  // an alert too
    if (done == 1 && flushed == Io::kDone) return {};
    if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_NONE) {
      return Error{Code::kNotConfigured, "TLS with the SMTP server failed: " + tls_problem(ssl_)};
    }
    const Io got = flushed == Io::kDone ? receive_raw(deadline_ms) : flushed;
    if (got == Io::kTimeout) return unavailable("TLS with the SMTP server timed out");
    if (got != Io::kDone) return unavailable("The SMTP server closed the connection during the TLS handshake");
    BIO_write(SSL_get_rbio(ssl_), raw_.data(), static_cast<int>(raw_.size()));
  }
}

SmtpTransport::Io SmtpTransport::send_raw(std::string_view data, int64_t deadline_ms) {
  while (!data.empty()) {
    const ssize_t sent = ::send(socket_, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      data.remove_prefix(static_cast<size_t>(sent));
    } else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      const Io ready = wait(POLLOUT, deadline_ms);
      if (ready != Io::kDone) return ready;
    } else if (sent < 0 && errno != EINTR) {
      return Io::kClosed;
    }
  }
  return Io::kDone;
}

SmtpTransport::Io SmtpTransport::flush_tls(int64_t deadline_ms) {
  char* data = nullptr;
  BIO* out = SSL_get_wbio(ssl_);
  const long size = BIO_get_mem_data(out, &data);
  if (size <= 0) return Io::kDone;
  const Io sent = send_raw({data, static_cast<size_t>(size)}, deadline_ms);
  (void)BIO_reset(out);
  return sent;
}

SmtpTransport::Io SmtpTransport::write(std::string_view data, int64_t deadline_ms) {
  if (socket_ < 0) return Io::kClosed;
  if (!ssl_) return send_raw(data, deadline_ms);
  // A memory buffer takes everything; in steps, so that a large message is not held encrypted as a whole.
  constexpr size_t kStep = 256 * 1024;
  for (size_t at = 0; at < data.size(); at += kStep) {
    const std::string_view step = data.substr(at, kStep);
    ERR_clear_error();
    if (SSL_write(ssl_, step.data(), static_cast<int>(step.size())) != static_cast<int>(step.size()))
      return Io::kClosed;
    const Io sent = flush_tls(deadline_ms);
    if (sent != Io::kDone) return sent;
  }
  return Io::kDone;
}

SmtpTransport::Io SmtpTransport::receive_raw(int64_t deadline_ms) {
  raw_.resize(kReadBytes);
  for (;;) {
    const Io ready = wait(POLLIN, deadline_ms);
    if (ready != Io::kDone) {
      raw_.clear();
      return ready;
    }
    const ssize_t got = recv(socket_, raw_.data(), raw_.size(), 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) continue;
    raw_.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return got > 0 ? Io::kDone : Io::kClosed;
  }
}

SmtpTransport::Io SmtpTransport::receive(int64_t deadline_ms) {
  if (!ssl_) {
    const Io got = receive_raw(deadline_ms);
    input_ += raw_;
    return got;
  }
  for (;;) {
    char plain[kReadBytes];
    ERR_clear_error();
    const int size = SSL_read(ssl_, plain, sizeof plain);
    if (size > 0) {
      input_.append(plain, static_cast<size_t>(size));
      return Io::kDone;
    }
    const int reason = SSL_get_error(ssl_, size);
    ERR_clear_error();
    if (reason != SSL_ERROR_WANT_READ || flush_tls(deadline_ms) != Io::kDone) return Io::kClosed;
    const Io got = receive_raw(deadline_ms);
    if (got != Io::kDone) return got;
    BIO_write(SSL_get_rbio(ssl_), raw_.data(), static_cast<int>(raw_.size()));
  }
}

SmtpTransport::Io SmtpTransport::read_line(std::string& line, size_t bytes_max, int64_t deadline_ms) {
  if (socket_ < 0) return Io::kClosed;
  for (;;) {
    const size_t end = input_.find('\n', read_at_);
    if (end != std::string::npos) {
      line.assign(input_, read_at_, end - read_at_);
      if (!line.empty() && line.back() == '\r') line.pop_back();
      read_at_ = end + 1;
      return line.size() > bytes_max ? Io::kTooLong : Io::kDone;
    }
    if (input_.size() - read_at_ > bytes_max) return Io::kTooLong;
    input_.erase(0, read_at_);
    read_at_ = 0;
    const Io got = receive(deadline_ms);
    if (got != Io::kDone) return got;
  }
}

bool SmtpTransport::is_stale() const {
  if (socket_ < 0 || has_unread()) return true;
  pollfd entry{socket_, POLLIN, 0};
  const int ready = poll(&entry, 1, 0);
  if (ready <= 0) return ready < 0;
  if (!ssl_) return true;
  // TLS 1.3 servers send session tickets after the handshake: only an end of the stream counts here.
  char byte = 0;
  return recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

}  // namespace spreaders::email
