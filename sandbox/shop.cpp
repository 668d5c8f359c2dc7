#include "sandbox/shop.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/json.hpp"
#include "core/random.hpp"
#include "net/http_client.hpp"
#include "sandbox/mime.hpp"
#include "sandbox/pages.hpp"

namespace spreaders::sandbox {
namespace {

constexpr size_t kTokenBytesMax = 1024;
constexpr size_t kPlacedMax = 100'000;  // beyond it only the event door itself tells doubles apart
constexpr std::string_view kPicture =
    "<svg viewBox=\"0 0 120 100\" fill=\"none\" stroke=\"#fff\" stroke-width=\"4\" stroke-linecap=\"round\" "
    "stroke-linejoin=\"round\" aria-hidden=\"true\"><path d=\"M14 42h92l6 44a6 6 0 0 1-6 6H14a6 6 0 0 1-6-6z\"/>"
    "<path d=\"M38 42V26a22 18 0 0 1 44 0v16M14 60h92M44 54v14M76 54v14\"/></svg>";

std::string price(const ShopOptions& options) {
  const std::string cents = std::to_string(options.price_cents % 100);
  return std::to_string(options.price_cents / 100) + "." + (cents.size() < 2 ? "0" : "") + cents + " " +
         options.currency;
}

bool is_order_id(std::string_view id) {
  return id.starts_with("order-") && id.size() == 38 &&
         id.find_first_not_of("0123456789abcdef", 6) == std::string_view::npos;
}

net::Response notice(int status, const std::string& heading, const std::string& words) {
  return render(status, {.title = heading,
                         .main = "<section class=\"card empty\" role=\"status\"><h1>" + escape_html(heading) +
                                 "</h1><p>" + escape_html(words) + "</p></section>",
                         .search = {},
                         .is_shop = true});
}

}  // namespace

void Shop::set_ingest(std::string base_url, Secret write_key) {
  while (base_url.ends_with('/')) base_url.pop_back();
  const std::lock_guard lock(mutex_);
  base_url_ = std::move(base_url);
  write_key_ = std::move(write_key);
}

std::vector<net::Route> Shop::routes() {
  return {{"GET", "/shop", [this](const net::Request& request) { return landing(request); }},
          {"POST", "/shop/order", [this](const net::Request& request) { return order(request); }}};
}

net::Response Shop::landing(const net::Request& request) const {
  const std::string token(request.parameter("sp").substr(0, kTokenBytesMax));
  std::string main =
      "<section class=\"card shop\"><div class=\"picture\">" + std::string(kPicture) +
      "</div><div class=\"words\"><p class=\"soft\">" + escape_html(options_.shop) + "</p><h1>" +
      escape_html(options_.product) + "</h1><p>" + escape_html(options_.words) + "</p><p class=\"price\">" +
      escape_html(price(options_)) + "</p><form method=\"post\" action=\"/shop/order\">" +
      "<input type=\"hidden\" name=\"message_id\" value=\"order-" + hex(secure_bytes(16)) + "\">" +
      "<input type=\"hidden\" name=\"sp\" value=\"" + escape_html(token) + "\"><button>Order</button></form>";
  main += token.empty() ? "<p class=\"soft\">You came without a campaign link, so the order counts for no campaign.</p>"
                        : "<p class=\"soft\">You came from a campaign link.</p>";
  main += "</div></section>";
  const std::string title = options_.product + " · " + options_.shop;
  return render(200, {.title = title, .main = std::move(main), .search = {}, .is_shop = true});
}

net::Response Shop::order(const net::Request& request) {
  const net::Pairs form = net::parse_form(request.body);
  const std::string message_id(net::find_value(form, "message_id"));
  const std::string token(net::find_value(form, "sp"));
  if (!is_order_id(message_id) || token.size() > kTokenBytesMax) {
    return notice(400, "This order form is not ours", "Go back to the shop page and press Order there.");
  }
  {
    const std::lock_guard lock(mutex_);
    if (placed_.contains(message_id)) return notice(200, "Thank you", "This order was placed already; it counts once.");
  }
  const Result<void> reported = report(message_id, token);
  if (!reported.ok()) {
    ++failed_orders_;
    return notice(reported.error().code == Code::kNotConfigured ? 503 : 502, "The order was not placed",
                  reported.error().message +
                      " Reload this page to try again: the order keeps its number and cannot count twice.");
  }
  {
    const std::lock_guard lock(mutex_);
    if (placed_.size() >= kPlacedMax) placed_.clear();
    if (placed_.insert(message_id).second) ++orders_;
  }
  return notice(200, "Thank you",
                "Your order of " + options_.product + " for " + price(options_) +
                    " was reported as an event. It is a sandbox order: no money moved.");
}

Result<void> Shop::report(const std::string& message_id, const std::string& token) {
  HttpRequest request{
      .method = "POST", .url = {}, .connect_timeout_ms = 2000, .timeout_ms = 10'000, .response_bytes_max = 65'536};
  {
    const std::lock_guard lock(mutex_);
    if (base_url_.empty()) return Error{Code::kNotConfigured, "The sandbox was not told where orders are reported."};
    request.url = base_url_ + "/v1/track";
    request.secret_headers = {{"Authorization", Secret("Basic " + base64(write_key_.reveal() + ":"))}};
  }
  request.headers = {{"Content-Type", "application/json"}};
  request.body = to_text(Json{
      {"messageId", message_id},
      {"event", "Order Completed"},
      {"anonymousId", token.empty() ? "anon" : token},
      {"context", {{"spreaders", {{"token", token}}}}},
      {"properties", {{"revenue", static_cast<double>(options_.price_cents) / 100}, {"currency", options_.currency}}}});
  net::LoopbackClient client;
  const HttpResponse response = TRY(client.send(request));
  if (response.status < 200 || response.status > 299) {
    return Error{Code::kVendorRejected, "The event door answered " + std::to_string(response.status) + "."};
  }
  return {};
}

}  // namespace spreaders::sandbox
