#!/usr/bin/env python3
"""Bad input at the doors: JSON-RPC over HTTP, standard input and output, CSV files. Every case is answered with an
error that names the place, and leaves every table as it was; good rows beside bad ones are kept."""
from harness import *

data = os.path.join(folder, "data")
server = Server("serve", "--data-dir", data, "--http-port", "0", "--import-dir", folder)
port = server.port
call(port, "audience.importContacts", {"csv": "email,consent\na@example.org,yes\nb@example.org,yes\n", "mode": "subscribe",
                                       "list": "Newsletter", "consent_source": "test"})
made = call(port, "campaign.create", {"name": "one"})["campaign_id"]
cases = 0


def unchanged(name, action):
    """Runs one bad case; the rows of every table have to be the same afterwards."""
    global cases
    cases += 1
    before = row_counts(data)
    action()
    after = row_counts(data)
    check(before == after, f"{name}: nothing half done", {t: (before.get(t), after[t]) for t in after if before.get(t) != after[t]})


def refuse(place, tool, arguments):
    name = f"{tool} {json.dumps(arguments)[:80]}"
    def run_case():
        text = refusal(rpc(port, tool, arguments))
        check(place in text, f"{name} names {place}", text)
        check(len(text) < 5000, f"{name}: the error is short", len(text))
    unchanged(name, run_case)


deep = []
for _ in range(200): deep = [deep]
for place, tool, arguments in (
        ("nothing.here", "nothing.here", {}),
        ("/name", "campaign.create", {"name": 7}),
        ("/name", "campaign.create", {"name": ""}),
        ("/name", "campaign.create", {"name": None}),
        ("/name", "campaign.create", {"name": "x" * 100_000}),
        ("/name", "campaign.create", {"name": ["a"]}),
        ("/colour", "campaign.create", {"name": "x", "colour": "red"}),
        ("/budget_amount", "campaign.create", {"name": "x", "budget_amount": "many", "budget_currency": "USD"}),
        ("/budget_amount", "campaign.create", {"name": "x", "budget_amount": -0.01, "budget_currency": "USD"}),
        ("/budget_amount", "campaign.create", {"name": "x", "budget_amount": 1e300, "budget_currency": "USD"}),
        ("/budget_currency", "campaign.create", {"name": "x", "budget_amount": 5, "budget_currency": "usd"}),
        ("/channel", "campaign.create", {"name": "x", "channel": "pigeon"}),
        ("/start_at", "campaign.create", {"name": "x", "start_at": "2026-02-30T00:00:00Z"}),
        ("/start_at", "campaign.create", {"name": "x", "start_at": "tomorrow"}),
        ("/start_at", "campaign.schedule", {"campaign_id": made, "start_at": "2020-01-01T00:00:00Z"}),
        ("/start_at", "campaign.schedule", {"campaign_id": made, "start_at": "2026-13-01T00:00:00Z"}),
        ("/start_at", "campaign.schedule", {"campaign_id": made, "start_at": "99999-01-01T00:00:00Z"}),
        ("/campaign_id", "campaign.schedule", {"start_at": "2030-01-01T00:00:00Z"}),
        ("campaign", "campaign.schedule", {"campaign_id": "cmp_none", "start_at": "2030-01-01T00:00:00Z"}),
        ("/campaign_id", "campaign.execute", {"campaign_id": {"id": made}}),
        ("campaign", "campaign.pause", {"campaign_id": made}),
        ("campaign", "campaign.resume", {"campaign_id": made}),
        ("/template_id", "campaign.create", {"name": "x", "template_id": "tpl_none"}),
        ("/connection_id", "campaign.create", {"name": "x", "connection_id": "con_none"}),
        ("/limit", "campaign.list", {"limit": 10**9}),
        ("/limit", "campaign.list", {"limit": 1.5}),
        ("/goal", "campaign.plan", {"goal": "x" * 9000}),
        ("/goal", "campaign.plan", {"goal": 12}),
        ("plan", "campaign.plan", {"plan_id": "pln_none", "change": "make it blue"}),
        ("/time_zone", "campaign.plan", {"goal": goal, "time_zone": "Mars/Olympus"}),
        ("/html", "email.designTemplate", {"name": "t", "subject": "s", "html": "{% for x in %}"}),
        ("/html", "email.designTemplate", {"name": "t", "subject": "s", "html": "{{ user.name"}),
        ("/to", "notification.sendEmail", {"to": "a@b@c", "template_id": "tpl_1"}),
        ("connection", "connections.test", {"connection_id": "con_none"}),
        ("approval", "approvals.get", {"approval_id": "apr_none"}),
        ("/csv", "audience.importContacts", {"csv": 5}),
        ("/mode", "audience.importContacts", {"csv": "email\na@example.org\n", "mode": "replace"}),
        ("/consent_source", "audience.importContacts", {"csv": "email\nc@example.org\n", "mode": "subscribe"}),
        ("import directory", "audience.importContacts", {"path": "../../etc/passwd"}),
        ("import directory", "audience.importContacts", {"path": "/etc/passwd"}),
        ("import directory", "audience.importContacts", {"path": "none.csv"}),
        ("columns", "audience.importContacts", {"csv": "email\nc@example.org\n", "columns": {"email": "no such field!"}}),
        ("email", "audience.importContacts", {"csv": "name,town\nAna,Rome\n"}),
        ("nested deeper", "email.segmentAudience", {"name": "s", "rule": deep}),
        ("", "email.segmentAudience", {"name": "s", "rule": "favourite_colour is"})):
    refuse(place, tool, arguments)


