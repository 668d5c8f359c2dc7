#include "sandbox/readers.hpp"

#include <algorithm>
#include <cmath>

#include "core/bytes.hpp"
#include "net/http_server.hpp"
#include "sandbox/mime.hpp"

namespace spreaders::sandbox {
namespace {

constexpr int kRedirectsMax = 5;
constexpr size_t kImagesMax = 20;  // of one mail
constexpr int64_t kRetryAfter_us = kMinute_us;
constexpr double kTailShape = 1.5;  // smaller = longer tail

// [0, 1), the same for the same seed, mail and purpose.
double draw(uint64_t seed, std::string_view mail, std::string_view purpose) {
  const std::string digest = sha256(std::to_string(seed) + "\n" + std::string(purpose) + "\n" + std::string(mail));
  uint64_t bits = 0;
  for (size_t i = 0; i < 8; ++i) bits = bits << 8 | static_cast<unsigned char>(digest[i]);
  return static_cast<double>(bits >> 11) / 9007199254740992.0;  // 2^53
}

// Whole seconds, so that no last digit of the maths library decides an order of events.
int64_t seconds_us(double seconds) { return static_cast<int64_t>(std::llround(seconds)) * kSecond_us; }

bool is_on_loopback(const std::string& url) { return net::parse_loopback_url(url).ok(); }

// The one-click address of the mail: the first loopback URL of List-Unsubscribe, when List-Unsubscribe-Post is there.
std::string find_one_click(const Mail& mail) {
  if (lower_ascii(find_header(mail.headers, "list-unsubscribe-post")) != "list-unsubscribe=one-click") return {};
  const std::string list = find_header(mail.headers, "list-unsubscribe");
  size_t start = 0;
  while ((start = list.find('<', start)) != std::string::npos) {
    const size_t end = list.find('>', start);
    if (end == std::string::npos) return {};
    std::string url = list.substr(start + 1, end - start - 1);
    if (is_on_loopback(url)) return url;
    start = end;
  }
  return {};
}

// A link a reader would follow out of interest: on loopback and not the way out.
std::string choose_link(const std::string& html, const std::string& one_click, double choice) {
  std::vector<std::string> urls;
  for (Link& link : find_links(html)) {
    const std::string lower = lower_ascii(link.url + " " + link.text);
    const bool leaves = lower.find("unsubscribe") != std::string::npos ||
                        lower.find("preferences") != std::string::npos || link.url == one_click;
    if (leaves || !is_on_loopback(link.url)) continue;
    const std::string path = net::parse_loopback_url(link.url)->target;
    if (path != "/u" && !path.starts_with("/u/") && !path.starts_with("/u?")) urls.push_back(std::move(link.url));
  }
  if (urls.empty()) return {};
  return urls[std::min(urls.size() - 1, static_cast<size_t>(choice * static_cast<double>(urls.size())))];
}

}  // namespace

std::optional<Instant> Readers::next_due() {
  take_in();
  if (queue_.empty()) return std::nullopt;
  return queue_.top().due;
}

void Readers::take_in() {
  for (const size_t size = store_.size(); taken_in_ < size; ++taken_in_) {
    const std::optional<Mail> mail = store_.get(taken_in_);
    if (mail && !mail->bounced) plan(*mail);
  }
}

void Readers::plan(const Mail& mail) {
  ++counts_.mails;
  const std::string subject = decode_words(mail.subject);
  const auto taste = std::find_if(options_.tastes.begin(), options_.tastes.end(), [&](const ReaderTaste& one) {
    return subject.find(one.subject_holds) != std::string::npos;
  });
  const ReaderRates& rates = taste == options_.tastes.end() ? options_.rates : taste->rates;
  const std::string recipient = lower_ascii(mail.recipients.at(0));
  const std::string id = recipient + "\n" + std::to_string(++mails_of_[recipient]);
  const auto drawn = [&](std::string_view purpose) { return draw(options_.seed, id, purpose); };
  const double fate = drawn("fate");
  if (fate >= rates.open) return;

  const std::string html = read_mail(mail.headers, mail.body).html;
  const double wait = drawn("open");
  const double hours = options_.open_median_hours * std::pow(wait / (1 - wait), 1 / kTailShape);
  const Instant open = mail.accepted_at + seconds_us(std::clamp(hours, 0.005, options_.open_hours_max) * 3600);
  std::vector<std::string> images = find_images(html);
  std::erase_if(images, [](const std::string& url) { return !is_on_loopback(url); });
  if (images.empty()) ++counts_.impossible;
  for (size_t i = 0; i < std::min(images.size(), kImagesMax); ++i) {
    const bool is_last = i + 1 == std::min(images.size(), kImagesMax);
    push({.due = open, .kind = is_last ? Kind::kOpen : Kind::kImage, .url = images[is_last ? images.size() - 1 : i]});
  }

  const std::string one_click = find_one_click(mail);
  if (fate < rates.click) {
    const std::string url = choose_link(html, one_click, drawn("link"));
    if (url.empty()) return void(++counts_.impossible);
    const int64_t order_in_us = fate < rates.order ? seconds_us(60 + 1740 * drawn("order")) : 0;
    push({.due = open + seconds_us(5 + 115 * drawn("click")),
          .kind = Kind::kClick,
          .url = url,
          .order_in_us = order_in_us});
  } else if (fate < rates.click + rates.unsubscribe) {
    if (one_click.empty()) return void(++counts_.impossible);
    push({.due = open + seconds_us(10 + 50 * drawn("unsubscribe")), .kind = Kind::kUnsubscribe, .url = one_click});
  }
}

void Readers::push(Action action) {
  action.sequence = sequence_++;
  queue_.push(std::move(action));
}

size_t Readers::act(Instant now) {
  take_in();
  size_t tried = 0;
  while (!queue_.empty() && queue_.top().due <= now) {
    Action action = queue_.top();
    queue_.pop();
    ++tried;
    if (perform(action)) continue;
    if (++action.tries >= kReaderTriesMax) {
      ++counts_.failed;
      continue;
    }
    action.due = action.due + kRetryAfter_us;
    push(std::move(action));
  }
  return tried;
}

bool Readers::perform(const Action& action) {
  if (action.kind == Kind::kClick) return click(action);
  HttpRequest request;
  request.url = action.url;
  if (action.kind == Kind::kOrder || action.kind == Kind::kUnsubscribe) {
    request.method = "POST";
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = action.kind == Kind::kOrder ? action.form : "List-Unsubscribe=One-Click";
  }
  const auto response = client_.send(request);
  if (!response.ok() || response->status < 200 || response->status > 299) return false;
  if (action.kind == Kind::kOpen) ++counts_.opens;
  else if (action.kind == Kind::kOrder) ++counts_.orders;
  else if (action.kind == Kind::kUnsubscribe) ++counts_.unsubscribes;
  return true;
}

// Follows the tracking redirect to the page, and finds the order form there when an order is to follow.
bool Readers::click(const Action& action) {
  std::string url = action.url;
  for (int hop = 0; hop <= kRedirectsMax; ++hop) {
    HttpRequest request;
    request.url = url;
    const auto response = client_.send(request);
    if (!response.ok()) {
      // The click was counted at the first hop; a page on another host is simply not visited.
      if (hop == 0 || response.error().code != Code::kPermissionDenied) return false;
      ++counts_.clicks;
      return true;
    }
    if (response->status >= 300 && response->status < 400 && !response->header("location").empty()) {
      url = net::resolve_url(url, response->header("location"));
      continue;
    }
    if (response->status != 200) return false;
    ++counts_.clicks;
    if (action.order_in_us == 0) return true;
    for (const Form& form : find_forms(response->body)) {
      if (!form.action.ends_with("/order")) continue;
      push({.due = action.due + action.order_in_us,
            .kind = Kind::kOrder,
            .url = net::resolve_url(url, form.action),
            .form = net::to_form(form.fields)});
      return true;
    }
    ++counts_.impossible;
    return true;
  }
  return false;
}

ReaderCounts Readers::counts() const {
  return {.mails = counts_.mails,
          .opens = counts_.opens,
          .clicks = counts_.clicks,
          .orders = counts_.orders,
          .unsubscribes = counts_.unsubscribes,
          .impossible = counts_.impossible,
          .failed = counts_.failed};
}

}  // namespace spreaders::sandbox
