// Every tool has a title.
// refused with: ToolSpec::title
#include "tests/must_not_compile/tool_case.hpp"

using namespace spreaders;

const ToolSpec kTool{
    .name = "demo.echo",
#ifndef MISTAKE
    .title = "Echo",
#endif
    .description = "Says what it was told.",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"demo:read"},
    .body = handler<&echo>(),
};
