#!/usr/bin/env python3
"""Events of shops and apps through the real program: keys, what a run waits for, the figures of the operations port."""
import base64
from harness import *

data = os.path.join(folder, "data")
flags = ["--data-dir", data, "--http-port", "0"]


def key(kind, *more):
    made = run("key", "create", "--kind", kind, "--name", "test", *more, *flags)
    check(made.returncode == 0, f"a key of kind {kind} is made", made.stdout + made.stderr)
    return made.stdout.strip().splitlines()[-1]


write_key, service, reader, model = key("write_key"), key("service", "--scopes", "events:write"), key("service", "--scopes", "audience:read"), key("model")
server = Server("serve", *flags)
operations = int(server.found(r"127\.0\.0\.1:(\d+)/health"))


def send(path, body, who=write_key, scheme="Basic"):
    word = base64.b64encode((who + ":").encode()).decode() if scheme == "Basic" else who
    return http_ask(server.port, "POST", path, json.dumps(body), {"Authorization": f"{scheme} {word}", "Content-Type": "application/json"})


def counted():
    text = http_ask(operations, "GET", "/metrics").body
    return {outcome: int(n) for outcome, n in re.findall(r'spreaders_ingest_events_total\{outcome="(\w+)"\} (\d+)', text)}


identify = {"userId": "u1", "messageId": "i1", "traits": {"email": "ana@example.org"}}
for who, scheme, status in ((write_key, "Basic", 200), (write_key, "Bearer", 200), (service, "Bearer", 200), (service, "Basic", 200),
                            (reader, "Bearer", 403), (model, "Basic", 401), (model, "Bearer", 401), ("spk_wrong", "Basic", 401)):
    answer = send("/v1/identify", identify, who, scheme)
    check(answer.status == status, f"{scheme} {who[:6]} is answered with {status}", f"{answer.status} {answer.body}")
check(rpc(server.port, "audience.listContacts", {}, headers={"Authorization": "Bearer " + write_key}).get("isError"), "a write key calls no tool")
check(counted() == {"recorded": 1, "known": 3, "refused": 0, "failed": 0}, "and all of it is counted", counted())

# A run that waits for an event of this person goes on with the event, before its sender has an answer.
person = sql(data, "SELECT id FROM contact WHERE external_id = 'u1'")[0][0]
for name, conditions in (("any", "[]"), ("large", json.dumps([{"property": "revenue", "op": "gte", "value": 50}]))):
    sql(data, "INSERT INTO wait_sub (workspace_id, id, run_id, token_id, event_name, subject, conditions, since, created_at) "
              "VALUES ('wsp_local', ?, 'run_x', 'tok_x', 'Order Completed', ?, ?, 0, 0)", name, person, conditions)
waiting = lambda: sorted(one for one, in sql(data, "SELECT id FROM wait_sub"))
for body, left in (({"event": "Order Started", "userId": "u1"}, ["any", "large"]), ({"event": "Order Completed", "userId": "u2"}, ["any", "large"]),
                   ({"event": "Order Completed", "userId": "u1", "properties": {"revenue": 9}}, ["large"]),
                   ({"event": "Order Completed", "anonymousId": "a", "userId": "u1", "properties": {"revenue": 90}}, [])):
    answer = send("/v1/track", body)
    check(answer.status == 200 and waiting() == left, f"{body} leaves {left}", f"{answer.body} {waiting()}")

# Other services ask about this person and change them; a key of a shop's pages does not.
office = key("service", "--scopes", "audience:read,audience:write,consent:read,consent:write")


def people(method, path, body=None, who=office):
    return http_ask(server.port, method, path, json.dumps(body) if body is not None else "",
                    {"Authorization": f"Bearer {who}", "Content-Type": "application/json"})


check(people("GET", "/users/u1", who=write_key).status == 403, "a write key reads nobody")
shown = people("GET", "/users/u1")
check(shown.status == 200 and shown.json()["email"] == "ana@example.org", "a person is shown by their user id", shown.body)
made = people("POST", "/users", {"email": "bo@example.org", "user_id": "u9", "first_name": "Bo"})
check(made.status == 201 and made.headers.get("location", "").startswith("/users/ctc_"), "a person is added", f"{made.headers} {made.body}")
check(people("POST", "/users", {"email": "bo@example.org"}).status == 409, "once")
changed = people("PUT", "/users/u9", {"attributes": {"vip": True}, "time_zone": "Europe/Berlin"})
check(changed.status == 200 and changed.json()["attributes"] == {"vip": True} and changed.json()["first_name"] == "Bo", "changed", changed.body)
bad = people("PUT", "/users/u9", {"nick": "b", "time_zone": "Mars/Olympus"})
check(bad.status == 400 and sorted(i["pointer"] for i in bad.json()["issues"]) == ["/nick", "/time_zone"], "every problem is named", bad.body)
wish = {"email_preferences": {"subscribed": True}, "consent_source": "account page"}
check(people("PUT", "/users/u9/preferences", {"email_preferences": {"subscribed": True}}).json()["issues"][0]["pointer"] == "/consent_source",
      "consent needs its source")
check(people("PUT", "/users/u9/preferences", wish).json()["email_preferences"]["marketing"] is True, "a preference is set")
check(people("GET", "/users/u9/preferences").json()["sms_preferences"]["subscribed"] is False, "and shown")
events = people("GET", "/userEvent?userId=u1&eventName=Order%20Completed").json()
check([e["properties"].get("revenue") for e in events["events"]] == [90, 9], "what a person did, newest first", events)

mixed = send("/v1/batch", {"batch": [{"type": "track", "event": "e", "userId": "u1"}, {"type": "track", "userId": "u1"}]})
check(mixed.status == 200 and mixed.json()["refused"] == [{"pointer": "/batch/1/event", "message": "is required"}], "a bad event is named", mixed.body)
none = send("/v1/batch", {"batch": [{"type": "track", "userId": "u1"}]})
check(none.status == 400 and none.json()["issues"][0]["pointer"] == "/batch/0/event", "nothing good is no success", none.body)
check(counted() == {"recorded": 6, "known": 3, "refused": 2, "failed": 0}, "refused ones are counted", counted())
large = {"type": "track", "event": "e", "userId": "u1", "properties": {"x": "x" * 8000}}
check(send("/v1/batch", {"batch": [large] * 40}).status == 200, "a batch of 320 KB is taken")
check(send("/v1/batch", {"batch": [large] * 80}).status == 413, "one of 640 KB is not")
check(server.stop() == 0, "it ends cleanly", server.errors())
finish()
