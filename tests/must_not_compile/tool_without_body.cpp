// A tool without a handler.
// refused with: ToolSpec::body
#include "tests/must_not_compile/tool_case.hpp"

using namespace spreaders;

const ToolSpec kTool{
    .name = "demo.echo",
    .title = "Echo",
    .description = "Says what it was told.",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"demo:read"},
#ifndef MISTAKE
    .body = handler<&echo>(),
#endif
};
