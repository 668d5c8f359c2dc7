#!/usr/bin/env python3
"""Who is let in: nobody from elsewhere without a key, no web page that was led here under another name (DNS rebinding),
no page of another site where a call could do something."""
import socket
from harness import *

data = os.path.join(folder, "data")
flags = ["--data-dir", data, "--http-port", "0"]
listing = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
hello = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}'
json_type = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


def rpc_list(port, headers=None, host=None):
    return http_ask(port, "POST", "/rpc", listing, {**json_type, **(headers or {})}, host)


# Beyond loopback: refused while there is no key, with the words that make one.
for address in ("0.0.0.0", "::", "192.0.2.1"):
    done = run("serve", "--http-address", address, *flags, wait_s=30)
    check(done.returncode == 1 and f"address {address}" in done.stderr and "spreaders key create" in done.stderr and "127.0.0.1" in done.stderr,
          f"{address} without a key is refused", done.stdout + done.stderr)
for address, word in (("localhost", "numeric IP address"), ("256.1.1.1", "numeric IP address"), ("127.0.0.1:80", "numeric IP address"), ("", "numeric IP address")):
    done = run("serve", "--http-address", address, *flags, wait_s=30)
    check(done.returncode != 0 and (word in done.stderr or "spreaders key create" in done.stderr), f"the address {address!r} is refused", done.stdout + done.stderr)
write_key = run("key", "create", "--kind", "write_key", "--name", "shop", *flags).stdout.split()[-1]
done = run("serve", "--http-address", "0.0.0.0", *flags, wait_s=30)
check(done.returncode == 1 and "spreaders key create" in done.stderr, "a write key is no key to call with", done.stderr)
made = run("key", "create", "--name", "client", *flags).stdout.split()
key, key_id = made[-1], made[1].rstrip(",")
open_server = Server("serve", "--http-address", "0.0.0.0", *flags)
port = int(open_server.found(r"http://[\d.]+:(\d+)/mcp"))
bearer = {"Authorization": "Bearer " + key}
check(rpc_list(port).status == 401 and "API key" in rpc_list(port).body, "with a key there is a door, but not for those without", rpc_list(port).body)
check(rpc_list(port, {"Authorization": "Bearer spk_wrong"}).status == 401, "a wrong key is refused")
check(rpc_list(port, {"Authorization": "Basic " + key}).status == 401, "another kind of Authorization is refused")
check(rpc_list(port, {"Authorization": "Bearer " + write_key}).status in (401, 403), "a write key calls nothing")
check(rpc_list(port, bearer).status == 200, "the key calls", rpc_list(port, bearer).body)
check(rpc_list(port, bearer, "spreaders.example:80").status == 200, "under any name, since it proves who it is")
for method, path, body in (("POST", "/mcp", hello), ("GET", "/sse", None), ("POST", "/messages?sessionId=x", listing), ("GET", "/mcp", None), ("DELETE", "/mcp", None)):
    answer = http_ask(port, method, path, body, json_type)
    check(answer.status == 401, f"{method} {path} without a key is refused", f"{answer.status} {answer.body}")
operations = int(open_server.found(r"127\.0\.0\.1:(\d+)/health"))
others = [each[4][0] for each in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET) if not each[4][0].startswith("127.")]
for address in others[:1]:
    with socket.socket() as probe:
        probe.settimeout(2)
        check(probe.connect_ex((address, operations)) != 0, "health and metrics stay on loopback")
run("key", "revoke", key_id, *flags)
check(rpc_list(port, bearer).status == 401, "a revoked key is refused at once", rpc_list(port, bearer).body)
check(open_server.stop() == 0, "the server ends", open_server.errors())

