// The parts of mcp_bench: options, figures, and the three runs. A problem of any kind ends the program with a message
// and status 1: a figure of a run with errors would be worse than none.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace mcp_bench {

struct Options {
  std::string mode, path = "/mcp", body, hello, stream_body;
  std::string headers, stream_headers;  // lines that end with \r\n
  std::string expect;                   // what every answer contains
  uint16_t port = 0;
  int pid = 0, connections = 16, depth = 32, streams = 0, idle = 0;
  double seconds = 4;
  char** program = nullptr;
};

// Seconds of a clock that only goes forward; milliseconds are too coarse here.
inline double now_s() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

[[noreturn]] void stop_with(const std::string& what);
std::string read_file(const std::string& path);

// Of the process and its children: nginx works in a child.
double cpu_seconds(int pid);
double resident_mb(int pid);

// Milliseconds each; sorts. `part` from 0 to 1.
double percentile(std::vector<float>& sorted, double part);

int run_http(const Options& options);
int run_stdio(const Options& options);
int run_start(const Options& options);

}  // namespace mcp_bench
