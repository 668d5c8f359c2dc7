// Sealed texts: a request state opens for who got it, for the same request, in time, and not otherwise; no other text
// opens at all, neither a changed one nor one made up. The same for session ids.
#include <cstdint>
#include <fuzzer/FuzzedDataProvider.h>

#include "mcp-server/protocol/provider_fuzz.hpp"
#include "mcp-server/protocol/sealed.hpp"

namespace {

using namespace spreaders;
using namespace spreaders::fuzz;

std::string word(FuzzedDataProvider& input) {
  std::string text = input.ConsumeRandomLengthString(64);
  return is_utf8(text) ? text : base64url(text);
}

std::string changed(std::string text, FuzzedDataProvider& input) {
  for (int edits = input.ConsumeIntegralInRange(1, 4); edits > 0; --edits) {
    size_t at = input.ConsumeIntegralInRange<size_t>(0, text.size());
    switch (input.ConsumeIntegralInRange(0, 3)) {
      case 0:
        text.insert(at, 1, input.ConsumeIntegral<char>());
        break;
      case 1:
        text.erase(at, input.ConsumeIntegralInRange<size_t>(1, 4));
        break;
      case 2:
        if (at < text.size()) text[at] = input.ConsumeIntegral<char>();
        break;
      default:
        text = text.substr(at) + text.substr(0, at);
        break;
    }
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzedDataProvider input(data, size);
  const mcp::StateBinding mine{word(input), word(input)};
  const mcp::StateBinding theirs{word(input), word(input)};
  const std::string state = word(input);
  const Instant end{input.ConsumeIntegral<int64_t>()};
  const Instant now{input.ConsumeIntegral<int64_t>()};
  const std::string sealed = mcp::seal_state(kSigningKey, state, mine, end);
  auto opened = mcp::unseal_state(kSigningKey, sealed, mine, now);
  demand(opened.has_value() == (now.us < end.us), "a state opens until its end", sealed);
  demand(!opened || *opened == state, "and is what it was", sealed);
  bool same = theirs.principal == mine.principal && theirs.request_digest == mine.request_digest;
  demand(same || !mcp::unseal_state(kSigningKey, sealed, theirs, now), "it opened for another person or request",
         sealed);
  demand(!mcp::unseal_session(kSigningKey, sealed), "a state is no session", sealed);
  demand(!mcp::unseal_state(std::string(32, 'x'), sealed, mine, now), "another server's key opened it", sealed);

  const std::string session = mcp::seal_session(kSigningKey, {.revision = word(input),
                                                              .principal = mine.principal,
                                                              .capabilities = {{word(input), state}},
                                                              .created_s = now.us,
                                                              .nonce = word(input)});
  auto found = mcp::unseal_session(kSigningKey, session);
  demand(found && found->principal == mine.principal && found->created_s == now.us, "a session opens", session);
  demand(!mcp::unseal_state(kSigningKey, session, mine, {0}), "a session is no state", session);

  for (const std::string* whole : {&sealed, &session}) {
    const std::string other = changed(*whole, input);
    if (other == *whole) continue;
    demand(!mcp::unseal(kSigningKey, "state", other) && !mcp::unseal(kSigningKey, "session", other),
           "a changed text opened", other);
  }
  const std::string invented = input.ConsumeRemainingBytesAsString();
  demand(!mcp::unseal(kSigningKey, "state", invented) && !mcp::unseal(kSigningKey, "session", invented),
         "an invented text opened", invented);
  return 0;
}
