#include "integrations/email/mime_encode.hpp"

#include <algorithm>

#include "core/bytes.hpp"

namespace spreaders::email {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

std::string with_crlf(std::string_view text) {
  std::string out;
  if (!has_bare_line_end(text)) {
    out = text;
    if (!out.empty() && out.back() != '\n') out += "\r\n";
    return out;
  }
  out.reserve(text.size() + text.size() / 32 + 2);
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find_first_of("\r\n", at);
    if (end == std::string_view::npos) end = text.size();
    out.append(text, at, end - at);
    out += "\r\n";
    at = end + (text.substr(end, 2) == "\r\n" ? 2 : 1);
  }
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

bool is_qp_literal(unsigned char c) { return (c >= 33 && c <= 126 && c != '=') || c == ' ' || c == '\t'; }

size_t quoted_printable_size(std::string_view text) {
  size_t size = 0;
  for (const unsigned char c : text) size += is_qp_literal(c) || c == '\r' || c == '\n' ? 1 : 3;
  return size + size / 73 * 3;  // soft line breaks, roughly
}

void append_hex(std::string& out, unsigned char c) {
  out += '=';
  out += kHexDigits[c >> 4];
  out += kHexDigits[c & 15];
}

void quoted_printable_line(std::string& out, std::string_view line) {
  size_t column = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const auto c = static_cast<unsigned char>(line[i]);
    const bool last = i + 1 == line.size();
    const bool blank_at_end = last && (c == ' ' || c == '\t');
    const bool touched = i == 0 && (c == '.' || line.starts_with("From "));  // rewritten by old relays
    const size_t width = is_qp_literal(c) && !blank_at_end && !touched ? 1 : 3;
    if (column + width > (last ? kFoldBytes : kFoldBytes - 1)) {
      out += "=\r\n";
      column = 0;
    }
    // A dot that a soft break moved to the start of a line is hidden as well.
    if (width == 3 || (column == 0 && c == '.')) {
      append_hex(out, c);
      column += 3;
    } else {
      out += static_cast<char>(c);
      ++column;
    }
  }
  out += "\r\n";
}

std::string quoted_printable(std::string_view crlf_text) {
  std::string out;
  out.reserve(quoted_printable_size(crlf_text) + 64);
  for (size_t at = 0; at < crlf_text.size();) {
    const size_t end = crlf_text.find('\r', at);
    quoted_printable_line(out, crlf_text.substr(at, end - at));
    at = end + 2;
  }
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
  if (std::count(text.begin(), text.end(), '\r') != std::count(text.begin(), text.end(), '\n')) return true;
  for (size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    if (at == 0 || text[at - 1] != '\r') return true;
  }
  return false;
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
