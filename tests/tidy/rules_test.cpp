// Each rule finds what was planted, names its place, and leaves the look-alike next to it alone.
#include "tests/tidy/rules.hpp"

#include <gtest/gtest.h>

namespace spreaders::tidy {
namespace {

using Rule = void (*)(const Source&, Violations&);

std::string found(Rule rule, std::string path, std::string text) {
  Violations violations;
  rule(read_source(std::move(path), std::move(text)), violations);
  return to_text(violations);
}

const Layers kLayers = parse_layers(
    "# Doc\n```\nweb: everything\n```\nWho:\n```\nstorage: core\nevents: core storage\nagent: core "
    "mcp-server(library)\n"
    "mcp-server (library): core\nmcp-server/main.cpp: everything\n```\n");

std::string layer_violations(std::string path, std::string text) {
  Violations violations;
  check_layers(read_source(std::move(path), std::move(text)), kLayers, violations);
  return to_text(violations);
}

TEST(Layers, AreReadFromTheDocument) {
  EXPECT_EQ(kLayers.size(), 4u);
  EXPECT_EQ(kLayers.at("events"), (std::set<std::string>{"core", "storage"}));
  EXPECT_EQ(kLayers.at("agent"), (std::set<std::string>{"core", "mcp-server"}));
  EXPECT_EQ(kLayers.at("mcp-server"), (std::set<std::string>{"core"}));
  EXPECT_TRUE(parse_layers("no table").empty());
}

TEST(Layers, RefuseWhatTheTableDoesNotName) {
  EXPECT_EQ(
      layer_violations(
          "events/a.cpp",
          "#include <map>\n#include \"storage/storage.hpp\"\n#include \"core/time.hpp\"\n#include \"events/b.hpp\"\n"),
      "");
  EXPECT_TRUE(layer_violations("storage/a.cpp", "\n#include \"events/outbox.hpp\"\n")
                  .starts_with("storage/a.cpp:2: storage may not include events/outbox.hpp"));
  EXPECT_NE(layer_violations("core/a.cpp", "#include \"storage/storage.hpp\"\n"), "");
  EXPECT_NE(layer_violations("newcomer/a.cpp", "#include \"storage/storage.hpp\"\n"), "")
      << "a directory the table does not have";
  EXPECT_NE(layer_violations("events/a.cpp", "#include \"b.hpp\"\n"), "") << "relative";
  EXPECT_NE(layer_violations("events/a.cpp", "#include \"tests/support/temp_dir.hpp\"\n"), "");
  EXPECT_EQ(layer_violations("events/a_test.cpp", "#include \"tests/support/temp_dir.hpp\"\n"), "");
  EXPECT_EQ(layer_violations("mcp-server/main_mail.cpp", "#include \"events/outbox.hpp\"\n"), "");
  EXPECT_NE(layer_violations("mcp-server/protocol/a.cpp", "#include \"events/outbox.hpp\"\n"), "");
}

TEST(HeavyHeaders, StayAtHome) {
  EXPECT_EQ(found(check_heavy_headers, "net/a.cpp", "#include <httplib.h>\n"), "");
  EXPECT_EQ(found(check_heavy_headers, "doors/a.cpp", "#include <httplib.h>\n"),
            "doors/a.cpp:1: <httplib.h> lives in net/ bench/mcp/httplib_echo.cpp only\n");
  EXPECT_NE(found(check_heavy_headers, "core/time.cpp", "#include <spdlog/spdlog.h>\n"), "");
  EXPECT_NE(found(check_heavy_headers, "core/a.hpp", "#include <nlohmann/json.hpp>\n"), "");
  EXPECT_EQ(found(check_heavy_headers, "core/a.cpp", "#include <nlohmann/json.hpp>\n"), "");
}

TEST(BannedCalls, NameTheReplacement) {
  EXPECT_EQ(found(check_banned_calls, "agent/a.cpp", "int x;\nauto v = std::getenv(\"HOME\");\n"),
            "agent/a.cpp:2: getenv is banned here; use Config (core/config.hpp)\n");
  EXPECT_EQ(found(check_banned_calls, "core/config.cpp", "auto v = std::getenv(\"HOME\");\n"), "");
  EXPECT_EQ(found(check_banned_calls, "agent/a.cpp",
                  "// getenv(x)\nauto v = \"getenv(x)\"; /* rand() */ auto r = R\"(rand())\";\n"),
            "");
  EXPECT_NE(found(check_banned_calls, "agent/a.cpp", "auto now = std::chrono::steady_clock::now();\n"), "");
  EXPECT_EQ(found(check_banned_calls, "agent/a.cpp", "Clock& clock = system_clock();\n"), "") << "our own function";
  EXPECT_NE(found(check_banned_calls, "agent/a.cpp", "  system(\"ls\");\n"), "");
  EXPECT_NE(found(check_banned_calls, "agent/a.cpp", "  std::system(\"ls\");\n"), "");
  EXPECT_EQ(found(check_banned_calls, "agent/a.cpp",
                  "  storage.read(Scope::system(), f);\n static Scope system() { return {}; }\n"),
            "");
  EXPECT_EQ(found(check_banned_calls, "agent/a.cpp", "int n = 1'000'000; operand(n); int sleep = 3;\n"), "");
  EXPECT_NE(found(check_banned_calls, "agent/a_test.cpp", "std::this_thread::sleep_for(ms(10));\n"), "") << "tests too";
}

TEST(Sizes, OfFiles) {
  EXPECT_EQ(found(check_sizes, "a/a.cpp", std::string(600, '\n')), "");
  EXPECT_NE(found(check_sizes, "a/a.cpp", std::string(601, '\n')), "");
}

std::string function_of(int lines, std::string head = "int work(int a)") {
  return head + " {\n" + std::string(static_cast<size_t>(lines) - 2, '\n') + "}\n";
}

TEST(Sizes, OfFunctions) {
  EXPECT_EQ(found(check_sizes, "a/a.cpp", function_of(70)), "");
  EXPECT_TRUE(found(check_sizes, "a/a.cpp", "\n" + function_of(71)).starts_with("a/a.cpp:2: work has 71 lines"));
  for (std::string head :
       {"void Peer::close() const noexcept", "template <class T>\nResult<T> get(T t)",
        "Peer::Peer(int a) : a_(a), b_{a}", "auto f(int a) -> std::vector<int>", "bool operator==(const A& a) const",
        "TEST(Name, Case)", "extern \"C\" int f(int a)", "std::map<int, int> f(std::function<int(int)> g = {})"}) {
    EXPECT_NE(found(check_sizes, "a/a.cpp", function_of(71, head)), "") << head;
    EXPECT_NE(found(check_sizes, "a/a.cpp",
                    "namespace a {\nclass B : public C {\n public:\n" + function_of(71, head) + "};\n}\n"),
              "")
        << head;
  }
  for (std::string head : {"namespace a::b", "struct B", "template <class T> requires(sizeof(T) > 1) struct B",
                           "enum class E : int", "constexpr Row kRows[] =", "const ToolSpec kTool", "extern \"C\""}) {
    EXPECT_EQ(found(check_sizes, "a/a.cpp", function_of(71, head)), "") << head;
  }
  EXPECT_EQ(found(check_sizes, "a/a.cpp",
                  "// {\nauto s = \"{\"; char c = '{';\n#define A(x) { x\n" + function_of(30) + function_of(60)),
            "");
}

TEST(Functions, AreCountedOnce) {
  const auto functions = functions_of(read_source(
      "a/a.cpp", "int a() {\n  if (x) {\n    return f([] { return 1; });\n  }\n}\nA::A() : x_{1}, y_(2) {\n}\n"));
  ASSERT_EQ(functions.size(), 2u);
  EXPECT_EQ(functions[0].name, "a");
  EXPECT_EQ(functions[0].lines, 5);
  EXPECT_EQ(functions[1].line, 6);
  EXPECT_EQ(functions[1].lines, 2);
}

TEST(Headers, OpenWithAComment) {
  EXPECT_EQ(found(check_header_comment, "a/a.hpp", "// What it is for.\n#pragma once\n"), "");
  EXPECT_NE(found(check_header_comment, "a/a.hpp", "#pragma once\n// late\n"), "");
  EXPECT_EQ(found(check_header_comment, "a/a.cpp", "#include <map>\n"), "");
}

TEST(Words, OfUnfinishedWorkAndPlaces) {
  const std::string todo = std::string("TO") + "DO";
  EXPECT_EQ(found(check_words, "a/a.md", "line\n" + todo + ": later\n"),
            "a/a.md:2: " + todo + ": finish it or file it\n");
  EXPECT_EQ(found(check_words, "a/a.md", "AUTO" + std::string("DOC and todos\n")), "");
  EXPECT_NE(found(check_words, "a/a.md", "see /wo" + std::string("rk/main\n")), "");
  EXPECT_EQ(found(check_words, "a/a.md", "build/wo" + std::string("rk/main\n")), "");
}

TEST(Readmes, AreThere) {
  Violations violations;
  const std::vector<std::string> paths = {"storage/a.cpp", "storage/README.md", "events/a.cpp", "events/b/README.md",
                                          "core/a.cpp"};
  check_readmes(paths, kLayers, violations);
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_EQ(violations[0].path, "core/README.md");
  EXPECT_EQ(violations[1].path, "events/README.md");
}

}  // namespace
}  // namespace spreaders::tidy
