#!/usr/bin/env python3
"""Lines 7, 8, 14, 15 and 16 of docs/security-checklist.md with the real program: foreign streams and states, requests that
could be read in two ways, a limit for each caller, and an audit that knows the trace."""
import base64, concurrent.futures, re, socket
from harness import *

# The checklist names tests that exist.
root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
checklist = open(os.path.join(root, "docs", "security-checklist.md")).read()
sources = "".join(open(path).read() for path in glob.glob(root + "/*/**/*_test.cpp", recursive=True) if not path.startswith(root + "/build"))
suites = {name for name in re.findall(r"^TEST(?:_F|_P)?\((\w+), (\w+)\)", sources, re.M)}
named = re.findall(r"`([A-Z]\w+)\.(\w+|\*)`", checklist)
check(len(named) > 25, "the checklist names tests", named)
for suite, test in named: check(any(one[0] == suite and test in ("*", one[1]) for one in suites), f"{suite}.{test} is a test")
for path in re.findall(r"`(?:tests/)?((?:e2e|mcp|golden)/[\w/]+\.\w+)`", checklist): check(os.path.exists(os.path.join(root, "tests", path)), f"tests/{path} is there")
for line in range(1, 19): check(f"\n| {line} |" in checklist, f"line {line} is in the checklist")

data = os.path.join(folder, "data")
flags = ["--data-dir", data, "--http-port", "0"]
keys = [run("key", "create", "--name", name, *flags).stdout.split()[-1] for name in ("ana", "bo")]
server = Server("serve", *flags)
port = server.port
meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}}}
plain = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


def modern(method, params, key=keys[0], headers=None):
    named = {"Mcp-Name": params["name"]} if "name" in params else {}
    return http_ask(port, "POST", "/mcp", json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}),
                    {**plain, "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method, **named, "Authorization": "Bearer " + key, **(headers or {})})


# 7: a session, its streams and its events are its owner's.
hello = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}'
sessions = [http_ask(port, "POST", "/mcp", hello, {**plain, "Authorization": "Bearer " + key}).headers["mcp-session-id"] for key in keys]
check(all(all(0x21 <= ord(c) <= 0x7e for c in one) and len(one) >= 43 for one in sessions) and sessions[0] != sessions[1], "ids are long and visible ASCII", sessions)
for session, key, last, status in ((sessions[0], keys[1], None, 404), (sessions[0], keys[1], "g_0", 404), (sessions[0], keys[0], "g_9999x", 404), (sessions[0], keys[0], "p77_1", 404), ("x" * 60, keys[0], None, 404)):
    answer = http_ask(port, "GET", "/mcp", None, {"Accept": "text/event-stream", "Authorization": "Bearer " + key, "Mcp-Session-Id": session, **({"Last-Event-ID": last} if last else {})})
    check(answer.status == status, f"a stream that is not ours: {last}", f"{answer.status} {answer.body}")

# 14: what two readers could read differently is refused before it is read at all.
body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
head = "POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
chunked = f"{len(body):x}\r\n{body}\r\n0\r\n\r\n"


def raw(text):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        try: client.sendall(text if isinstance(text, bytes) else text.encode())
        except OSError: pass
        client.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while chunk := client.recv(65536): answer += chunk
        except OSError: pass
        return answer.decode("latin-1")


