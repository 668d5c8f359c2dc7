// The landing page behind the links of a mail. Its Order button tells the product about the order the way a shop's own
// tracker would: POST {base}/v1/track, Basic auth with the write key, a Segment-style event.
//   GET  /shop?sp=TOKEN&...   the page; `sp` is the tracking token that the product's redirect added to the link
//   POST /shop/order          message_id (made when the page was rendered, so two clicks are one order) and sp
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/secret.hpp"
#include "net/http_server.hpp"

namespace spreaders::sandbox {

struct ShopOptions {
  std::string shop = "Harbour & Pine";
  std::string product = "The weekend bag";
  std::string words = "Waxed canvas, brass buckles and room for three days. Made to be worn in, not worn out.";
  int64_t price_cents = 4900;
  std::string currency = "USD";
};

class Shop {
 public:
  explicit Shop(ShopOptions options) : options_(std::move(options)) {}
  // `base_url` is http://127.0.0.1:port of the product's ingest door; an empty one means there is none.
  void set_ingest(std::string base_url, Secret write_key);
  std::vector<net::Route> routes();  // the shop outlives them
  [[nodiscard]] uint64_t orders() const { return orders_; }
  [[nodiscard]] uint64_t failed_orders() const { return failed_orders_; }

 private:
  net::Response landing(const net::Request& request) const;
  net::Response order(const net::Request& request);
  [[nodiscard]] Result<void> report(const std::string& message_id, const std::string& token);

  const ShopOptions options_;
  std::atomic<uint64_t> orders_ = 0;
  std::atomic<uint64_t> failed_orders_ = 0;
  std::mutex mutex_;  // guards what follows
  std::string base_url_;
  Secret write_key_;
  std::unordered_set<std::string> placed_;  // message ids
};

}  // namespace spreaders::sandbox
