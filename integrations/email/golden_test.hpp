// Golden files for the tests of this directory. On a difference the actual bytes are written to the test's temporary
// directory, to be looked at and, when they are right, copied over the golden file.
#pragma once

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <string>

namespace spreaders::email {

inline std::filesystem::path golden_directory() {
  return std::filesystem::path("tests") / "golden";  // ctest starts test programs in the project's root
}

inline std::string read_whole(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

inline void write_whole(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

inline void expect_golden(const std::string& relative, const std::string& actual) {
  const auto expected_path = golden_directory() / relative;
  if (std::filesystem::exists(expected_path) && read_whole(expected_path) == actual) return;
  const auto actual_path = std::filesystem::path(testing::TempDir()) / "golden" / relative;
  write_whole(actual_path, actual);
  ADD_FAILURE() << relative << " differs from the golden file; the actual bytes are in " << actual_path;
}

}  // namespace spreaders::email
