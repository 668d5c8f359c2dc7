// One SMTP connection without its socket: bytes in, replies out. Pure but for what the host hands it, so that the
// protocol is tested without a network.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "core/random.hpp"
#include "sandbox/smtp_server.hpp"

namespace spreaders::sandbox {

// What all connections of one server share. Used by the server's thread only, but for `bounces`.
struct SmtpHost {
  MailStore& store;
  Clock& clock;
  const SmtpOptions& options;
  SmtpFaults faults;
  Rng rng;
  SmtpCounts counts = {};
  std::map<std::string, uint64_t> attempts = {};  // of +tempfailN addresses
  std::deque<Bounce> bounces = {};                // made in this round; the server moves them on
};

class SmtpSession {
 public:
  explicit SmtpSession(SmtpHost& host);
  // Works through `bytes` and what was left over before, until a late reply, the end or the need for more.
  void receive(std::string_view bytes);
  // Goes on after the pause that pause_ms() asked for.
  void resume();

  std::string output;                                              // replies the host has not sent yet
  [[nodiscard]] bool closing() const { return closing_; }          // send `output`, then close
  [[nodiscard]] int64_t pause_ms() const { return pause_ms_; }     // > 0: hold the held-back reply that long
  [[nodiscard]] bool finished_mail() const { return kept_mail_; }  // since the last call of receive() or resume()

 private:
  enum class Phase : uint8_t { kCommand, kData, kDiscard, kAuthPlain, kAuthLoginUser, kAuthLoginPassword };

  void work();
  bool take_line();
  bool take_data();
  bool take_discarded();
  void command(std::string_view line);
  void hello(std::string_view verb, std::string_view argument);
  void mail(std::string_view argument);
  void recipient(std::string_view argument);
  void data();
  void auth(std::string_view argument);
  void auth_line(std::string_view line);
  void finish(std::string message);
  bool keep(std::string message);
  void reset();
  void reply(std::string_view line);
  void fault(std::string_view line);  // counts towards closing the connection

  SmtpHost& host_;
  std::string input_;
  size_t scanned_ = 0;  // bytes of input_ that hold no end of data
  Phase phase_ = Phase::kCommand;
  bool greeted_ = false;
  bool authenticated_ = false;
  bool has_sender_ = false;
  std::string sender_;
  std::vector<std::string> recipients_;
  size_t faults_ = 0;
  bool closing_ = false;
  bool kept_mail_ = false;
  int64_t pause_ms_ = 0;
  std::string held_reply_;
};

// Undoes the sender's dot stuffing (RFC 5321 4.5.2); `data` is without the final dot line.
std::string unstuff_dots(std::string_view data);

// The fault words in the local part of an address; see smtp_server.hpp.
bool has_word(std::string_view address, std::string_view word);

Bounce make_bounce(const Mail& mail, std::string_view recipient, std::string_view headers, const SmtpOptions& options);

}  // namespace spreaders::sandbox
