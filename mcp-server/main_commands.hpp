// The commands of the program besides chat, serve and mcp.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/config.hpp"

namespace spreaders::app {

struct CommandLine {
  std::string command;
  std::vector<std::string> words;                             // without a leading --
  std::map<std::string, std::string> flags;                   // of the command: goal, yes, json...
  std::vector<std::pair<std::string, std::string>> settings;  // of the configuration: http-port...
};

// What `spreaders COMMAND ...` says; kInvalidArgument names every unknown flag.
Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments);
std::string usage();

int run_tools(const CommandLine& line);
int run_call(const CommandLine& line, const Config& config, const std::map<std::string, std::string>& environment);
int run_plan(const CommandLine& line);
int run_approve(const CommandLine& line, const Config& config, const std::map<std::string, std::string>& environment);
int run_sandbox(const CommandLine& line, const Config& config);
int run_config(const CommandLine& line, const Config& config);
int run_doctor(const Config& config, const std::map<std::string, std::string>& environment);
int run_backup(const CommandLine& line, const Config& config, const std::map<std::string, std::string>& environment);
int run_restore(const CommandLine& line, const Config& config);
int run_key(const CommandLine& line, const Config& config, const std::map<std::string, std::string>& environment);

// Prints the error on stderr; 1, or 2 for bad input.
int fail(const Error& error);

}  // namespace spreaders::app
