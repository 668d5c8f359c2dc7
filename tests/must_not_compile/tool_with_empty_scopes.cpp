// Every tool needs a scope.
// refused with: a tool has one to four scopes
#include "tests/must_not_compile/tool_case.hpp"

using namespace spreaders;

const ToolSpec kTool{
    .name = "demo.echo",
    .title = "Echo",
    .description = "Says what it was told.",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
#ifdef MISTAKE
    .scopes = {},
#else
    .scopes = {"demo:read"},
#endif
    .body = handler<&echo>(),
};
