#!/usr/bin/env python3
"""Mails as receivers see them: signed (checked by python3-dkim), with a return path of their own and a way out in one
click; what comes back (refusals, bounces, complaints, unsubscribes) keeps those people out of the next campaign."""
import base64, email, email.policy, html, urllib.parse
from harness import *

try: import dkim
except ImportError: dkim = None

data, pem = os.path.join(folder, "data"), os.path.join(folder, "dkim.pem")
subprocess.run(["openssl", "genrsa", "-out", pem, "2048"], check=True, capture_output=True)
public = subprocess.run(["openssl", "rsa", "-in", pem, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
asked = []


def dns(name, timeout=5):
    asked.append(name)
    return record if name in (b"s1._domainkey.shop.example.", "s1._domainkey.shop.example.") else None


journal = os.path.join(folder, "journal")
sandbox = Server("sandbox", "--journal", journal)
smtp, mailbox = sandbox.found(r"smtp 127\.0\.0\.1:(\d+)"), int(sandbox.found(r"mailbox http://127\.0\.0\.1:(\d+)"))
flags = ["--data-dir", data, "--http-port", "0", "--mail-host", "127.0.0.1", "--mail-port", smtp, "--mail-security", "none",
         "--mail-from-email", "news@shop.example", "--mail-from-name", "Grüße & Co", "--mail-dkim-domain", "shop.example", "--mail-dkim-selector", "s1",
         "--mail-dkim-key", "file:" + pem, "--mail-bounce-domain", "bounces.shop.example", "--mail-lookup-url", f"http://127.0.0.1:{mailbox}/lookup",
         "--workspace-postal-address", "1 Main Street, Springfield", "--workspace-time-zone", midday_zone()]
names = [f"reader{n}" for n in range(8)] + ["leaver", "gone", "full", "angry", "nobody+reject"]
people = "email,first_name,consent\n" + "".join(f"{name}@example.org,Zoë {n},yes\n" for n, name in enumerate(names))


def campaign(about):
    """Plans, approves and starts a campaign; sends until everybody is settled. Its id and results."""
    done = run("chat", "--goal", f"Tell our newsletter readers about {about} by email from today for two days", "--yes", *flags)
    made = re.search(r"Campaign (cmp_\w+) is", done.stdout)
    if done.returncode or not made: raise SystemExit(done.stdout + done.stderr)
    return made.group(1)


def settled(port, one):
    def look():
        results = call(port, "campaign.getStatus", {"campaign_id": one})["results"]
        return results if results["audience"] >= len(names) and results["waiting"] == 0 else None
    return until(look, "everybody is settled")


first_import = run("call", "audience.importContacts", json.dumps({"csv": people, "mode": "subscribe", "list": "Newsletter", "consent_source": "test"}), *flags)
check(first_import.returncode == 0, "people are there", first_import.stderr)
key = run("key", "create", "--kind", "write_key", "--name", "bounces", *flags).stdout.split()[-1]
first = campaign("the autumn jackets")
server = Server("serve", *flags)
port = server.port
results = settled(port, first)
check(results["sent"] == len(names) - 1 and results["failed"] == 1, "all but the refused one were sent", results)
raw = {}
for number in range(results["sent"]):
    answer = http_ask(mailbox, "GET", f"/mail/{number}/raw")
    message = email.message_from_string(answer.body, policy=email.policy.default)
    raw[str(message["To"].addresses[0].addr_spec).partition("@")[0]] = (number, answer.body.encode())
check(sorted(raw) == sorted(names[:-1]), "one mail for each", sorted(raw))

# Signatures: each verifies with the planted key, covers what a forger would change, and breaks when it is changed.
for name, (number, bytes_of) in raw.items():
    message = email.message_from_bytes(bytes_of, policy=email.policy.default)
    tags = dict(part.strip().split("=", 1) for part in str(message["DKIM-Signature"]).replace("\n", "").split(";") if "=" in part)
    covered = {field.strip().lower() for field in tags["h"].split(":")}
    check(tags["d"] == "shop.example" and tags["s"] == "s1" and tags["a"] == "rsa-sha256" and "l" not in tags, f"{name}: who signs", tags)
    check({"from", "to", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post"} <= covered, f"{name}: what is signed (RFC 8058 wants both List headers)", covered)
    if not dkim: continue
    check(dkim.verify(bytes_of, dnsfunc=dns), f"{name}: python3-dkim verifies it")
if dkim:
    number, bytes_of = raw["reader0"]
    for what, forged in (("body", bytes_of.replace(b"jackets", b"jackals")), ("subject", bytes_of.replace(b"\r\nSubject: ", b"\r\nSubject: Re: ")),
                         ("a second From", bytes_of.replace(b"\r\nFrom: ", b"\r\nFrom: Boss <boss@shop.example>\r\nFrom: ")),
                         ("the way out", bytes_of.replace(b"/u/", b"/x/", 1))):
        check(forged != bytes_of and not dkim.verify(forged, dnsfunc=dns), f"a changed {what} is noticed")
    check(asked and set(asked) <= {b"s1._domainkey.shop.example.", "s1._domainkey.shop.example."}, "the key was looked up where it is", set(asked))

# Return paths: one a message, at the bounce domain, and none tells who the reader is.
paths = {}
for name, (number, _) in raw.items():
    page = html.unescape(http_ask(mailbox, "GET", f"/mail/{number}").body)
    found = re.findall(r"[\w.+=-]+@bounces\.shop\.example", page)
    paths[name] = found[0] if found else ""
check(len(set(paths.values())) == len(raw) and all(paths.values()), "every mail has a return path of its own", paths)
check(not any(name in path for name, path in paths.items()), "which does not name the reader", paths)


def headers_of(name):
    return email.message_from_bytes(raw[name][1], policy=email.policy.default)


# Unsubscribing (RFC 8058): looking does nothing, one POST does it, twice is once.
link = re.search(r"<(http://[^>]+)>", str(headers_of("leaver")["List-Unsubscribe"])).group(1)
check(str(headers_of("leaver")["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click", "one click is offered")
target = "/" + link.split("/", 3)[3]
check(http_ask(port, "GET", target).status == 200, "the page asks")
check(settled(port, first)["unsubscribed"] == 0, "looking at it does nothing")
form = {"Content-Type": "application/x-www-form-urlencoded"}
check(http_ask(port, "POST", target[:-3] + "xyz", "List-Unsubscribe=One-Click", form).status == 404, "a changed link does nothing")
for _ in range(2): check(http_ask(port, "POST", target, "List-Unsubscribe=One-Click", form).status == 200, "one click unsubscribes")
check(settled(port, first)["unsubscribed"] == 1, "once", settled(port, first))


# What comes back.
def dsn(to, status, words, about=None, action="failed"):
    original = f"Message-ID: {about}\r\nFrom: news@shop.example\r\n" if about else "From: news@shop.example\r\n"
    return (f"From: Mail Delivery System <mailer-daemon@mx.example.org>\r\nTo: {to}\r\nReturn-Path: <>\r\nSubject: Undelivered Mail Returned to Sender\r\n"
            "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\r\n\r\n"
            f"--b1\r\nContent-Type: text/plain\r\n\r\nYour mail could not be delivered: {words}\r\n"
            f"--b1\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\nFinal-Recipient: rfc822; someone@example.org\r\nAction: {action}\r\nStatus: {status}\r\n"
            f"Diagnostic-Code: smtp; 550 {status} {words}\r\n\r\n--b1\r\nContent-Type: text/rfc822-headers\r\n\r\n{original}\r\n--b1--\r\n")


def come_back(text, with_key=key, where=None):
    workspace = sql(data, "SELECT workspace_id FROM workspace")[0][0]
    token = base64.b64encode(f"{with_key}:".encode()).decode()
    return http_ask(port, "POST", f"/hooks/bounces/{where or workspace}", text, {"Content-Type": "message/rfc822", "Authorization": "Basic " + token})


check(come_back(dsn(paths["gone"], "5.1.1", "no such user"), with_key="spw_wrong").status == 401, "a stranger reports nothing")
for _ in range(2):
    answer = come_back(dsn(paths["gone"], "5.1.1", "no such user"))
    check(answer.status == 200, "a bounce to a return path of ours is taken", answer.body)
check(answer.json()["recorded"] == 1, "and recorded", answer.body)
answer = come_back(dsn("someone@example.org", "4.2.2", "mailbox is full", about=str(headers_of("full")["Message-ID"])))
check(answer.json()["recorded"] == 1, "a bounce that only names the Message-ID is recognised", answer.body)
for name, text in (("a return path of somebody else's", dsn("bounces+deadbeef@bounces.shop.example", "5.1.1", "no such user")),
                   ("a mail that is none", "From: a@example.org\r\nSubject: hello\r\n\r\nhow are you\r\n"),
                   ("a delayed one", dsn(paths["reader1"], "4.4.1", "still trying", action="delayed")),
                   ("an automatic reply", f"From: a@example.org\r\nTo: {paths['reader1']}\r\nAuto-Submitted: auto-replied\r\nSubject: Out of office\r\n\r\nI am away\r\n")):
    answer = come_back(text)
    check(answer.status == 200 and answer.json()["recorded"] == (1 if name == "a delayed one" else 0), f"{name} is taken and counts for nothing hard", answer.body)
report = (f"From: <feedback@isp.example>\r\nTo: {paths['angry']}\r\nSubject: complaint\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=\"f\"\r\n\r\n"
          "--f\r\nContent-Type: text/plain\r\n\r\nThis is spam.\r\n--f\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: x/1\r\nVersion: 1\r\n\r\n"
          f"--f\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {headers_of('angry')['Message-ID']}\r\nFrom: news@shop.example\r\n\r\n--f--\r\n")
check(come_back(report).json()["recorded"] == 1, "a complaint is recorded")
results = settled(port, first)
check(results["complained"] == 1 and results["bounced"] >= 2 and results["unsubscribed"] == 1, "the campaign's results show what came back", results)
deliverability = call(port, "email.getDeliverability", {"campaign_id": first})
check(deliverability["failed"] == 1 and deliverability["bounced"] == results["bounced"] and deliverability["complained"] == 1 and deliverability["findings"], "so does deliverability", deliverability)
# The refused, the bounced, the one who complained; whoever unsubscribed is kept out by their own word.
suppressed = {row[0] for row in sql(data, "SELECT address FROM suppression")}
check({"gone@example.org", "angry@example.org", "nobody+reject@example.org"} <= suppressed and "full@example.org" not in suppressed and "reader1@example.org" not in suppressed,
      "hard bounces and complaints are for good, soft ones are not", suppressed)
check(server.stop() == 0, "the server ends", server.errors())

# The next campaign leaves them out.
second = campaign("the winter boots")
server = Server("serve", *flags)
results = settled(server.port, second)
check(results["sent"] == len(names) - 4 and results["skipped"] == 4 and results["failed"] == 0, "the next campaign skips four people", results)
got = [json.loads(line)["rcpt"] for line in open(journal)]
for name in ("leaver", "gone", "angry"): check(got.count(f"{name}@example.org") == 1, f"{name} got no second mail", got)
for name in ("full", "reader0", "reader1"): check(got.count(f"{name}@example.org") == 2, f"{name} got both", got)
check(server.stop() == 0, "the server ends", server.errors())
if not dkim:
    print("NOT TESTED: DKIM signatures were not verified; install the package python3-dkim")
    sys.exit(77 if not harness_failed() else 1)
finish()
