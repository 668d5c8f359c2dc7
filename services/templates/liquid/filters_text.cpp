// Filters on text. Whatever comes in is turned into text first; nil is the empty text.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "services/templates/liquid/context.hpp"
#include "services/templates/liquid/filters.hpp"
#include "services/templates/liquid/text.hpp"

namespace spreaders::liquid {
namespace {

constexpr size_t kNotFound = std::string_view::npos;

std::string_view text_argument(Context& context, Arguments arguments, size_t index) {
  return context.text_of(argument(arguments, index));
}

Value join_two(Context& context, std::string_view first, std::string_view second) {
  std::string out;
  out.reserve(first.size() + second.size());
  out.append(first).append(second);
  return context.keep(out);
}

Value append(Context& context, const Value& input, Arguments arguments) {
  if (arguments.size() != 1) context.fail("append takes one argument");
  return join_two(context, context.text_of(input), text_argument(context, arguments, 0));
}

Value prepend(Context& context, const Value& input, Arguments arguments) {
  if (arguments.size() != 1) context.fail("prepend takes one argument");
  return join_two(context, text_argument(context, arguments, 0), context.text_of(input));
}

Value upcase(Context& context, const Value& input, Arguments) {
  std::string out;
  append_upper(out, context.text_of(input));
  return context.keep(out);
}

Value downcase(Context& context, const Value& input, Arguments) {
  std::string out;
  append_lower(out, context.text_of(input));
  return context.keep(out);
}

Value capitalize(Context& context, const Value& input, Arguments) {
  const std::string_view text = context.text_of(input);
  size_t rest = 0;
  std::string out;
  if (!text.empty()) {
    const uint32_t first = next_point(text, rest);
    // The oracle sees half a pair beyond U+FFFF and leaves it alone.
    if (first > 0xffff) out.append(text.substr(0, rest));
    else append_upper(out, text.substr(0, rest));
  }
  append_lower(out, text.substr(rest));
  return context.keep(out);
}

// Both ends or one, of white space or of the characters given.
struct Ends {
  bool start;
  bool end;
};

Value strip_ends(Context& context, const Value& input, Arguments arguments, Ends ends) {
  std::string_view text = context.text_of(input);
  if (!js_truthy(argument(arguments, 0))) {
    if (ends.start) text = trim_start(text);
    if (ends.end) text = trim_end(text);
    return string(text);
  }
  std::vector<uint32_t> set;
  const std::string_view characters = text_argument(context, arguments, 0);
  for (size_t at = 0; at < characters.size();) set.push_back(next_point(characters, at));
  std::sort(set.begin(), set.end());
  const auto has = [&](uint32_t point) { return std::binary_search(set.begin(), set.end(), point); };
  while (ends.start && !text.empty()) {
    size_t after = 0;
    if (!has(next_point(text, after))) break;
    text.remove_prefix(after);
  }
  while (ends.end && !text.empty()) {
    size_t begin = text.size() - 1;
    while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80) --begin;
    size_t after = begin;
    if (!has(next_point(text, after))) break;
    text = text.substr(0, begin);
  }
  return string(text);
}

Value strip(Context& context, const Value& input, Arguments arguments) {
  return strip_ends(context, input, arguments, {true, true});
}
Value lstrip(Context& context, const Value& input, Arguments arguments) {
  return strip_ends(context, input, arguments, {true, false});
}
Value rstrip(Context& context, const Value& input, Arguments arguments) {
  return strip_ends(context, input, arguments, {false, true});
}

// Replaces every occurrence. An empty pattern stands between every two characters.
Value replace_all(Context& context, std::string_view text, std::string_view pattern, std::string_view replacement) {
  std::string out;
  const size_t bytes_max = context.text_bytes_max();
  size_t at = 0;
  while (at < text.size() && out.size() <= bytes_max) {
    size_t found = 0;
    size_t after = at;
    if (pattern.empty()) {
      next_point(text, after);
      found = after;
      if (found == text.size()) break;
    } else {
      found = text.find(pattern, at);
      if (found == kNotFound) break;
      after = found + pattern.size();
    }
    out.append(text.substr(at, found - at)).append(replacement);
    at = after;
  }
  if (at == 0) return string(text);
  return context.keep(out.append(text.substr(at)));
}

Value replace(Context& context, const Value& input, Arguments arguments) {
  return replace_all(context, context.text_of(input), text_argument(context, arguments, 0),
                     text_argument(context, arguments, 1));
}

Value remove(Context& context, const Value& input, Arguments arguments) {
  return replace_all(context, context.text_of(input), text_argument(context, arguments, 0), {});
}

struct Splice {
  size_t at;
  size_t removed;
};

Value splice(Context& context, std::string_view text, Splice where, std::string_view inserted) {
  if (where.at == kNotFound) return string(text);
  std::string out(text.substr(0, where.at));
  out.append(inserted).append(text.substr(where.at + where.removed));
  return context.keep(out);
}

Value replace_first(Context& context, const Value& input, Arguments arguments) {
  const std::string_view text = context.text_of(input);
  const std::string_view pattern = text_argument(context, arguments, 0);
  return splice(context, text, {text.find(pattern), pattern.size()}, text_argument(context, arguments, 1));
}

Value replace_last(Context& context, const Value& input, Arguments arguments) {
  const std::string_view text = context.text_of(input);
  const std::string_view pattern = text_argument(context, arguments, 0);
  return splice(context, text, {text.rfind(pattern), pattern.size()}, text_argument(context, arguments, 1));
}

Value remove_first(Context& context, const Value& input, Arguments arguments) {
  return replace_first(context, input, arguments.first(std::min<size_t>(arguments.size(), 1)));
}

Value remove_last(Context& context, const Value& input, Arguments arguments) {
  return replace_last(context, input, arguments.first(std::min<size_t>(arguments.size(), 1)));
}

Value split(Context& context, const Value& input, Arguments arguments) {
  const std::string_view text = context.text_of(input);
  const std::string_view separator = text_argument(context, arguments, 0);
  std::vector<Value> parts;
  size_t at = 0;
  while (at <= text.size()) {
    size_t end = 0;
    size_t after = at;
    if (separator.empty()) {
      if (at == text.size()) break;
      next_point(text, after);
      end = after;
    } else {
      end = std::min(text.find(separator, at), text.size());
      after = end == text.size() ? end + 1 : end + separator.size();
    }
    parts.push_back(string(text.substr(at, end - at)));
    at = after;
  }
  while (!parts.empty() && parts.back().size == 0) parts.pop_back();
  return context.keep_list(parts);
}

Value strip_newlines(Context& context, const Value& input, Arguments) {
  std::string out;
  const std::string_view text = context.text_of(input);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' || text.substr(i, 2) == "\r\n") continue;
    out += text[i];
  }
  return context.keep(out);
}

