#include "integrations/email/mime_parse.hpp"

#include <algorithm>

#include "core/bytes.hpp"

namespace spreaders::email {
namespace {

// The next line without its end; `at` moves behind the end.
std::string_view next_line(std::string_view text, size_t& at) {
  const size_t end = std::min(text.find('\n', at), text.size());
  std::string_view line = text.substr(at, end - at);
  at = std::min(end + 1, text.size());
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// "=XX" becomes a byte; what is not hexadecimal stays.
void append_unquoted(std::string& out, std::string_view text, bool underscore_is_space) {
  for (size_t i = 0; i < text.size(); ++i) {
    const bool pair = text[i] == '=' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0;
    if (pair && hex_value(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += underscore_is_space && text[i] == '_' ? ' ' : text[i];
    }
  }
}

std::string unquote_printable(std::string_view body) {
  std::string out;
  for (size_t at = 0; at < body.size();) {
    std::string_view line = next_line(body, at);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
    const bool soft = !line.empty() && line.back() == '=';
    if (soft) line.remove_suffix(1);
    append_unquoted(out, line, false);
    if (!soft) out += "\r\n";
  }
  return out;
}

// Lenient: skips what is outside the alphabet, ends at the padding.
std::string unbase64(std::string_view body) {
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : body) {
    int value = -1;
    if (c >= 'A' && c <= 'Z') value = c - 'A';
    else if (c >= 'a' && c <= 'z') value = c - 'a' + 26;
    else if (c >= '0' && c <= '9') value = c - '0' + 52;
    else if (c == '+') value = 62;
    else if (c == '/') value = 63;
    else if (c == '=') break;
    if (value < 0) continue;
    bits = (bits << 6) | static_cast<uint32_t>(value);
    if (++count % 4 == 0) {
      out += static_cast<char>((bits >> 16) & 255);
      out += static_cast<char>((bits >> 8) & 255);
      out += static_cast<char>(bits & 255);
      bits = 0;
    }
  }
  if (count % 4 == 2) out += static_cast<char>((bits >> 4) & 255);
  if (count % 4 == 3) {
    out += static_cast<char>((bits >> 10) & 255);
    out += static_cast<char>((bits >> 2) & 255);
  }
  return out;
}

// Splits "type; name=value; name="va;lue"" (RFC 2045 section 5.1).
void parse_content_type(std::string_view value, MimePart& part) {
  size_t at = value.find(';');
  const std::string type = lower_ascii(trim(value.substr(0, at)));
  if (type.find('/') != std::string::npos) part.type = type;
  while (at != std::string_view::npos && at < value.size() && part.parameters.size() < 16) {
    const size_t equals = value.find('=', ++at);
    if (equals == std::string_view::npos) return;
    std::string name = lower_ascii(trim(value.substr(at, equals - at)));
    at = std::min(value.find_first_not_of(" \t", equals + 1), value.size());
    std::string text;
    if (at < value.size() && value[at] == '"') {
      for (++at; at < value.size() && value[at] != '"'; ++at) {
        if (value[at] == '\\' && at + 1 < value.size()) ++at;
        text += value[at];
      }
      at = value.find(';', at);
    } else {
      const size_t end = value.find(';', at);
      text = trim(value.substr(at, end == std::string_view::npos ? end : end - at));
      at = end;
    }
    part.parameters.emplace_back(std::move(name), std::move(text));
  }
}

// The bodies between the delimiter lines; a missing closing delimiter ends the last one at the end.
std::vector<std::string_view> split_parts(std::string_view body, const std::string& boundary, size_t parts_max) {
  std::vector<std::string_view> parts;
  const std::string delimiter = "--" + boundary;
  size_t start = std::string_view::npos;
  for (size_t at = 0; at < body.size() && parts.size() < parts_max;) {
    const size_t line_start = at;
    std::string_view line = next_line(body, at);
    if (!line.starts_with(delimiter)) continue;
    const std::string_view tail = trim(line.substr(delimiter.size()));
    if (!tail.empty() && tail != "--") continue;
    if (start != std::string_view::npos) parts.push_back(body.substr(start, line_start - start));
    start = at;
    if (tail == "--") return parts;
  }
  if (start != std::string_view::npos && start < body.size() && parts.size() < parts_max) {
    parts.push_back(body.substr(start));
  }
  return parts;
}

struct Budget {
  const MimeLimits& limits;
  size_t parts = 0;
};

MimePart parse_part(std::string_view text, Budget& budget, size_t depth) {
  ++budget.parts;
  MimePart part;
  part.fields = parse_fields(text, budget.limits, &part.body);
  parse_content_type(field(part.fields, "content-type"), part);
  if (depth >= budget.limits.depth_max) return part;
  if (part.type.starts_with("multipart/")) {
    const std::string boundary(field(part.parameters, "boundary"));
    if (boundary.empty() || boundary.size() > 200) return part;
    for (const auto& child : split_parts(part.body, boundary, budget.limits.parts_max)) {
      if (budget.parts >= budget.limits.parts_max) break;
      part.children.push_back(parse_part(child, budget, depth + 1));
    }
  } else if (part.type == "message/rfc822" && budget.parts < budget.limits.parts_max) {
    part.children.push_back(parse_part(part.body, budget, depth + 1));
  }
  return part;
}

std::string latin1_to_utf8(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else {
      out += static_cast<char>(0xc0 | (c >> 6));
      out += static_cast<char>(0x80 | (c & 0x3f));
    }
  }
  return out;
}

// One encoded word at the start of `text`; its length, or 0 when there is none.
size_t decode_word(std::string_view text, std::string& out) {
  const size_t charset_end = text.find('?', 2);
  if (!text.starts_with("=?") || charset_end == std::string_view::npos || charset_end + 2 >= text.size()) return 0;
  if (text[charset_end + 2] != '?') return 0;
  const size_t end = text.find("?=", charset_end + 3);
  if (end == std::string_view::npos) return 0;
  std::string charset = lower_ascii(text.substr(2, charset_end - 2));
  charset.resize(std::min(charset.find('*'), charset.size()));  // a language tag, RFC 2231 section 5
  const std::string_view data = text.substr(charset_end + 3, end - charset_end - 3);
  const char method = text[charset_end + 1];
  std::string bytes;
  if (method == 'b' || method == 'B') bytes = unbase64(data);
  else if (method == 'q' || method == 'Q') append_unquoted(bytes, data, true);
  else return 0;
  if (charset == "iso-8859-1" || charset == "windows-1252") bytes = latin1_to_utf8(bytes);
  else if (charset != "utf-8" && charset != "us-ascii") return 0;
  out += bytes;
  return end + 2;
}

}  // namespace

MimeFields parse_fields(std::string_view text, const MimeLimits& limits, std::string_view* rest) {
  MimeFields fields;
  size_t at = 0;
  while (at < text.size()) {
    const std::string_view line = next_line(text, at);
    if (line.empty()) break;
    if (line.front() == ' ' || line.front() == '\t') {
      if (!fields.empty() && fields.back().second.size() + line.size() < limits.field_bytes_max) {
        fields.back().second += ' ';
        fields.back().second += trim(line);
      }
      continue;
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 || fields.size() >= limits.fields_max) continue;
    fields.emplace_back(lower_ascii(trim(line.substr(0, colon))), trim(line.substr(colon + 1, limits.field_bytes_max)));
  }
  if (rest) *rest = text.substr(at);
  return fields;
}

std::string_view field(const MimeFields& fields, std::string_view lower_name) {
  for (const auto& [name, value] : fields) {
    if (name == lower_name) return value;
  }
  return {};
}

MimePart parse_mime(std::string_view message, const MimeLimits& limits) {
  Budget budget{limits};
  return parse_part(message.substr(0, limits.bytes_max), budget, 0);
}

std::string decoded_body(const MimePart& part, size_t bytes_max) {
  const std::string encoding = lower_ascii(field(part.fields, "content-transfer-encoding"));
  // Encoded text is at most three times longer than what it stands for.
  const std::string_view body = part.body.substr(0, bytes_max * 3);
  std::string out = encoding == "base64"             ? unbase64(body)
                    : encoding == "quoted-printable" ? unquote_printable(body)
                                                     : std::string(body);
  if (out.size() > bytes_max) out.resize(bytes_max);
  return out;
}

std::string decode_words(std::string_view value) {
  std::string out;
  size_t after_word = std::string_view::npos;  // where `out` ended after an encoded word
  for (size_t at = 0; at < value.size();) {
    std::string word;
    const size_t length = decode_word(value.substr(at), word);
    if (length == 0) {
      out += value[at++];
      continue;
    }
    // Blanks between two encoded words do not count.
    if (after_word != std::string_view::npos && trim(std::string_view(out).substr(after_word)).empty()) {
      out.resize(after_word);
    }
    out += word;
    after_word = out.size();
    at += length;
  }
  return out;
}

}  // namespace spreaders::email
