#!/usr/bin/env python3
"""Nothing is sent before a person said yes to exactly that: over every door, with codes that only terminals show."""
import html, urllib.parse
from harness import *

data = os.path.join(folder, "data")
flags = ["--data-dir", data, "--http-port", "0"]
server = Terminal("serve", "--virtual-time", *flags)
server.until("^ready")
port = server.port
people = "email,first_name,consent\n" + "".join(f"reader{n}@example.org,R{n},yes\n" for n in range(20))
call(port, "audience.importContacts", {"csv": people, "mode": "subscribe", "list": "Newsletter", "consent_source": "test"})
answers = []  # everything that a client got


def ask(campaign, key=None):
    answers.append(rpc(port, "campaign.execute", {"campaign_id": campaign}, key))
    return answers[-1]


def approval_of(result):
    detail = result.get("_meta", {}).get("io.spreaders/error", {})
    ids = [issue["message"] for issue in detail.get("issues", []) if issue["pointer"] == "approval_id"]
    return ids[0] if detail.get("code") == "approval_required" and ids else ""


def plan(change=None, plan_id=None):
    made = call(port, "campaign.plan", {"plan_id": plan_id, "change": change} if change else {"goal": goal})
    check(made["status"] == "ready", "the plan is ready", made["card"])
    return made


def approve(approval, code, *more):
    """`spreaders approve` in a terminal of its own; code is a text or what finds it in that terminal."""
    terminal = Terminal("approve", approval, *more, "--data-dir", data)
    if not more:
        terminal.until("Type the code")
        terminal.type(code(terminal) if callable(code) else code)
    return terminal.end(), terminal.out


def shown_code(approval):
    return server.until(rf"Approval {approval} is asked for:(?:.|\n)*?Code: (\d+)")


def pending():
    return call(port, "approvals.list", {"state": "pending"})["approvals"]


# Asking: an approval is needed, its code is on the server's terminal and nowhere else, and asking again asks nothing new.
first = plan()
campaign = first["campaign_id"]
refused = ask(campaign, "go-1")
approval = approval_of(refused)
check(approval and f"spreaders approve {approval}" in refusal(refused), "a call that sends is refused with the way to go on", refused)
code = shown_code(approval)
check(approval_of(ask(campaign, "go-1")) == approval and approval_of(ask(campaign)) == approval, "asking again is the same approval")
server.read()
check(server.out.count(f"Approval {approval} is asked for") == 1, "and is shown once", server.out)
check(len(pending()) == 1 and pending()[0]["hash"].startswith("sha256:"), "it waits in the list", pending())
check("R3" in pending()[0]["risk"] and "20 people" in pending()[0]["summary"], "with what it is about", pending())
decide = rpc(port, "approvals.decide", {"approval_id": approval, "decision": "approve", "code": code})
check("scope" in refusal(decide), "a model cannot decide, not even with the code", decide)
check(sql(data, "SELECT COUNT(*) FROM outbox")[0][0] == 0, "nothing was sent")
done = run("approve", approval, "--data-dir", data)
check(done.returncode == 1 and "person in a terminal" in done.stderr, "no terminal, no approval", done)
done = run("approve", approval, "--reject", "--data-dir", data)
check(done.returncode == 1, "no terminal, no rejection either", done)
status, out = approve(approval, "")
check(status == 1 and "Nothing was decided" in out, "Enter alone decides nothing", out)

# The page: only with its whole link, from this machine, from itself, with the code.
page = server.until(rf"http://127\.0\.0\.1:\d+(/approve/{approval}\?k=\S+)")
shown = http_ask(port, "GET", page)
check(shown.status == 200 and "20 people" in shown.body and code not in shown.body, "the page shows what is to be approved", shown.body)
key = urllib.parse.parse_qs(page.partition("?")[2])["k"][0]


def post(fields, headers=None, host=None, path=f"/approve/{approval}"):
    body = urllib.parse.urlencode(fields)
    return http_ask(port, "POST", path, body, {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}, host)


good = {"k": key, "decision": "approve", "code": code}
wrong = "000000" if code != "000000" else "111111"
for name, answer, status in (
        ("half a link", http_ask(port, "GET", page[:-4]), 404),
        ("no key", post({**good, "k": ""}), 404),
        ("another approval", post(good, path="/approve/apr_other"), 404),
        ("a wrong code", post({**good, "code": wrong}), 403),
        ("no code", post({**good, "code": ""}), 400),
        ("no decision", post({**good, "decision": ""}), 400),
        ("another site", post(good, {"Origin": "https://evil.example"}), 403),
        ("a page without an origin", post(good, {"Origin": "null"}), 403),
        ("another host", post(good, host="evil.example"), 403),
        ("a proxy", post(good, {"X-Forwarded-For": "203.0.113.9"}), 403),
        ("another method", http_ask(port, "PUT", page, "x"), 405)):
    check(answer.status == status, f"{name} is answered with {status}", f"{answer.status} {answer.body}")
