// The rules of the house, each a function from sources to violations. Rules that need the whole tree take all of it.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/source.hpp"

namespace spreaders::tidy {

constexpr int kFileLinesMax = 600;
constexpr int kFunctionLinesMax = 70;

struct Violation {
  std::string path;
  int line = 0;
  std::string message;
};
using Violations = std::vector<Violation>;

// Top-level directory -> the top-level directories it may include besides itself.
using Layers = std::map<std::string, std::set<std::string>>;
// Reads the table from ARCHITECTURE.md: the lines of the fenced block that has the line "storage: core". Empty when
// there is none.
Layers parse_layers(std::string_view markdown);

void check_layers(const Source& source, const Layers& layers, Violations& violations);
void check_heavy_headers(const Source& source, Violations& violations);
void check_sizes(const Source& source, Violations& violations);
void check_banned_calls(const Source& source, Violations& violations);
void check_header_comment(const Source& source, Violations& violations);
// For every text file, not only sources: unfinished work and paths of one machine.
void check_words(const Source& source, Violations& violations);
// Every directory of the layer table that has files, and bench, has a README.md.
void check_readmes(std::span<const std::string> paths, const Layers& layers, Violations& violations);

std::string to_text(const Violations& violations);

}  // namespace spreaders::tidy
