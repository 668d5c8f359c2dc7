#include "tests/tidy/rules.hpp"

#include <algorithm>
#include <array>

namespace spreaders::tidy {

namespace {

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::string top_of(std::string_view path) { return std::string(path.substr(0, path.find('/'))); }

bool is_test(std::string_view path) {
  return path.starts_with("tests/") || path.starts_with("bench/") || path.find("_test.") != std::string_view::npos ||
         path.find("/test_") != std::string_view::npos || path.find("/testing/") != std::string_view::npos ||
         path.ends_with("_fuzz.cpp") || path.ends_with("_fuzz.hpp");
}

bool is_composition_root(std::string_view path) { return path.starts_with("mcp-server/main"); }

bool any_prefix(std::string_view path, std::string_view prefixes) {
  while (!prefixes.empty()) {
    const size_t end = std::min(prefixes.find(' '), prefixes.size());
    if (path.starts_with(prefixes.substr(0, end))) return true;
    prefixes.remove_prefix(std::min(end + 1, prefixes.size()));
  }
  return false;
}

}  // namespace

Layers parse_layers(std::string_view markdown) {
  Layers layers, block;
  bool fenced = false;
  while (!markdown.empty()) {
    const size_t end = std::min(markdown.find('\n'), markdown.size());
    std::string_view row = markdown.substr(0, end);
    markdown.remove_prefix(std::min(end + 1, markdown.size()));
    if (row.starts_with("```")) {
      if (fenced && block.contains("storage") && block["storage"] == std::set<std::string>{"core"}) layers = block;
      fenced = !fenced;
      block.clear();
      continue;
    }
    const size_t colon = row.find(": ");
    if (!fenced || colon == std::string_view::npos) continue;
    const std::string_view name = trimmed(row.substr(0, row.find(" (")));
    std::set<std::string>& allowed = block[std::string(trimmed(name.substr(0, name.find(':'))))];
    for (std::string_view rest = trimmed(row.substr(colon + 1)); !rest.empty();) {
      const size_t stop = std::min(rest.find(' '), rest.size());
      const std::string_view word = rest.substr(0, stop);
      allowed.emplace(word.substr(0, word.find('(')));
      rest = trimmed(rest.substr(stop));
    }
  }
  layers.erase("mcp-server/main.cpp");  // everything
  return layers;
}

void check_layers(const Source& source, const Layers& layers, Violations& violations) {
  const std::string own = top_of(source.path);
  if (is_composition_root(source.path) || own == "tests" || own == "bench") return;
  const auto layer = layers.find(own);
  for (const auto& include : includes_of(source)) {
    const std::string target = top_of(include.target);
    if (include.angled || target == own) continue;
    if (include.target.find('/') == std::string::npos || include.target.find("..") != std::string::npos) {
      violations.push_back(
          {source.path, include.line, "includes \"" + include.target + "\": write the path from the root of the tree"});
      continue;
    }
    if (target == "core" && own != "core") continue;
    if (is_test(source.path) && target == "tests") continue;
    if (layer != layers.end() && layer->second.contains(target)) continue;
    violations.push_back({source.path, include.line,
                          own + " may not include " + include.target +
                              " (layer table of ARCHITECTURE.md); meet it through a port in core, or have " +
                              "mcp-server/main.cpp join them"});
  }
}

void check_heavy_headers(const Source& source, Violations& violations) {
  struct Heavy {
    std::string_view header;
    std::string_view allowed;  // prefixes of paths
  };
  static constexpr Heavy kHeavy[] = {
      {"microhttpd.h", "mcp-server/transport/http/"},
      {"httplib.h", "net/ bench/mcp/httplib_echo.cpp"},
      {"pqxx/", "storage/postgres/ tests/support/"},
      {"libpq-fe.h", "storage/postgres/"},
      {"sqlite3.h", "storage/sqlite/"},
      {"hiredis/", "storage/redis/"},
      {"librdkafka/", "events/kafka/"},
      {"curl/", "integrations/http/"},
      {"spdlog/", "core/log.cpp"},
      {"gumbo.h", "services/templates/"},
      {"date/", "core/time.cpp"},
      {"sodium", "core/random.cpp credentials/vault.cpp"},
      {"boost/", ""},
  };
  for (const auto& include : includes_of(source)) {
    if (!include.angled) continue;
    const bool is_header = source.path.ends_with(".hpp") && !is_test(source.path);
    // core/tool.hpp says why: a call carries its arguments by value. A turn of the agent holds one.
    const bool needs_whole_type = source.path == "core/tool.hpp" || source.path == "agent/turn.hpp";
    if (is_header && !needs_whole_type && include.target == "nlohmann/json.hpp") {
      violations.push_back(
          {source.path, include.line,
           "a header includes core/json.hpp (forward declarations); nlohmann/json.hpp is for .cpp files"});
    }
    for (const auto& heavy : kHeavy) {
      if (!include.target.starts_with(heavy.header) ||
          (!heavy.allowed.empty() && any_prefix(source.path, heavy.allowed)))
        continue;
      violations.push_back({source.path, include.line,
                            "<" + include.target + "> lives in " +
                                (heavy.allowed.empty() ? "no directory" : std::string(heavy.allowed)) + " only"});
    }
  }
}

void check_sizes(const Source& source, Violations& violations) {
  const int lines = static_cast<int>(std::count(source.text.begin(), source.text.end(), '\n'));
  if (lines > kFileLinesMax) {
    violations.push_back({source.path, lines,
                          "the file has " + std::to_string(lines) + " lines, at most " + std::to_string(kFileLinesMax) +
                              ": split it by what it does"});
  }
  for (const auto& function : functions_of(source)) {
    if (function.lines <= kFunctionLinesMax) continue;
    violations.push_back({source.path, function.line,
                          function.name + " has " + std::to_string(function.lines) + " lines, at most " +
                              std::to_string(kFunctionLinesMax) + ": keep the branches, move plain work out"});
  }
}

void check_banned_calls(const Source& source, Violations& violations) {
  struct Banned {
    std::string_view word;
    std::string_view instead;
    std::string_view allowed;  // prefixes of paths
    bool call = true;          // only with ( behind it
    bool tests = false;        // allowed in tests
  };
  static constexpr Banned kBanned[] = {
      {"getenv", "Config (core/config.hpp)", "core/config.cpp mcp-server/main"},
      {"secure_getenv", "Config (core/config.hpp)", "core/config.cpp mcp-server/main"},
      {"sleep_for", "a condition variable with a deadline", ""},
      {"sleep_until", "a condition variable with a deadline", ""},
      {"usleep", "a condition variable with a deadline", ""},
      {"nanosleep", "a condition variable with a deadline", ""},
      {"sleep", "a condition variable with a deadline", ""},
      {"system_clock", "the injected Clock (core/time.hpp)", "core/time.cpp", false},
      {"steady_clock", "monotonic_ms() (core/time.hpp)", "core/time.cpp", false},
      {"high_resolution_clock", "monotonic_ms() (core/time.hpp)", "", false},
      {"gettimeofday", "the injected Clock (core/time.hpp)", "core/time.cpp"},
      {"clock_gettime", "the injected Clock or monotonic_ms() (core/time.hpp)",
       "core/time.cpp bench/mcp/generator.hpp"},
      {"localtime", "to_local() (core/time.hpp)", ""},
      {"gmtime", "to_text(Instant) (core/time.hpp)", ""},
      {"random_device", "secure_bytes() (core/random.hpp)", "core/random.cpp", false},
      {"mt19937", "the injected Rng (core/random.hpp)", "", false},
      {"mt19937_64", "the injected Rng (core/random.hpp)", "", false},
      {"rand", "the injected Rng (core/random.hpp)", ""},
      {"srand", "the injected Rng (core/random.hpp)", ""},
      {"system", "posix_spawn with an argument list", "", true, true},
      {"popen", "posix_spawn with an argument list", "", true, true},
      {"strcpy", "std::string", ""},
      {"strcat", "std::string", ""},
      {"sprintf", "std::to_string or std::snprintf", ""},
      {"vsprintf", "std::vsnprintf", ""},
      {"gets", "std::fgets", ""},
      {"strtok", "find() on a string_view", ""},
      {"regex", "a small parser: std::regex is slow and its depth has no limit", "", false},
      {"setlocale", "locale-free functions: numbers and text must not depend on the machine", ""},
  };
  const std::string_view code = source.code;
  for (const auto& banned : kBanned) {
    if (!banned.allowed.empty() && any_prefix(source.path, banned.allowed)) continue;
    if (banned.tests && is_test(source.path)) continue;
    for (size_t at = find_word(code, banned.word); at != std::string_view::npos;
         at = find_word(code, banned.word, at + 1)) {
      const size_t next = code.find_first_not_of(" \n", at + banned.word.size());
      const bool is_call = next != std::string_view::npos && code[next] == '(';
      if (banned.call && !is_call) continue;
      // system_clock is also the name of our own function, which core/time.hpp declares.
      if (banned.word == "system_clock" && is_call) continue;
      // A declaration of our own with that name: `Scope system()`, `static Scope system()`, or a call on a type:
      // Scope::system().
      const bool ours = banned.word == "system" && !code.substr(0, at).ends_with("std::") && at > 1 &&
                        (code[at - 1] == ':' || is_word(code[at - 2]));
      if (ours) continue;
      violations.push_back({source.path, line_at(code, at),
                            std::string(banned.word) + " is banned here; use " + std::string(banned.instead)});
    }
  }
}

void check_header_comment(const Source& source, Violations& violations) {
  if (!source.path.ends_with(".hpp") || source.text.starts_with("//")) return;
  violations.push_back({source.path, 1, "a header opens with a comment: what it is for and how it is used"});
}

void check_words(const Source& source, Violations& violations) {
  // Put together here so that this file passes its own rule.
  static const std::array<std::string, 2> kUnfinished = {std::string("TO") + "DO", std::string("FIX") + "ME"};
  static const std::array<std::string, 3> kPlaces = {std::string("/wo") + "rk/", std::string("/ro") + "ot/",
                                                     std::string("/ho") + "me/"};
  for (const auto& word : kUnfinished) {
    const size_t at = find_word(source.text, word);
    if (at != std::string::npos)
      violations.push_back({source.path, line_at(source.text, at), word + ": finish it or file it"});
  }
  for (const auto& place : kPlaces) {
    for (size_t at = source.text.find(place); at != std::string::npos; at = source.text.find(place, at + 1)) {
      if (at > 0 && (is_word(source.text[at - 1]) ||
                     std::string_view(".*-}/~").find(source.text[at - 1]) != std::string_view::npos))
        continue;
      violations.push_back({source.path, line_at(source.text, at), "names a path of one machine: " + place});
      break;
    }
  }
}

void check_readmes(std::span<const std::string> paths, const Layers& layers, Violations& violations) {
  std::set<std::string> modules, documented;
  for (const auto& path : paths) {
    const std::string top = top_of(path);
    if (layers.contains(top) || top == "core" || top == "bench") modules.insert(top);
    if (path == top + "/README.md") documented.insert(top);
  }
  for (const auto& module : modules) {
    if (!documented.contains(module))
      violations.push_back({module + "/README.md", 1, "the module " + module + " has no README.md of one screen"});
  }
}

std::string to_text(const Violations& violations) {
  std::string text;
  for (const auto& violation : violations)
    text += violation.path + ":" + std::to_string(violation.line) + ": " + violation.message + "\n";
  return text;
}

}  // namespace spreaders::tidy
