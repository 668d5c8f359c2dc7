#include "integrations/email/mime_encode.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/bytes.hpp"

namespace spreaders::email {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

std::string with_crlf(std::string_view text) {
  std::string out(2 * text.size() + 2, '\0');
  char* to = out.data();
  char previous = '\n';
  for (const char c : text) {
    if (c == '\r' || (c == '\n' && previous != '\r')) {
      *to++ = '\r';
      *to++ = '\n';
    } else if (c != '\n') {
      *to++ = c;
    }
    previous = c;
  }
  if (previous != '\n' && previous != '\r') {
    *to++ = '\r';
    *to++ = '\n';
  }
  out.resize(static_cast<size_t>(to - out.data()));
  return out;
}

// Short ASCII lines without what old relays and mailboxes rewrite: trailing blanks, "From " and lone dots.
bool is_plain(std::string_view crlf_text) {
  if (crlf_text.find("=_") != std::string_view::npos) return false;  // could look like our boundary
  for (size_t at = 0; at < crlf_text.size();) {
    const size_t end = crlf_text.find('\r', at);
    const std::string_view line = crlf_text.substr(at, end - at);
    if (line.size() > kFoldBytes || line.starts_with("From ") || line.starts_with('.')) return false;
    if (!line.empty() && (line.back() == ' ' || line.back() == '\t')) return false;
    for (const unsigned char c : line) {
      if (c >= 0x7f || (c < 0x20 && c != '\t')) return false;
    }
    at = end + 2;
  }
  return true;
}

// Bytes that quoted-printable needs for a byte of text; line ends pass as they are.
constexpr std::array<uint8_t, 256> kQuotedWidth = [] {
  std::array<uint8_t, 256> widths{};
  for (size_t c = 0; c < 256; ++c) {
    const bool literal = (c >= 32 && c <= 126 && c != '=') || c == '\t' || c == '\r' || c == '\n';
    widths[c] = literal ? 1 : 3;
  }
  return widths;
}();

size_t quoted_printable_size(std::string_view text) {
  size_t size = 0;
  for (const char c : text) size += kQuotedWidth[static_cast<unsigned char>(c)];
  return size + size / 73 * 3;  // soft line breaks, roughly
}

char* put_hex(char* to, unsigned char c) {
  *to++ = '=';
  *to++ = kHexDigits[c >> 4];
  *to++ = kHexDigits[c & 15];
  return to;
}

void append_hex(std::string& out, unsigned char c) {
  char hex[3];
  put_hex(hex, c);
  out.append(hex, 3);
}

char* put_quoted_line(char* to, std::string_view line) {
  const char* line_start = to;
  const bool from = line.starts_with("From ");  // what old relays and mailboxes rewrite
  for (size_t i = 0; i < line.size(); ++i) {
    const auto c = static_cast<unsigned char>(line[i]);
    const bool last = i + 1 == line.size();
    const bool hidden = (i == 0 && from) || (last && (c == ' ' || c == '\t'));
    const int width = hidden ? 3 : kQuotedWidth[c];
    if (to - line_start + width > static_cast<int>(last ? kFoldBytes : kFoldBytes - 1)) {
      *to++ = '=';
      *to++ = '\r';
      *to++ = '\n';
      line_start = to;
    }
    // A dot at the start of a line is hidden too, also where a soft break moved it there.
    if (width == 3 || (c == '.' && to == line_start)) to = put_hex(to, c);
    else *to++ = static_cast<char>(c);
  }
  *to++ = '\r';
  *to++ = '\n';
  return to;
}

std::string quoted_printable(std::string_view crlf_text) {
  // Hiding a first and a last byte at most doubles a line, and soft breaks add less than an eighth to longer ones.
  std::string out(2 * quoted_printable_size(crlf_text) + 64, '\0');
  char* to = out.data();
  for (size_t at = 0; at < crlf_text.size();) {
    const size_t end = crlf_text.find('\r', at);
    to = put_quoted_line(to, crlf_text.substr(at, end - at));
    at = end + 2;
  }
  out.resize(static_cast<size_t>(to - out.data()));
  return out;
}

std::string base64_lines(std::string_view data) {
  const std::string encoded = base64(data);
  std::string out;
  out.reserve(encoded.size() + encoded.size() / kFoldBytes * 2 + 4);
  for (size_t at = 0; at < encoded.size(); at += kFoldBytes) {
    out.append(encoded, at, kFoldBytes);
    out += "\r\n";
  }
  return out;
}

bool is_atom_char(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(static_cast<char>(c)) != std::string_view::npos;
}

// RFC 2047 section 5 (3): the set that is safe inside a phrase too.
bool is_q_literal(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!*+-/").find(static_cast<char>(c)) != std::string_view::npos;
}

size_t q_size(std::string_view text) {
  size_t size = 0;
  for (const unsigned char c : text) size += is_q_literal(c) || c == ' ' ? 1 : 3;
  return size;
}

size_t code_point_bytes(unsigned char lead) { return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4; }

bool needs_encoding(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x80; }) ||
         text.find("=?") != std::string_view::npos || longest_word(text) > kFoldBytes - 16;  // beside the field name
}

}  // namespace

