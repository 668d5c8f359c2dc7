// Every tool needs a scope.
// refused with: ToolSpec::scopes
#include "tests/must_not_compile/tool_case.hpp"

using namespace spreaders;

const ToolSpec kTool{
    .name = "demo.echo",
    .title = "Echo",
    .description = "Says what it was told.",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
#ifndef MISTAKE
    .scopes = {"demo:read"},
#endif
    .body = handler<&echo>(),
};
