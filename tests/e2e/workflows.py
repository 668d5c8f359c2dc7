#!/usr/bin/env python3
"""A workflow through the whole program: made, changed, refused where it is wrong, approved by a person, run now and by
itself, paused, and read in its log; over a restart."""
from harness import *

data = os.path.join(folder, "data")
flags = ["--data-dir", data, "--http-port", "0"]
server = Terminal("serve", "--virtual-time", *flags)
server.until("^ready")
port = server.port


def approved(tool, arguments, key, at=None):
    """The result of a call that a person approves on the server's terminal."""
    on, directory = at or (server, data)
    first = rpc(on.port, tool, arguments, key)
    detail = first.get("_meta", {}).get("io.spreaders/error", {})
    check(detail.get("code") == "approval_required", f"{tool} asks a person", first)
    approval = [issue["message"] for issue in detail["issues"] if issue["pointer"] == "approval_id"][0]
    asked = on.until(rf"(Approval {approval} is asked for:(?:.|\n)*?Code: \d+)")
    terminal = Terminal("approve", approval, "--data-dir", directory)
    terminal.until("Type the code")
    terminal.type(re.search(r"Code: (\d+)", asked).group(1))
    check(terminal.end() == 0, "the person approves", terminal.out)
    return {**call(on.port, tool, arguments, key), "asked": asked} if at else call(on.port, tool, arguments, key)


def answered(on):
    """A person says yes to what a run asks in its middle."""
    question = on.until(r"Approval (apr_\w+) is asked for:\s+Use this text\?")
    code = on.until(rf"Approval {question} is asked for:(?:.|\n)*?Code: (\d+)")
    person = Terminal("approve", question, "--data-dir", data)
    person.until("Type the code")
    person.type(code)
    check(person.end() == 0, "a person decides", person.out)


def status(workflow):
    return call(port, "workflow.getStatus", {"workflow_id": workflow})


nodes = {"wait": {"type": "delay", "for": "PT1H", "next": "look"},
         "look": {"type": "action", "tool": "audience.listAudiences", "args": {}, "next": "end"}, "end": {"type": "end"}}
definition = {"name": "Look around", "start": "wait", "nodes": nodes}

# What is wrong is named with its place, and nothing is stored.
wrong = json.loads(json.dumps(definition))
wrong["nodes"]["look"]["tool"] = "audience.nothing"
wrong["nodes"]["end2"] = {"type": "action", "tool": "connections.remove", "args": {}, "next": "end"}
text = refusal(rpc(port, "workflow.create", {"definition": wrong}, "w-0"))
check("/nodes/look/tool" in text and "/nodes/end2/tool" in text, "steps that cannot be are named", text)
text = refusal(rpc(port, "workflow.create", {"definition": {"name": "x", "start": "gone", "nodes": {"end": {"type": "end"}}}}, "w-1"))
check("/start" in text, "a start that is not there is named", text)
check(call(port, "workflow.list", {})["workflows"] == [], "nothing was stored")

made = call(port, "workflow.create", {"definition": definition}, "w-2")
workflow = made["workflow_id"]
check(made["version"] == 1 and made["checksum"].startswith("sha256:"), "it is stored", made)
second = call(port, "workflow.addAction", {"workflow_id": workflow, "node_id": "again", "tool": "campaign.list", "args": {"limit": 3}, "after": "look"}, "w-3")
check(second["version"] == 2 and second["definition"]["nodes"]["look"]["next"] == "again", "a step is added", second)
third = call(port, "workflow.addCondition", {"workflow_id": workflow, "node_id": "any", "otherwise": "end", "after": "again",
             "condition": {"op": "exists", "left": {"$from": {"node": "again", "pointer": "/campaigns/0"}}}}, "w-4")
check(third["version"] == 3 and third["definition"]["nodes"]["any"]["yes"] == "end", "a condition is added", third)

# What it would do, before anything runs: the actions are known by what they send, and nothing is written.
mail = json.loads(json.dumps(definition))
mail["nodes"]["look"]["tool"] = "notification.sendEmail"
seen = call(port, "workflow.simulate", {"definition": mail, "made_up": 50, "assume": {"prices": {"email": 0.01}, "currency": "EUR"}})
check(seen["messages"] == {"email": 50} and seen["ends"] == {"completed": 50} and seen["cost"] == 0.5, "a draft is simulated", seen)
seen = call(port, "workflow.simulate", {"workflow_id": workflow, "made_up": 20, "assume": {"nodes": {"any": {"yes_rate": 1}}}})
check({node["node"]: node["entered"] for node in seen["nodes"]} == {"any": 20, "again": 20, "end": 20, "look": 20, "wait": 20}, "and what is stored", seen)
check(status(workflow)["runs"] == {}, "no run was made")
diff = call(port, "workflow.diff", {"workflow_id": workflow, "from": 1})
check(diff["people"] == 0 and {change["node"] for change in diff["changes"] if change["kind"] == "added"} == {"again", "any"} and
      "'look' leads elsewhere: next was" in diff["text"], "versions are compared", diff)
