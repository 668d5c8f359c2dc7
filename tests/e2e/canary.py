#!/usr/bin/env python3
"""Secrets stay where they are put. Distinctive passwords and keys come in every way there is; servers echo them back in
their errors; then everything that the program wrote anywhere is searched for them, plain and encoded."""
import base64, http.server, socketserver, ssl, threading, urllib.parse
from harness import *

smtp_password = "Canary1-smtp-pässword-9b27c1"
model_key = "sk-Canary2-model-5f0e77"
speech_key = "sk-Canary3-speech-e18842"
stray_key = "spk_Canary4strayapikey8811"
typed_password = "Canary5-typed-as-argument-77"
url_password = "Canary6-in-the-database-url"
user = "mailer@shop.example"
said = []  # everything the servers echoed, to know that they did
everything = {}  # name -> text that must be clean


class Smtp(socketserver.ThreadingTCPServer):
    """Refuses the sign-in and says in its refusal what it was sent, as some servers do."""
    allow_reuse_address = daemon_threads = True

    class Talk(socketserver.StreamRequestHandler):
        def say(self, line): self.wfile.write(line.encode() + b"\r\n")

        def setup(self):
            self.request = tls.wrap_socket(self.request, server_side=True)
            super().setup()

        def handle(self):
            self.say("220 echo.example ESMTP")
            while line := self.rfile.readline(4096).decode("utf-8", "replace").strip():
                verb, _, rest = line.partition(" ")
                if verb.upper() in ("EHLO", "HELO"):
                    self.say("250-echo.example")
                    self.say("250 AUTH PLAIN LOGIN")
                elif verb.upper() == "AUTH":
                    kind, _, sent = rest.partition(" ")
                    if kind.upper() == "PLAIN" and not sent:
                        self.say("334 ")
                        sent = self.rfile.readline(4096).decode().strip()
                    if kind.upper() == "LOGIN":
                        self.say("334 VXNlcm5hbWU6")
                        self.rfile.readline(4096)
                        self.say("334 UGFzc3dvcmQ6")
                        sent = self.rfile.readline(4096).decode().strip()
                    plain = base64.b64decode(sent).decode().split("\0")[-1]
                    said.append(plain)
                    self.say(f"535-5.7.8 The password {plain} is wrong")
                    self.say(f"535 5.7.8 AUTH {kind} {sent} was refused")
                elif verb.upper() == "QUIT":
                    return self.say("221 bye")
                else:
                    self.say("503 sign in first")


class Vendor(http.server.BaseHTTPRequestHandler):
    """Answers everything with 500 and the request's own headers."""
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.dumps({"error": {"message": "internal error, request was: " + str(self.headers), "type": "server_error"}}).encode()
        said.append(str(self.headers))
        self.send_response(500, "Oops " + (self.headers.get("Authorization") or "-"))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Echo", self.headers.get("Authorization") or "-")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_): pass


# The password travels over verified TLS only; OpenSSL takes the certificates it trusts from SSL_CERT_FILE.
certificate, private = os.path.join(folder, "tls.crt"), os.path.join(folder, "tls.key")
subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                "-keyout", private, "-out", certificate], check=True, capture_output=True)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(certificate, private)
smtp = Smtp(("127.0.0.1", 0), Smtp.Talk)
vendor = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
for one in (smtp, vendor): threading.Thread(target=one.serve_forever, daemon=True).start()
vendor_url = f"http://127.0.0.1:{vendor.server_address[1]}/v1"

