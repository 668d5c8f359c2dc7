// Filters for HTML, URLs and JSON, and the table of all filters.
#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "core/bytes.hpp"
#include "services/templates/liquid/context.hpp"
#include "services/templates/liquid/filters.hpp"
#include "services/templates/liquid/html_escape.hpp"
#include "services/templates/liquid/text.hpp"

namespace spreaders::liquid {
namespace {

constexpr size_t kNotFound = std::string_view::npos;

Value escape(Context& context, const Value& input, Arguments) {
  const std::string_view text = context.text_of(input);
  if (text.find_first_of("&<>\"'") == kNotFound) return string(text);
  std::string out;
  append_escaped(out, text);
  return context.keep(out);
}

std::string unescape(std::string_view text) {
  struct Entity {
    std::string_view name;
    char character;
  };
  constexpr std::array kEntities = {Entity{"&amp;", '&'}, Entity{"&lt;", '<'}, Entity{"&gt;", '>'},
                                    Entity{"&#34;", '"'}, Entity{"&#39;", '\''}};
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const auto* known = std::find_if(kEntities.begin(), kEntities.end(),
                                     [&](const Entity& entity) { return text.substr(at).starts_with(entity.name); });
    out += known == kEntities.end() ? text[at] : known->character;
    at += known == kEntities.end() ? 1 : known->name.size();
  }
  return out;
}

Value escape_once(Context& context, const Value& input, Arguments) {
  std::string out;
  append_escaped(out, unescape(context.text_of(input)));
  return context.keep(out);
}

Value newline_to_br(Context& context, const Value& input, Arguments) {
  const std::string_view text = context.text_of(input);
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "\r\n") ++i;
    if (text[i] == '\n') out += "<br />\n";
    else out += text[i];
  }
  return context.keep(out);
}

// Drops scripts, styles, comments and tags. What is opened and never closed stays.
Value strip_html(Context& context, const Value& input, Arguments) {
  struct Mark {
    std::string_view open, close;
    bool closes = true;  // false once a search ran to the end in vain, so that no text makes this quadratic
  };
  std::array marks = {Mark{"<script", "</script>"}, Mark{"<style", "</style>"}, Mark{"<!--", "-->"}, Mark{"<", ">"}};
  const std::string_view text = context.text_of(input);
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    const size_t open = std::min(text.find('<', at), text.size());
    out.append(text.substr(at, open - at));
    at = open;
    for (Mark& mark : marks) {
      if (!mark.closes || !text.substr(open).starts_with(mark.open)) continue;
      const size_t close = text.find(mark.close, open + mark.open.size());
      mark.closes = close != kNotFound;
      if (!mark.closes) continue;
      at = close + mark.close.size();
      break;
    }
    if (at == open) break;
  }
  return context.keep(out.append(text.substr(at)));
}

void append_percent(std::string& out, std::string_view text, std::string_view kept) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'z' && byte < 0x80);
    if (is_plain || (c != '\0' && kept.find(c) != kNotFound)) out += c;
    else if (c == ' ' && kept.find('+') == kNotFound) out += '+';
    else out.append("%").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
  }
}

Value url_encode(Context& context, const Value& input, Arguments) {
  std::string out;
  append_percent(out, context.text_of(input), "-_.!~*'()");
  return context.keep(out);
}

Value cgi_escape(Context& context, const Value& input, Arguments) {
  std::string out;
  append_percent(out, context.text_of(input), "-_.~");
  return context.keep(out);
}