dry = call(port, "workflow.dryRun", {"workflow_id": workflow})
check(dry["would_run"] and not dry["approved"] and dry["problems"] == [], "and what it needs is checked", dry)

# Nothing runs unapproved; approved, it runs once, and its log says what it did.
run_now = approved("workflow.execute", {"workflow_id": workflow}, "run-1")
check(call(port, "workflow.execute", {"workflow_id": workflow}, "run-1") == run_now, "the same key is the same run")
until(lambda: status(workflow)["runs"] == {"completed": 1}, "it has ended")
log = call(port, "workflow.getLogs", {"run_id": run_now["run_id"]})
check([step["node"] + " " + step["kind"] for step in log["steps"]] ==
      ["wait waiting", "wait waited", "look done", "again done", "any no", "end ended"], "step by step", log["steps"])
said = call(port, "workflow.explain", {"run_id": run_now["run_id"]})
check([step["what"] for step in said["steps"]][2:5:2] == ["audience.listAudiences: the tool did its work", "the condition did not hold"] and
      said["steps"][4]["seen"] == ["'again'/campaigns/0 (no such result) exists"] and "completed" in said["verdict"], "in words", said)
rest = call(port, "workflow.getLogs", {"run_id": run_now["run_id"], "after": 4})["steps"]
check([step["step"] for step in rest] == [5, 6], "and from any step on", rest)

# A workflow within a workflow: the question names what the inner one does, a model's text is a step's result, a person
# decides in the middle of the run.
writes = {"write": {"type": "action", "tool": "ai.generateContent", "args": {"offer": "Autumn jackets"}, "next": "long"},
          "long": {"type": "condition", "if": {"op": "exists", "left": {"$from": {"node": "write", "pointer": "/html"}}}, "yes": "end", "no": "none"},
          "none": {"type": "end", "exit": "nothing was written"}, "end": {"type": "end"}}
inner = call(port, "workflow.create", {"definition": {"name": "Writes", "start": "write", "nodes": writes}}, "n-1")
around = {"sub": {"type": "sub_workflow", "workflow": inner["workflow_id"], "on": {"completed": "ask"}},
          "ask": {"type": "approval", "title": "Use this text?", "what": "The text of the offer", "expires": "PT1H", "on": {"approved": "end", "rejected": "no", "expired": "no"}},
          "no": {"type": "end", "exit": "nobody wanted it"}, "end": {"type": "end"}}
outer = call(port, "workflow.create", {"definition": {"name": "Asks", "start": "sub", "nodes": around}}, "n-2")
check(outer["definition"]["nodes"]["sub"]["version"] == 1, "which version it starts is settled", outer)
itself = json.loads(json.dumps(outer["definition"]))
itself["nodes"]["sub"].update(workflow=outer["workflow_id"])
text = refusal(rpc(port, "workflow.create", {"definition": itself, "workflow_id": outer["workflow_id"]}, "n-3"))
check("/nodes/sub/workflow" in text and "leads back" in text, "it does not start itself", text)
wrong = json.loads(json.dumps(writes))
wrong["write"]["args"] = {"offr": "x", "language": 7}
text = refusal(rpc(port, "workflow.create", {"definition": {"name": "Wrong", "start": "write", "nodes": wrong}}, "n-4"))
check("'offer' is" in text and "/nodes/write/args/language" in text, "arguments are held against their tool", text)
nested = approved("workflow.execute", {"workflow_id": outer["workflow_id"]}, "n-5")
summary = call(port, "approvals.list", {"of_id": outer["workflow_id"]})["approvals"][0]["summary"]
check("'Writes'" in summary and "ai.generateContent" in summary, "the question names what happens within", summary)
answered(server)  # virtual time stands still until somebody has said something
until(lambda: status(outer["workflow_id"])["runs"] == {"completed": 1}, "and the run ends")
log = call(port, "workflow.getLogs", {"run_id": nested["run_id"]})["steps"]
check([step["node"] + " " + step["kind"] for step in log] ==
      ["sub started", "sub completed", "ask asked", "ask approved", "end ended"], "step by step", log)
