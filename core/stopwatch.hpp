// Microseconds that only grow, for what is shorter than monotonic_ms() of core/time.hpp can see.
#pragma once

#include <cstdint>

namespace spreaders {

int64_t monotonic_us();

}  // namespace spreaders
