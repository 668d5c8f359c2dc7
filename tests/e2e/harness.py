"""What the tests of the whole program share: the program as a child process, JSON-RPC over /rpc, a PostgreSQL of its
own, the rows of every table, and a count of what was checked. Standard library only; everything started is ended."""
import atexit, glob, http.client, json, os, pwd, re, select, shutil, signal, socket, sqlite3, subprocess, sys, tempfile, time

kWait_s = 60
folder = tempfile.mkdtemp(prefix="spreaders.")
program = os.path.abspath(sys.argv[1])
goal = ("Tell our newsletter readers about the autumn jackets by email, 250 dollars, from tomorrow for ten days, "
        "we want 4% of them to order")
_running = []
_checks = _failed = 0


def _end_all():
    for process in reversed(_running):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try: process.wait(15)
            except subprocess.TimeoutExpired: process.kill(); process.wait()
    shutil.rmtree(folder, ignore_errors=True)


atexit.register(_end_all)


def check(fine, what, got=""):
    """One thing that has to be so; the test goes on after a failure, so that one run shows all of them."""
    global _checks, _failed
    _checks += 1
    if not fine:
        _failed += 1
        print(f"FAIL {what}\n     got: {str(got)[:1500]}")
    return fine


def finish():
    print(f"{_checks} checked, {_failed} failed")
    sys.exit(1 if _failed else 0)


def harness_failed():
    return _failed > 0


def clean_environment(extra=None):
    keep = {name: value for name, value in os.environ.items()
            if not name.startswith("SPREADERS_") and not re.search("ANTHROPIC|OPENAI|PROXY", name, re.I)}
    suppressions = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lsan.txt")
    return {**keep, "LSAN_OPTIONS": "print_suppressions=0:suppressions=" + suppressions, **(extra or {})}


def run(*arguments, environment=None, text=None, wait_s=kWait_s):
    """Runs a command to its end, without a terminal."""
    return subprocess.run([program, *arguments], capture_output=True, text=True, errors="replace", input=text,
                          stdin=None if text is not None else subprocess.DEVNULL,
                          env=clean_environment(environment), timeout=wait_s, start_new_session=True)