check(log[2]["at"] == log[3]["at"], "no time has passed meanwhile", log)

# By itself: three days, each at nine.
now = time.time()
days = {"cron": "0 9 * * *", "zone": "Europe/Berlin", "until": time.strftime("%Y-%m-%dT23:00:00Z", time.gmtime(now + 4 * 86400))}
for wrong_schedule, place in (({"cron": "61 9 * * *"}, "/schedule/cron"), ({"cron": "0 9 * * *", "zone": "Mars"}, "/schedule/zone"), ({}, "/schedule")):
    text = refusal(rpc(port, "workflow.schedule", {"workflow_id": workflow, "schedule": wrong_schedule}, "s-0"))
    check(place in text, f"a schedule's mistake is named: {place}", text)
trigger = approved("workflow.schedule", {"workflow_id": workflow, "schedule": days}, "s-1")
check(trigger["state"] == "running" and "next_fire_at" in trigger, "it is running", trigger)
until(lambda: "next_fire_at" not in status(workflow)["triggers"][0], "its last time has passed")
fires = status(workflow)["triggers"][0]["fires"]
check(fires in (3, 4, 5), "it fired every day", fires)
until(lambda: status(workflow)["runs"] == {"completed": 1 + fires}, "and each run ended")

# Prepared, started and ended in steps; paused over a restart.
later = call(port, "workflow.addTrigger", {"workflow_id": workflow, "schedule": {"every": {"unit": "week", "weekdays": ["mon"]}}, "name": "Mondays"}, "t-1")
check(later["state"] == "initialized", "a trigger is prepared", later)
check("initialized, not" in refusal(rpc(port, "triggers.pause", {"trigger_id": later["trigger_id"]}, "t-2")), "and fires not before it is started")
approved("triggers.start", {"trigger_id": later["trigger_id"]}, "t-3")
check(call(port, "workflow.pause", {"workflow_id": workflow})["status"] == "paused", "the workflow is paused")
server.type("\x03")
check(server.end() == 0, "the server ends", server.out)
server = Terminal("serve", "--virtual-time", *flags)
server.until("^ready")
port = server.port
seen = status(workflow)
check(seen["workflow"]["status"] == "paused" and seen["triggers"][1]["state"] == "paused", "it stays paused", seen)
check("resume it first" in refusal(approved_refused := rpc(port, "workflow.execute", {"workflow_id": workflow}, "run-2")) or
      "approval" in refusal(approved_refused), "and does not run", approved_refused)
call(port, "workflow.resume", {"workflow_id": workflow})
check(status(workflow)["triggers"][1]["state"] == "running", "it goes on")
call(port, "triggers.stop", {"trigger_id": later["trigger_id"]}, "t-4")
gone = approved("triggers.destroy", {"trigger_id": later["trigger_id"]}, "t-5")
check(gone["state"] == "destroyed", "and is destroyed", gone)
server.type("\x03")
check(server.end() == 0, "the server ends again", server.out)

# By what somebody does: events over HTTP start a run for the cart, and the order of this very cart ends its wait.
shop_data = os.path.join(folder, "shop")
made = run("key", "create", "--kind", "write_key", "--name", "shop", "--data-dir", shop_data, "--http-port", "0")
write_key = made.stdout.strip().splitlines()[-1]
shop = Terminal("serve", "--data-dir", shop_data, "--http-port", "0")
shop.until("^ready")


def say(kind, body):
    answer = http_ask(shop.port, "POST", "/v1/" + kind, json.dumps(body), {"Authorization": "Bearer " + write_key, "Content-Type": "application/json"})
    check(answer.status == 200, f"the event is taken: {body}", answer.body)


cart = {"name": "Cart", "start": "order", "nodes": {
    "order": {"type": "wait_event", "event": "Order Completed", "match": [{"property": "cart_id", "op": "eq", "value": {"$run": "key"}}],
              "timeout": "PT1H", "on": {"event": "end", "timeout": "end"}}, "end": {"type": "end"}}}
workflow = call(shop.port, "workflow.create", {"definition": cart}, "c-1")["workflow_id"]
for wrong, places in (({}, ["exactly one of"]), ({"event": {"name": "Product Added", "key": "cart", "within": "soon"}}, ["/event/key", "/event/within"])):
    text = refusal(rpc(shop.port, "workflow.addTrigger", {"workflow_id": workflow, **wrong}, "c-2"))
    check(all(place in text for place in places), f"every mistake is named: {places}", text)