# A public address means a proxy in front, behind which everybody looks local: then every call needs a key.
proxied = Server("serve", "--http-public-url", "https://news.shop.example", *flags)
port = int(proxied.found(r"listening on \S+ port (\d+); every call needs an API key"))
check(rpc_list(port, host="news.shop.example").status == 401, "through the proxy without a key", rpc_list(port, host="news.shop.example").body)
check(rpc_list(port).status == 401, "and a proxy that hides the name", rpc_list(port).body)
check(rpc_list(port, host="evil.example").status == 403, "another name is refused")
check(http_ask(port, "GET", "/o/x.gif", host="news.shop.example").status == 200, "readers reach it under its public name")
check(http_ask(port, "GET", "/o/x.gif", host="evil.example").status == 403, "and under no other")
check(proxied.stop() == 0, "the server ends", proxied.errors())

# On loopback nobody needs a key, but every door answers to names of this machine only.
server = Server("serve", *flags)
port = server.port
operations, mailbox = int(server.found(r"127\.0\.0\.1:(\d+)/health")), int(server.found(r"mailbox: http://127\.0\.0\.1:(\d+)"))
doors = [("GET", "/", None, port), ("POST", "/rpc", listing, port), ("POST", "/mcp", hello, port), ("GET", "/mcp", None, port), ("DELETE", "/mcp", None, port), ("OPTIONS", "/mcp", None, port),
         ("GET", "/sse", None, port), ("POST", "/messages?sessionId=x", listing, port), ("GET", "/o/x.gif", None, port), ("GET", "/c/x?u=https://example.org", None, port), ("GET", "/u/x", None, port),
         ("POST", "/u/x", "List-Unsubscribe=One-Click", port), ("POST", "/v1/track", "{}", port), ("OPTIONS", "/v1/track", None, port), ("POST", "/v1/batch", "{}", port), ("POST", "/event", "{}", port), ("POST", "/hooks/bounces/wsp_x", "x", port),
         ("GET", "/approve/apr_x?k=x", None, port), ("POST", "/approve/apr_x", "k=x", port), ("GET", "/health", None, operations), ("GET", "/metrics", None, operations),
         ("GET", "/", None, mailbox), ("GET", "/mail/0", None, mailbox), ("GET", "/lookup?message_id=x", None, mailbox), ("GET", "/shop", None, mailbox), ("POST", "/shop/order", "sp=x", mailbox)]
for method, path, body, where in doors:
    kind = json_type if path.startswith(("/rpc", "/mcp", "/messages", "/v1", "/event")) else {"Content-Type": "application/x-www-form-urlencoded"}
    for host in ("evil.example", f"evil.example:{where}", "127.0.0.1.evil.example", "localhost.evil.example", "[::1].evil.example", "127.0.0.1@evil.example", ""):
        answer = http_ask(where, method, path, body, kind, host or " ")
        check(answer.status in (400, 403, 421), f"{method} {path} as {host!r} is refused", f"{answer.status} {answer.body[:200]}")
    for host in (f"localhost:{where}", f"127.0.0.1:{where}", f"[::1]:{where}"):
        if path == "/sse": continue  # a stream, which would not end
        answer = http_ask(where, method, path, body, kind, host)
        check(answer.status != 421 and "Host" not in answer.body, f"{method} {path} as {host} is answered", f"{answer.status} {answer.body[:200]}")
# Pages of other sites: not where something can be called, seen or decided.
for method, path, body, where in doors:
    if path.startswith(("/o/", "/c/", "/u/", "/v1/", "/event", "/hooks/")) or (where == port and path == "/"): continue  # tokens and keys decide there
    for origin in ("https://evil.example", "null", "http://127.0.0.1.evil.example", "file://", "chrome-extension://abcdef"):
        answer = http_ask(where, method, path, body, {**json_type, "Origin": origin})
        check(answer.status == 403 and "access-control-allow-origin" not in answer.headers, f"{method} {path} from {origin} is refused", f"{answer.status} {answer.headers}")
answer = http_ask(port, "GET", "/", headers={"Origin": "https://evil.example"})
check("access-control-allow-origin" not in answer.headers and answer.headers.get("x-frame-options") == "DENY", "no other page reads or frames the start page", answer.headers)
check(rpc_list(port, {"Origin": f"http://localhost:{port}"}).status == 200, "a page of this machine may call")
check(server.stop() == 0, "the server ends", server.errors())
finish()
