// A secret has no way into the log.
// refused with: use of deleted function
// refused with: LogValue(const spreaders::Secret&)
#include "core/log.hpp"
#include "core/secret.hpp"

using namespace spreaders;

#ifdef MISTAKE
void show(const Secret& secret) { log_info("connected", {{"key", secret}}); }
#else
void show(const Secret& secret) { log_info("connected", {{"has_key", !secret.empty()}}); }
#endif
