// Hashes, encodings and text checks that several modules need. OpenSSL stays in bytes.cpp.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace spreaders {

std::string sha256(std::string_view data);                             // 32 raw bytes
std::string hmac_sha256(std::string_view key, std::string_view data);  // 32 raw bytes
std::string hex(std::string_view bytes);
std::string base64(std::string_view bytes);                // with padding
Result<std::string> base64_decode(std::string_view text);  // strict alphabet and padding
std::string base64url(std::string_view bytes);             // without padding
Result<std::string> base64url_decode(std::string_view text);
bool constant_time_equal(std::string_view a, std::string_view b);

bool is_utf8(std::string_view text);
size_t count_code_points(std::string_view utf8);
// At most `count` code points, never cutting one in two.
std::string_view first_code_points(std::string_view utf8, size_t count);
std::string percent_encode(std::string_view text);  // RFC 3986 unreserved characters stay
std::string percent_decode(std::string_view text, bool plus_is_space = false);
std::string lower_ascii(std::string_view text);
std::string_view trim(std::string_view text);
// One "local@domain" as senders accept it (RFC 5321 dot-string local part, LDH or UTF-8 labels, at least one dot).
bool is_email(std::string_view text);

}  // namespace spreaders
