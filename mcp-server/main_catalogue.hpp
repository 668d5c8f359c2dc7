// Which tools there are and which of them clients are shown. Depends on no running App, so that tests and commands can
// ask.
#pragma once

#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/service.hpp"
#include "mcp-server/catalogue/selection.hpp"

namespace spreaders::app {

// The catalogue, in the order it is listed.
std::vector<const ToolSpec*> all_tools(bool read_only);
// The services, in the order of the catalogue; each tool belongs to one of them.
std::vector<const Service*> all_services();
// What the settings toolsets, tools, exclude, tools_mode and read_only say; names every tool that does not exist.
Result<mcp::Selection> configured_selection(const Config& config);
// The tools that compact mode lists beside the four that find and call all others.
std::vector<std::string> compact_core();
// One line a tool: its wire name and the SHA-256 of its descriptor. Kept in tests/golden/tools.lock, so that no
// description changes unseen.
std::string tools_lock();

}  // namespace spreaders::app
