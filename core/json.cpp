#include "core/json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "core/bytes.hpp"

namespace spreaders {

namespace {

// Builds the value while it refuses what a plain parse would accept silently: depth, too many keys, duplicate keys.
class LimitedBuilder : public nlohmann::json_sax<Json> {
 public:
  explicit LimitedBuilder(const JsonLimits& limits) : limits_(limits) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t& text) override {
    // 2^64 and more would silently become a rounded double.
    bool whole = text.find_first_of(".eE") == std::string::npos;
    if (whole) return fail("the whole number " + text.substr(0, 40) + " does not fit in 64 bits; write it as text");
    return put(value);
  }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return fail("binary values have no place here"); }
  bool start_object(size_t) override { return open(Json::object()); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    auto& seen = keys_.back();
    if (!seen.insert(value).second)
      return fail("the key '" + std::string(first_code_points(value, 60)) + "' occurs twice in one object");
    if (seen.size() > limits_.keys_max)
      return fail("an object has more than " + std::to_string(limits_.keys_max) + " keys");
    key_ = std::move(value);
    return true;
  }
  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception& what) override {
    if (problem.empty()) {
      std::string text = what.what();
      size_t dash = text.find("; last read");
      size_t colon = text.find(": ");
      problem = "near byte " + std::to_string(position) +
                (colon == std::string::npos ? "" : text.substr(colon, dash - colon));
    }
    return false;
  }

  Json root;
  std::string problem;

 private:
  bool fail(std::string why) {
    if (problem.empty()) problem = std::move(why);
    return false;
  }
  Json* place(Json value) {
    if (stack_.empty()) {
      root = std::move(value);
      return &root;
    }
    Json& parent = *stack_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    // The key is known to be new, so the linear look-up of the ordered map is skipped.
    auto& object = parent.get_ref<Json::object_t&>();
    object.Container::emplace_back(key_, std::move(value));
    return &object.back().second;
  }
  bool put(Json value) {
    place(std::move(value));
    return true;
  }
  bool open(Json value) {
    if (stack_.size() >= limits_.depth_max)
      return fail("it is nested deeper than " + std::to_string(limits_.depth_max) + " levels");
    bool object = value.is_object();
    Json* placed = place(std::move(value));
    stack_.push_back(placed);
    keys_.emplace_back();
    (void)object;
    return true;
  }
  bool close() {
    stack_.pop_back();
    keys_.pop_back();
    return true;
  }

  JsonLimits limits_;
  std::vector<Json*> stack_;
  std::vector<std::set<std::string>> keys_;
  std::string key_;
};

// ECMAScript's Number to String, which RFC 8785 asks for.
std::string canonical_number(double value) {
  CHECK(std::isfinite(value), "JSON has no infinite numbers");
  if (value == 0) return "0";
  char digits[32];
  int precision = 1;
  for (; precision <= 17; ++precision) {
    std::snprintf(digits, sizeof digits, "%.*e", precision - 1, value);
    if (std::strtod(digits, nullptr) == value) break;
  }
  std::string text = digits;
  bool negative = text[0] == '-';
  size_t e = text.find('e');
  int exponent = std::stoi(text.substr(e + 1));
  std::string mantissa = text.substr(negative ? 1 : 0, e - (negative ? 1 : 0));
  std::erase(mantissa, '.');
  while (mantissa.size() > 1 && mantissa.back() == '0') mantissa.pop_back();
  int count = static_cast<int>(mantissa.size());
  int point = exponent + 1;
  std::string out;
  if (count <= point && point <= 21) {
    out = mantissa + std::string(static_cast<size_t>(point - count), '0');
  } else if (0 < point && point <= 21) {
    out = mantissa.substr(0, static_cast<size_t>(point)) + "." + mantissa.substr(static_cast<size_t>(point));
  } else if (-6 < point && point <= 0) {
    out = "0." + std::string(static_cast<size_t>(-point), '0') + mantissa;
  } else {
    out = mantissa.substr(0, 1) + (count > 1 ? "." + mantissa.substr(1) : "") + "e" + (exponent > 0 ? "+" : "") +
          std::to_string(exponent);
  }
  return (negative ? "-" : "") + out;
}