whole = head + f"Content-Length: {len(body)}\r\n\r\n" + body
check(raw(whole).startswith("HTTP/1.1 200"), "a good one", raw(whole))
smuggled = whole.replace("tools/list", "tools/smug")
for what, text in {"both lengths": head + f"Content-Length: {len(body)}\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked + smuggled, "two lengths": head + f"Content-Length: {len(body)}\r\nContent-Length: 3\r\n\r\n" + body,
                   "two lengths in one": head + f"Content-Length: {len(body)}, {len(body)}\r\n\r\n" + body, "a signed length": head + f"Content-Length: +{len(body)}\r\n\r\n" + body,
                   "a length in hex": head + f"Content-Length: 0x{len(body):x}\r\n\r\n" + body, "no number": head + "Content-Length: many\r\n\r\n" + body, "too large a number": head + "Content-Length: 99999999999999999999999\r\n\r\n" + body,
                   "a chunk of no size": head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + body + "\r\n0\r\n\r\n", "two hosts": head + f"Host: evil.example\r\nContent-Length: {len(body)}\r\n\r\n" + body,
                   "a space before the colon": head + f"Content-Length : {len(body)}\r\n\r\n" + body}.items():
    answer = raw(text)
    check("HTTP/1.1 2" not in answer, what, answer)
    check("smug" not in answer, f"{what}: nothing hides behind it", answer)
sentinel = lambda text: "=?base64?" + base64.b64encode(text.encode()).decode() + "?="
params = {"name": "campaign_list", "arguments": {}}
check(modern("tools/call", params, headers={"Mcp-Name": sentinel("campaign_list")}).status == 200, "a coded header that says the same")
for what, header in {"other words": "campaign_create", "coded other words": sentinel("campaign_create"), "a line end in it": sentinel("campaign_list\r\nX-Evil: 1"), "a bad alphabet": "=?base64?!!!!?=", "a cut code": "=?base64?Y2F?=",
                     "nothing": ""}.items():
    answer = modern("tools/call", params, headers={"Mcp-Name": header})
    check(answer.status == 400 and answer.json()["error"]["code"] == -32020 and "X-Evil" not in str(answer.headers), f"Mcp-Name with {what}", answer.body)
check(modern("tools/call", params, headers={"Mcp-Method": "tools/list"}).status == 400, "Mcp-Method that differs")

# 8: a state that this server never gave (whose, of which call, how old: sealed texts in protocol_test.cpp).
for state in ("abc", "", "djEuYWJjZA", 7):
    answer = modern("tools/call", {**params, "requestState": state, "inputResponses": {}})
    check(answer.json().get("error", {}).get("code") == -32602, f"the invented state {state!r}", answer.body)

# 16: each call is in the audit with who, what, how it ended and the trace it belongs to.
trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
modern("tools/call", {"name": "campaign_create", "arguments": {"name": "Traced"}}, headers={"traceparent": trace})
row = until(lambda: sql(data, "SELECT principal, door, tool, effect, outcome, arguments_hash, trace_id FROM audit WHERE tool = 'campaign.create'"), "the audit row")[0]
check(row[0].startswith("key_") and row[1:5] == ("http", "campaign.create", "write", "ok") and row[5].startswith("sha256:") and "4bf92f3577b34da6a3ce929d0e0e4736" in row[6], "the audit row", row)

# 15: a caller has a speed; others are not slowed down by it, and it passes.
def many(key, count):
    """Outcomes of calls on several connections at once: fast enough to reach the limit also on a slow machine."""
    def some(_):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=kWait_s)
        request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "tools_call_write", "arguments": {"calls": [{"name": "approvals_get", "arguments": {"approval_id": "apr_x"}}] * 20}}})
        told = []
        for _ in range(count // 160):
            connection.request("POST", "/rpc", request, {"Content-Type": "application/json", "Authorization": "Bearer " + key})
            told.append(connection.getresponse().read().decode())
        connection.close()
        return told
    with concurrent.futures.ThreadPoolExecutor(8) as pool: return [one for told in pool.map(some, range(8)) for one in told]


told = many(keys[0], 3200)
limited = [one for one in told if "rate_limited" in one]
check(limited and "retryAfterMs" in limited[0], "a caller that is too fast is told when to come back", told[-1][:300])
other = modern("tools/call", params, keys[1]).json()["result"]
check(not other.get("isError"), "another caller is served meanwhile", other)
until(lambda: not modern("tools/call", params).json()["result"].get("isError"), "it passes")
check(server.stop() == 0, "the server ends", server.errors())
check("ERROR: " not in server.errors(), "no sanitizer spoke", server.errors())
finish()