trigger = call(shop.port, "workflow.addTrigger", {"workflow_id": workflow, "event": {"name": "Product Added", "key": "/properties/cart_id"}}, "c-3")
say("identify", {"userId": "u1", "traits": {"email": "ana@example.org"}})
say("track", {"userId": "u1", "event": "Product Added", "properties": {"cart_id": "early"}})
started = approved("triggers.start", {"trigger_id": trigger["trigger_id"]}, "c-4", (shop, shop_data))
words = "starting by itself when 'Product Added' happens, once for each /properties/cart_id, for the person it is about"
check(words in " ".join(started["asked"].split()), "the person reads what starts it", started["asked"])
for number in range(2):
    say("track", {"userId": "u1", "event": "Product Added", "messageId": f"add-{number}", "properties": {"cart_id": "c7"}})
say("track", {"userId": "u1", "event": "Order Completed", "properties": {"cart_id": "other"}})
seen = lambda: call(shop.port, "workflow.getStatus", {"workflow_id": workflow})
check(seen()["runs"] == {"active": 1} and seen()["triggers"][0]["fires"] == 1, "one run for the cart", seen())
check(seen()["triggers"][0]["on"]["event"]["key"] == "/properties/cart_id", "the trigger is shown as it was given", seen()["triggers"])
say("track", {"userId": "u1", "event": "Order Completed", "properties": {"cart_id": "c7"}})
until(lambda: seen()["runs"] == {"completed": 1}, "the order of this cart ends its run")

# And one that mails the person it is about, under the approval of its start: no mail asks again.
template = call(shop.port, "email.designTemplate", {"name": "Welcome", "subject": "Welcome, {{ contact.first_name }}", "html": "<p>Your first order ships free.</p>"}, "j-1")
journey = {"name": "Welcome", "start": "mail", "nodes": {
    "mail": {"type": "action", "tool": "notification.sendEmail", "args": {"to": {"$run": "subject"}, "template_id": template["template_id"]}, "next": "end"}, "end": {"type": "end"}}}
welcome = call(shop.port, "workflow.create", {"definition": journey}, "j-2")["workflow_id"]
trigger = call(shop.port, "workflow.addTrigger", {"workflow_id": welcome, "event": {"name": "Signed Up", "only_once": True}}, "j-3")
approved("triggers.start", {"trigger_id": trigger["trigger_id"]}, "j-4", (shop, shop_data))
call(shop.port, "audience.importContacts", {"csv": "email,first_name,consent\nbea@example.org,Bea,yes\ncid@example.org,Cid,no\n", "mode": "subscribe", "consent_source": "test"}, "j-5")
for address in ("bea@example.org", "cid@example.org"):
    say("track", {"userId": address, "event": "Signed Up", "messageId": "up " + address})
sent = lambda: sorted(sql(shop_data, "SELECT address, state, reply FROM outbox"))
until(lambda: [row[1] for row in sent()] == ["accepted", "skipped"], "who consented is mailed, who did not is left out")
check("Ok" in sent()[0][2] and sent()[1][2] == "opted_out", "and why", sent())
waiting = call(shop.port, "approvals.list", {})["approvals"]
check(all(one["state"] != "pending" for one in waiting), "nobody is asked for each mail", waiting)
seen_by = lambda: call(shop.port, "workflow.getStatus", {"workflow_id": welcome})["runs"]
until(lambda: seen_by() == {"completed": 2}, "both runs end")

# A series of mails in one call: what ends it keeps the second one from whoever does it.
series = {"name": "First steps", "event": {"name": "App Opened", "only_once": True}, "stops_on": "Order Completed",
          "mails": [{"template_id": template["template_id"]}, {"template_id": template["template_id"], "after": "P2D"}]}
