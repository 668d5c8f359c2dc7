#!/usr/bin/env python3
"""Events while the program is killed again and again: every acknowledged one is there afterwards, none is there twice,
and what the client sent again because it got no answer counts once."""
import base64, threading
from harness import *

kKills, kSenders, kPerBatch = 6, 6, 7
data = os.path.join(folder, "data")
flags = ["--data-dir", data, "--http-port", "0"]
made = run("key", "create", "--kind", "write_key", "--name", "test", *flags)
check(made.returncode == 0, "a write key is made", made.stdout + made.stderr)
key = made.stdout.strip().splitlines()[-1]
headers = {"Authorization": "Basic " + base64.b64encode((key + ":").encode()).decode(), "Content-Type": "application/json"}
port, done, acknowledged, sent, lock = None, threading.Event(), set(), set(), threading.Lock()
retried = 0


def send(path, body, ids):
    """Until it is acknowledged, as clients do; with the same ids."""
    global retried
    with lock: sent.update(ids)
    while True:
        try:
            answer = http_ask(port, "POST", path, json.dumps(body), headers)
            if answer.status == 200:
                with lock: acknowledged.update(ids)
                return
            check(answer.status in (429, 503), "nothing but later", f"{answer.status} {answer.body[:200]}")
        except (OSError, http.client.HTTPException): pass
        retried += 1
        if done.is_set(): return
        select.select([], [], [], 0.02)


def sender(number):
    n = 0
    while not done.is_set():
        n += 1
        ids = [f"s{number}-{n}-{i}" for i in range(kPerBatch)]
        if n % 3 == 0: send("/v1/batch", {"batch": [{"type": "track", "event": "Bought", "userId": f"u{n % 40}", "messageId": one} for one in ids]}, ids)
        elif n % 3 == 1: send("/v1/track", {"event": "Bought", "anonymousId": f"a{n % 40}", "messageId": ids[0]}, ids[:1])
        else: send("/v1/identify", {"userId": f"u{n % 40}", "anonymousId": f"a{n % 40}", "messageId": ids[0],
                                    "traits": {"email": f"u{n % 40}@example.org", "round": n}}, ids[:1])


threads = [threading.Thread(target=sender, args=(number,), daemon=True) for number in range(kSenders)]
for kill in range(kKills):
    server = Server("serve", *flags)
    port = server.port
    if kill == 0:
        for thread in threads: thread.start()
    before = len(acknowledged)
    until(lambda: len(acknowledged) >= before + 60, "events are taken")
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(30)
    server.process.stdout.close()
server = Server("serve", *flags)
port = server.port
done.set()
for thread in threads: thread.join(kWait_s)
check(not any(thread.is_alive() for thread in threads), "all senders end")
check(server.stop() == 0, "it ends cleanly", server.errors())
rows = sql(data, "SELECT message_id, COUNT(*) FROM event GROUP BY message_id")
there = {one for one, _ in rows}
check(not acknowledged - there, "every acknowledged event is there", sorted(acknowledged - there)[:10])
check(all(count == 1 for _, count in rows), "none is there twice")
check(not there - sent, "and nothing that nobody sent", sorted(there - sent)[:10])
check(retried >= kKills, "the kills fell while events were under way", retried)
check(sql(data, "SELECT COUNT(*) FROM event e WHERE contact_id IS NULL AND user_id IN (SELECT external_id FROM contact)")[0][0] == 0,
      "what people did is theirs")
doubled = sql(data, "SELECT email FROM contact GROUP BY email HAVING COUNT(*) > 1")
check(not doubled, "nobody is there twice", doubled)
print(f"{len(acknowledged)} acknowledged, {kKills} kills, {retried} sent again, {len(there)} recorded")
finish()