# The protocol itself, over /rpc and /mcp.
def http(name, path, body, status, place, headers=None):
    def run_case():
        answer = http_ask(port, "POST", path, body, {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", **(headers or {})})
        check(answer.status in status and place in answer.body, f"{name} is answered with {status} and {place!r}", f"{answer.status} {answer.body[:300]}")
    unchanged(name, run_case)


request = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"campaign.create","arguments":%s}}'
for path in ("/rpc", "/mcp"):
    http(f"{path}: half a message", path, '{"jsonrpc":"2.0","id":1', (400,), "Parse error")
    http(f"{path}: nothing", path, "", (400,), "Parse error")
    http(f"{path}: bad UTF-8", path, request.encode().replace(b"%s", b'{"name":"\xff\xfe"}'), (400,), "UTF-8")
    http(f"{path}: a surrogate alone", path, request % '{"name":"\\ud800"}', (400,), "Parse error")
    http(f"{path}: a name twice", path, request % '{"name":"a","name":"b"}', (400,), "twice")
    http(f"{path}: too deep", path, request % ('{"name":' + "[" * 5000 + "]" * 5000 + "}"), (400,), "Parse error")
    http(f"{path}: too big", path, request % ('{"name":"' + "x" * 6_000_000 + '"}'), (413,), "bytes")
    http(f"{path}: not JSON-RPC", path, '{"id":1,"method":"tools/call"}', (400,), "jsonrpc")
    http(f"{path}: a number that is none", path, request % '{"name":"x","budget_amount":NaN}', (400,), "Parse error")
http("/rpc: another method", "/rpc", '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}', (404,), "Only tools/list")
http("/rpc: no arguments object", "/rpc", request % "7", (200, 400), "arguments")
http("/rpc: no name", "/rpc", '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}', (200, 400), "name")
http("/mcp: no session", "/mcp", request % '{"name":"x"}', (400,), "ession")
http("/mcp: an unknown session", "/mcp", request % '{"name":"x"}', (404,), "Session not found", {"Mcp-Session-Id": "none"})
http("/mcp: not as JSON", "/mcp", request % '{"name":"x"}', (400, 415), "application/json", {"Content-Type": "text/plain"})
http("/v1/track without a key", "/v1/track", '{"event":"x"}', (401,), "Authorization")
http("/v1/batch without a key", "/v1/batch", '{"batch":[{"type":"track","event":"x","userId":"u"}]}', (401,), "Authorization")
http("/event without a key", "/event", '{"userId":"u","eventName":"x","eventTime":"2026-01-01T00:00:00Z"}', (401,), "Authorization")
http("an unknown kind of event", "/v1/dance", '{"userId":"u"}', (404, 405), "")
http("bounces without a key", "/hooks/bounces/wsp_x", "From: x\n\nx", (401, 404), "")
http("an unknown path", "/v2/anything", "{}", (404, 405), "")


