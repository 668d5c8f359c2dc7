// A tiny SMTP server for tests: every connection is played by the next script, on one thread, on loopback. A script
// talks through Peer; what it does not do (answer, read, keep the line) simply does not happen.
#pragma once

#include <arpa/inet.h>
#include <atomic>
#include <filesystem>
#include <functional>
#include <gtest/gtest.h>
#include <mutex>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace spreaders::email {

struct TestCertificate {
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  std::string pem_file;

  explicit TestCertificate(const std::string& names) {  // "DNS:localhost,IP:127.0.0.1"
    key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, names.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    X509_sign(certificate, key, EVP_sha256());
    static std::atomic<int> number = 0;
    pem_file = (std::filesystem::path(testing::TempDir()) /
                ("smtp_ca_" + std::to_string(getpid()) + "_" + std::to_string(number++) + ".pem"))
                   .string();
    FILE* file = fopen(pem_file.c_str(), "w");
    PEM_write_X509(file, certificate);
    fclose(file);
  }
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;
  ~TestCertificate() {
    std::filesystem::remove(pem_file);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
};

class Peer {
 public:
  Peer(int socket, std::vector<std::string>& log, std::mutex& mutex) : socket_(socket), log_(log), mutex_(mutex) {}
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() {
    if (ssl_) SSL_free(ssl_);
    if (context_) SSL_CTX_free(context_);
    if (socket_ >= 0) ::close(socket_);
  }

  void say(const std::string& text) {
    if (ssl_) SSL_write(ssl_, text.data(), static_cast<int>(text.size()));
    else (void)!::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
  }

  // The next line without CRLF, "" at the end; every line goes to the server's log.
  std::string line() {
    std::string out;
    for (char c; read_byte(c);) {
      if (c == '\n') {
        if (!out.empty() && out.back() == '\r') out.pop_back();
        const std::lock_guard lock(mutex_);
        log_.push_back(out);
        return out;
      }
      out += c;
    }
    return "";
  }

  // The bytes up to and with the final dot, still stuffed.
  std::string data() {
    std::string out;
    for (char c; read_byte(c);) {
      out += c;
      if (out == ".\r\n" || out.ends_with("\r\n.\r\n")) break;
    }
    return out;
  }

  bool start_tls(const TestCertificate& certificate) {
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context_, certificate.certificate);
    SSL_CTX_use_PrivateKey(context_, certificate.key);
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, socket_);
    return SSL_accept(ssl_) == 1;
  }

  void reset() {  // closes with a RST
    const linger now{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

  // Waits until the client has gone, without reading what it sends... at most five seconds.
  void wait_for_close() {
    pollfd entry{socket_, POLLRDHUP, 0};
    poll(&entry, 1, 5000);
  }

  // The usual beginning: greeting, EHLO and its answer.
  void greet(const std::string& capabilities = "250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 1000000\r\n") {
    say("220 test ESMTP\r\n");
    line();
    say("250-test\r\n" + capabilities);
  }

  // MAIL, RCPT, DATA all accepted; the message is read and returned.
  std::string take(const std::string& final_reply) {
    line();
    say("250 ok\r\n");
    line();
    say("250 ok\r\n");
    line();
    say("354 go\r\n");
    std::string message = data();
    say(final_reply);
    return message;
  }

 private:
  bool read_byte(char& c) {
    if (read_at_ == buffer_.size()) {
      buffer_.resize(65536);
      const auto got =
          ssl_ ? SSL_read(ssl_, buffer_.data(), 65536) : static_cast<int>(recv(socket_, buffer_.data(), 65536, 0));
      buffer_.resize(got > 0 ? static_cast<size_t>(got) : 0);
      read_at_ = 0;
      if (got <= 0) return false;
    }
    c = buffer_[read_at_++];
    return true;
  }
  std::string buffer_;
  size_t read_at_ = 0;
  int socket_;
  SSL* ssl_ = nullptr;
  SSL_CTX* context_ = nullptr;
  std::vector<std::string>& log_;
  std::mutex& mutex_;
};

class ScriptedServer {
 public:
  using Script = std::function<void(Peer&)>;

  explicit ScriptedServer(std::vector<Script> scripts, int family = AF_INET) : scripts_(std::move(scripts)) {
    listener_ = socket(family, SOCK_STREAM, 0);
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_addr = in6addr_loopback;
    auto* address = family == AF_INET ? reinterpret_cast<sockaddr*>(&v4) : reinterpret_cast<sockaddr*>(&v6);
    socklen_t size = family == AF_INET ? sizeof v4 : sizeof v6;
    listening_ = bind(listener_, address, size) == 0 && listen(listener_, 8) == 0;
    getsockname(listener_, address, &size);
    port_ = ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
    thread_ = std::thread([this] { run(); });
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer() {
    finish();
    ::close(listener_);
  }

  // Lets the running script end; what scripts have written into the test may be read afterwards.
  void finish() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] uint16_t port() const { return port_; }
  [[nodiscard]] bool listening() const { return listening_; }
  [[nodiscard]] int connections() const { return connections_; }
  std::vector<std::string> log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }

 private:
  void run() {
    sigset_t pipe_signal;  // OpenSSL writes without MSG_NOSIGNAL
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);
    size_t next = 0;
    while (!stop_) {
      pollfd entry{listener_, POLLIN, 0};
      if (poll(&entry, 1, 20) <= 0) continue;
      const int socket = accept(listener_, nullptr, nullptr);
      if (socket < 0) continue;
      ++connections_;
      const timeval patience{5, 0};
      setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      Peer peer(socket, log_, mutex_);
      if (next < scripts_.size()) scripts_[next++](peer);
    }
  }

  std::vector<Script> scripts_;
  int listener_ = -1;
  bool listening_ = false;
  uint16_t port_ = 0;
  std::atomic<bool> stop_ = false;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::vector<std::string> log_;
  std::thread thread_;
};

}  // namespace spreaders::email
