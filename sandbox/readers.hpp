// Simulated people who read what the sandbox accepted: they load the pixel, click a link, order on the shop page and
// unsubscribe with one click (RFC 8058), all by real HTTP requests to loopback addresses and to nothing else.
//
//   while (auto due = readers.next_due()) {   // the host moves its clock there, then
//     clock.move_to(*due);
//     readers.act(*due);
//   }
//
// Who does what and when is a pure function of the seed, the address and how many mails it had before (Message-IDs are
// new in every run), so the same campaign gets the same answers however fast or in which order its mails arrive. One
// number decides a mail's fate: orders are a part of clicks and clicks a part of opens; who unsubscribes has opened and
// not clicked. Delays have a long tail (log-logistic). Bounced mails have no reader. Only one thread calls next_due()
// and act(); counts() may be called from any.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/time.hpp"
#include "net/http_client.hpp"
#include "sandbox/mail_store.hpp"

namespace spreaders::sandbox {

// Shares of the delivered mails, 0..1; order <= click, click + unsubscribe <= open.
struct ReaderRates {
  double open = 0.42;
  double click = 0.09;
  double order = 0.045;
  double unsubscribe = 0.004;
};

// Other rates for mails whose subject holds a text, so that variants of a test can differ. The first that fits counts.
struct ReaderTaste {
  std::string subject_holds;
  ReaderRates rates = {};
};

struct ReaderOptions {
  uint64_t seed = 1;
  ReaderRates rates = {};
  std::vector<ReaderTaste> tastes = {};
  double open_median_hours = 2.5;
  double open_hours_max = 120;
};

struct ReaderCounts {
  uint64_t mails = 0;   // looked at, without bounced ones
  uint64_t opens = 0;   // a mail's images were loaded; the last one is the pixel
  uint64_t clicks = 0;  // a link led to a page
  uint64_t orders = 0;  // the order button answered with thanks
  uint64_t unsubscribes = 0;
  uint64_t impossible = 0;  // wanted to, but the mail holds no pixel, link or unsubscribe address on loopback
  uint64_t failed = 0;      // given up after kReaderTriesMax requests
};

constexpr int kReaderTriesMax = 3;

class Readers {
 public:
  // `store` outlives the readers.
  Readers(const MailStore& store, ReaderOptions options) : store_(store), options_(std::move(options)) {}
  // When the next action is due; takes new mails in first. Nothing when all is done.
  std::optional<Instant> next_due();
  // Does everything that is due at `now`, in the order of time; the answer is how many actions were tried.
  size_t act(Instant now);
  [[nodiscard]] ReaderCounts counts() const;

 private:
  enum class Kind : uint8_t { kImage, kOpen, kClick, kOrder, kUnsubscribe };
  struct Action {
    Instant due;
    uint64_t sequence = 0;
    Kind kind = Kind::kOpen;
    std::string url;
    std::string form = {};    // the body of an order
    int64_t order_in_us = 0;  // of a click: > 0 = an order follows that much later
    int tries = 0;
    bool operator<(const Action& other) const {  // the earliest on top of the queue
      return std::pair(due, sequence) > std::pair(other.due, other.sequence);
    }
  };

  void take_in();
  void plan(const Mail& mail);
  void push(Action action);
  [[nodiscard]] bool perform(const Action& action);
  [[nodiscard]] bool click(const Action& action);

  const MailStore& store_;
  const ReaderOptions options_;
  net::LoopbackClient client_;
  std::priority_queue<Action> queue_;
  std::unordered_map<std::string, size_t> mails_of_;  // by recipient, as many as the store holds at most
  size_t taken_in_ = 0;
  uint64_t sequence_ = 0;
  struct {
    std::atomic<uint64_t> mails, opens, clicks, orders, unsubscribes, impossible, failed;
  } counts_ = {};
};

}  // namespace spreaders::sandbox
