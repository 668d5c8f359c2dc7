#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <signal.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/mcp/generator.hpp"

namespace mcp_bench {

void stop_with(const std::string& what) {
  std::fprintf(stderr, "mcp_bench: %s%s%s\n", what.c_str(), errno != 0 ? ": " : "",
               errno != 0 ? std::strerror(errno) : "");
  std::exit(1);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) stop_with("cannot read " + path);
  std::stringstream text;
  text << file.rdbuf();
  std::string all = text.str();
  while (all.ends_with('\n')) all.pop_back();
  return all;
}

double cpu_seconds(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  double sum = (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  std::ifstream children("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children");
  for (int child = 0; children >> child;) sum += cpu_seconds(child);
  return sum;
}

double resident_mb(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmRSS:")) return std::atof(line.c_str() + 6) / 1024;
  }
  return 0;
}

double percentile(std::vector<float>& sorted, double part) {
  return static_cast<double>(
      sorted[std::min(sorted.size() - 1, static_cast<size_t>(static_cast<double>(sorted.size()) * part))]);
}

namespace {

struct Child {
  pid_t pid = -1;
  int input = -1, output = -1;  // what we write and read
  std::string received;
  size_t scanned = 0;

  explicit Child(char** program) {
    int to[2], from[2];
    if (::pipe2(to, O_CLOEXEC) != 0 || ::pipe2(from, O_CLOEXEC) != 0) stop_with("pipe");
    pid = ::fork();
    if (pid < 0) stop_with("fork");
    if (pid == 0) {
      ::dup2(to[0], STDIN_FILENO);
      ::dup2(from[1], STDOUT_FILENO);
      ::execvp(program[0], program);
      ::_exit(127);
    }
    ::close(to[0]);
    ::close(from[1]);
    input = to[1], output = from[0];
  }

  void send(std::string_view text) const {
    while (!text.empty()) {
      ssize_t count = ::write(input, text.data(), text.size());
      if (count < 0) stop_with("the server's input");
      text.remove_prefix(static_cast<size_t>(count));
    }
  }

  // Waits for output; calls `each` for every whole line.
  template <class Each>
  void read_lines(const Each& each) {
    pollfd ready{.fd = output, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 10'000) <= 0) stop_with("no answer for ten seconds");
    char block[65536];
    ssize_t count = ::read(output, block, sizeof block);
    if (count <= 0) stop_with("the server ended");
    received.append(block, static_cast<size_t>(count));
    size_t begin = 0;
    for (size_t end = received.find('\n'); end != std::string::npos; end = received.find('\n', begin)) {
      each(std::string_view(received).substr(begin, end - begin));
      begin = end + 1;
    }
    received.erase(0, begin);
  }
};

}  // namespace

// As many requests under way as `depth`; each answer is replaced by a new request, those of one read in one write.
int run_stdio(const Options& options) {
  ::signal(SIGPIPE, SIG_IGN);
  double start = now_s();
  Child child(options.program);
  child.send(options.hello + "\n");
  bool greeted = false;
  while (!greeted) child.read_lines([&](std::string_view) { greeted = true; });
  double first_answer_s = (now_s() - start);
  child.send("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n");
  // Ids have to differ among the requests under way: "id":1 of the file becomes a counter.
  size_t at = options.body.find("\"id\":1,");
  if (at == std::string::npos) stop_with("the body has no \"id\":1,");
  std::string front = options.body.substr(0, at + 5), back = options.body.substr(at + 6) + "\n";
  uint64_t next_id = 0;
  std::vector<double> sent(1);  // by id
  auto request = [&](std::string& out) {
    out += front + std::to_string(++next_id) + back;
    sent.push_back(now_s());
  };
  std::vector<float> times;
  std::string out;
  auto turn = [&](double seconds) {
    double begin = now_s();
    while ((now_s() - begin) < seconds) {
      out.clear();
      child.read_lines([&](std::string_view line) {
        if (line.find(options.expect) == std::string_view::npos ||
            line.find("\"isError\":true") != std::string_view::npos) {
          stop_with("a wrong answer: " + std::string(line.substr(0, 1500)));
        }
        size_t id_at = line.find("\"id\":");
        auto id = id_at == std::string_view::npos ? 0 : std::strtoull(line.data() + id_at + 5, nullptr, 10);
        if (id == 0 || id >= sent.size()) stop_with("an answer to nothing: " + std::string(line.substr(0, 500)));
        times.push_back(static_cast<float>((now_s() - sent[id]) * 1e3));
        request(out);
      });
      child.send(out);
    }
  };
  for (int i = 0; i < options.depth; ++i) request(out);
  child.send(out);
  turn(std::min(1.0, options.seconds / 4));
  times.clear();
  double cpu = cpu_seconds(child.pid), own = cpu_seconds(::getpid()) - cpu;
  double begin = now_s();
  turn(options.seconds);
  double wall = (now_s() - begin);
  double cpu_after = cpu_seconds(child.pid), own_after = cpu_seconds(::getpid()) - cpu_after;
  double resident = resident_mb(child.pid);
  ::close(child.input);
  double closed = now_s();
  char block[65536];
  while (::read(child.output, block, sizeof block) > 0) continue;
  ::waitpid(child.pid, nullptr, 0);
  double end_s = (now_s() - closed);
  std::sort(times.begin(), times.end());
  auto n = static_cast<double>(times.size());
  std::printf(
      "{\"depth\":%d,\"requests\":%zu,\"per_s\":%.0f,\"cpu_us\":%.2f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"first_answer_"
      "ms\":%.1f,"
      "\"generator_cores\":%.2f,\"resident_mb\":%.1f,\"end_ms\":%.1f}\n",
      options.depth, times.size(), n / wall, (cpu_after - cpu) / n * 1e6, percentile(times, 0.5),
      percentile(times, 0.99), first_answer_s * 1e3, (own_after - own) / wall, resident, end_s * 1e3);
  return 0;
}

}  // namespace mcp_bench
