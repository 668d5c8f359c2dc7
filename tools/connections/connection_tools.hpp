// The workspace's connections to vendors: list, show, test, remove. They are made on the command line, since their
// passwords and keys must not pass through a tool.
#pragma once

#include <functional>
#include <string>

#include "core/service.hpp"

namespace spreaders::tools {

// Bound in main.cpp: tries a connection for real (signs in, sends nothing) and says in words what it found. The error's
// code decides what becomes of the connection; see connections.test.
struct ConnectionProbe {
  std::function<Result<std::string>(const std::string& workspace, const std::string& connection_id)> probe;
};

// Parts: credentials::Vault for remove; storage::Storage and ConnectionProbe for test.
ToolList connection_tools();
extern const Service kConnectionsService;

}  // namespace spreaders::tools
