#include "sandbox/mime.hpp"

#include <algorithm>
#include <charconv>

#include "core/bytes.hpp"

namespace spreaders::sandbox {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Quoted-printable (RFC 2045 6.7); with `in_word` the Q encoding of RFC 2047, where _ is a space.
std::string decode_quoted(std::string_view text, bool in_word) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (in_word && text[i] == '_') out += ' ';
    else if (text[i] != '=') out += text[i];
    else if (i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      // A soft line break may carry spaces that a relay added before the line end.
      const size_t end = text.find_first_not_of(" \t", i + 1);
      if (end != std::string_view::npos && text.substr(end, 2) == "\r\n") i = end + 1;
      else if (end != std::string_view::npos && text[end] == '\n') i = end;
      else out += '=';
    }
  }
  return out;
}

std::string decode_base64(std::string_view text) {
  std::string plain;
  std::copy_if(text.begin(), text.end(), std::back_inserter(plain), [](char c) { return c > ' ' && c != '='; });
  plain.append((4 - plain.size() % 4) % 4, '=');
  auto decoded = base64_decode(plain);
  return decoded.ok() ? std::move(*decoded) : std::string(text);
}

void append_code_point(std::string& out, uint32_t code) {
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) code = 0xFFFD;
  const auto byte = [&](uint32_t value) { out += static_cast<char>(value); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) return byte(0xC0 | (code >> 6)), byte(0x80 | (code & 63));
  if (code < 0x10000) return byte(0xE0 | (code >> 12)), byte(0x80 | ((code >> 6) & 63)), byte(0x80 | (code & 63));
  byte(0xF0 | (code >> 18)), byte(0x80 | ((code >> 12) & 63)), byte(0x80 | ((code >> 6) & 63)),
      byte(0x80 | (code & 63));
}

// Whatever is not UTF-8 is shown as Latin-1: wrong letters are better for a person than no mail.
std::string to_utf8(std::string text) {
  if (is_utf8(text)) return text;
  std::string out;
  for (const char c : text) append_code_point(out, static_cast<unsigned char>(c));
  return out;
}

// The value of a parameter of a structured header: boundary="x" or charset=utf-8.
std::string find_parameter(std::string_view value, std::string_view lower_name) {
  const std::string lower = lower_ascii(value);
  size_t at = 0;
  while ((at = lower.find(';', at)) != std::string::npos) {
    const size_t start = lower.find_first_not_of(" \t", at + 1);
    if (start == std::string::npos) return {};
    at = start;
    if (lower.compare(start, lower_name.size(), lower_name) != 0) continue;
    size_t equals = start + lower_name.size();
    while (equals < lower.size() && (lower[equals] == ' ' || lower[equals] == '\t')) ++equals;
    if (equals >= lower.size() || lower[equals] != '=') continue;
    std::string_view rest = trim(value.substr(equals + 1));
    if (rest.starts_with('"')) return std::string(rest.substr(1, rest.find('"', 1) - 1));
    return std::string(trim(rest.substr(0, rest.find_first_of("; \t"))));
  }
  return {};
}

struct Walk {
  Readable readable;
  size_t parts = 0;
};

void visit(std::string_view headers, std::string_view body, size_t depth, Walk& walk);

void visit_multipart(std::string_view boundary, std::string_view body, size_t depth, Walk& walk) {
  const std::string mark = "--" + std::string(boundary);
  size_t start = std::string_view::npos;  // of the part's content
  size_t at = 0;
  while (at < body.size() && walk.parts < kMimePartsMax) {
    size_t line_end = body.find('\n', at);
    if (line_end == std::string_view::npos) line_end = body.size();
    const std::string_view line = body.substr(at, line_end - at);
    if (line.starts_with(mark)) {
      if (start != std::string_view::npos) {
        const std::string_view part = body.substr(start, at - start);
        const bool bare = part.starts_with("\r\n");
        const size_t gap = bare ? 0 : part.find("\r\n\r\n");
        if (gap == std::string_view::npos) visit("", part, depth + 1, walk);
        else visit(part.substr(0, bare ? 0 : gap + 2), part.substr(bare ? 2 : gap + 4), depth + 1, walk);
      }
      if (line.substr(mark.size()).starts_with("--")) return;
      start = std::min(line_end + 1, body.size());
    }
    at = line_end + 1;
  }
}

