// A result is no value before it was looked at.
// refused with: cannot convert
#include "core/result.hpp"

using namespace spreaders;

Result<int> count();
#ifdef MISTAKE
int use() { return count(); }
#else
Result<int> use() { return TRY(count()) + 1; }
#endif
