#include "integrations/email/address.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utf8proc.h>
#include <vector>

#include "core/bytes.hpp"

namespace spreaders::email {
namespace {

constexpr std::string_view kVerpPrefix = "bounce+";
constexpr size_t kLabelBytesMax = 63;
constexpr size_t kLocalBytesMax = 64;

// RFC 3492 section 5 names and values.
constexpr uint32_t kBase = 36, kThresholdMin = 1, kThresholdMax = 26, kSkew = 38, kDamp = 700, kInitialBias = 72;
constexpr uint32_t kInitialN = 128;

char punycode_digit(uint32_t value) { return static_cast<char>(value < 26 ? 'a' + value : '0' + (value - 26)); }

uint32_t adapt_bias(uint32_t delta, uint32_t points, bool first) {
  delta = first ? delta / kDamp : delta / 2;
  delta += delta / points;
  uint32_t k = 0;
  for (; delta > ((kBase - kThresholdMin) * kThresholdMax) / 2; k += kBase) delta /= kBase - kThresholdMin;
  return k + (kBase - kThresholdMin + 1) * delta / (delta + kSkew);
}

// A label is at most kLabelBytesMax code points here, so nothing below can overflow 32 bits.
std::string punycode(const std::vector<uint32_t>& points) {
  std::string out;
  for (uint32_t point : points) {
    if (point < kInitialN) out += static_cast<char>(point);
  }
  const auto basic = static_cast<uint32_t>(out.size());
  uint32_t handled = basic, n = kInitialN, delta = 0, bias = kInitialBias;
  if (basic > 0) out += '-';
  while (handled < points.size()) {
    uint32_t next = UINT32_MAX;
    for (uint32_t point : points) {
      if (point >= n) next = std::min(next, point);
    }
    delta += (next - n) * (handled + 1);
    n = next;
    for (uint32_t point : points) {
      if (point < n) ++delta;
      if (point != n) continue;
      uint32_t rest = delta;
      for (uint32_t k = kBase;; k += kBase) {
        const uint32_t threshold = k <= bias ? kThresholdMin : std::min(k - bias, kThresholdMax);
        if (rest < threshold) break;
        out += punycode_digit(threshold + (rest - threshold) % (kBase - threshold));
        rest = (rest - threshold) / (kBase - threshold);
      }
      out += punycode_digit(rest);
      bias = adapt_bias(delta, handled + 1, handled == basic);
      delta = 0;
      ++handled;
    }
    ++delta;
    ++n;
  }
  return out;
}

bool is_label_point(uint32_t point) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(point))) {
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ND:
      return true;
    default:
      return point == '-';
  }
}

// Lower case first, then NFKC: case folding would turn "ß" into "ss", which is another domain since IDNA 2008.
Result<std::vector<uint32_t>> normal_points(std::string_view domain) {
  std::string lower;
  for (size_t at = 0; at < domain.size();) {
    utf8proc_int32_t point = 0;
    const auto* from = reinterpret_cast<const utf8proc_uint8_t*>(domain.data() + at);
    const auto length = utf8proc_iterate(from, static_cast<utf8proc_ssize_t>(domain.size() - at), &point);
    if (length <= 0) return invalid("The domain is not UTF-8");
    utf8proc_uint8_t encoded[4];
    const auto size = utf8proc_encode_char(utf8proc_tolower(point), encoded);
    lower.append(reinterpret_cast<const char*>(encoded), static_cast<size_t>(size));
    if (point == 0x130) lower += "\xcc\x87";  // the dot of a capital I with dot is kept (UTS 46)
    at += static_cast<size_t>(length);
  }
  utf8proc_uint8_t* mapped = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(lower.data()), static_cast<utf8proc_ssize_t>(lower.size()),
                   &mapped, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  if (size < 0) return invalid("The domain is not UTF-8");
  std::vector<uint32_t> points;
  for (utf8proc_ssize_t at = 0; at < size;) {
    utf8proc_int32_t point = 0;
    const auto length = utf8proc_iterate(mapped + at, size - at, &point);
    if (length <= 0) return invalid("The domain is not UTF-8");
    // The ideographic full stops are dots too (RFC 3490 section 3.1); NFKC has mapped the wide and the half-width one.
    points.push_back(point == 0x3002 ? '.' : static_cast<uint32_t>(point));
    at += length;
  }
  return points;
}

