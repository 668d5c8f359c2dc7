// Server-sent events that outlive their connection, as the client's own reader sees them: ids grow, whoever comes back
// gets every kept event after the one they name, once and in order, and no id of the input leads elsewhere.
#include <cstdint>
#include <fuzzer/FuzzedDataProvider.h>

#include "mcp-server/client/sse.hpp"
#include "mcp-server/protocol/provider_fuzz.hpp"
#include "mcp-server/transport/http/event_stream.hpp"
#include "mcp-server/transport/http/stream_fuzz.hpp"

namespace {

using namespace spreaders;
using namespace spreaders::fuzz;

constexpr int kSteps_max = 200;

// What the test knows of one stream: every event that was sent.
struct Known {
  mcp::EventStreamPtr stream;
  std::vector<std::string> sent;
};

// The events on a connection that was opened after event `after` are a run of those sent.
void check_connection(const Stream& connection, const Known& known, uint64_t after) {
  mcp::SseReader reader;
  uint64_t last = after;
  bool sound = reader
                   .feed(connection.text,
                         [&](const mcp::SseEvent& event) {
                           const std::string& id = reader.last_event_id();
                           size_t split = id.rfind('_');
                           demand(split != std::string::npos && id.substr(0, split) == known.stream->name(),
                                  "an id of the stream", id);
                           uint64_t number = std::strtoull(id.c_str() + split + 1, nullptr, 10);
                           demand(number > last && number <= known.sent.size(), "ids grow", connection.text);
                           // Only the oldest events may be missing, and only before the first that came.
                           demand(last == after || number == last + 1, "an event is missing", connection.text);
                           demand(event.data == known.sent[number - 1], "an event is what was sent", event.data);
                           last = number;
                           return true;
                         })
                   .ok();
  demand(sound, "the reader takes the stream", connection.text);
  demand(connection.shut || last == std::max<uint64_t>(after, known.sent.size()), "the last event has come",
         connection.text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzedDataProvider input(data, size);
  mcp::EventStreams streams(input.ConsumeBool());
  std::vector<Known> all{{streams.standing(), {}}};
  auto any = [&]() -> Known& { return all[input.ConsumeIntegralInRange<size_t>(0, all.size() - 1)]; };
  for (int step = 0; step < kSteps_max && input.remaining_bytes() > 0; ++step) {
    switch (input.ConsumeIntegralInRange(0, 4)) {
      case 0:
        all.push_back({streams.open(), {}});
        break;
      case 1: {
        Known& known = any();
        std::string text = to_text(Json(input.ConsumeRandomLengthString(input.ConsumeBool() ? 40 : 400)));
        if (known.stream->finished()) {
          demand(!known.stream->send(text), "an ended stream takes nothing");
        } else if (input.ConsumeIntegralInRange(0, 9) == 0) {
          known.stream->finish(text);
          known.sent.push_back(std::move(text));
        } else {
          known.stream->send(text);
          known.sent.push_back(std::move(text));
        }
        break;
      }
      case 2: {
        Known& known = any();
        uint64_t after = input.ConsumeIntegralInRange<uint64_t>(0, known.sent.size());
        uint64_t read = 0;
        auto found = streams.find(known.stream->name() + "_" + std::to_string(after), read);
        if (!found) break;  // no longer kept
        demand(found == known.stream && read == after, "an id leads to its stream");
        auto connection = std::make_shared<Stream>();
        found->attach(connection, after);
        check_connection(*connection, known, after);
        if (input.ConsumeBool()) {
          found->detach(input.ConsumeIntegralInRange<int64_t>(0, 100000));
          demand(connection->shut || known.stream->finished(), "detached");
        }
        break;
      }
      case 3: {
        uint64_t after = 0;
        auto found = streams.find(input.ConsumeRandomLengthString(30), after);
        if (found) found->attach(std::make_shared<Stream>(), after);
        break;
      }
      default:
        any().stream->end();
        break;
    }
  }
  streams.end_all();
  return 0;
}
