// A tool is named family.verbNoun.
// refused with: a tool is named family.verbNoun
#include "tests/must_not_compile/tool_case.hpp"

using namespace spreaders;

const ToolSpec kTool{
#ifdef MISTAKE
    .name = "echo",
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
