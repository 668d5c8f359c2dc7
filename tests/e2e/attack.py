#!/usr/bin/env python3
"""The door under attack: slow clients, half-open connections, endless chunked bodies and header lines, bodies that stay
unfinished, streams by the thousand, answers that nobody reads. Clients on 127.0.0.1 go on being served while 127.0.0.2
attacks: none of them is refused, and the program's memory stays bounded. How much slower they are served is printed,
in full size also beside the same attackers against another server: they take processors of this machine too, which real
ones would not. `attack.py PROGRAM [full]`"""
import resource
from harness import *

full = "full" in sys.argv[2:]
# kind: connections, pieces that each sends (65,536 bytes of body; 10,000 header lines), most bytes one may get rid of
sizes = {"slow": (1000, 0, 0), "half_open": (1000, 0, 0), "body": (4, 3200, 32 << 20), "lines": (4, 200, 16 << 20), "held": (400, 0, 0),
         "streams": (10000, 0, 0), "unread": (2000, 0, 0)} if full else \
        {"slow": (50, 0, 0), "half_open": (100, 0, 0), "body": (2, 320, 16 << 20), "lines": (2, 20, 16 << 20), "held": (150, 0, 0),
         "streams": (400, 0, 0), "unread": (150, 0, 0)}
seconds = 6 if full else 1.5
needed = 12000 if full else 1200
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
if hard != resource.RLIM_INFINITY and hard < needed:
    print(f"NOT RUN: the limit of open files is {hard}, the attackers need {needed} (ulimit -Hn)")
    sys.exit(77)
clients = os.path.join(os.path.dirname(os.path.abspath(__file__)), "attackers.py")
data = os.path.join(folder, "data")
flags = ["--data-dir", data, "--http-port", "0"]
keys = [run("key", "create", "--name", f"good {i}", *flags).stdout.split()[-1] for i in range(3)]
# The good clients together make more calls than the limits of callers and services allow, which are not tested here.
flags += ["--limits-calls-per-minute", "10000000", "--limits-calls-at-once", "10000", "--limits-services", "campaign=0"]
server = Server("serve", *flags)
bystander = Server("serve", "--data-dir", os.path.join(folder, "other"), "--http-port", "0") if full else None

# 64 MiB may be held for the attackers' address, and strings grow by doubling; AddressSanitizer keeps what was freed.
sanitized = "libasan" in open(f"/proc/{server.process.pid}/maps").read()
grown_max_mb = (900 if full else 300) + (500 if sanitized else 0)


def memory_mb():
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{server.process.pid}/status").read()).group(1)) / 1024


class Attack:
    def __init__(self, kind, target):
        self.kind = kind
        self.process = subprocess.Popen([sys.executable, clients, kind, str(target.port), *map(str, sizes[kind][:2])],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n": raise SystemExit(kind + " did not begin")

    def stop(self):
        self.process.stdin.close()
        told = json.loads(self.process.stdout.readline())
        self.process.wait(30)
        return told


def serve_good():
    """What the good clients saw, and the most memory meanwhile."""
    process = subprocess.Popen([sys.executable, clients, "good", str(server.port), str(seconds), *keys], stdout=subprocess.PIPE, text=True)
    most = memory_mb()
    while not select.select([process.stdout], [], [], 0.05)[0]: most = max(most, memory_mb())
    seen = json.loads(process.stdout.read())
    process.wait(30)
    return seen, most


def p99(times): return times[int(len(times) * 0.99)]


calm, before_mb = serve_good()
check(not calm["problems"] and len(calm["times_ms"]) > 20, "calm", calm["problems"][:3])


def attacked(kinds, target):
    attacks = [Attack(kind, target) for kind in kinds]
    seen, most_mb = serve_good()
    return seen, most_mb, {attack.kind: attack.stop() for attack in attacks}


rows, floors_ms = [], {}
for name in [*sizes, "all at once"]:
    kinds = [name] if name in sizes else sizes
    if full: floors_ms[name] = p99(attacked(kinds, bystander)[0]["times_ms"])
    seen, most_mb, told = attacked(kinds, server)
    rows.append((name, seen["times_ms"], most_mb, told))
    check(not seen["problems"], f"{name}: {len(seen['problems'])} good requests were refused", seen["problems"][:3])
    check(len(seen["times_ms"]) > 20, f"{name}: they went on", len(seen["times_ms"]))
    check(most_mb - before_mb < grown_max_mb, f"{name}: the memory is bounded", f"{most_mb:.0f} MiB, {before_mb:.0f} before")
    for kind, said in told.items():
        if sizes[kind][2]: check(0 < said["most_bytes"] < sizes[kind][2], f"{name}: endless {kind} is cut off", said)
# When they have gone, so has what they held.
again, after_mb = serve_good()
check(not again["problems"], "calm again", again["problems"][:3])
quiet = p99(sorted(calm["times_ms"] + again["times_ms"]))
print(f"calm: p99 {quiet:.2f} ms, {before_mb:.0f} MiB before, {after_mb:.0f} MiB after")
for name, times, most_mb, told in rows:
    beside = f" = {p99(times) / floors_ms[name]:.1f} x when another is attacked" if full else ""
    print(f"{name}: p99 {p99(times):.2f} ms = {p99(times) / quiet:.1f} x calm{beside}, median {times[len(times) // 2]:.2f} ms, at most {most_mb:.0f} MiB; {told if name in sizes else ''}")
if full: bystander.stop()
check(server.stop() == 0, "the server ends", server.errors())
check("ERROR: " not in server.errors(), "no sanitizer spoke", server.errors())
finish()
