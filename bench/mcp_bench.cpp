// Load generator for MCP servers, ours and others: raw sockets, keep-alive, one outstanding call a connection, epoll in
// one thread. Every answer is read to its end and checked; a wrong one ends the run. One line of JSON per run, with the
// processor time of the server (utime + stime of its processes) beside the wall clock.
//
//   mcp_bench http  --port N --pid PID --body FILE --expect TEXT [--path /mcp] [--header 'Name: value']...
//                   [--connections 16] [--seconds 4] [--streams N --stream-body FILE [--stream-header ...]...] [--idle
//                   N]
//   mcp_bench stdio --hello FILE --body FILE --expect TEXT [--depth 32] [--seconds 4] -- PROGRAM ARGS...
//   mcp_bench start --port N --body FILE --expect TEXT [--path /mcp] [--header ...] -- PROGRAM ARGS...
//
// `--streams` opens event streams first and keeps them open; `--idle` opens connections that never say a word. Both
// come from several addresses of 127.0.0.0/8, so that the limit for one address does not count.
#include <cstdio>
#include <cstdlib>
#include <sys/resource.h>

#include "bench/mcp/generator.hpp"

using namespace mcp_bench;

namespace {

[[noreturn]] void usage() {
  std::fprintf(stderr, "usage: mcp_bench http|stdio|start OPTIONS (see the head of bench/mcp_bench.cpp)\n");
  std::exit(2);
}

Options read_options(int argc, char** argv) {
  Options options;
  if (argc < 2) usage();
  options.mode = argv[1];
  for (int i = 2; i < argc; ++i) {
    std::string name = argv[i];
    if (name == "--") {
      options.program = argv + i + 1;
      break;
    }
    if (i + 1 >= argc) usage();
    std::string value = argv[++i];
    if (name == "--port") options.port = static_cast<uint16_t>(std::atoi(value.c_str()));
    else if (name == "--pid") options.pid = std::atoi(value.c_str());
    else if (name == "--path") options.path = value;
    else if (name == "--body") options.body = read_file(value);
    else if (name == "--hello") options.hello = read_file(value);
    else if (name == "--stream-body") options.stream_body = read_file(value);
    else if (name == "--header") options.headers += value + "\r\n";
    else if (name == "--stream-header") options.stream_headers += value + "\r\n";
    else if (name == "--expect") options.expect = value;
    else if (name == "--connections") options.connections = std::atoi(value.c_str());
    else if (name == "--depth") options.depth = std::atoi(value.c_str());
    else if (name == "--streams") options.streams = std::atoi(value.c_str());
    else if (name == "--idle") options.idle = std::atoi(value.c_str());
    else if (name == "--seconds") options.seconds = std::atof(value.c_str());
    else usage();
  }
  if (options.body.empty() || options.expect.empty() || options.connections < 1 || options.depth < 1) usage();
  return options;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) stop_with("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) stop_with("setrlimit");
}

}  // namespace

int main(int argc, char** argv) {
  Options options = read_options(argc, argv);
  raise_descriptor_limit();
  if (options.mode == "http" && options.port != 0 && options.pid > 0) return run_http(options);
  if (options.mode == "stdio" && options.program != nullptr) return run_stdio(options);
  if (options.mode == "start" && options.program != nullptr && options.port != 0) return run_start(options);
  usage();
}