void visit(std::string_view headers, std::string_view body, size_t depth, Walk& walk) {
  if (++walk.parts > kMimePartsMax || depth > kMimeDepthMax) return;
  const std::string type_line = find_header(headers, "content-type");
  std::string type = lower_ascii(trim(std::string_view(type_line).substr(0, type_line.find(';'))));
  if (type.empty()) type = "text/plain";
  if (type.starts_with("multipart/")) {
    const std::string boundary = find_parameter(type_line, "boundary");
    if (!boundary.empty()) return visit_multipart(boundary, body, depth, walk);
  }
  const bool is_attachment = lower_ascii(find_header(headers, "content-disposition")).starts_with("attachment");
  std::string* target = nullptr;
  if (type == "text/html" && walk.readable.html.empty()) target = &walk.readable.html;
  if (type == "text/plain" && walk.readable.text.empty()) target = &walk.readable.text;
  if (is_attachment || target == nullptr) {
    walk.readable.attachments.push_back(type);
    return;
  }
  const std::string encoding = lower_ascii(trim(find_header(headers, "content-transfer-encoding")));
  std::string decoded = encoding == "base64"             ? decode_base64(body)
                        : encoding == "quoted-printable" ? decode_quoted(body, false)
                                                         : std::string(body);
  *target = to_utf8(std::move(decoded));
}

}  // namespace

std::string find_header(std::string_view headers, std::string_view lower_name) {
  size_t at = 0;
  while (at < headers.size()) {
    size_t end = headers.find('\n', at);
    if (end == std::string_view::npos) end = headers.size();
    const bool is_it =
        headers.size() - at > lower_name.size() && headers[at + lower_name.size()] == ':' &&
        std::equal(lower_name.begin(), lower_name.end(), headers.begin() + static_cast<ptrdiff_t>(at),
                   [](char want, char have) { return want == (have >= 'A' && have <= 'Z' ? have + 32 : have); });
    if (is_it) {
      // Folded lines begin with a space or tab (RFC 5322 2.2.3).
      while (end + 1 < headers.size() && (headers[end + 1] == ' ' || headers[end + 1] == '\t')) {
        end = std::min(headers.find('\n', end + 1), headers.size());
      }
      const size_t value = at + lower_name.size() + 1;
      std::string text;
      for (const char c : headers.substr(value, end - value)) {
        if (c != '\r' && c != '\n') text += c;
      }
      return std::string(trim(text));
    }
    at = end + 1;
  }
  return {};
}

std::string decode_words(std::string_view text) {
  std::string out;
  bool after_word = false;
  while (!text.empty()) {
    const size_t start = text.find("=?");
    const size_t charset_end = start == std::string_view::npos ? start : text.find('?', start + 2);
    const size_t encoding_end = charset_end == std::string_view::npos ? charset_end : text.find('?', charset_end + 1);
    const size_t end = encoding_end == std::string_view::npos ? encoding_end : text.find("?=", encoding_end + 1);
    if (end == std::string_view::npos || encoding_end != charset_end + 2) {
      // No further word, or one that is malformed: everything up to and with its mark stays as it is.
      const size_t keep = start == std::string_view::npos ? text.size() : start + 2;
      out += text.substr(0, keep);
      text.remove_prefix(keep);
      after_word = false;
      continue;
    }
    // White space between two encoded words is not shown (RFC 2047 6.2).
    if (!after_word || !trim(text.substr(0, start)).empty()) out += text.substr(0, start);
    const char encoding = text[charset_end + 1];
    const std::string_view coded = text.substr(encoding_end + 1, end - encoding_end - 1);
    const bool is_base64 = encoding == 'B' || encoding == 'b';
    out += to_utf8(is_base64 ? decode_base64(coded) : decode_quoted(coded, true));
    text.remove_prefix(end + 2);
    after_word = true;
  }
  return to_utf8(std::move(out));
}

Readable read_mail(std::string_view headers, std::string_view body) {
  Walk walk;
  visit(headers, body, 0, walk);
  return std::move(walk.readable);
}

namespace {

std::string decode_entities(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t mark = std::min(text.find('&'), text.size());
    out += text.substr(0, mark);
    text.remove_prefix(mark);
    if (text.empty()) break;
    const size_t end = text.substr(0, 12).find(';');
    const std::string_view name = end == std::string_view::npos ? "" : text.substr(1, end - 1);
    uint32_t code = 0;
    if (name == "amp") code = '&';
    else if (name == "lt") code = '<';
    else if (name == "gt") code = '>';
    else if (name == "quot") code = '"';
    else if (name == "apos") code = '\'';
    else if (name == "nbsp") code = ' ';
    else if (name.starts_with("#x") || name.starts_with("#X"))
      std::from_chars(name.data() + 2, name.data() + name.size(), code, 16);
    else if (name.starts_with('#')) std::from_chars(name.data() + 1, name.data() + name.size(), code, 10);
    if (code == 0) out += '&', text.remove_prefix(1);
    else append_code_point(out, code), text.remove_prefix(end + 1);
  }
  return out;
}

