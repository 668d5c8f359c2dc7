// The rules over the tree as it is.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include "tests/tidy/rules.hpp"

namespace spreaders::tidy {
namespace {

constexpr std::string_view kSkippedNames[] = {".git", "build", "node_modules", "data", "__pycache__"};
constexpr std::string_view kTextKinds[] = {".cpp", ".hpp",  ".md",  ".txt", ".cmake", ".sql",
                                           ".mjs", ".json", ".yml", ".csv", ""};

std::vector<std::string> tree() {
  std::vector<std::string> paths;
  const std::filesystem::path root = SPREADERS_ROOT;
  for (auto entry = std::filesystem::recursive_directory_iterator(root); entry != std::filesystem::end(entry);
       ++entry) {
    const std::string name = entry->path().filename().string();
    bool skipped = std::ranges::find(kSkippedNames, name) != std::end(kSkippedNames);
    if (skipped && entry->is_directory()) entry.disable_recursion_pending();
    if (!skipped && entry->is_regular_file()) paths.push_back(entry->path().lexically_relative(root).generic_string());
  }
  std::ranges::sort(paths);
  return paths;
}

std::string text_of(const std::string& path) {
  std::ifstream file(std::string(SPREADERS_ROOT) + "/" + path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

std::vector<Source> sources() {
  std::vector<Source> all;
  for (const auto& path : tree()) {
    if (path.starts_with("tests/must_not_compile/")) continue;
    if (path.ends_with(".cpp") || path.ends_with(".hpp")) all.push_back(read_source(path, text_of(path)));
  }
  return all;
}

const std::vector<Source>& cached_sources() {
  static const std::vector<Source> all = sources();
  return all;
}

Layers layers() { return parse_layers(text_of("ARCHITECTURE.md")); }

void expect_clean(void (*rule)(const Source&, Violations&)) {
  Violations violations;
  for (const auto& source : cached_sources()) rule(source, violations);
  EXPECT_TRUE(violations.empty()) << violations.size() << " violations:\n" << to_text(violations);
}

TEST(Tree, IsRead) {
  EXPECT_GT(cached_sources().size(), 150u);
  EXPECT_GE(layers().size(), 13u) << "ARCHITECTURE.md has no layer table: a fenced block with the line 'storage: core'";
}

TEST(Tree, KeepsTheLayers) {
  Violations violations;
  for (const auto& source : cached_sources()) check_layers(source, layers(), violations);
  EXPECT_TRUE(violations.empty()) << violations.size() << " violations:\n" << to_text(violations);
}

TEST(Tree, KeepsHeavyHeadersInOneDirectory) { expect_clean(check_heavy_headers); }
TEST(Tree, KeepsFilesAndFunctionsShort) { expect_clean(check_sizes); }
TEST(Tree, CallsNothingBanned) { expect_clean(check_banned_calls); }
TEST(Tree, ExplainsEveryHeader) { expect_clean(check_header_comment); }

TEST(Tree, HasNoUnfinishedWordsAndNoPathsOfOneMachine) {
  Violations violations;
  for (const auto& path : tree()) {
    const std::string kind = std::filesystem::path(path).extension().string();
    const bool foreign =
        path.ends_with("package-lock.json") || path.starts_with("tests/golden/") || path.ends_with(".jsonl");
    if (foreign || std::ranges::find(kTextKinds, kind) == std::end(kTextKinds)) continue;
    check_words({path, text_of(path), {}}, violations);
  }
  EXPECT_TRUE(violations.empty()) << to_text(violations);
}

TEST(Tree, DescribesEveryModule) {
  Violations violations;
  check_readmes(tree(), layers(), violations);
  EXPECT_TRUE(violations.empty()) << to_text(violations);
}

}  // namespace
}  // namespace spreaders::tidy
