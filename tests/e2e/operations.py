#!/usr/bin/env python3
"""Copies made while a campaign is being sent, and put back; and what `spreaders doctor` says about each broken thing."""
import sqlite3
from harness import *

people = 60
journal = os.path.join(folder, "journal")
sandbox = Server("sandbox", "--journal", journal, "--slow-ms", "40")
smtp, mailbox = sandbox.found(r"smtp 127\.0\.0\.1:(\d+)"), sandbox.found(r"mailbox (http://127\.0\.0\.1:\d+)")
common = ["--http-port", "0", "--mail-host", "127.0.0.1", "--mail-port", smtp, "--mail-security", "none", "--mail-connections", "1",
          "--mail-from-email", "news@shop.example", "--mail-lookup-url", mailbox + "/lookup", "--workspace-time-zone", midday_zone()]
data, other = os.path.join(folder, "data"), os.path.join(folder, "other")
flags = ["--data-dir", data, *common]
csv = "email,consent\n" + "".join(f"reader{n}@example.org,yes\n" for n in range(people))
done = run("call", "audience.importContacts", json.dumps({"csv": csv, "mode": "subscribe", "list": "Newsletter", "consent_source": "test"}), *flags)
check(done.returncode == 0, "people are there", done.stderr)
done = run("chat", "--goal", "Tell our newsletter readers about the autumn jackets by email from today for two days", "--yes", *flags)
check(done.returncode == 0, "the campaign is scheduled", done.stdout + done.stderr)
taken = lambda: open(journal).read().count("\n")
server = Server("serve", *flags)
until(lambda: taken() >= 10, "some mails are out")
copy = os.path.join(folder, "copy.db")
done = run("backup", copy, *flags)
check(done.returncode == 0 and "vault.key" in done.stdout, "a copy is made while it sends", done.stdout + done.stderr)
done = run("backup", copy, *flags)
check(done.returncode == 1 and "nothing was overwritten" in done.stderr, "a copy is never overwritten", done.stderr)
done = run("restore", copy, "--force", *flags)
check(done.returncode == 1 and "is running" in done.stderr, "nothing is put back under a running process", done.stderr)
until(lambda: taken() == people, "all mails are out")
until(lambda: sql(data, "SELECT COUNT(*) FROM outbox WHERE state = 'accepted'")[0][0] == people, "and known to be")
check(server.stop() == 0, "the server ends", server.errors())
database = sqlite3.connect(copy)
check(database.execute("PRAGMA integrity_check").fetchone() == ("ok",), "the copy is sound")
states = dict(database.execute("SELECT state, COUNT(*) FROM outbox GROUP BY state").fetchall())
database.close()
check(sum(states.values()) == people and 0 < states.get("accepted", 0) < people, "and from the middle of the campaign", states)

# Put back, what was waiting then has long arrived: it is held, and nobody gets a second mail.
done = run("restore", copy, *flags)
check(done.returncode == 1 and "--force" in done.stderr, "a database is not replaced unasked", done.stderr)
for name, content in (("garbage.db", b"no database" * 1000), ("empty.db", b"")):
    path = os.path.join(folder, name)
    with open(path, "wb") as file: file.write(content)
    before = row_counts(data)
    done = run("restore", path, "--force", *flags)
    check(name == "empty.db" or done.returncode != 0 and "not a Spreaders database" in done.stderr, f"{name} is refused", done.stdout + done.stderr)
    if name == "garbage.db": check(row_counts(data) == before, "and the database stays", before)
    else: check(done.returncode != 0 and row_counts(data) == before, "an empty file is no database of ours", done.stdout + done.stderr)
done = run("restore", os.path.join(folder, "none.db"), "--force", *flags)
check(done.returncode != 0 and "none.db" in done.stderr, "a file that is not there is named", done.stderr)
os.mkdir(other, 0o700)
shutil.copy(os.path.join(data, "vault.key"), other)
done = run("restore", copy, "--data-dir", other, *common)
check(done.returncode == 0 and f"{people - states.get('accepted', 0)} messages" in done.stdout, "the copy is put back", done.stdout + done.stderr)
server = Server("serve", "--data-dir", other, *common)
campaign = call(server.port, "campaign.list", {})["campaigns"][0]["campaign_id"]
for _ in range(20):
    results = call(server.port, "campaign.getStatus", {"campaign_id": campaign})["results"]
    select.select([], [], [], 0.05)