struct Tag {
  std::string name;             // lower case; "/a" for an end tag
  std::string_view attributes;  // the raw text
  size_t end = 0;               // position after >
};

// The next tag at or after `at`; nothing at the end. Quoted values may hold >.
bool next_tag(std::string_view html, size_t at, Tag& tag) {
  while ((at = html.find('<', at)) != std::string_view::npos) {
    if (html.substr(at, 4) == "<!--") {
      at = html.find("-->", at + 4);
      if (at == std::string_view::npos) return false;
      continue;
    }
    size_t name_end = at + 1;
    if (name_end < html.size() && html[name_end] == '/') ++name_end;
    while (name_end < html.size() && std::isalnum(static_cast<unsigned char>(html[name_end]))) ++name_end;
    char quote = 0;
    size_t end = name_end;
    for (; end < html.size() && (quote != 0 || html[end] != '>'); ++end) {
      if (quote != 0) quote = html[end] == quote ? '\0' : quote;
      else if (html[end] == '"' || html[end] == '\'') quote = html[end];
    }
    if (end >= html.size()) return false;
    tag = {lower_ascii(html.substr(at + 1, name_end - at - 1)), html.substr(name_end, end - name_end), end + 1};
    return true;
  }
  return false;
}

std::string find_attribute(std::string_view attributes, std::string_view lower_name) {
  size_t at = 0;
  while (at < attributes.size()) {
    at = attributes.find_first_not_of(" \t\r\n/", at);
    if (at == std::string_view::npos) return {};
    const size_t name_end = std::min(attributes.find_first_of(" \t\r\n=", at), attributes.size());
    const std::string name = lower_ascii(attributes.substr(at, name_end - at));
    at = std::min(attributes.find_first_not_of(" \t\r\n", name_end), attributes.size());
    std::string_view value;
    if (at < attributes.size() && attributes[at] == '=') {
      at = std::min(attributes.find_first_not_of(" \t\r\n", at + 1), attributes.size());
      const bool is_quoted = at < attributes.size() && (attributes[at] == '"' || attributes[at] == '\'');
      const size_t start = is_quoted ? at + 1 : at;
      const size_t end =
          is_quoted ? attributes.find(attributes[at], start) : attributes.find_first_of(" \t\r\n", start);
      value = attributes.substr(start, end == std::string_view::npos ? end : end - start);
      at = end == std::string_view::npos ? attributes.size() : end + 1;
    }
    if (name == lower_name) return decode_entities(value);
    if (name.empty()) ++at;
  }
  return {};
}

}  // namespace

std::vector<Link> find_links(std::string_view html) {
  std::vector<Link> links;
  Tag tag;
  size_t at = 0;
  while (links.size() < kMimeLinksMax && next_tag(html, at, tag)) {
    at = tag.end;
    if (tag.name != "a") continue;
    Link link{.url = std::string(trim(find_attribute(tag.attributes, "href"))), .text = {}};
    size_t text_start = tag.end;
    while (next_tag(html, text_start, tag)) {
      const size_t tag_start = html.find('<', text_start);
      link.text += html.substr(text_start, std::min(tag_start, html.size()) - text_start);
      at = text_start = tag.end;
      if (tag.name == "/a" || tag.name == "a") break;
    }
    link.text = trim(decode_entities(link.text));
    if (!link.url.empty()) links.push_back(std::move(link));
  }
  return links;
}

std::vector<std::string> find_images(std::string_view html) {
  std::vector<std::string> urls;
  Tag tag;
  for (size_t at = 0; urls.size() < kMimeLinksMax && next_tag(html, at, tag); at = tag.end) {
    std::string url = tag.name == "img" ? std::string(trim(find_attribute(tag.attributes, "src"))) : "";
    if (!url.empty()) urls.push_back(std::move(url));
  }
  return urls;
}

std::vector<Form> find_forms(std::string_view html) {
  std::vector<Form> forms;
  bool inside = false;
  Tag tag;
  for (size_t at = 0; forms.size() < kMimeLinksMax && next_tag(html, at, tag); at = tag.end) {
    if (tag.name == "form") forms.push_back({find_attribute(tag.attributes, "action"), {}}), inside = true;
    else if (tag.name == "/form") inside = false;
    else if (tag.name == "input" && inside && forms.back().fields.size() < kMimeLinksMax) {
      std::string name = find_attribute(tag.attributes, "name");
      if (!name.empty()) forms.back().fields.emplace_back(std::move(name), find_attribute(tag.attributes, "value"));
    }
  }
  return forms;
}

}  // namespace spreaders::sandbox
