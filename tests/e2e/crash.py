#!/usr/bin/env python3
"""crash.py PROGRAM lookup|blind|planted PEOPLE KILLS [BAD_SENDER]

Kills the sender (kill -9) again and again while it sends to a sandbox that takes mails and cuts connections before its answer.
  lookup   the receiver can be asked by Message-ID: nobody is left out, nobody gets two
  blind    it cannot: nobody gets two, and whoever is uncertain is `unknown` and shown as that, never sent again
  planted  BAD_SENDER (forgets its intents, checkpoints per batch) has to be caught: succeeds when people got two
Kills are paced by the growth of the receiver's own journal, so that they fall while mails are under way; every third one comes
earlier, while the process starts and takes over what the one before it left. The last line has the figures."""
import json, os, random, re, shutil, signal, sqlite3, subprocess, sys, tempfile, time

PROGRAM, MODE, PEOPLE, KILLS = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
BAD_SENDER = sys.argv[5] if MODE == "planted" else None
SEED = int(os.environ.get("CRASH_SEED", "7"))
READY_S, STALL_S, SETTLE_S = 60, 30, 240  # deadlines, generous for a loaded machine with sanitizers
POLL_S = 0.002
CUT_SHARE, REPLY_DELAY_MS = "0.02", "4"
MID_SHARE = 0.8            # of the kills, at least, while some but not all mails are out
CLAIMED = 96               # mails that one crash can leave unclear: three waves of four for each of eight connections
BLIND_REACH = 0.6          # up to what share of the people kills are spread where uncertain mails are not sent again

chance = random.Random(SEED)
folder = tempfile.mkdtemp()
data, journal = folder + "/data", folder + "/journal"
started = []


def start(*command):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    started.append(process)
    return process


def lines_until_ready(process):
    lines = ""
    while not lines.rstrip().endswith("ready"):
        line = process.stdout.readline()
        if not line:
            raise SystemExit("the process ended early: " + lines)
        lines += line
    return lines


def wait_for(condition, seconds):
    """Polls until the condition holds; False when the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


class Journal:
    """What the receiver took, line by line; read on from where the last look ended."""

    def __init__(self):
        self.offset, self.count = 0, 0

    def taken(self):
        with open(journal, "rb") as file:
            file.seek(self.offset)
            more = file.read()
        self.offset += len(more)
        self.count += more.count(b"\n")
        return self.count

    @staticmethod
    def recipients():
        with open(journal) as file:
            return [json.loads(line)["rcpt"] for line in file]


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def outbox_states():
    database = sqlite3.connect(f"file:{data}/spreaders.db?mode=ro", uri=True, timeout=20)
    try:
        return dict(database.execute("SELECT address, state FROM outbox"))
    finally:
        database.close()


def is_settled():
    database = sqlite3.connect(f"file:{data}/spreaders.db?mode=ro", uri=True, timeout=20)
    try:
        open_states = "('pending', 'sending')" if MODE == "blind" else "('pending', 'sending', 'unknown')"
        count, = database.execute("SELECT COUNT(*) FROM outbox").fetchone()
        left, = database.execute(f"SELECT COUNT(*) FROM outbox WHERE state IN {open_states}").fetchone()
        # The send step is over: its token has gone on to the wait for the end of the campaign.
        draining, = database.execute("SELECT COUNT(*) FROM token WHERE state = 'waiting'").fetchone()
        return count == PEOPLE and left == 0 and draining == 0
    finally:
        database.close()


def spread_kills(start_sender):
    """Starts and kills the sender KILLS times. The journal's count at each kill, and how many kills hit a start."""
    book, counts, early = Journal(), [], 0
    reach = BLIND_REACH if MODE == "blind" else 0.95
    targets = sorted(chance.uniform(0.01, reach) * PEOPLE for _ in range(KILLS))
    start_s = 1.0
    for number, target in enumerate(targets):
        begun = time.monotonic()
        sender = start_sender()
        if number % 3 == 2:  # while it starts, recovers, or asks about what is uncertain
            early += 1
            time.sleep(chance.uniform(0.3, 1.3) * start_s)
        else:
            lines_until_ready(sender)
            start_s = time.monotonic() - begun
            before = book.taken()
            goal = max(target, before + 1 + chance.random() * PEOPLE / KILLS / 4)
            wait_for(lambda: book.taken() >= min(goal, PEOPLE), STALL_S)
        kill(sender)
        counts.append(book.taken())
    return counts, early