data = os.path.join(folder, "data")
pem = os.path.join(folder, "dkim.pem")
subprocess.run(["openssl", "genrsa", "-out", pem, "2048"], check=True, capture_output=True)
dkim_lines = open(pem).read().split("\n")[3:8]
config = os.path.join(folder, "config.json")
with open(config, "w") as file:
    json.dump({"data_dir": data, "log_level": "trace",
               "mail": {"host": "127.0.0.1", "port": smtp.server_address[1], "security": "tls", "username": user, "password": "env:SMTP_PASSWORD",
                        "from_email": "news@shop.example", "dkim_domain": "shop.example", "dkim_selector": "s1", "dkim_key": "file:" + pem},
               "model": {"provider": "openai", "model": "m", "base_url": vendor_url, "api_key": "env:MODEL_KEY"},
               "speech": {"base_url": vendor_url, "api_key": "env:SPEECH_KEY"}}, file)
environment = {"SMTP_PASSWORD": smtp_password, "MODEL_KEY": model_key, "SPEECH_KEY": speech_key, "SSL_CERT_FILE": certificate}
flags = ["--config", config, "--http-port", "0", "--workspace-time-zone", midday_zone()]


def keep(name, text):
    everything[f"{len(everything)} {name}"] = text if isinstance(text, bytes) else str(text).encode("utf-8", "replace")
    return text


def command(*arguments, env=environment, secret_output=False):
    done = run(*arguments, environment=env)
    keep("stderr of " + " ".join(arguments[:2]), done.stderr)
    if not secret_output: keep("stdout of " + " ".join(arguments[:2]), done.stdout)
    return done


# Every command, with the servers refusing.
command("config", "--show", *flags)
command("doctor", *flags)
made = command("key", "create", "--name", "client", *flags, secret_output=True)
api_key = (made.stdout.split() or [""])[-1]
check(api_key.startswith("spk_"), "a key is shown once", made.stdout + made.stderr)
command("key", "list", *flags)
for literal in (["--mail-password", typed_password], ["--model-api-key", typed_password], ["--mail-dkim-key", typed_password]):
    done = command("config", "--show", *literal, *flags)
    check(done.returncode != 0, "a secret as plain text is refused: " + literal[0], done.stdout)
command("doctor", "--data-dir", os.path.join(folder, "other"), "--database-url", f"postgres://spreaders:{url_password}@127.0.0.1:1/none")
command("config", "--show", "--data-dir", data, "--database-url", f"postgres://spreaders:{url_password}@127.0.0.1:1/none")
people = "email,first_name,consent\n" + "".join(f"reader{n}@example.org,R{n},yes\n" for n in range(3))
imported = command("call", "audience.importContacts", json.dumps({"csv": people, "mode": "subscribe", "list": "Newsletter", "consent_source": "test"}), *flags)
check(imported.returncode == 0, "people are there", imported.stderr)
wish = "Tell our newsletter readers about the autumn jackets by email from today for two days"
command("chat", "--goal", wish, "--yes", *flags)  # the model fails here, which the conversation tells
if sql(data, "SELECT COUNT(*) FROM campaign WHERE run_id IS NOT NULL")[0][0] == 0:
    walked = command("chat", "--goal", wish, "--yes", "--model-provider", "none", *flags)
    check(walked.returncode == 0, "the campaign is scheduled", walked.stdout + walked.stderr)

server = Server("serve", *flags, environment=environment)
port = server.port


def ask(tool, arguments, headers=None):
    return keep(tool, json.dumps(rpc(port, tool, arguments, headers=headers), ensure_ascii=False))


connection = next(one["connection_id"] for one in json.loads(ask("connections.list", {}))["structuredContent"]["connections"] if one["name"] == "Mail server")
tested = ask("connections.test", {"connection_id": connection})
check('"ok": false' in tested or "isError" in tested, "the test of the connection fails", tested)
ask("connections.get", {"connection_id": connection})
ask("connections.test", {"connection_id": connection, "password": typed_password})
ask("campaign.plan", {"goal": goal})
ask("ai.generateContent", {"topic": "autumn jackets"})
ask("ai.voiceToText", {"audio_base64": base64.b64encode(b"RIFF\0\0\0\0WAVEfmt " + b"\0" * 100).decode(), "file_name": "a.wav"})
ask("campaign.list", {}, {"Authorization": "Bearer " + api_key})
check("rpc_error" in ask("campaign.list", {}, {"Authorization": "Bearer " + stray_key}), "a stray key is refused")
for path in ("/mcp", "/sse", "/v1/track", "/hooks/bounces/wsp_x/" + stray_key, "/approve/apr_x?k=" + stray_key):
    answer = http_ask(port, "POST", path, "{}", {"Authorization": "Bearer " + stray_key, "Content-Type": "application/json"})
    keep("answer of " + path, answer.body + str(answer.headers))
