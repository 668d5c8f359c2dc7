// Injected randomness and ids.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace spreaders {

// Deterministic stream of 64-bit numbers (SplitMix64). Not for secrets.
class Rng {
 public:
  explicit Rng(uint64_t start) : state_(start) {}
  uint64_t next();
  uint64_t below(uint64_t limit);  // 0..limit-1
  double unit();                   // [0, 1)

 private:
  uint64_t state_;
};

// Ids look like cmp_4fK2...: a kind of 2 to 4 letters, then 22 characters of [0-9A-Za-z] holding 128 random bits.
class Ids {
 public:
  virtual ~Ids() = default;
  virtual std::string make(std::string_view kind) = 0;
};
Ids& system_ids();

// The same ids for the same start, for simulation and golden files.
class SequenceIds : public Ids {
 public:
  explicit SequenceIds(uint64_t start) : rng_(start) {}
  std::string make(std::string_view kind) override;

 private:
  std::mutex mutex_;
  Rng rng_;
};

// From the operating system; safe for secrets.
std::string secure_bytes(size_t count);
std::string base62_128(uint64_t high, uint64_t low);

}  // namespace spreaders
