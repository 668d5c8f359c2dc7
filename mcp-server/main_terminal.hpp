// The terminal of a talk: lines out, lines in.
#pragma once

#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <unistd.h>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "planners/llm/redact.hpp"

namespace spreaders::app {

inline void say(const std::string& text) {
  std::fputs((text + "\n").c_str(), stdout);
  std::fflush(stdout);
}

inline void complain(const Error& error) { say("! " + error.text()); }

// What the person answers; nullopt when the input has ended.
inline std::optional<std::string> ask(const std::string& prompt) {
  std::fputs(prompt.c_str(), stdout);
  std::fflush(stdout);
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  std::string text(trim(line));
  // A transcript shows what was answered, but no key that was pasted.
  if (isatty(STDIN_FILENO) == 0) say(planners::llm::redact_secrets(text).text);
  return text;
}

// A line on the terminal that goes when the work is done.
class Waiting {
 public:
  explicit Waiting(const std::string& text) : shown_(isatty(STDOUT_FILENO) != 0) {
    if (shown_) std::fputs(("  " + text + " ...").c_str(), stdout);
    std::fflush(stdout);
  }
  ~Waiting() {
    if (shown_) std::fputs("\r\033[K", stdout);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  bool shown_;
};

}  // namespace spreaders::app
