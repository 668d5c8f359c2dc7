#!/usr/bin/env python3
"""Rules about when and how often, through the whole program: quiet hours hold mails back until morning, a cap leaves
people out, too many bounces stop a campaign, and only a person loosens or lets it go on."""
from harness import *

data = os.path.join(folder, "data")
server = Terminal("serve", "--virtual-time", "--data-dir", data, "--http-port", "0")
server.until("^ready")
port = server.port
operations = int(server.until(r"127\.0\.0\.1:(\d+)/health"))


def approved(tool, arguments, key):
    """The result of a call that a person approves on the server's terminal."""
    first = rpc(port, tool, arguments, key)
    detail = first.get("_meta", {}).get("io.spreaders/error", {})
    if not check(detail.get("code") == "approval_required", f"{tool} asks a person", first): return first.get("structuredContent")
    approval = [issue["message"] for issue in detail["issues"] if issue["pointer"] == "approval_id"][0]
    code = server.until(rf"Approval {approval} is asked for:(?:.|\n)*?Code: (\d+)")
    terminal = Terminal("approve", approval, "--data-dir", data)
    terminal.until("Type the code")
    terminal.type(code)
    check(terminal.end() == 0, "the person approves", terminal.out)
    return call(port, tool, arguments, key)


def put_people(listed, rows):
    text = "email,first_name,time_zone,consent\n" + "".join(f"{address},A,{zone},yes\n" for address, zone in rows)
    call(port, "audience.importContacts", {"csv": text, "mode": "subscribe", "list": listed, "consent_source": "test"}, "import " + listed)
    lists = call(port, "audience.listAudiences", {})
    return [one["id"] for one in lists["audiences"] if one["name"] == listed][0]


def campaign(name, audience):
    made = call(port, "email.createCampaign", {"name": name, "subject": name, "text": "Hello", "list_id": audience}, "make " + name)
    approved("email.sendCampaign", {"campaign_id": made["campaign_id"]}, "send " + name)
    return made["campaign_id"]


def status(one):
    return call(port, "campaign.getStatus", {"campaign_id": one})


def over(one):
    return until(lambda: (lambda s: s if s["campaign"]["status"] == "completed" else None)(status(one)), "the campaign is over")


def why(shown):
    return {one["reason"]: (one["waiting"], one["left_out"], one["sent_later"]) for one in shown["held_back"]}


# Stricter rules hold at once.
check(call(port, "sending.getRules", {})["rules"]["caps"] == [], "nothing is set at first")
hour = time.gmtime().tm_hour
night = 0 if hour == 0 else -hour if hour <= 12 else 24 - hour  # where it is midnight now
midnight = "UTC" if night == 0 else f"Etc/GMT{-night:+d}"
rules = call(port, "sending.setRules", {"caps": [{"messages": 1, "days": 366, "on": "skip"}], "quiet_hours": {"from": "21:00", "to": "08:00"}}, "rules-1")["rules"]
check(rules["quiet_hours"] == {"from": "21:00", "to": "08:00", "on": "defer"} and rules["kill_switches"]["on"], "they are set", rules)
text = refusal(rpc(port, "sending.setRules", {"quiet_hours": {"from": "9", "to": "25:00"}}, "rules-2"))
check("/quiet_hours/from" in text and "/quiet_hours/to" in text, "what is wrong is told with its place", text)

check("there is no such connection" in refusal(rpc(port, "sending.setPace", {"connection_id": "con_no", "per_second": 1}, "pace-1")), "nor is a pace for nothing")
connection = call(port, "connections.list", {})["connections"][0]["connection_id"]
call(port, "sending.setPace", {"connection_id": connection, "per_second": 20}, "pace-2")
check("person has to approve" in refusal(rpc(port, "sending.setPace", {"connection_id": connection, "per_second": 21}, "pace-3")), "faster needs a person")

readers = put_people("Readers", [(f"noon{n}@example.org", midday_zone()) for n in range(4)] + [(f"night{n}@example.org", midnight) for n in range(3)])
first = campaign("First", readers)
shown = over(first)
check(shown["results"]["sent"] == 7 and why(shown) == {"quiet_hours": (0, 0, 3)}, "who slept got it in the morning", shown)
early, late = [sql(data, "SELECT MAX(counted_at) FROM outbox WHERE address LIKE ?", who + "%")[0][0] for who in ("noon", "night")]
check(7 <= (late - early) / 3.6e9 <= 8.1, "at eight, by their own clock", (early, late))
second = campaign("Second", readers)
shown = over(second)
check(shown["results"]["sent"] == 0 and shown["results"]["skipped"] == 7 and why(shown) == {"cap:1 in 366 days": (0, 7, 0)}, "nobody gets a second one", shown)
check("by a sending rule" in call(port, "ai.summarizeCampaign", {"campaign_id": second})["summary"], "the report says so")

# Looser ones need a person.
loose = approved("sending.setRules", {"caps": [], "remove": ["quiet_hours"]}, "rules-3")
check(loose["rules"]["caps"] == [] and "quiet_hours" not in loose["rules"], "a person has loosened them", loose)
call(port, "sending.setRules", {"kill_switches": {"messages_min": 10}}, "rules-4")

# Too many of them come back.
old = put_people("Old", [(f"old{n}{'+reject' if n % 3 == 0 else ''}@example.org", "") for n in range(120)])
third = campaign("Third", old)
stopped = until(lambda: status(third).get("stopped"), "it is stopped")
check(stopped["cause"] == "bounces" and stopped["campaign_id"] == third and "the limit is 2 %" in stopped["reason"], "by the bounces", stopped)
until(lambda: sql(data, "SELECT COUNT(*) FROM outbox WHERE state = 'sending'")[0][0] == 0, "nothing is on its way")
left = status(third)["results"]["waiting"]
check(left > 0 and status(third)["campaign"]["status"] == "running", "the rest waits", status(third))
check(http_ask(operations, "GET", "/health").json()["sending_stopped"] == 1, "the operations port says so")
check(call(port, "services.get", {"service": "sending"})["status"] == "degraded", "and the service")
fourth = campaign("Fourth", readers)
check(over(fourth)["results"]["sent"] == 7, "another campaign goes on")
check(status(third)["results"]["waiting"] == left, "the stopped one does not")
approved("sending.setRules", {"kill_switches": {"on": False}}, "rules-5")
done = approved("sending.resume", {"stop_id": stopped["stop_id"]}, "resume-1")
check(done["stops"] == [], "a person has let it go on", done)
shown = over(third)
check(shown["results"]["waiting"] == 0 and shown["results"]["sent"] == 80 and shown["results"]["failed"] == 40, "everybody is settled", shown)
first_at, last_at = sql(data, "SELECT MIN(counted_at), MAX(counted_at) FROM outbox WHERE campaign_id = ? AND state = 'accepted'", third)[0]
check(last_at - first_at >= 1e6, "at its pace", last_at - first_at)
history = [entry["what"] for entry in call(port, "campaign.getHistory", {"campaign_id": third})["entries"]]
check("sending stopped" in history and "sending resumed" in history, "its history tells", history)

# The big switch.
call(port, "sending.stop", {"reason": "wrong price"}, "stop-1")
fifth = campaign("Fifth", readers)
check(status(fifth)["stopped"]["reason"] == "wrong price", "everything is stopped", status(fifth))
check(status(fifth)["results"]["sent"] == 0, "nothing leaves", status(fifth))
server.type("\x03")
check(server.end() == 0, "the server ends", server.out)
finish()