until(lambda: sql(data, "SELECT COUNT(*) FROM outbox WHERE reply <> ''")[0][0] > 0, "the mail server refused")
campaign = json.loads(ask("campaign.list", {}))["structuredContent"]["campaigns"]
for one in campaign: ask("campaign.getStatus", {"campaign_id": one["campaign_id"]})
ask("email.getDeliverability", {})
keep("metrics", http_ask(int(server.found(r"127\.0\.0\.1:(\d+)/health")), "GET", "/metrics").body)
backup = os.path.join(folder, "backup.db")
check(command("backup", backup, *flags).returncode == 0, "a backup is made")
check(server.stop() == 0, "the server ends", server.errors())
keep("log of serve", server.errors())
keep("stdout of serve", server.out)
check(len(said) > 2 and any(smtp_password in one for one in said) and any(model_key in one for one in said) and any(speech_key in one for one in said),
      "the servers were sent the secrets and echoed them", said)
check(len(server.errors()) > 200, "the log has something in it", server.errors())
replies = sql(data, "SELECT reply FROM outbox")
check(any("535" in reply for (reply,) in replies), "the refusal itself is told", replies)

# Everything on disk: the database as rows and as bytes, its copy, whatever else lies in the data directory.
import sqlite3
for name, path in (("database", os.path.join(data, "spreaders.db")), ("backup", backup)):
    database = sqlite3.connect(path)
    keep("rows of the " + name, "\n".join(database.iterdump()))
    check(database.execute("SELECT COUNT(*) FROM secret").fetchone()[0] >= 2, f"the {name} has encrypted secrets")
    database.close()
    keep("bytes of the " + name, open(path, "rb").read())
for name in os.listdir(data):
    if name != "vault.key" and os.path.isfile(os.path.join(data, name)): keep("file " + name, open(os.path.join(data, name), "rb").read())
vault = open(os.path.join(data, "vault.key"), "rb").read()
check(os.stat(os.path.join(data, "vault.key")).st_mode & 0o77 == 0 and os.stat(data).st_mode & 0o77 == 0, "the vault's key is for its owner only")


def forms(secret):
    """Ways in which a secret may be written down."""
    raw = secret if isinstance(secret, bytes) else secret.encode()
    # Base64 in its three alignments, without the characters that depend on the neighbours.
    shifted = [base64.b64encode(b"\0" * n + raw)[4 if n else 0:].rstrip(b"=")[:-2] for n in range(3)]
    return [raw, raw.hex().encode(), raw.hex().upper().encode(), urllib.parse.quote(raw).encode(), json.dumps(secret if isinstance(secret, str) else raw.decode("latin-1"))[1:-1].encode(), *shifted]


secrets = {"SMTP password": smtp_password, "model key": model_key, "speech key": speech_key, "API key": api_key, "stray key": stray_key, "typed password": typed_password, "URL password": url_password,
           "vault key": vault.strip()}
for number, line in enumerate(dkim_lines): secrets[f"DKIM key, line {number}"] = line
searched = 0
for what, secret in secrets.items():
    for where, text in everything.items():
        for form in forms(secret):
            searched += 1
            if form in text:
                at = text.index(form)
                check(False, f"the {what} is in: {where}", text[max(0, at - 200):at + 200])
                break
check(searched > 2000, "everything was searched", searched)
print(f"{len(secrets)} secrets in {len(everything)} texts, {sum(map(len, everything.values()))} bytes")
finish()