Value normalize_whitespace(Context& context, const Value& input, Arguments) {
  std::string out;
  const std::string_view text = context.text_of(input);
  for (size_t at = 0; at < text.size();) {
    const SpaceRun run = next_space(text, at);
    out.append(text.substr(at, run.begin - at));
    if (run.begin < text.size()) out += ' ';
    at = run.end;
  }
  return context.keep(out);
}

Value squish(Context& context, const Value& input, Arguments arguments) {
  const Value spaced = normalize_whitespace(context, input, arguments);
  return string(trim_start(trim_end(spaced.view())));
}

Value truncate(Context& context, const Value& input, Arguments arguments) {
  const std::string_view text = context.text_of(input);
  const Value wanted = argument(arguments, 0);
  const double length = wanted.is(Kind::kUndefined) ? 50 : to_number(wanted);
  const Value mark = argument(arguments, 1);
  const std::string_view ellipsis = mark.is(Kind::kUndefined) ? "..." : context.text_of(mark);
  if (static_cast<double>(utf16_length(text)) <= length || skip_points(text, 0, length) >= text.size()) return input;
  const double kept = length - static_cast<double>(point_count(ellipsis));
  return join_two(context, text.substr(0, skip_points(text, 0, kept)), ellipsis);
}

Value truncate_words(Context& context, const Value& input, Arguments arguments) {
  const std::string_view text = trim_start(context.text_of(input));
  const Value wanted = argument(arguments, 0);
  double count = wanted.is(Kind::kUndefined) ? 15 : to_number(wanted);
  if (count <= 0) count = 1;
  const Value mark = argument(arguments, 1);
  const std::string_view ellipsis = mark.is(Kind::kUndefined) ? "..." : context.text_of(mark);
  std::string out;
  double words = 0;
  for (size_t at = 0;;) {
    const SpaceRun run = next_space(text, at);
    words += 1;
    if (words <= std::trunc(count)) out.append(words > 1 ? " " : "").append(text.substr(at, run.begin - at));
    if (run.begin == text.size()) break;
    at = run.end;
  }
  if (words >= count) out.append(ellipsis);
  return context.keep(out);
}

// Empty texts and lists, nil and false have a default; with allow_false: true, false stays.
Value default_to(Context& context, const Value& input, Arguments arguments) {
  const Value fallback = argument(arguments, 0);
  if (is_array(input)) return array_size(input) > 0 ? input : fallback;
  if (input.is(Kind::kString)) return input.size > 0 ? input : fallback;
  if (input.is(Kind::kEmpty) || input.is(Kind::kBlank)) return fallback;
  if (input.is(Kind::kFalse)) {
    for (const Value& named : arguments.subspan(std::min<size_t>(arguments.size(), 1))) {
      if (!named.is(Kind::kList) || named.size != 2) {
        context.fail("default takes one value and allow_false");
      } else if (named.items[0].is(Kind::kString) && named.items[0].view() == "allow_false" &&
                 js_truthy(named.items[1])) {
        return input;
      }
    }
  }
  return is_truthy(input) ? input : fallback;
}

constexpr std::array kFilters = {
    Filter{"append", append},
    Filter{"capitalize", capitalize},
    Filter{"default", default_to},
    Filter{"downcase", downcase},
    Filter{"lstrip", lstrip},
    Filter{"normalize_whitespace", normalize_whitespace},
    Filter{"prepend", prepend},
    Filter{"remove", remove},
    Filter{"remove_first", remove_first},
    Filter{"remove_last", remove_last},
    Filter{"replace", replace},
    Filter{"replace_first", replace_first},
    Filter{"replace_last", replace_last},
    Filter{"rstrip", rstrip},
    Filter{"split", split},
    Filter{"squish", squish},
    Filter{"strip", strip},
    Filter{"strip_newlines", strip_newlines},
    Filter{"truncate", truncate},
    Filter{"truncatewords", truncate_words},
    Filter{"upcase", upcase},
};

}  // namespace

std::span<const Filter> text_filters() { return kFilters; }

}  // namespace spreaders::liquid