// Sorts as RFC 8785 does: by UTF-16 code units. Differs from bytes only between U+E000.. and the surrogate planes.
bool utf16_less(const std::string* a, const std::string* b) {
  auto rank = [](unsigned char c) { return c >= 0xF0 ? 0xED80 : c >= 0xEE ? 0xEE00 + c : c << 8; };
  for (size_t i = 0; i < std::min(a->size(), b->size()); ++i) {
    auto x = static_cast<unsigned char>((*a)[i]);
    auto y = static_cast<unsigned char>((*b)[i]);
    if (x != y) return rank(x) != rank(y) ? rank(x) < rank(y) : x < y;
  }
  return a->size() < b->size();
}

void write_canonical(const Json& value, std::string& out) {
  if (value.is_object()) {
    std::vector<std::pair<const std::string*, const Json*>> entries;
    for (auto it = value.begin(); it != value.end(); ++it) entries.emplace_back(&it.key(), &it.value());
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return utf16_less(a.first, b.first); });
    out += '{';
    for (size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) out += ',';
      out += Json(*entries[i].first).dump(-1, ' ', false, Json::error_handler_t::replace) + ":";
      write_canonical(*entries[i].second, out);
    }
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    for (size_t i = 0; i < value.size(); ++i) {
      if (i > 0) out += ',';
      write_canonical(value[i], out);
    }
    out += ']';
  } else if (value.is_number_float()) {
    out += canonical_number(value.get<double>());
  } else {
    out += value.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
}

}  // namespace

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes_max) {
    return invalid("this JSON has " + std::to_string(text.size()) + " bytes; the limit is " +
                   std::to_string(limits.bytes_max));
  }
  // The parser takes U+0000 for the end of its input and would not see what follows.
  if (size_t nul = text.find('\0'); nul != std::string_view::npos)
    return invalid("this is not valid JSON: near byte " + std::to_string(nul + 1) + ": the character U+0000");
  LimitedBuilder builder(limits);
  try {
    if (Json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder.root);
  } catch (const std::exception& exception) {
    if (builder.problem.empty()) builder.problem = exception.what();
  }
  return invalid("this is not valid JSON: " + std::string(first_code_points(builder.problem, 300)));
}

std::string to_text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string canonical_json(const Json& value) {
  std::string out;
  write_canonical(value, out);
  return out;
}

std::string json_hash(const Json& value) { return "sha256:" + hex(sha256(canonical_json(value))); }

const Json* at_pointer(const Json& value, std::string_view pointer) {
  const Json* at = &value;
  while (!pointer.empty()) {
    if (pointer[0] != '/') return nullptr;
    size_t end = std::min(pointer.find('/', 1), pointer.size());
    std::string step;
    for (size_t i = 1; i < end; ++i) {
      if (pointer[i] == '~' && i + 1 < end && (pointer[i + 1] == '0' || pointer[i + 1] == '1'))
        step += pointer[++i] == '0' ? '~' : '/';
      else step += pointer[i];
    }
    pointer.remove_prefix(end);
    if (at->is_object()) {
      auto found = at->find(step);
      if (found == at->end()) return nullptr;
      at = &*found;
    } else if (at->is_array()) {
      bool number = !step.empty() && step.size() < 10 && step.find_first_not_of("0123456789") == std::string::npos &&
                    (step == "0" || step[0] != '0');
      if (!number || static_cast<size_t>(std::stoul(step)) >= at->size()) return nullptr;
      at = &(*at)[std::stoul(step)];
    } else {
      return nullptr;
    }
  }
  return at;
}

std::string pointer_step(std::string_view key) {
  std::string out = "/";
  for (char c : key) {
    if (c == '~') out += "~0";
    else if (c == '/') out += "~1";
    else out += c;
  }
  return out;
}

}  // namespace spreaders