class Server:
    """A command that goes on: serve or sandbox, or another program. `out` is what it printed until it was ready."""

    def __init__(self, *arguments, environment=None, log=None, of=None):
        self.log = log or os.path.join(folder, f"stderr.{len(_running)}")
        self.process = subprocess.Popen([of or program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=open(self.log, "ab"), env=clean_environment(environment),
                                        start_new_session=True)
        _running.append(self.process)
        self.out = ""
        deadline = time.monotonic() + kWait_s
        while not re.search("^ready", self.out, re.M):
            if time.monotonic() > deadline: raise SystemExit("not ready in time: " + self.out)
            if not select.select([self.process.stdout], [], [], 0.5)[0]: continue
            chunk = os.read(self.process.stdout.fileno(), 65536)
            if not chunk: raise SystemExit(f"ended early: {self.out}{self.errors()}")
            self.out += chunk.decode()

    def errors(self):
        return open(self.log, errors="replace").read()

    def found(self, pattern):
        match = re.search(pattern, self.out)
        if not match: raise SystemExit(f"{pattern} is not in: {self.out}")
        return match.group(1)

    @property
    def port(self):
        return int(self.found(r"http://127\.0\.0\.1:(\d+)/mcp"))

    def stop(self):
        if self.process.poll() is None: self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self.process.stdout.close()
        return code


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


def http_ask(port, method, path, body=None, headers=None, host=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=kWait_s)
    try:
        connection.putrequest(method, path, skip_host=host is not None, skip_accept_encoding=True)
        if host: connection.putheader("Host", host)
        data = body.encode() if isinstance(body, str) else body
        if data is not None: connection.putheader("Content-Length", str(len(data)))
        for name, value in (headers or {}).items(): connection.putheader(name, value)
        try: connection.endheaders(data)
        except (BrokenPipeError, ConnectionResetError): pass  # refused before the whole body was sent; the answer is there
        answer = connection.getresponse()
        return Answer(answer.status, {n.lower(): v for n, v in answer.getheaders()},
                      answer.read().decode("utf-8", "replace"))
    finally:
        connection.close()


def rpc(port, tool, arguments, key=None, headers=None):
    """The result of tools/call: {structuredContent...} or {isError...}; a JSON-RPC error as {"rpc_error": ...}."""
    params = {"name": tool, "arguments": arguments}
    if key: params["_meta"] = {"io.spreaders/idempotencyKey": key}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    answer = http_ask(port, "POST", "/rpc", body, {"Content-Type": "application/json", **(headers or {})}).json()
    return answer["result"] if "result" in answer else {"rpc_error": answer["error"], "isError": True,
                                                        "content": [{"text": answer["error"]["message"]}]}


def call(port, tool, arguments, key=None):
    """The structured result of a call that has to work."""
    result = rpc(port, tool, arguments, key)
    if result.get("isError"): raise SystemExit(f"{tool} failed: {result}")
    return result["structuredContent"]


def refusal(result):
    """The text of a refused call, empty when it worked."""
    return result["content"][0]["text"] if result.get("isError") else ""


def midday_zone():
    """A time zone in which it is noon now, so that what starts "today" starts at once whenever the test runs."""
    offset = 12 - time.gmtime().tm_hour
    return f"Etc/GMT{-offset:+d}" if offset else "UTC"


def until(condition, what, wait_s=kWait_s):
    deadline = time.monotonic() + wait_s
    while True:
        value = condition()
        if value: return value
        if time.monotonic() > deadline: raise SystemExit("not in time: " + what)
        select.select([], [], [], 0.05)


def sql(data_dir, statement, *parameters):
    database = sqlite3.connect(os.path.join(data_dir, "spreaders.db"), timeout=30)
    try:
        with database: return database.execute(statement, parameters).fetchall()
    finally:
        database.close()


def row_counts(data_dir, without=("audit", "audit_head")):
    """Rows of every table; the audit grows with every refusal and says so itself."""
    tables = [name for (name,) in sql(data_dir, "SELECT name FROM sqlite_master WHERE type = 'table'")
              if name not in without and not name.startswith("sqlite_")]
    return {name: sql(data_dir, f'SELECT COUNT(*) FROM "{name}"')[0][0] for name in tables}


class Postgres:
    """A PostgreSQL server in a temporary directory, reachable by its socket only."""

    @staticmethod
    def binaries():
        found = [path for path in glob.glob("/usr/lib/postgresql/*/bin") if os.path.exists(path + "/initdb")]
        return max(found, key=lambda path: int(path.split("/")[-2]), default=None)

    def __init__(self):
        self.home = os.path.join(folder, "pg")
        os.mkdir(self.home)
        os.chmod(folder, 0o711)
        user = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root; its package brings the user postgres
            account = pwd.getpwnam("postgres")
            os.chown(self.home, account.pw_uid, account.pw_gid)
            user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        log = open(os.path.join(folder, "pg.log"), "ab")
        path = self.binaries()
        subprocess.run([path + "/initdb", "-D", self.home + "/data", "-U", "admin", "--auth=trust", "--no-sync",
                        "--encoding=UTF8", "--locale=C"], check=True, stdout=log, stderr=log, cwd="/", **user)
        process = subprocess.Popen([path + "/postgres", "-D", self.home + "/data", "-k", self.home, "-c",
                                    "listen_addresses=", "-c", "fsync=off"], stdout=log, stderr=log, cwd="/", **user)
        _running.append(process)
        until(lambda: self.ask("postgres", "SELECT 1", fine=False) == [["1"]], "PostgreSQL answers")
        self.ask("postgres", "CREATE ROLE spreaders LOGIN NOSUPERUSER NOBYPASSRLS")

    def database(self, name):
        self.ask("postgres", f"CREATE DATABASE {name} OWNER spreaders")
        return self.url("spreaders", name)

    def url(self, role, name):
        return f"host={self.home} user={role} dbname={name}"

    def ask(self, name, statement, role="admin", fine=True):
        done = subprocess.run([self.binaries() + "/psql", "-h", self.home, "-U", role, "-d", name, "-X", "-At", "-F",
                               "\t", "-v", "ON_ERROR_STOP=1", "-c", statement], capture_output=True, text=True)
        if done.returncode and fine: raise SystemExit(f"{statement}: {done.stderr}")
        return [line.split("\t") for line in done.stdout.splitlines()] if not done.returncode else None


class Terminal:
    """A command in a terminal of its own, which a person could read and type into."""

    def __init__(self, *arguments, environment=None):
        self.main, other = os.openpty()
        # setsid and TIOCSCTTY make it the controlling terminal, which is what /dev/tty means.
        starter = ("import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
                   "os.execv(sys.argv[1], sys.argv[1:])")
        self.process = subprocess.Popen([sys.executable, "-c", starter, program, *arguments], stdin=other, stdout=other,
                                        stderr=other, env=clean_environment(environment))
        os.close(other)
        _running.append(self.process)
        self.out = ""

    def read(self):
        """Takes in what has come; False at the end."""
        while select.select([self.main], [], [], 0.02)[0]:
            try: chunk = os.read(self.main, 65536)
            except OSError: return False  # EIO: the program closed its side
            if not chunk: return False
            self.out += chunk.decode("utf-8", "replace").replace("\r\n", "\n")
        return True

    def until(self, pattern, wait_s=kWait_s):
        """The last match of the pattern in what is shown."""
        deadline = time.monotonic() + wait_s
        while True:
            more = self.read()
            found = re.findall(pattern, self.out, re.M)
            if found: return found[-1]
            if not more or time.monotonic() > deadline: raise SystemExit(f"{pattern} is not in: {self.out}")

    def type(self, line):
        os.write(self.main, (line + "\n").encode())

    def end(self, wait_s=30):
        """What it answered; it has to end by itself."""
        deadline = time.monotonic() + wait_s
        while self.read():
            if self.process.poll() is not None and not select.select([self.main], [], [], 0.05)[0]: break
            if time.monotonic() > deadline: raise SystemExit("it does not end: " + self.out)
        return self.process.wait(wait_s)

    @property
    def port(self):
        return int(self.until(r"http://127\.0\.0\.1:(\d+)/mcp"))
