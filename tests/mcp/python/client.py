"""The official Python SDK as a client; for clients.py, which says what is printed and asked."""
import json, sys, traceback
import anyio
from mcp import Client, MCPError, StdioServerParameters
from mcp.types import ElicitResult

kCancel_s = 20
servers = json.loads(sys.argv[-1])
eras = {"modern": "2026-07-28", "legacy": "legacy"}


async def check(name, run):
    try:
        await run()
        print(f"ok   {name}", flush=True)
    except Exception as problem:
        print(f"FAIL {name}: {problem!r}", flush=True)
        traceback.print_exc(file=sys.stdout)


def holds(condition, got):
    if not condition: raise AssertionError(got)


async def everything(list_page):
    found, cursor = [], None
    while True:
        page = await list_page(cursor=cursor)
        found += page.tools
        cursor = page.next_cursor
        if cursor is None: return found


async def cancelled_by_progress(client, name, arguments):
    """Calls, and gives up at the first word of progress; true when that ended the call at once."""
    heard = []
    with anyio.move_on_after(kCancel_s) as patience:
        with anyio.CancelScope() as scope:
            async def progress(done, total, message):
                heard.append(done)
                scope.cancel()
            await client.call_tool(name, arguments, progress_callback=progress)
    return bool(heard) and scope.cancelled_caught and not patience.cancelled_caught


async def with_fixture(way, client):
    async def lists():
        tools = await everything(client.list_tools)
        holds(len(tools) > 20 and tools[0].name == "test_simple_text", [tool.name for tool in tools])

    async def calls():
        result = await client.call_tool("echo", {"message": "grüß dich"})
        holds([part.text for part in result.content] == ["grüß dich"], result)

    async def gets_progress():
        seen = []
        async def progress(done, total, message): seen.append(done)
        await client.call_tool("test_tool_with_progress", {}, progress_callback=progress)
        holds(seen == [0, 50, 100], seen)

    async def cancels():
        holds(await cancelled_by_progress(client, "wait", {"ms": 60_000}), "not cancelled")
        await calls()

    async def asks():
        result = await client.call_tool("test_elicitation", {"message": "Who are you?"})
        holds("action=accept" in result.content[0].text and "alice@example.org" in result.content[0].text, result)

    async def unknown():
        try: result = await client.call_tool("no_such_tool", {})
        except MCPError as problem: return holds("Unknown tool" in str(problem), problem)
        raise AssertionError(result)

    await check(f"{way}: lists", lists)
    await check(f"{way}: calls", calls)
    await check(f"{way}: gets progress", gets_progress)
    await check(f"{way}: cancels", cancels)
    await check(f"{way}: asks the person", asks)
    await check(f"{way}: an unknown tool is an error", unknown)


async def with_product(way, client):
    async def lists():
        tools = await everything(client.list_tools)
        names = {tool.name for tool in tools}
        holds(len(names) == len(tools) == servers["product"]["tools"] and "campaign_plan" in names, len(tools))

    async def calls():
        result = await client.call_tool("user_validateToken", {})
        holds(not result.is_error and result.structured_content["valid"] is True, result)

    async def gets_progress():
        seen = []
        async def progress(done, total, message): seen.append((done, total))
        batch = [{"name": "user_validateToken", "arguments": {}}] * 3
        result = await client.call_tool("tools_call_write", {"calls": batch}, progress_callback=progress)
        holds(seen == [(1, 3), (2, 3), (3, 3)] and len(result.structured_content["results"]) == 3, (seen, result))

    async def cancels():
        holds(await cancelled_by_progress(client, "ai_generateContent", {"offer": "autumn jackets"}), "not cancelled")
        await calls()

    await check(f"{way}: lists the whole catalogue", lists)
    await check(f"{way}: calls", calls)
    await check(f"{way}: gets progress", gets_progress)
    await check(f"{way}: cancels a call that waits for a model", cancels)


async def with_person(way, client, answers, campaign):
    call = {"name": "campaign_execute", "arguments": {"campaign_id": campaign}, "meta": {"io.spreaders/idempotencyKey": campaign}}

    async def declines():
        answers["next"] = lambda: ElicitResult(action="decline")
        result = await client.call_tool(**call)
        holds(result.is_error and "did not approve" in result.content[0].text, result)

    async def accepts():
        def code():
            print("code?", flush=True)
            return ElicitResult(action="accept", content={"code": sys.stdin.readline().strip()})
        answers["next"] = code
        result = await client.call_tool(**call)
        holds(not result.is_error and result.structured_content["status"] in ("scheduled", "running"), result)

    await check(f"{way}: what the person declines does not run", declines)
    await check(f"{way}: the person's code lets it run", accepts)


async def main():
    campaigns = list(servers["asking"]["campaigns"])
    form = {"username": "Alice", "email": "alice@example.org"}
    for server, how in servers.items():
        for era, mode in eras.items():
            for transport in ("HTTP", "stdio") if "command" in how else ("HTTP",):
                answers = {"next": lambda: ElicitResult(action="accept", content=form)}
                async def elicit(context, params): return answers["next"]()
                target = how["url"] + "/mcp" if transport == "HTTP" else StdioServerParameters(
                    command=how["command"][0], args=how["command"][1:], env=how.get("environment"))
                way = f"{server} {transport} {era}"
                async with Client(target, mode=mode, elicitation_callback=elicit) as client:
                    if server == "fixture": await with_fixture(way, client)
                    elif server == "product": await with_product(way, client)
                    else: await with_person(way, client, answers, campaigns.pop())


anyio.run(main)