text = refusal(rpc(shop.port, "email.automateWorkflow", {**series, "mails": [{"template_id": "tpl_none"}, {"template_id": "tpl_no", "after": "soon"}]}, "a-1"))
check("/mails/1/after" in text, "a wait that is none is named", text)
text = refusal(rpc(shop.port, "email.automateWorkflow", {**series, "mails": [{"template_id": "tpl_none"}, {"template_id": template["template_id"]}, {"template_id": "tpl_no"}]}, "a-2"))
check("/mails/0/template_id" in text and "/mails/2/template_id" in text, "and templates that are not there", text)
made = call(shop.port, "email.automateWorkflow", series, "a-3")
check(made["definition"]["start"] == "mail_1" and made["definition"]["nodes"]["wait_2"]["for"] == "P2D" and made["state"] == "initialized", "the series is a workflow", made)
check(made["definition"]["nodes"]["mail_1"]["args"]["template_version"] == 1, "of exactly these mails", made)
started = approved("triggers.start", {"trigger_id": made["trigger_id"]}, "a-4", (shop, shop_data))
check("when 'App Opened' happens" in " ".join(started["asked"].split()), "a person approves what starts it", started["asked"])
say("track", {"userId": "bea@example.org", "event": "App Opened"})
states = lambda: call(shop.port, "workflow.getStatus", {"workflow_id": made["workflow_id"]})
until(lambda: len(sql(shop_data, "SELECT 1 FROM outbox WHERE address = 'bea@example.org' AND state = 'accepted'")) == 2, "the first mail goes out")
say("track", {"userId": "bea@example.org", "event": "Order Completed"})
until(lambda: states()["runs"] == {"completed": 1} and states()["latest_runs"][0]["reason"] == "goal", "the order ends it")

# What failed waits for somebody: it goes on where it stopped once the cause is gone, and a person has said so.
journey["name"], journey["nodes"]["mail"]["args"]["to"] = "One mail", "dora@example.org"
single = call(shop.port, "workflow.create", {"definition": journey}, "d-1")["workflow_id"]
approved("workflow.execute", {"workflow_id": single}, "d-2", (shop, shop_data))
letters = lambda: call(shop.port, "workflow.deadLetters", {"workflow_id": single})["letters"]
until(lambda: len(letters()) == 1, "the failed run is listed")
letter = letters()[0]
check(letter["node"] == "mail" and "no contact" in letter["reason"] and letter["kind"] == "run", "with what went wrong", letter)
call(shop.port, "audience.importContacts", {"csv": "email,first_name,consent\ndora@example.org,Dora,yes\n", "mode": "subscribe", "consent_source": "test"}, "d-3")
again = approved("workflow.replay", {"ids": [letter["id"]]}, "d-4", (shop, shop_data))
check("mail: " in again["asked"] and again["done"] == 1 and again["refused"] == [], "a person reads what is tried again", again)
until(lambda: sql(shop_data, "SELECT state FROM outbox WHERE address = 'dora@example.org'") == [("accepted",)], "and it is sent")
check(letters() == [], "nothing is left to do", letters())
text = refusal(rpc(shop.port, "workflow.replay", {"ids": [letter["id"], "out_none"]}, "d-5"))
check("/ids/0" in text and "/ids/1" in text, "what is no dead letter any more is named", text)

# By what changes of somebody: a segment that they enter, once, from the shop's own words.
segment = {"action": "create", "name": "Regulars", "rule": {"attribute": "orders", "op": "gte", "value": 3}}
call(shop.port, "email.segmentAudience", segment, "g-1")
look = {"name": "Look", "start": "end", "nodes": {"end": {"type": "end"}}}
regular = call(shop.port, "workflow.create", {"definition": look}, "g-2")["workflow_id"]
text = refusal(rpc(shop.port, "workflow.addTrigger", {"workflow_id": regular, "segment_entered": {"segment": "Nobody"}}, "g-3"))
check("/segment_entered/segment" in text and "'Regulars'" in text, "a segment that is not there is named, and which there are", text)
trigger = call(shop.port, "workflow.addTrigger", {"workflow_id": regular, "segment_entered": {"segment": "Regulars"}}, "g-4")
started = approved("triggers.start", {"trigger_id": trigger["trigger_id"]}, "g-5", (shop, shop_data))
check("starting by itself when somebody enters the segment 'Regulars'" in " ".join(started["asked"].split()), "the person reads whom it is for", started["asked"])
for orders in (2, 3, 4):
    say("identify", {"userId": "u1", "traits": {"orders": orders}})
seen_by = lambda: call(shop.port, "workflow.getStatus", {"workflow_id": regular})
until(lambda: seen_by()["runs"] == {"completed": 1}, "who has become a regular enters once")
run_id = sql(shop_data, "SELECT id FROM run WHERE workflow_id = ?", regular)[0][0]
said = call(shop.port, "workflow.explain", {"run_id": run_id})["verdict"]
check("because they entered the segment" in said, "and why is told", said)