def prepare():
    """A sandbox, people, and an approved campaign that is due now. Answers the flags of the sender and the campaign's id."""
    sandbox = start(PROGRAM, "sandbox", "--journal", journal, "--cut-after", CUT_SHARE, "--slow-ms", REPLY_DELAY_MS)
    said = lines_until_ready(sandbox)
    smtp = re.search(r"smtp 127\.0\.0\.1:(\d+)", said).group(1)
    mailbox = re.search(r"mailbox (http://\S+?)/\n", said).group(1)
    # Campaigns start at 09:00 local time. A zone in which it is about noon makes that a time of today that has gone by.
    offset = 12 - time.gmtime().tm_hour
    flags = ["--data-dir", data, "--import-dir", folder, "--http-port", "0", "--log-level", "off", "--mail-host", "127.0.0.1",
             "--mail-port", smtp, "--mail-security", "none", "--mail-from-email", "news@shop.example",
             "--workspace-time-zone", f"Etc/GMT{-offset:+d}" if offset else "UTC"]
    if MODE != "blind":
        flags += ["--mail-lookup-url", mailbox + "/lookup"]
    with open(folder + "/people.csv", "w") as csv:
        csv.write("email,first_name,consent\n" + "".join(f"reader{n}@example.org,R{n},yes\n" for n in range(PEOPLE)))
    call("audience.importContacts", flags, {"path": "people.csv", "mode": "subscribe", "list": "Newsletter", "consent_source": "test"})
    goal = "Tell our newsletter readers about the autumn jackets by email from today for two days"
    chat = subprocess.run([PROGRAM, "chat", "--goal", goal, "--yes", *flags], capture_output=True, text=True)
    campaign = re.search(r"Campaign (cmp_\w+) is", chat.stdout)
    if chat.returncode or not campaign:
        raise SystemExit(chat.stdout + chat.stderr)
    return flags, campaign.group(1)


def call(tool, flags, arguments):
    answer = subprocess.run([PROGRAM, "call", tool, json.dumps(arguments), *flags], capture_output=True, text=True)
    if answer.returncode:
        raise SystemExit(answer.stderr)
    return json.loads(answer.stdout)


def main():
    began = time.monotonic()
    flags, campaign = prepare()
    start_sender = lambda: start(BAD_SENDER, data) if BAD_SENDER else start(PROGRAM, "serve", *flags)
    counts, early = spread_kills(start_sender)
    lines_until_ready(start_sender())
    settled = wait_for(lambda: time.sleep(0.1) or is_settled(), SETTLE_S)
    shown = call("campaign.getStatus", flags, {"campaign_id": campaign})["results"]
    if not settled:
        raise SystemExit(f"not settled: {json.dumps(shown)}")
    everybody = {f"reader{n}@example.org" for n in range(PEOPLE)}
    got, states = Journal.recipients(), outbox_states()
    taken, unknown = set(got), {who for who, state in states.items() if state == "unknown"}
    accepted = {who for who, state in states.items() if state == "accepted"}
    lost, doubled = everybody - taken - unknown, len(got) - len(taken)
    mid = sum(0 < count < PEOPLE for count in counts)
    never = unknown - taken
    print(f"crash {MODE}: {PEOPLE} people, {KILLS} kills ({mid} while sending, {early} while starting), {len(lost)} lost, "
          f"{doubled} doubled, {len(accepted)} sent, {len(unknown)} unknown ({len(never)} of them never arrived), "
          f"{time.monotonic() - began:.0f} s")
    wrong = []
    if mid < MID_SHARE * KILLS:
        wrong.append(f"only {mid} kills fell while mails were under way: {counts}")
    if MODE == "planted":
        if not doubled:
            wrong.append("the planted bad sender was not caught")
        return wrong
    if lost or doubled:
        wrong.append("mails were lost or doubled")
    if accepted - taken:
        wrong.append(f"{len(accepted - taken)} are called sent and never arrived")
    if shown["audience"] != PEOPLE or shown["sent"] != len(accepted) or shown["unknown"] != len(unknown) or shown["waiting"]:
        wrong.append(f"the figures shown are others: {json.dumps(shown)}")
    if len(accepted) + len(unknown) != PEOPLE:
        wrong.append("some are neither sent nor unknown")
    if len(unknown) > CLAIMED * (KILLS + 1) + 2 * float(CUT_SHARE) * PEOPLE:
        wrong.append("more are unknown than the kills and the cut connections explain")
    if MODE == "lookup" and unknown:
        wrong.append("uncertain ones were not cleared up")
    return wrong


try:
    problems = main()
    for problem in problems:
        print("crash: " + problem)
    sys.exit(1 if problems else 0)
finally:
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()
    shutil.rmtree(folder, ignore_errors=True)
