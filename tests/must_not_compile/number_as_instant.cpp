// Numbers do not turn into instants.
// refused with: no match for
#include "core/time.hpp"

using namespace spreaders;

#ifdef MISTAKE
bool is_over(Instant now, int64_t end) { return now > end; }
#else
bool is_over(Instant now, Instant end) { return now > end; }
#endif