# Standard input and output: garbage between good lines is answered or skipped, and the good lines are served.
def stdio():
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}
    lines = [json.dumps(hello).encode(), json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}).encode(),
             b"GET / HTTP/1.1", b"\xff\xfe\x00garbage", b"", b"   ", b"null", b"[]", b"42", b'"text"', b"{", b"{}",
             b'{"jsonrpc":"1.0","id":2,"method":"ping"}', b'{"jsonrpc":"2.0","id":{},"method":"ping"}',
             b'{"jsonrpc":"2.0","id":3,"method":"no/such"}', b'{"jsonrpc":"2.0","id":4,"result":{}}',
             b'{"jsonrpc":"2.0","id":5,"method":"tools/call","params":[]}',
             b'{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{"name":"campaign.create","arguments":{"name":""}}}',
             b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"campaign_create","arguments":{"nam":"x"}}}',
             b'{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"campaign.create","arguments":{"name":"' + b"x" * 6_000_000 + b'"}}}',
             b'{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"campaign.list","arguments":{}}}']
    child = subprocess.Popen([program, "mcp", "--data-dir", data, "--http-port", "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, env=clean_environment(), start_new_session=True)
    out, errors = child.communicate(b"\n".join(lines) + b"\n", timeout=kWait_s)
    answers = [json.loads(line) for line in out.decode().splitlines()]  # fails when anything else is on standard output
    by_id = {str(answer.get("id")): answer for answer in answers}
    check(child.returncode == 0, "stdio: it ends with its input", errors.decode("utf-8", "replace"))
    check("result" in by_id.get("1", {}), "stdio: the good line before is served", answers[:1])
    check(made in json.dumps(by_id.get("9", {})), "stdio: the good line after is served", answers[-1:])
    check("/name" in json.dumps(by_id.get("6", {})), "stdio: arguments are named", by_id.get("6"))
    check("/nam" in json.dumps(by_id.get("7", {})), "stdio: unknown arguments are named", by_id.get("7"))
    check(by_id.get("3", {}).get("error", {}).get("code") == -32601, "stdio: an unknown method", by_id.get("3"))
    check(sum(1 for answer in answers if answer.get("error", {}).get("code") in (-32700, -32600)) >= 8, "stdio: garbage is answered", answers)
    check("result" not in by_id.get("8", {}), "stdio: a line that is too long is not run", "")


unchanged("stdio", stdio)


# CSV: good rows are imported, bad ones are reported with their line.
def csv(name, content, added, errors, **more):
    global cases
    cases += 1
    path = os.path.join(folder, f"rows{cases}.csv")
    with open(path, "wb") as file: file.write(content if isinstance(content, bytes) else content.encode())
    before = sql(data, "SELECT COUNT(*) FROM contact")[0][0]
    result = rpc(port, "audience.importContacts", {"path": os.path.basename(path), "mode": "subscribe", "list": "Newsletter", "consent_source": "test", **more})
    text = json.dumps(result)
    now = sql(data, "SELECT COUNT(*) FROM contact")[0][0] - before
    if added is None:
        return check(result.get("isError") and now == 0 and all(word in text for word in errors), f"CSV {name} is refused", text)
    told = result.get("structuredContent", {})
    check(told.get("added") == added == now, f"CSV {name}: {added} good rows are there", text)
    lines = [(error["line"], error["field"]) for error in told.get("errors", [])]
    check(lines == errors and told.get("failed") == len(errors), f"CSV {name}: bad rows are named", text)


csv("with bad addresses", "email,consent\nc1@example.org,yes\nnobody,yes\n@,yes\nc2@example.org,yes\n", 2, [(3, "email"), (4, "email")])
csv("with short and long rows", "email,first_name,consent\nd1@example.org,A,yes\nd2@example.org\nd3@example.org,A,yes,more\nd4@example.org,B,yes\n", 2, [(3, ""), (4, "")])
csv("with lines in quotes", 'email,first_name,consent\ne1@example.org,"two\nlines",yes\nbad,x,yes\ne2@example.org,"a ""b""",yes\n', 2, [(4, "email")])
csv("with bad UTF-8", b"email,first_name,consent\nf1@example.org,Ana,yes\nf2@example.org,\xff\xfe,yes\nf3@example.org,Bo,yes\n", 2, [(3, "first_name")])
csv("with CRLF, a byte order mark and empty lines", "\ufeffemail,consent\r\ng1@example.org,yes\r\n\r\nbad,yes\r\n", 1, [(4, "email")])
csv("with a bad consent word", "email,consent\nh1@example.org,yes\nh2@example.org,perhaps\n", 1, [(3, "consent")])
csv("with a bad time zone", "email,time_zone,consent\ni1@example.org,Europe/Rome,yes\ni2@example.org,Mars/Olympus,yes\n", 1, [(3, "time_zone")])
csv("with the same person twice", "email,consent\nj1@example.org,yes\nj1@EXAMPLE.ORG,yes\n", 1, [])
csv("with a quote that never ends", 'email,consent\nk1@example.org,yes\n"k2@example.org,yes\nk3@example.org,yes\n', 2, [(3, "")])
csv("with a huge field", "email,first_name,consent\nl1@example.org," + "x" * 200_000 + ",yes\nl2@example.org,Bo,yes\n", 1, [(2, "first_name")])
csv("without a header", "", None, ["is empty"])
csv("without an address column", "name,town\nAna,Rome\n", None, ["email"])
csv("with a header twice", "email,email\na@example.org,b@example.org\n", None, ["email"])
csv("that is no text", bytes(range(256)) * 50, None, [""])
check(http_ask(port, "GET", "/").status == 200, "the server still answers")
check("ERROR: " not in server.errors(), "and no sanitizer spoke", server.errors())
check(server.stop() == 0, "and ends cleanly", server.errors())
check(cases >= 60, "there are enough cases", cases)
print(f"{cases} cases")
finish()