Result<std::string> ascii_label(const std::vector<uint32_t>& label) {
  if (label.empty()) return invalid("The domain has an empty label");
  if (label.size() > kLabelBytesMax) return invalid("A label of the domain is longer than 63 characters");
  if (label.front() == '-' || label.back() == '-') return invalid("A label of the domain starts or ends with a hyphen");
  const bool ascii = std::all_of(label.begin(), label.end(), [](uint32_t point) { return point < 128; });
  if (!std::all_of(label.begin(), label.end(), is_label_point)) {
    return invalid("The domain has a character that no host name may have");
  }
  if (ascii) return std::string(label.begin(), label.end());
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(label.front()));
  if (category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC) {
    return invalid("A label of the domain starts with a combining mark");
  }
  std::string encoded = "xn--" + punycode(label);
  if (encoded.size() > kLabelBytesMax) return invalid("A label of the domain is too long in its ASCII form");
  return encoded;
}

}  // namespace

Result<std::string> ascii_domain(std::string_view domain) {
  if (domain.empty()) return invalid("The domain is empty");
  if (domain.size() > 4 * kDomainBytesMax) return invalid("The domain is too long");
  const auto points = TRY(normal_points(domain));
  std::string out;
  std::vector<uint32_t> label;
  for (size_t at = 0; at <= points.size(); ++at) {
    if (at < points.size() && points[at] != '.') {
      label.push_back(points[at]);
      continue;
    }
    if (!out.empty()) out += '.';
    out += TRY(ascii_label(label));
    label.clear();
  }
  if (out.size() > kDomainBytesMax) return invalid("The domain is longer than 253 characters");
  return out;
}

Result<std::string> wire_address(std::string_view address) {
  const auto at = address.rfind('@');
  if (at == std::string_view::npos || at == 0) return invalid("It is not an address of the form local@domain");
  const std::string_view local = address.substr(0, at);
  if (!is_utf8(address)) return invalid("The address is not UTF-8");
  if (std::any_of(local.begin(), local.end(), [](unsigned char c) { return c >= 0x80; })) {
    return Error{Code::kUnsupported,
                 "The part before the @ has characters outside ASCII, which needs SMTPUTF8 on every hop; use the ASCII "
                 "address of this person"};
  }
  if (local.size() > kLocalBytesMax) return invalid("The part before the @ is longer than 64 characters");
  std::string domain = TRY(ascii_domain(address.substr(at + 1)));
  std::string wire = std::string(local) + "@" + domain;
  if (wire.size() > kAddressBytesMax) return invalid("The address is longer than 254 characters");
  if (!is_email(wire)) return invalid("It is not an address of the form local@domain");
  return wire;
}

bool is_verp_token(std::string_view token) {
  if (token.empty() || token.size() > kVerpTokenBytesMax) return false;
  return std::all_of(token.begin(), token.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::string verp_address(std::string_view token, std::string_view domain) {
  CHECK(is_verp_token(token), "a VERP token has 1 to 56 characters of [A-Za-z0-9_-]");
  return std::string(kVerpPrefix) + std::string(token) + "@" + std::string(domain);
}

Result<Verp> parse_verp(std::string_view address) {
  address = trim(address);
  if (address.size() >= 2 && address.front() == '<' && address.back() == '>') {
    address = address.substr(1, address.size() - 2);
  }
  const auto at = address.rfind('@');
  const bool ours = at != std::string_view::npos && address.size() <= kAddressBytesMax && at >= kVerpPrefix.size() &&
                    lower_ascii(address.substr(0, kVerpPrefix.size())) == kVerpPrefix;
  if (!ours) return invalid("This is not a bounce address of ours");
  const std::string_view token = address.substr(kVerpPrefix.size(), at - kVerpPrefix.size());
  if (!is_verp_token(token) || !is_email(address)) return invalid("This is not a bounce address of ours");
  return Verp{std::string(token), lower_ascii(address.substr(at + 1))};
}

}  // namespace spreaders::email
