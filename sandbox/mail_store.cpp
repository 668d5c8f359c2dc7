#include "sandbox/mail_store.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "core/bytes.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "sandbox/mime.hpp"

namespace spreaders::sandbox {
namespace {

std::string_view without_brackets(std::string_view message_id) {
  message_id = trim(message_id);
  if (message_id.starts_with('<') && message_id.ends_with('>'))
    message_id = message_id.substr(1, message_id.size() - 2);
  return message_id;
}

void append_quoted(std::string& line, std::string_view text) {
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 127 && c != '"' && c != '\\'; });
  if (plain) line.append(1, '"').append(text).append(1, '"');  // JSON values are slow, and this is the hot path
  else line += to_text(Json(std::string(text)));
}

}  // namespace

Result<std::unique_ptr<MailStore>> MailStore::open(MailStoreOptions options) {
  std::unique_ptr<MailStore> store(new MailStore(std::move(options)));
  const std::string& path = store->options_.journal_path;
  if (!path.empty()) {
    store->journal_fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (store->journal_fd_ < 0) {
      return Error{Code::kUnavailable, "The journal of the sandbox cannot be opened: " + path, std::strerror(errno)};
    }
  }
  return store;
}

MailStore::~MailStore() {
  if (journal_fd_ >= 0) ::close(journal_fd_);
}

bool MailStore::add(Mail mail, std::string message) {
  const size_t end = message.starts_with("\r\n") ? 0 : message.find("\r\n\r\n");
  const size_t header_size = end == 0 ? 0 : end == std::string::npos ? message.size() : end + 2;
  mail.bytes = message.size();
  mail.headers = message.substr(0, std::min(header_size, kHeaderBytesMax));
  mail.message_id = without_brackets(find_header(mail.headers, "message-id"));
  mail.subject = find_header(mail.headers, "subject");
  message.erase(0, std::min(message.size(), header_size + 2));
  mail.body = std::move(message);

  const std::lock_guard lock(mutex_);
  if (mails_.size() >= options_.mails_max) return false;
  mail.number = mails_.size();
  if (!mail.message_id.empty()) {
    if (++count_by_message_id_[mail.message_id] > 1) ++totals_.doubled;
  }
  totals_.bytes += mail.bytes;
  body_bytes_ += mail.body.size();
  if (journal_fd_ >= 0) journal(mail);
  mails_.push_back(std::move(mail));
  drop_old_bodies();
  return true;
}

void MailStore::journal(const Mail& mail) {
  std::string recipients;
  for (const std::string& recipient : mail.recipients) recipients += (recipients.empty() ? "" : ",") + recipient;
  journal_lines_ += "{\"time\":\"" + to_text(mail.accepted_at) + "\",\"rcpt\":";
  append_quoted(journal_lines_, recipients);
  journal_lines_ += ",\"message_id\":";
  append_quoted(journal_lines_, mail.message_id);
  journal_lines_ += ",\"bytes\":" + std::to_string(mail.bytes) + "}\n";
}

void MailStore::drop_old_bodies() {
  for (; body_bytes_ > options_.body_bytes_max && oldest_body_ < mails_.size(); ++oldest_body_) {
    Mail& mail = mails_[oldest_body_];
    body_bytes_ -= mail.body.size();
    mail.body = std::string();
    mail.body_kept = false;
  }
}

bool MailStore::flush_journal() {
  const std::lock_guard lock(mutex_);
  std::string_view rest = journal_lines_;
  while (!rest.empty()) {
    const ssize_t written = ::write(journal_fd_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      log_error("the journal of the sandbox refuses to be written", {{"reason", std::strerror(errno)}});
      journal_lines_.clear();
      return false;
    }
    rest.remove_prefix(static_cast<size_t>(written));
  }
  journal_lines_.clear();
  return true;
}

size_t MailStore::count(std::string_view message_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = count_by_message_id_.find(std::string(without_brackets(message_id)));
  return found == count_by_message_id_.end() ? 0 : found->second;
}

size_t MailStore::size() const {
  const std::lock_guard lock(mutex_);
  return mails_.size();
}

std::optional<Mail> MailStore::get(size_t number) const {
  const std::lock_guard lock(mutex_);
  if (number >= mails_.size()) return std::nullopt;
  return mails_[number];
}

MailPage MailStore::list(std::string_view recipient, size_t skip, size_t limit) const {
  const std::string wanted = lower_ascii(recipient);
  MailPage page;
  const std::lock_guard lock(mutex_);
  for (auto mail = mails_.rbegin(); mail != mails_.rend(); ++mail) {
    const bool matches =
        wanted.empty() || std::any_of(mail->recipients.begin(), mail->recipients.end(), [&](const auto& one) {
          return lower_ascii(one).find(wanted) != std::string::npos;
        });
    if (!matches) continue;
    if (page.found >= skip && page.mails.size() < limit) {
      Mail summary = *mail;
      summary.body.clear();
      page.mails.push_back(std::move(summary));
    }
    ++page.found;
    if (wanted.empty() && page.mails.size() == limit) {
      page.found = mails_.size();
      break;
    }
  }
  return page;
}

MailTotals MailStore::totals() const {
  const std::lock_guard lock(mutex_);
  MailTotals totals = totals_;
  totals.mails = mails_.size();
  totals.message_ids = count_by_message_id_.size();
  return totals;
}

}  // namespace spreaders::sandbox
