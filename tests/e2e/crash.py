#!/usr/bin/env python3
"""Kills the sender at random moments while it sends to a sandbox that also cuts connections after it took the mail.
Nobody may be left out and nobody may get two: the receiver can be asked by Message-ID."""
import json, os, random, re, select, shutil, signal, subprocess, sys, tempfile, time

program, people, kills = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(7)
folder = tempfile.mkdtemp()
data, journal = folder + "/data", folder + "/journal"
started = []

def start(*arguments):
    process = subprocess.Popen([program, *arguments], stdout=subprocess.PIPE, text=True)
    started.append(process)
    return process

def until_ready(process):
    lines = ""
    while not lines.rstrip().endswith("ready"):
        line = process.stdout.readline()
        if not line: raise SystemExit("the process ended early: " + lines)
        lines += line
    return lines

try:
    sandbox = start("sandbox", "--journal", journal, "--cut-after", "0.02")
    said = until_ready(sandbox)
    smtp = re.search(r"smtp 127\.0\.0\.1:(\d+)", said).group(1)
    mailbox = re.search(r"mailbox (http://\S+?)/\n", said).group(1)
    flags = ["--data-dir", data, "--import-dir", folder, "--http-port", "0", "--log-level", "off", "--mail-host", "127.0.0.1", "--mail-port", smtp,
             "--mail-security", "none", "--mail-from-email", "news@shop.example", "--mail-lookup-url", mailbox + "/lookup"]
    with open(folder + "/people.csv", "w") as csv:
        csv.write("email,first_name,consent\n" + "".join(f"reader{n}@example.org,R{n},yes\n" for n in range(people)))
    def call(tool, arguments):
        answer = subprocess.run([program, "call", tool, json.dumps(arguments), *flags], capture_output=True, text=True)
        if answer.returncode: raise SystemExit(answer.stderr)
        return json.loads(answer.stdout)
    call("audience.importContacts", {"path": "people.csv", "mode": "subscribe", "list": "Newsletter", "consent_source": "test"})
    chat = subprocess.run([program, "chat", "--goal", "Tell our newsletter readers about the autumn jackets by email from today for two days", "--yes", *flags], capture_output=True, text=True)
    campaign = re.search(r"Campaign (cmp_\w+) is", chat.stdout)
    if chat.returncode or not campaign: raise SystemExit(chat.stdout + chat.stderr)
    for _ in range(kills):
        sender = start("serve", *flags)
        until_ready(sender)
        select.select([], [], [], chance.uniform(0.02, 0.4))
        sender.send_signal(signal.SIGKILL)
        sender.wait()
    sender = start("serve", *flags)
    until_ready(sender)
    deadline = time.monotonic() + 120
    while True:
        results = call("campaign.getStatus", {"campaign_id": campaign.group(1)})["results"]
        if results["audience"] == people and results["waiting"] == 0 and results["unknown"] == 0: break
        if time.monotonic() > deadline: raise SystemExit("not settled: " + json.dumps(results))
        select.select([], [], [], 0.3)
    got = [json.loads(line)["rcpt"] for line in open(journal)]
    lost, doubled = people - len(set(got)), len(got) - len(set(got))
    print(f"{people} people, {kills} kills: {lost} lost, {doubled} doubled, sent {results['sent']}")
    sys.exit(1 if lost or doubled or results["sent"] != people else 0)
finally:
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()
    shutil.rmtree(folder, ignore_errors=True)