# By calls: another service names the person, with a key; the steps know what it said.
told = {"name": "Told", "start": "pro", "nodes": {
    "pro": {"type": "condition", "if": {"op": "eq", "left": {"$trigger": "/properties/plan", "default": "none"}, "right": "pro"}, "yes": "end", "no": "other"},
    "other": {"type": "end", "exit": "another plan"}, "end": {"type": "end"}}}
told = call(shop.port, "workflow.create", {"definition": told}, "k-1")["workflow_id"]
trigger = call(shop.port, "workflow.addTrigger", {"workflow_id": told, "api": {}}, "k-2")
approved("triggers.start", {"trigger_id": trigger["trigger_id"]}, "k-3", (shop, shop_data))


def key_for(*flags):
    made = run("key", "create", "--kind", "service", *flags, "--data-dir", shop_data, "--http-port", "0")
    return {"Authorization": "Bearer " + made.stdout.strip().splitlines()[-1], "Content-Type": "application/json"}


service = key_for("--scopes", "workflows:run")
initiate = lambda body, headers=service: http_ask(shop.port, "POST", "/initiateJourney", json.dumps(body), headers)
asked = {"journeyId": told, "userId": "u1", "idempotencyKey": "order-7", "properties": {"plan": "pro"}}
first = initiate(asked)
check(first.status == 200 and first.json()["started"], "a service starts a journey", first.body)
again = initiate(asked)
check(again.json()["run_id"] == first.json()["run_id"] and not again.json()["started"], "the same key is the same run", again.body)
nobody = initiate({"journeyId": told, "userId": "u99"})
check(nobody.status == 404 and nobody.json()["issues"][0]["pointer"] == "/userId", "nobody is made up", nobody.body)
check(initiate(asked, {"Authorization": "Bearer " + write_key}).status == 403, "a public key starts nothing")
fired = call(shop.port, "triggers.fire", {"trigger_id": told, "email": "ana@example.org"}, "k-4")
check(fired["started"], "nor does somebody need another approval than the trigger's", fired)
runs = lambda: sorted(sql(shop_data, "SELECT status, reason FROM run WHERE workflow_id = ?", told))
until(lambda: runs() == [("completed", ""), ("completed", "another plan")], "its steps know what was said")

# By webhook, with a key that may do nothing else.
trigger = call(shop.port, "workflow.addTrigger", {"workflow_id": told, "webhook": {"email": "/lead/email", "key": "/lead/id"}}, "h-1")
approved("triggers.start", {"trigger_id": trigger["trigger_id"]}, "h-2", (shop, shop_data))
path, hook_key = "/hooks/" + trigger["trigger_id"], key_for("--scopes", "hooks:" + trigger["trigger_id"])
hook = lambda body, headers=hook_key: http_ask(shop.port, "POST", path, json.dumps(body), headers)
lead = {"lead": {"email": "ana@example.org", "id": 7}}
check(hook(lead, service).status == 403, "another key does not open it")
check(hook(lead).json()["started"], "the webhook starts a run")
check(hook({**lead, "again": True}).json()["reason"] == "known", "once for each key")
check(initiate(asked, hook_key).status == 403, "and its key opens nothing else")
call(shop.port, "triggers.pause", {"trigger_id": trigger["trigger_id"]}, "h-3")
check(hook({"lead": {"email": "ana@example.org", "id": 8}}).status == 409, "a paused trigger starts nothing")

run_id = sql(shop_data, "SELECT id FROM run WHERE workflow_id = ?", workflow)[0][0]
steps = [step["node"] + " " + step["kind"] for step in call(shop.port, "workflow.getLogs", {"run_id": run_id})["steps"]]
check(steps in (["order waiting", "order event", "end ended"], ["order event", "end ended"]), "and its log says so", steps)
shop.type("\x03")
check(shop.end() == 0, "the shop's server ends", shop.out)

# In real time a person answers, and the run goes on at once.
server = Terminal("serve", *flags)
server.until("^ready")
port = server.port
asking = call(port, "workflow.execute", {"workflow_id": outer["workflow_id"]}, "n-6")
answered(server)
until(lambda: status(outer["workflow_id"])["runs"] == {"completed": 2}, "and the run ends")
log = call(port, "workflow.getLogs", {"run_id": asking["run_id"]})["steps"]
check([step["node"] + " " + step["kind"] for step in log][-3:] == ["ask asked", "ask approved", "end ended"], "as they said", log)
server.type("\x03")
check(server.end() == 0, "the server ends", server.out)
finish()