check(pending()[0]["approval_id"] == approval, "and none of them decided anything", pending())
done = post(good, {"Origin": f"http://127.0.0.1:{port}"})
check(done.status == 200 and "<h1>Approved</h1>" in done.body, "the code approves", done.body)
check(post(good).status == 409 and post({**good, "decision": "reject"}).status == 409, "once")

# What was approved is not what is asked for any more.
changed = plan("make it 300 dollars", first["plan_id"])
again = ask(changed["campaign_id"], "go-2")
check(approval_of(again) not in ("", approval), "a changed plan needs an approval of its own", again)
check(call(port, "approvals.get", {"approval_id": approval})["state"] in ("revoked", "approved"), "the old one is another hash")
states = {call(port, "approvals.get", {"approval_id": one})["hash"] for one in (approval, approval_of(again))}
check(len(states) == 2, "two plans, two hashes", states)
second = approval_of(again)

# Five wrong codes; then only a new code from a terminal helps.
for _ in range(5):
    status, out = approve(second, lambda _: "000000" if shown_code(second) != "000000" else "111111")
    check(status == 1 and "not the code" in out, "a wrong code is refused", out)
status, out = approve(second, lambda terminal: terminal.until(r"Code: (\d+)") if "Code:" in terminal.out else shown_code(second))
check(status == 0 and "Approved" in out, "after too many wrong codes the terminal shows a new one", out)

# Approved in time but used too late.
sql(data, "UPDATE approval SET expires_at = 1 WHERE id = ?", second)
third = approval_of(ask(changed["campaign_id"], "go-3"))
check(third not in ("", second), "an approval that ran out is asked for anew", third)
status, out = approve(second, "", "--reject")
check(status == 1 and "already expired" in out, "one that ran out cannot be decided", out)
status, out = approve(third, "", "--reject")
check(status == 0 and "Rejected" in out, "it can be rejected", out)
fourth = approval_of(ask(changed["campaign_id"], "go-4"))
check(fourth not in ("", third), "what was rejected is asked for anew", fourth)
sql(data, "UPDATE approval SET expires_at = 1 WHERE id = ?", fourth)
status, out = approve(fourth, "", "--reject")
check(status == 1 and "already expired" in out, "a request that ran out cannot be decided", out)
fifth = approval_of(ask(changed["campaign_id"], "go-5"))
status, out = approve(fifth, lambda _: shown_code(fifth))
check(status == 0 and "Approved" in out, "the code of the server's terminal approves in another terminal", out)

# Now it runs; the same key answers the same and asks nobody.
started = ask(changed["campaign_id"], "go-5")
check(started.get("structuredContent", {}).get("status") in ("scheduled", "running"), "what is approved starts", started)
check(ask(changed["campaign_id"], "go-5").get("structuredContent") == started.get("structuredContent"), "the same key is the same answer")
check(pending() == [], "and asks nobody", pending())


def results():
    state = call(port, "campaign.getStatus", {"campaign_id": changed["campaign_id"]})
    return state["results"] if state["campaign"]["status"] == "completed" else None


figures = until(results, "the campaign is completed")
check(figures["sent"] == 20 and figures["waiting"] == figures["unknown"] == 0, "everybody got it once", figures)
ask(changed["campaign_id"], "go-6")
check(sql(data, "SELECT COUNT(*) FROM outbox")[0][0] == 20, "running it again sends nothing again")
overview = call(port, "analytics.getOverview", {"campaign_id": changed["campaign_id"]})
check(overview["figures"] == figures, "the overview has the same figures", overview)
engagement = call(port, "analytics.getEngagement", {"campaign_id": changed["campaign_id"]})
check(engagement.get("figures", engagement).get("opened", figures["opened"]) == figures["opened"], "and engagement too", engagement)
told = json.dumps(answers)
codes = set(re.findall(r"Code: (\d{6})", server.out))
check(len(codes) >= 3 and not any(one in told for one in codes), "no client ever saw a code", codes)
sent_audit = sql(data, "SELECT COUNT(*) FROM audit WHERE outcome = 'approval_required'")[0][0]
check(sent_audit >= 5, "refusals are audited", sent_audit)
server.type("\x03")
check(server.end() == 0, "Ctrl-C ends the server", server.out)

# A server without a terminal shows no code; `spreaders approve` shows its own.
quiet = Server("serve", "--virtual-time", *flags)
port = quiet.port
other = plan()
approval = approval_of(ask(other["campaign_id"]))
check("Code" not in quiet.errors() + quiet.out, "without a terminal no code is shown", quiet.errors())
check(http_ask(port, "GET", f"/approve/{approval}").status == 404, "and there is no page without its link")
status, out = approve(approval, lambda terminal: terminal.until(r"Code: (\d+)"))
check(status == 0 and "Approved" in out, "the terminal of `approve` shows the code then", out)
check(ask(other["campaign_id"]).get("structuredContent", {}).get("status") in ("scheduled", "running"), "and it starts")
check(quiet.stop() == 0, "the server ends", quiet.errors())
finish()
