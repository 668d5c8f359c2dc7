// A tool that does not say what it does to the world would pass for one that only reads.
// refused with: ToolSpec::effect
#include "tests/must_not_compile/tool_case.hpp"

using namespace spreaders;

const ToolSpec kTool{
    .name = "demo.echo",
    .title = "Echo",
    .description = "Says what it was told.",
#ifndef MISTAKE
    .effect = Effect::kRead,
#endif
    .repeat = Repeat::kSafe,
    .scopes = {"demo:read"},
    .body = handler<&echo>(),
};
