// Mails a second through SmtpConnection, to compare with postfix's `smtp-source -d -s N -m COUNT -l SIZE` against the
// same `smtp-sink`.
//
//   smtp_bench <host> <port> <connections> <count> <size>
//
// Every connection has a thread and sends its share of the mails; the result is one line on standard output.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "core/time.hpp"
#include "integrations/email/smtp.hpp"

using namespace spreaders;
using namespace spreaders::email;

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: smtp_bench <host> <port> <connections> <count> <size>\n");
    return 2;
  }
  SmtpServer server;
  server.host = argv[1];
  server.port = static_cast<uint16_t>(std::atoi(argv[2]));
  server.tls = SmtpTls::kNone;
  const int connections = std::atoi(argv[3]), count = std::atoi(argv[4]), size = std::atoi(argv[5]);
  std::string message = "From: a@b.example\r\nTo: c@d.example\r\nSubject: bench\r\nMessage-ID: <x@b.example>\r\n\r\n";
  while (message.size() < static_cast<size_t>(size)) message += std::string(70, 'x') + "\r\n";

  std::atomic<int> next = 0, accepted = 0;
  std::vector<std::thread> threads;
  const int64_t start_ms = monotonic_ms();
  for (int i = 0; i < connections; ++i) {
    threads.emplace_back([&] {
      SmtpConnection connection;
      if (!connection.open(server).ok()) return;
      const Envelope envelope{"bounce+t@b.example", "c@d.example"};
      while (next++ < count) accepted += connection.send(envelope, message).kind == SendOutcome::kAccepted;
      connection.close();
    });
  }
  for (auto& thread : threads) thread.join();
  const double seconds = static_cast<double>(monotonic_ms() - start_ms) / 1000.0;
  std::printf("%d of %d accepted, %.2f s, %.0f mails/s\n", accepted.load(), count, seconds, accepted / seconds);
  return accepted == count ? 0 : 1;
}