Value uri_escape(Context& context, const Value& input, Arguments) {
  std::string out;
  append_percent(out, context.text_of(input), "-_.!~*'();/?:@&=+$,#[]");
  return context.keep(out);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const int letter = c | 32;
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

Value url_decode(Context& context, const Value& input, Arguments) {
  const std::string_view text = context.text_of(input);
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      context.fail("url_decode: % must be followed by two hexadecimal digits");
      return {};
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  for (size_t at = 0; at < out.size();) {
    const size_t begin = at;
    if (next_point(out, at) == 0xfffd && out.compare(begin, 3, "\xef\xbf\xbd") != 0) {
      context.fail("url_decode: the bytes are not UTF-8");
      return {};
    }
  }
  return context.keep(out);
}

Value base64_encode(Context& context, const Value& input, Arguments) {
  return context.keep(base64(context.text_of(input)));
}

Value base64_decode_text(Context& context, const Value& input, Arguments) {
  std::string text(context.text_of(input));
  std::erase_if(text, [](char c) { return c == ' ' || (c >= 9 && c <= 13 && c != 11); });
  while (text.size() % 4 != 0 && text.size() % 4 != 1) text += '=';
  auto decoded = base64_decode(text);
  if (!decoded) {
    context.fail("base64_decode: the text is not base64");
    return {};
  }
  return context.keep(*decoded);
}

Value raw(Context&, const Value& input, Arguments) { return input; }

// JSON.stringify(value, null, indent).
class JsonWriter {
 public:
  JsonWriter(std::string indent, size_t bytes_max) : indent_(std::move(indent)), bytes_max_(bytes_max) {}

  void write(const Value& value) {
    if (out.size() > bytes_max_) return;
    switch (value.kind) {
      case Kind::kUndefined:
      case Kind::kNull:
        out += "null";
        return;
      case Kind::kTrue:
      case Kind::kFalse:
      case Kind::kLong:
        append_js_text(out, value);
        return;
      case Kind::kNumber:
        if (std::isfinite(value.number)) append_number(out, value.number);
        else out += "null";
        return;
      case Kind::kString:
        write_text(value.view());
        return;
      case Kind::kLoop:
        append_text(out, value);
        return;
      default:
        break;
    }
    if (is_array(value)) {
      Group group(*this, '[', ']');
      for (size_t i = 0; i < array_size(value) && out.size() <= bytes_max_; ++i) {
        group.next();
        write(array_at(value, i));
      }
      return;
    }
    Group group(*this, '{', '}');
    if (value.is(Kind::kJson)) {
      for (const auto& [key, member_value] : *value.json->get_ptr<const Json::object_t*>()) {
        write_member(group, key, from_json(member_value));
      }
    } else if (value.is(Kind::kRecord)) {
      for (size_t i = 0; i < value.size; ++i) write_member(group, value.items[2 * i].view(), value.items[2 * i + 1]);
    }
  }

  std::string out;

 private:
  struct Group {
    Group(JsonWriter& writer_in, char open, char close_in) : writer(writer_in), close(close_in) {
      writer.out += open;
      ++writer.depth_;
    }
    ~Group() {
      --writer.depth_;
      if (count > 0) writer.new_line();
      writer.out += close;
    }
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;
    void next() {
      if (count++ > 0) writer.out += ',';
      writer.new_line();
    }
    JsonWriter& writer;
    char close;
    size_t count = 0;
  };

  void write_member(Group& group, std::string_view key, const Value& value) {
    if (value.is(Kind::kUndefined) || out.size() > bytes_max_) return;
    group.next();
    write_text(key);
    out += indent_.empty() ? ":" : ": ";
    write(value);
  }

  void new_line() {
    if (indent_.empty()) return;
    out += '\n';
    for (size_t i = 0; i < depth_; ++i) out += indent_;
  }

  void write_text(std::string_view text) { out += to_text(Json(text)); }

  std::string indent_;
  size_t bytes_max_;
  size_t depth_ = 0;
};

Value json(Context& context, const Value& input, Arguments arguments) {
  if (input.is(Kind::kUndefined)) return {};
  constexpr double kIndentMax = 10;
  const Value space = argument(arguments, 0);
  std::string indent;
  if (space.is(Kind::kString)) indent = space.view().substr(0, skip_points(space.view(), 0, kIndentMax));
  else indent.assign(static_cast<size_t>(std::clamp(number_or_zero(space), 0.0, kIndentMax)), ' ');
  if (!context.spend(input.weight)) return {};
  JsonWriter writer(std::move(indent), context.text_bytes_max());
  writer.write(input);
  return context.keep(writer.out);
}

constexpr std::array kFilters = {
    Filter{"base64_decode", base64_decode_text},
    Filter{"base64_encode", base64_encode},
    Filter{"cgi_escape", cgi_escape},
    Filter{"escape", escape},
    Filter{"escape_once", escape_once},
    Filter{"json", json},
    Filter{"jsonify", json},
    Filter{"newline_to_br", newline_to_br},
    Filter{"raw", raw},
    Filter{"strip_html", strip_html},
    Filter{"uri_escape", uri_escape},
    Filter{"url_decode", url_decode},
    Filter{"url_encode", url_encode},
    Filter{"xml_escape", escape},
};

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
  for (size_t at = 0;;) {
    const size_t found = text.find_first_of("&<>\"'", at);
    out.append(text.substr(at, found - at));
    if (found == kNotFound) return;
    switch (text[found]) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&#34;";
        break;
      default:
        out += "&#39;";
        break;
    }
    at = found + 1;
  }
}

std::span<const Filter> web_filters() { return kFilters; }

const Filter* find_filter(std::string_view name) {
  for (const auto table : {text_filters(), number_filters(), list_filters(), web_filters(), date_filters()}) {
    for (const Filter& filter : table) {
      if (filter.name == name) return &filter;
    }
  }
  return nullptr;
}

}  // namespace spreaders::liquid
