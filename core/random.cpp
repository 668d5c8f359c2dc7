#include "core/random.hpp"

#include <sodium.h>

#include "core/result.hpp"

namespace spreaders {

uint64_t Rng::next() {
  state_ += 0x9E3779B97F4A7C15ULL;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

uint64_t Rng::below(uint64_t limit) {
  CHECK(limit > 0, "there is no number below zero");
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>(static_cast<Wide>(next()) * limit >> 64);
}

double Rng::unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

std::string secure_bytes(size_t count) {
  static const bool ready = sodium_init() >= 0;
  CHECK(ready, "libsodium could not start");
  std::string out(count, '\0');
  randombytes_buf(out.data(), out.size());
  return out;
}

std::string base62_128(uint64_t high, uint64_t low) {
  constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  __extension__ using Wide = unsigned __int128;
  Wide value = static_cast<Wide>(high) << 64 | low;
  std::string out(22, '0');
  for (size_t i = out.size(); i-- > 0; value /= 62) out[i] = digits[static_cast<size_t>(value % 62)];
  return out;
}

namespace {
class SystemIds : public Ids {
 public:
  std::string make(std::string_view kind) override {
    std::string bytes = secure_bytes(16);
    uint64_t halves[2];
    __builtin_memcpy(halves, bytes.data(), 16);
    return std::string(kind) + "_" + base62_128(halves[0], halves[1]);
  }
};
}  // namespace

Ids& system_ids() {
  static SystemIds ids;
  return ids;
}

std::string SequenceIds::make(std::string_view kind) {
  std::lock_guard lock(mutex_);
  uint64_t high = rng_.next();
  return std::string(kind) + "_" + base62_128(high, rng_.next());
}

}  // namespace spreaders