check(results["audience"] == people and results["sent"] + results["unknown"] == people, "everybody is accounted for", results)
# What the campaign did after the copy was made the copy does not know: a person decides whether it goes on.
check("paused" in done.stdout and sql(other, "SELECT status FROM run")[0][0] == "paused", "the campaign is paused", done.stdout)
check(call(server.port, "campaign.getStatus", {"campaign_id": campaign})["campaign"]["status"] == "paused", "and says so")
# The batch that waited for them does not wait for ever, and nothing is due in the year 2262.
until(lambda: sql(other, "SELECT COUNT(*) FROM token WHERE state = 'waiting'")[0][0] == 0, "the batch goes on")
check(sql(other, "SELECT COUNT(*) FROM outbox WHERE state = 'unknown' AND next_at < 4611686018427387903")[0][0] == 0, "what is held is never due")
check(server.stop() == 0, "the server ends", server.errors())
check(taken() == people, "and nobody got a second mail", taken())
done = run("doctor", "--data-dir", other, *common)
check(done.returncode == 0 and "unclear and held" in done.stdout and "is whole" in done.stdout, "doctor says what is held", done.stdout)


# What doctor says. Each thing is broken alone, named, and put right again.
def doctor(name, words, *arguments, fine=False, environment=None):
    done = run("doctor", *arguments, environment=environment)
    said = done.stdout + done.stderr
    check((done.returncode == 0) == fine and all(word in said for word in words), f"doctor: {name}", f"{done.returncode} {said}")
    check("ERROR: " not in said and "terminate" not in said, f"doctor: {name}: no crash", said)


key = os.path.join(data, "vault.key")
doctor("all is well", ["is whole", "connected to 127.0.0.1"], *flags, fine=True)
os.chmod(key, 0o644)
doctor("a key file that others may read", ["vault.key", "chmod 600"], *flags)
os.chmod(key, 0o600)
kept = open(key, "rb").read()
for name, content in (("short", kept[:10]), ("empty", b""), ("long", kept * 1000)):
    with open(key, "wb") as file: file.write(content)
    doctor(f"a key file that is {name}", ["vault.key"], *flags)
with open(key, "wb") as file: file.write(kept)
with open(os.path.join(folder, "file"), "w"): pass
doctor("a data directory that is a file", ["data directory", os.path.join(folder, "file")], "--data-dir", os.path.join(folder, "file"))
doctor("a data directory that cannot be made", ["data directory", "/proc/spreaders"], "--data-dir", "/proc/spreaders")
if os.geteuid() != 0:
    os.chmod(data, 0o500)
    doctor("a data directory that is read-only", ["data directory"], *flags)
    os.chmod(data, 0o700)
closed = flags[:]
closed[closed.index("--mail-port") + 1] = "1"
doctor("a mail server that does not answer", ["FAIL", "127.0.0.1:1"], *closed)
strict = flags[:]
strict[strict.index("--mail-security") + 1] = "starttls"
doctor("a mail server without TLS", ["FAIL", "STARTTLS"], *strict)
doctor("a password that is not there", ["NOWHERE"], *flags, "--mail-username", "me", "--mail-password", "env:NOWHERE")
doctor("a key that is no key", ["FAIL", "mail"], *flags, "--mail-dkim-domain", "shop.example", "--mail-dkim-selector", "s", "--mail-dkim-key", "file:" + journal)
doctor("all is well again", ["is whole"], *flags, fine=True)
sql(data, "UPDATE audit SET tool = 'nothing' WHERE seq = (SELECT MAX(seq) - 1 FROM audit)")
doctor("an audit that was changed", ["FAIL", "audit chain is broken at row"], *flags)
with open(os.path.join(data, "spreaders.db"), "r+b") as file: file.write(b"nonsense" * 20)
for left in ("-wal", "-shm"):
    if os.path.exists(os.path.join(data, "spreaders.db" + left)): os.remove(os.path.join(data, "spreaders.db" + left))
doctor("a database that is none", ["database"], *flags)
finish()
