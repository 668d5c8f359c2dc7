// libFuzzer entry point; the files under tests/golden/bounces are its first corpus.
#include "integrations/email/bounce_fuzz.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  spreaders::email::fuzz_mail({reinterpret_cast<const char*>(data), size});
  return 0;
}
