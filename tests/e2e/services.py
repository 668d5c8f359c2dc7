#!/usr/bin/env python3
"""Limits refuse with a hint and let go again; what is counted shows on the operations port; one trace leads from an HTTP
header through the audit to the steps of the run that the call started."""
from harness import *

data = os.path.join(folder, "limited")
server = Server("serve", "--data-dir", data, "--http-port", "0", "--limits-calls-per-minute", "60",
                "--limits-services", "analytics=5,services.list=3", "--log-level", "info")
port, operations = server.port, int(server.found(r"127\.0\.0\.1:(\d+)/health"))


def detail(result):
    return result.get("_meta", {}).get("io.spreaders/error", {})


def metrics():
    """The figures by series; every line has to be of the Prometheus text format."""
    answer = http_ask(operations, "GET", "/metrics")
    check(answer.status == 200 and answer.headers["content-type"].startswith("text/plain; version=0.0.4"), "metrics are served", answer.headers)
    figures, types = {}, {}
    for line in answer.body.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            check(name not in types and kind in ("counter", "gauge", "histogram"), "each family is declared once", line)
            types[name] = kind
            continue
        if line.startswith("# HELP "): continue
        found = re.fullmatch(r'([a-z_]+)(\{([a-z_]+="[^"\\]*",?)+\})? (\S+)', line)
        if not check(found, "a line of the text format", line): continue
        name = found.group(1)
        check(name in types or re.sub("_(bucket|sum|count)$", "", name) in types, "its family is declared", line)
        check(line.split(" ")[0] not in figures, "a series stands once", line)
        figures[line.rsplit(" ", 1)[0]] = float(found.group(4))
    return figures


# What there is.
listed = call(port, "services.list", {})
check({s["name"] for s in listed["services"]} >= {"campaign", "email", "user", "services"}, "services are listed", listed)
tools = http_ask(port, "POST", "/rpc", json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}), {"Content-Type": "application/json"}).json()["result"]["tools"]
check(sum(s["tools"] for s in listed["services"]) == len(tools), "every tool belongs to one", listed)
check(all(s["reason"] and s["status"] in ("ok", "unknown", "degraded", "down") for s in listed["services"]), "and says how it is", listed)
mail = call(port, "services.get", {"service": "email"})
check(mail["status"] == "unknown" and "Sandbox" in mail["reason"], "mail was not tested yet", mail)
connection = call(port, "connections.list", {})["connections"][0]["connection_id"]
call(port, "connections.test", {"connection_id": connection})
mail = call(port, "services.get", {"service": "email"})
check(mail["status"] == "ok" and "email.sendCampaign" in mail["tools"], "now it was", mail)

# A limit of one service, and of one caller.
results = [rpc(port, "analytics.getOverview", {}) for _ in range(6)]
check([bool(r.get("isError")) for r in results] == [False] * 5 + [True], "the sixth call of analytics is refused", results[-1])
check("analytics together may make 5 a minute; try again in" in refusal(results[-1]), "in words", results[-1])
check(detail(results[-1])["code"] == "rate_limited" and 0 < detail(results[-1])["retryAfterMs"] <= 12_000, "and with a hint", results[-1])
check(not any(rpc(port, "services.list", {}).get("isError") for _ in range(2)), "a tool with a limit of its own is let through")
third = rpc(port, "services.list", {})
check("a caller of services.list may make 3 a minute" in refusal(third), "as often as it may", third)
answered = []
while not answered or not answered[-1].get("isError"):
    answered.append(rpc(port, "connections.list", {}))
    if len(answered) > 200: break
refused = answered[-1]
check(40 <= len(answered) < 80 and detail(refused).get("code") == "rate_limited", "then the caller has no more", (len(answered), refused))
check(0 < detail(refused)["retryAfterMs"] <= 1000 and "a caller may make 60 a minute" in refusal(refused), "one a second comes back", refused)
until(lambda: not rpc(port, "connections.list", {}).get("isError"), "the next call is let in")
bad = until(lambda: next((r for r in (rpc(port, "connections.list", {"nonsense": 1}) for _ in range(5)) if detail(r).get("code") == "rate_limited"), None), "bad arguments of who calls too often")
check("nonsense" not in json.dumps(bad), "are not looked at", bad)

