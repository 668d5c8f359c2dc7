#!/usr/bin/env python3
"""What clients are shown of the catalogue: by flag, by URL and by header, in compact mode, and read-only."""
from harness import *

data = os.path.join(folder, "data")
server = Server("serve", "--data-dir", data, "--http-port", "0")
meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


def mcp(method, params=None, path="/mcp", headers=None, to=None):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": {**(params or {}), "_meta": meta}})
    named = {"Mcp-Name": params["name"]} if method == "tools/call" else {}
    return http_ask((to or server).port, "POST", path, body, {
        "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method, **named, **(headers or {})})


def names(path="/mcp", headers=None, to=None):
    return [tool["name"] for tool in mcp("tools/list", path=path, headers=headers, to=to).json()["result"]["tools"]]


def called(name, arguments, path="/mcp", headers=None):
    return mcp("tools/call", {"name": name, "arguments": arguments}, path, headers).json()["result"]


whole = names()
check(len(whole) >= 50 and "tools_search" not in whole, "the whole catalogue", whole)
compact = names("/mcp/compact")
check(len(compact) <= 24 and compact[:4] == ["tools_search", "tools_describe", "tools_call_read", "tools_call_write"], "compact", compact)
check(len(json.dumps(mcp("tools/list", path="/mcp/compact").json()["result"]["tools"])) / 4 < 6500, "compact is small")
two = names("/mcp/x/campaign,analytics")
check(two and all(name.startswith(("campaign_", "analytics_")) for name in two), "two services by path", two)
reads = names("/mcp/x/campaign/readonly")
check("campaign_getStatus" in reads and "campaign_create" not in reads, "what reads", reads)
check(names(headers={"X-MCP-Toolsets": "campaign", "X-MCP-Exclude": "campaign.cancel", "X-MCP-Tools": "analytics_getOverview"})
      == [name for name in whole if name.startswith("campaign_") and name != "campaign_cancel" or name == "analytics_getOverview"], "by header")
check(mcp("tools/list", headers={"X-MCP-Toolsets": "campaign"}).json()["result"]["cacheScope"] == "private", "nobody else gets that list")
check(names() == whole, "no request changed what the next one is shown")

wrong = mcp("tools/list", headers={"X-MCP-Toolsets": "campain", "X-MCP-Tools": "nothing"})
check(wrong.status == 400 and "X-MCP-toolsets" in wrong.body and "X-MCP-tools" in wrong.body and "analytics" in wrong.body, "each wrong name is named", wrong.body)
check(mcp("tools/list", path="/mcp/x/campain").status == 404, "a path that is none")

found = called("tools_search", {"query": "who opened last week's newsletter"})["structuredContent"]["tools"]
check(any(tool["name"] in ("email_trackOpens", "analytics_getEngagement") for tool in found), "searched by meaning", found)
created = called("tools_call_write", {"calls": [{"name": "campaign_create", "arguments": {"name": "Autumn"}}]}, "/mcp/compact")
check(created["structuredContent"]["campaign_id"].startswith("cmp_"), "called by its search name", created)
seen = called("campaign_getStatus", {"campaign_id": created["structuredContent"]["campaign_id"]}, "/mcp/x/email")
check(not seen.get("isError"), "callable though not listed", seen)

before = row_counts(data)
for path, headers in (("/mcp/readonly", {}), ("/mcp/compact/readonly", {}), ("/mcp", {"X-MCP-Readonly": "true"})):
    for name, arguments in (("campaign_create", {"name": "No"}), ("campaign.create", {"name": "No"}),
                            ("tools_call_write", {"calls": [{"name": "campaign_create", "arguments": {"name": "No"}}]}),
                            ("tools_call_read", {"name": "campaign_create", "arguments": {"name": "No"}})):
        check(called(name, arguments, path, headers).get("isError"), f"{name} on {path} {headers} is refused")
check(row_counts(data)["campaign"] == before["campaign"], "and nothing was made", before)
server.stop()

server = Server("serve", "--data-dir", data, "--http-port", "0", "--tools-mode", "compact", "--exclude", "connections")
flagged = names()
check("tools_search" in flagged and not any(name.startswith("connections") for name in flagged), "by flag", flagged)
server.stop()
done = run("serve", "--data-dir", data, "--http-port", "0", "--toolsets", "campain,emial")
check(done.returncode == 2 and "campain" in done.stderr and "emial" in done.stderr, "wrong flags are all named", done.stderr)
finish()
