"""Clients of attack.py, each a process of its own: `KIND PORT COUNT AMOUNT` attacks from 127.0.0.2 until its input ends,
`good PORT SECONDS KEY...` calls a tool from 127.0.0.1. Both print what they saw as one line of JSON."""
import collections, json, os, resource, select, socket, sys, threading, time

kRetry_s = 1.0        # a slot whose connection was cut tries again after so long
kDrip_s = 0.2         # slow clients send a byte so often
kConnects_max = 300   # new connections in one turn
kPatience_s = 30
kBlock = b"10000\r\n" + b"x" * 65536 + b"\r\n"
kLines = b"a: b\r\n" * 10000
head = b"POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


def post(path, message, headers=""):
    body = json.dumps(message)
    return (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode()


def listen_request():
    message = {"jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen",
               "params": {"notifications": {"toolsListChanged": True}, "_meta": meta}}
    return post("/mcp", message, "Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\nMcp-Method: subscriptions/listen\r\n")


listing = post("/rpc", {"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
# What a connection begins with, what it then sends without end (`amount` times), and what it drips.
kinds = {
    "slow": lambda i: (head + b"X-Slow: ", b"", b"y"),
    "half_open": lambda i: (b"" if i % 2 else b"POST /rpc HT", b"", b""),
    "body": lambda i: (head + b"Transfer-Encoding: chunked\r\n\r\n", kBlock, b""),
    "lines": lambda i: (head, kLines, b""),
    "held": lambda i: (head + b"Content-Length: 4000000\r\n\r\n" + b" " * 3_900_000, b"", b""),
    "streams": lambda i: (listen_request() if i % 2 else b"GET /sse HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n", b"", b""),
    "unread": lambda i: (listing * 4, b"", b""),
}


class Slot:
    """One connection of an attack, made again when it is cut."""

    def __init__(self, index, kind, amount):
        self.index, self.kind, self.amount = index, kind, amount
        self.socket, self.again_at, self.rest, self.left = None, 0, b"", 0
        self.answered, self.sent = False, 0

    def open(self, port, poll):
        self.socket = socket.socket()
        if self.kind == "unread": self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.setblocking(False)
        self.socket.bind(("127.0.0.2", 0))
        self.socket.connect_ex(("127.0.0.1", port))
        self.rest, self.endless, self.drip = kinds[self.kind](self.index)
        self.left, self.answered, self.sent = self.amount, False, 0
        poll.register(self.socket, select.EPOLLOUT | select.EPOLLIN)
        return self.socket.fileno()

    def write(self, poll):
        """Sends on; False when it was cut."""
        for _ in range(8):
            if not self.rest and self.left > 0 and self.endless: self.rest, self.left = self.endless, self.left - 1
            if not self.rest: break
            try: count = self.socket.send(self.rest)
            except BlockingIOError: return True
            except OSError: return False
            self.rest, self.sent = self.rest[count:], self.sent + count
        if not self.rest and not (self.endless and self.left): poll.modify(self.socket, 0 if self.kind == "unread" else select.EPOLLIN)
        return True


def attack(kind, port, count, amount):
    told = collections.Counter()
    poll, open_now, waiting = select.epoll(), {}, collections.deque(Slot(i, kind, amount) for i in range(count))
    most = first = 0
    next_drip = time.monotonic() + kDrip_s

    def cut(slot):
        nonlocal most
        told["cut"] += 1
        most = max(most, slot.sent)
        del open_now[slot.socket.fileno()]
        slot.socket.close()
        slot.again_at = time.monotonic() + (0 if slot.endless else kRetry_s)
        waiting.append(slot)

    while not select.select([sys.stdin], [], [], 0)[0]:
        now = time.monotonic()
        for _ in range(min(kConnects_max, len(waiting))):
            if waiting[0].again_at > now: break
            slot = waiting.popleft()
            open_now[slot.open(port, poll)] = slot
            first += 1
        if first >= count and told["ready"] == 0:
            told["ready"] = 1
            print("ready", flush=True)
        for descriptor, event in poll.poll(0.05, 1000):
            slot = open_now[descriptor]
            if event & select.EPOLLIN:
                try: got = slot.socket.recv(65536)
                except BlockingIOError: got = None
                except OSError: got = b""
                if got and not slot.answered: slot.answered = True; told[got[9:12].decode("latin-1")] += 1
                if got == b"": cut(slot); continue
            elif event & (select.EPOLLHUP | select.EPOLLERR): cut(slot); continue
            if event & select.EPOLLOUT and not slot.write(poll): cut(slot)
        if now > next_drip:
            next_drip = now + kDrip_s
            for slot in [slot for slot in open_now.values() if slot.drip and not slot.rest]:
                try: slot.socket.send(slot.drip)
                except BlockingIOError: pass
                except OSError: cut(slot)
    most = max([most, *(slot.sent for slot in open_now.values())])
    print(json.dumps({**told, "open": len(open_now), "most_bytes": most}), flush=True)


class Good:
    """A client that calls a tool, on a connection that it makes anew now and then."""

    def __init__(self, port, key):
        self.port, self.socket, self.times_ms, self.problems = port, None, [], []
        params = {"name": "campaign_list", "arguments": {}}
        self.request = post("/rpc", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}, f"Authorization: Bearer {key}\r\n")

    def call(self):
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=kPatience_s, source_address=("127.0.0.1", 0))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(self.request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            more = self.socket.recv(65536)
            if not more: raise OSError("hung up: " + answer.decode("latin-1"))
            answer += more
        start, _, body = answer.partition(b"\r\n\r\n")
        size = int(start.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(body) < size: body += self.socket.recv(65536)
        if not start.startswith(b"HTTP/1.1 200") or b'"isError":true' in body or b'"error"' in body: raise OSError((start + body)[:300].decode("latin-1"))

    def run(self, seconds, pause_s):
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            try:
                self.call()
                self.times_ms.append((time.monotonic() - now) * 1000)
            except OSError as problem:
                self.problems.append(str(problem))
                self.socket = None
            if len(self.times_ms) % 20 == 0 and self.socket: self.socket.close(); self.socket = None
            select.select([], [], [], pause_s)  # a person's client, below the speed that a caller may have


def good(port, seconds, keys):
    clients = [Good(port, key) for key in keys]
    problems = []
    stream = socket.create_connection(("127.0.0.1", port), timeout=kPatience_s)
    stream.sendall(listen_request())
    first = b""
    while b"acknowledged" not in first and (more := stream.recv(4096)): first += more
    if not first.startswith(b"HTTP/1.1 200"): problems.append("no stream: " + first[:300].decode("latin-1"))
    threads = [threading.Thread(target=client.run, args=(seconds, 0.01)) for client in clients]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    stream.setblocking(False)
    try:
        if stream.recv(65536) == b"": problems.append("the stream was cut")
    except BlockingIOError: pass
    times = sorted(one for client in clients for one in client.times_ms)
    problems += [one for client in clients for one in client.problems]
    print(json.dumps({"times_ms": times, "problems": problems}))


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if sys.argv[1] == "good": good(int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:])
    else: attack(sys.argv[1], *map(int, sys.argv[2:5]))