figures = metrics()
counted = lambda tool, outcome: figures.get(f'spreaders_calls_total{{service="{tool.split(".")[0]}",tool="{tool}",outcome="{outcome}"}}', 0)
check(counted("analytics.getOverview", "ok") == 5 and counted("analytics.getOverview", "rate_limited") == 1, "calls are counted by outcome", figures)
check(counted("services.get", "ok") == 2 and counted("connections.list", "rate_limited") >= 2, "also refused ones", figures)
check(figures['spreaders_rate_limited_calls_total{service="analytics",limit="service_rate"}'] == 1, "by limit", figures)
check(figures['spreaders_rate_limited_calls_total{service="connections",limit="principal_rate"}'] >= 2, "of both kinds", figures)
check(figures['spreaders_call_duration_seconds_count{service="analytics"}'] == 6 == figures['spreaders_call_duration_seconds_bucket{service="analytics",le="+Inf"}'], "times are a histogram", figures)
check(figures["spreaders_http_requests_total"] >= 60 and figures["spreaders_http_connections"] >= 0, "the door is counted too", figures)
check(figures['spreaders_calls_in_flight{service="connections"}'] == 0, "nothing runs now", figures)
until(lambda: sql(data, "SELECT COUNT(*) FROM audit WHERE tool = 'connections.list' AND outcome = 'rate_limited'")[0][0] >= 2, "refusals are audited")
trace = detail(results[-1])["traceId"]
check(sql(data, "SELECT tool, outcome FROM audit WHERE trace_id = ?", trace) == [("analytics.getOverview", "rate_limited")], "an error names its trace")
lines = [json.loads(line) for line in server.errors().splitlines() if line.startswith("{")]
line = next((one for one in lines if one.get("trace") == trace), {})
check(line.get("message") == "call" and line.get("tool") == "analytics.getOverview" and line.get("outcome") == "rate_limited" and line.get("workspace", "").startswith("wsp_"), "and stands in the log", line)
check(server.stop() == 0, "the server ends", server.errors()[-2000:])
done = run("serve", "--data-dir", data, "--http-port", "0", "--limits-services", "nothing=5")
check(done.returncode != 0 and "nothing=5" in done.stderr, "a limit of no service is refused at the start", done.stderr)

# One trace, from a header to the steps of a run.
data = os.path.join(folder, "traced")
flags = ["--data-dir", data, "--http-port", "0"]
server = Terminal("serve", "--virtual-time", *flags)
server.until("^ready")
port = server.port
call(port, "audience.importContacts", {"csv": "email,consent\n" + "".join(f"reader{n}@example.org,yes\n" for n in range(5)), "mode": "subscribe", "list": "Newsletter", "consent_source": "test"})
campaign = call(port, "campaign.plan", {"goal": goal})["campaign_id"]
execute = lambda trace: rpc(port, "campaign.execute", {"campaign_id": campaign}, headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
asked, begun, odd = "a" * 32, "4bf92f3577b34da6a3ce929d0e0e4736", "Z" * 32
refused = execute(asked)
check(detail(refused).get("traceId") == asked, "the refusal has the caller's trace", refused)
approval = next(issue["message"] for issue in detail(refused)["issues"] if issue["pointer"] == "approval_id")
code = server.until(rf"Approval {approval} is asked for:(?:.|\n)*?Code: (\d+)")
terminal = Terminal("approve", approval, "--data-dir", data)
terminal.until("Type the code")
terminal.type(code)
check(terminal.end() == 0, "a person approves", terminal.out)
started = execute(begun)
check(not started.get("isError"), "the campaign starts", started)
run_id = until(lambda: sql(data, "SELECT id FROM run WHERE status = 'completed' AND trace_id = ?", begun), "the run ends and has the trace")[0][0]
steps = sql(data, "SELECT DISTINCT trace_id FROM step_log WHERE run_id = ?", run_id)
check(steps == [(begun,)], "all its steps have it", steps)
rows = until(lambda: sql(data, "SELECT tool, door, outcome FROM audit WHERE trace_id = ?", begun), "its calls are audited")
check(("campaign.execute", "http", "ok") in rows or any(r[0] == "campaign.execute" and r[2] == "ok" for r in rows), "the call that began it", rows)
check(any(door == "engine" for _, door, _ in rows), "and those of the engine", rows)
broken = rpc(port, "campaign.getStatus", {"campaign_id": "cmp_none"}, headers={"traceparent": f"00-{odd}-00f067aa0ba902b7-01"})
check(re.fullmatch("[0-9a-f]{32}", detail(broken).get("traceId", "")) and detail(broken)["traceId"] != odd, "what is no traceparent is replaced", broken)
until(lambda: sql(data, "SELECT 1 FROM audit WHERE trace_id = ?", detail(broken)["traceId"]), "and can be followed all the same")
finish()
