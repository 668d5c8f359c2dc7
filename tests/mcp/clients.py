#!/usr/bin/env python3
"""The fixture and the real program for one client program, whatever its language: starts both, hands the client their
addresses, reads its checks, and is the person at the server's terminal.

    clients.py SPREADERS FIXTURE COMMAND...      FIXTURE "-": the client has been tried with it elsewhere

Exit code 77: the client is not installed here (its exit code was 77, or there is no such program).

The client gets one JSON object as its last argument (`servers` below) and prints "ok SERVER TRANSPORT ERA...: NAME" or
"FAIL SERVER ...: NAME: why" for each check. When it prints "code?", it gets the newest approval's code in a line on its
standard input. What it has to check is in kWanted; what is missing there has failed."""
import http.server, os, sys, threading
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from harness import *

kWanted = {
    "fixture": ["lists", "calls", "gets progress", "cancels", "asks the person", "an unknown tool is an error"],
    "product": ["lists the whole catalogue", "calls", "gets progress", "cancels a call that waits for a model"],
    "asking": ["what the person declines does not run", "the person's code lets it run"],
}
kWays = ["HTTP modern", "HTTP legacy", "stdio modern", "stdio legacy"]
kClient_s = 240
fixture_program = sys.argv[2]
command = sys.argv[3:]


def skip(why):
    print(f"[  SKIPPED ] {' '.join(os.path.relpath(part) for part in command)} ({why})")
    sys.exit(77)


if not shutil.which(command[0]): skip("not installed: see what ./dev install test said")

class SlowModel(http.server.BaseHTTPRequestHandler):
    """A model server that takes a request and never answers; it counts those whose caller hung up."""
    asked = left = 0
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        SlowModel.asked += 1
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        while self.connection.recv(65536): pass
        SlowModel.left += 1
        self.close_connection = True

    def log_message(self, *_):
        pass


models = http.server.ThreadingHTTPServer(("127.0.0.1", 0), SlowModel)
models.daemon_threads = True
threading.Thread(target=models.serve_forever, daemon=True).start()
slow = {"OPENAI_API_KEY": "none", "SPREADERS_MODEL_MODEL": "never-answers", "SPREADERS_MODEL_API": "chat",
        "SPREADERS_MODEL_BASE_URL": f"http://127.0.0.1:{models.server_address[1]}/v1"}

# Two of them: one thinks with the slow model; the other plans by itself and has a terminal for its codes.
waiting = Server("serve", "--data-dir", os.path.join(folder, "waiting"), "--http-port", "0", environment=slow)
asking = Terminal("serve", "--data-dir", os.path.join(folder, "asking"), "--http-port", "0")
asking.until("^ready")
people = "email,consent\n" + "".join(f"reader{n}@example.org,yes\n" for n in range(10))
call(asking.port, "audience.importContacts", {"csv": people, "mode": "subscribe", "list": "Newsletter", "consent_source": "test"})
plans = [call(asking.port, "campaign.plan", {"goal": goal.replace("autumn jackets", about)})
         for about in ("autumn jackets", "winter boots", "warm scarves", "woollen hats")]
check(all(plan["status"] == "ready" for plan in plans), "the plans are ready", plans)
servers = {
    "product": {"url": f"http://127.0.0.1:{waiting.port}", "environment": {**slow, "SPREADERS_HTTP_PORT": "0"},
                "command": [program, "mcp", "--data-dir", os.path.join(folder, "child")],
                "tools": len(json.loads(run("tools", "--json").stdout)["tools"])},
    "asking": {"url": f"http://127.0.0.1:{asking.port}", "campaigns": [plan["campaign_id"] for plan in plans]},
}
if fixture_program != "-":
    fixture = Server("--port", "0", of=os.path.abspath(fixture_program))
    servers["fixture"] = {"url": f"http://127.0.0.1:{fixture.found(r'ready ([0-9]+)')}",
                          "command": [os.path.abspath(fixture_program), "--stdio"]}

given = set()


def fresh_code():
    asking.read()
    shown = re.findall(r"Approval (apr_\w+) is asked for:(?:.|\n)*?Code: (\d{6})", asking.out)
    return next((code for code in reversed(shown) if code not in given), None)


client = subprocess.Popen([*command, json.dumps(servers)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          env=clean_environment())
timer = threading.Timer(kClient_s, client.kill)
timer.start()
passed = []
for line in client.stdout:
    said = re.match(r"(ok|FAIL)\s+([^:]+: [^:\n]+)", line)
    if line.startswith("code?"):
        code = until(fresh_code, "the terminal shows a code")
        given.add(code)
        print(code[1], file=client.stdin, flush=True)
    elif said and check(said.group(1) == "ok", said.group(2), line):
        passed.append(said.group(2))
    else:
        print(line, end="")
if client.wait() == 77 and not passed: skip("see above")
check(client.returncode == 0, "the client ends well", client.returncode)
timer.cancel()
for server in servers:
    for way in kWays:
        if server == "asking" and way.startswith("stdio"): continue  # a client's child has no terminal, so it asks nobody
        for name in kWanted[server]:
            found = any(one.startswith(f"{server} {way}") and one.endswith(": " + name) for one in passed)
            check(found, f"{server} {way}: {name} was checked")
until(lambda: SlowModel.left == SlowModel.asked, "a cancelled call hangs up on the model")
check(SlowModel.asked >= len(kWays), "the model was asked", SlowModel.asked)
finish()
