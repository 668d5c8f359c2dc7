// A failure that nobody looks at.
// refused with: unused-result
#include "core/result.hpp"

using namespace spreaders;

Result<void> save();
#ifdef MISTAKE
void use() { save(); }
#else
bool use() { return save().ok(); }
#endif
