// What the sandbox accepted. One Mail is one accepted SMTP transaction, so a message that a sender delivered twice is
// two mails with one Message-ID, and count() says 2. Safe for many threads.
//
// Memory: bodies are kept up to body_bytes_max in total; beyond it the oldest lose theirs and keep their headers.
// Journal: with a path, every mail is one JSON line {"time","rcpt","message_id","bytes"} (several recipients of one
// mail are joined by commas), written by flush_journal() before the sender sees its 250. It is write(2) without fsync:
// it survives the death of this process and of the sender, not of the machine.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace spreaders::sandbox {

struct Mail {
  size_t number = 0;  // 0, 1, 2 ... in the order of acceptance
  Instant accepted_at = {};
  std::string return_path = {};              // MAIL FROM without the angle brackets
  std::vector<std::string> recipients = {};  // RCPT TO, as they came
  std::string message_id = {};               // without angle brackets; empty when the mail had none
  std::string subject = {};                  // as it came, still encoded
  std::string headers = {};                  // with the empty line's CRLF, at most kHeaderBytesMax
  std::string body = {};
  size_t bytes = 0;       // of the whole message
  bool body_kept = true;  // false: dropped to stay under the limit
  bool bounced = false;   // accepted, but a bounce followed: no reader has it
};

constexpr size_t kHeaderBytesMax = 64 * 1024;

struct MailStoreOptions {
  std::string journal_path = {};  // empty = none; appended to
  size_t body_bytes_max = 256 * 1024 * 1024;
  size_t mails_max = 2'000'000;
};

struct MailTotals {
  size_t mails = 0;
  size_t message_ids = 0;  // different ones
  size_t doubled = 0;      // mails beyond the first of their Message-ID
  size_t bytes = 0;
};

struct MailPage {
  std::vector<Mail> mails;  // newest first, without bodies
  size_t found = 0;         // over all pages
};

class MailStore {
 public:
  static Result<std::unique_ptr<MailStore>> open(MailStoreOptions options);
  ~MailStore();
  MailStore(const MailStore&) = delete;
  MailStore& operator=(const MailStore&) = delete;

  // Takes number, message_id, subject and headers from `message`. False when mails_max is reached.
  bool add(Mail mail, std::string message);
  // False when the file refused: then no reply may say that the mails since the last flush were accepted.
  bool flush_journal();

  [[nodiscard]] size_t count(std::string_view message_id) const;  // with or without angle brackets
  [[nodiscard]] size_t size() const;
  [[nodiscard]] std::optional<Mail> get(size_t number) const;
  // `recipient` is any part of an address, without regard to case.
  [[nodiscard]] MailPage list(std::string_view recipient, size_t skip, size_t limit) const;
  [[nodiscard]] MailTotals totals() const;

 private:
  explicit MailStore(MailStoreOptions options) : options_(std::move(options)) {}
  void journal(const Mail& mail);
  void drop_old_bodies();

  const MailStoreOptions options_;
  int journal_fd_ = -1;
  mutable std::mutex mutex_;
  std::deque<Mail> mails_;
  std::unordered_map<std::string, uint32_t> count_by_message_id_;
  std::string journal_lines_;
  size_t body_bytes_ = 0;
  size_t oldest_body_ = 0;
  MailTotals totals_;
};

}  // namespace spreaders::sandbox