bool has_bare_line_end(std::string_view text) {
  size_t pairs = 0;
  for (size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    if (at == 0 || text[at - 1] != '\r') return true;
    ++pairs;
  }
  for (size_t at = text.find('\r'); at != std::string_view::npos; at = text.find('\r', at + 1)) --pairs;
  return pairs != 0;  // every LF has its CR; is there one more?
}

size_t longest_word(std::string_view text) {
  size_t longest = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    longest = std::max(longest, end - at);
    at = end + 1;
  }
  return longest;
}

EncodedBody encode_body(std::string_view text) {
  std::string body = with_crlf(text);
  if (is_plain(body)) return {"7bit", std::move(body)};
  const size_t base64_size = body.size() * 4 / 3 * 78 / 76;
  if (quoted_printable_size(body) <= base64_size) return {"quoted-printable", quoted_printable(body)};
  return {"base64", base64_lines(body)};
}

HeaderLine::HeaderLine(std::string& out, std::string_view name) : out_(out), line_start_(out.size()) {
  out_ += name;
  out_ += ':';
}

void HeaderLine::put(std::string_view word, std::string_view space) {
  // The first word stays beside the name: a first line of blanks only is obsolete syntax.
  if (!first_ && out_.size() - line_start_ + space.size() + word.size() > kFoldBytes) {
    out_ += "\r\n";
    line_start_ = out_.size();
  }
  out_ += space;
  out_ += word;
  first_ = false;
}

void HeaderLine::words(std::string_view text) {
  std::string_view space = " ";
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    put(text.substr(at, end - at), space);
    const size_t next = std::min(text.find_first_not_of(' ', end), text.size());
    space = text.substr(end, next - end);
    at = next;
  }
}

void HeaderLine::phrase(std::string_view name) {
  if (needs_encoding(name)) return encoded(name);
  if (std::all_of(name.begin(), name.end(), [](unsigned char c) { return is_atom_char(c) || c == ' '; }) &&
      name.find("  ") == std::string_view::npos) {
    return words(name);
  }
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  words(quoted + "\"");
}

void HeaderLine::unstructured(std::string_view text) { needs_encoding(text) ? encoded(text) : words(text); }

// Several encoded words side by side; the blanks between them vanish when they are read, so each can end anywhere but
// inside a code point.
void HeaderLine::encoded(std::string_view text) {
  const bool q = q_size(text) <= (text.size() + 2) / 3 * 4;
  constexpr size_t kFrame = 12;  // =?UTF-8?Q??=
  while (!text.empty()) {
    const size_t used = out_.size() - line_start_ + 1;
    size_t room = kEncodedWordBytesMax - kFrame;
    if (used + kFrame + 12 <= kFoldBytes) room = std::min(room, kFoldBytes - used - kFrame);
    size_t bytes = 0, width = 0;
    while (bytes < text.size()) {
      const size_t step = std::min(code_point_bytes(static_cast<unsigned char>(text[bytes])), text.size() - bytes);
      const size_t more = q ? width + q_size(text.substr(bytes, step)) : (bytes + step + 2) / 3 * 4;
      if (more > room) break;
      bytes += step;
      width = more;
    }
    const std::string_view chunk = text.substr(0, bytes);
    std::string word = q ? "=?UTF-8?Q?" : "=?UTF-8?B?";
    if (q) {
      for (const unsigned char c : chunk) {
        if (c == ' ') word += '_';
        else if (is_q_literal(c)) word += static_cast<char>(c);
        else append_hex(word, c);
      }
    } else {
      word += base64(chunk);
    }
    put(word + "?=");
    text.remove_prefix(bytes);
  }
}

}  // namespace spreaders::email
