// Keeps results within what clients accept (Claude Code refuses more than 25,000 tokens): the longest arrays and texts
// of a result are cut until it fits. A cut result still has the shape that the tool's output schema promises.
#pragma once

#include <string>
#include <vector>

#include "core/json.hpp"

namespace spreaders::mcp {

constexpr size_t kResultBytes_max = 80'000;  // about 20,000 tokens at four bytes each

struct Cut {
  std::string pointer;  // of the array or text that was cut
  size_t kept = 0;
  size_t whole = 0;  // items, or bytes
};

// What was cut; empty when the result fits as it is.
std::vector<Cut> cap_result(Json& result, size_t bytes_max = kResultBytes_max);
// "/contacts: 500 of 12000 shown": one line for each cut.
std::string explain_cuts(const std::vector<Cut>& cuts);

}  // namespace spreaders::mcp
