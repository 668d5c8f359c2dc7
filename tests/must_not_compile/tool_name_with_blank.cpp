// A tool name has letters and digits only.
// refused with: letters and digits only
#include "tests/must_not_compile/tool_case.hpp"

using namespace spreaders;

const ToolSpec kTool{
#ifdef MISTAKE
    .name = "demo.say it",
#else
    .name = "demo.echo",
#endif
    .title = "Echo",
    .description = "Says what it was told.",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"demo:read"},
    .body = handler<&echo>(),
};
