#!/usr/bin/env python3
"""The server behind an authorization server (docs/security-checklist.md, lines 1 to 4, 10 and 18): metadata, tokens that
are accepted and refused, scopes and stepping up, lists by token, and that no token goes anywhere."""
import re, socket
from harness import *
try: from issuer import Ed25519, Issuer, b64, hmac_token
except ImportError as missing:
    print(f"skipped: {missing} (apt: python3-nacl)")
    sys.exit(77)

data = os.path.join(folder, "data")
issuer = Issuer(folder)
public = "https://mcp.shop.example"
ours = public + "/mcp"
flags = ["--data-dir", data, "--http-port", "0"]
auth = issuer.flags(public)
meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}

# What is missing or unsafe in the configuration is named, all at once, and nothing starts.
for wrong, named in ((["--auth-issuer", issuer.url], ["/auth/jwks_url", "/http/public_url"]), (["--auth-jwks-url", issuer.url], ["/auth/issuer"]), (["--auth-workspace-claim", "wsp"], ["/auth/issuer"]),
                     ([*auth, "--auth-jwks-file", "keys.json"], ["/auth/jwks_url"]), (issuer.flags("http://mcp.shop.example"), ["/http/public_url"]),
                     ([*issuer.flags(public), "--auth-jwks-url", "http://keys.example/jwks"], ["/auth/jwks_url"]), (issuer.flags(public + "?x"), ["/http/public_url"]),
                     (["--http-public-url", public, "--auth-issuer", "http://127.0.0.1.evil.example", "--auth-jwks-url", issuer.url], ["/auth/issuer"])):
    done = run("serve", *flags, *wrong, wait_s=30)
    check(done.returncode != 0 and all(name in done.stderr for name in named), f"{wrong} is refused", done.stdout + done.stderr)

# With an authorization server it may be reached from elsewhere, though there is no API key.
server = Server("serve", "--http-address", "0.0.0.0", *flags, *auth)
port = int(server.found(r"listening on 0\.0\.0\.0 port (\d+); every call needs an access token or an API key"))


def ask(method="tools/list", params=None, token=None, path="/mcp", headers=None):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": {**(params or {}), "_meta": meta}})
    named = {"tools/call": {"Mcp-Name": (params or {}).get("name")}, "resources/read": {"Mcp-Name": (params or {}).get("uri")}}.get(method, {})
    bearer = {"Authorization": "Bearer " + token} if token else {}
    return http_ask(port, "POST", path, body, {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method,
                                               **named, **bearer, **(headers or {})}, "mcp.shop.example")


def call(name, arguments, token):
    return ask("tools/call", {"name": name, "arguments": arguments}, token)


def names(token, path="/mcp"):
    return [tool["name"] for tool in ask(token=token, path=path).json()["result"]["tools"]]


def challenge(answer):
    return dict(re.findall(r'(\w+)="([^"]*)"', answer.headers.get("www-authenticate", "")))


def token_of(scope, subject="ada", **more):
    return issuer.token(issuer.claims(ours, scope, subject, **more))


# Metadata (RFC 9728).
for path, resource in (("", ours), ("/mcp", ours), ("/mcp/compact", ours + "/compact"), ("/mcp/x/campaign/readonly", ours + "/x/campaign/readonly"), ("/sse", public + "/sse")):
    answer = http_ask(port, "GET", "/.well-known/oauth-protected-resource" + path, host="mcp.shop.example")
    document = answer.json() if answer.status == 200 else {}
    check(document.get("resource") == resource and document.get("authorization_servers") == [issuer.url] and document.get("bearer_methods_supported") == ["header"], f"metadata of {path or '/'}", answer.body)
    scopes = document.get("scopes_supported", [])
    check(scopes and all(scope.endswith(":read") for scope in scopes) and "offline_access" not in answer.body and "*" not in scopes and "approvals" not in answer.body, "only what reads is asked for at first", scopes)
check(http_ask(port, "GET", "/.well-known/oauth-protected-resource/mcp/nothing", host="mcp.shop.example").status == 404, "no metadata of what is not there")
first_scopes = " ".join(scopes)

# Without a token, and with each kind of bad one.
answer = ask()
said = challenge(answer)
check(answer.status == 401 and said == {"resource_metadata": public + "/.well-known/oauth-protected-resource/mcp", "scope": first_scopes}, "where to get a token", answer.headers)
check(challenge(ask(path="/mcp/compact"))["resource_metadata"].endswith("/oauth-protected-resource/mcp/compact"), "for the very address that was asked")
now = int(time.time())
good = issuer.claims(ours, "*")
stranger = Ed25519("ed-1")
bad = {"another audience": issuer.token({**good, "aud": "https://mcp.shop.example"}), "an audience that begins like ours": issuer.token({**good, "aud": ours + "x"}),
       "no audience": issuer.token({k: v for k, v in good.items() if k != "aud"}), "another issuer": issuer.token({**good, "iss": "https://evil.example"}),
       "expired": issuer.token({**good, "exp": now - 120}), "without an end": issuer.token({k: v for k, v in good.items() if k != "exp"}), "not valid yet": issuer.token({**good, "nbf": now + 600}),
       "nobody's": issuer.token({k: v for k, v in good.items() if k != "sub"}), "unsigned": b64({"typ": "at+jwt", "alg": "none"}) + "." + b64(good) + ".",
       "a public key as secret": hmac_token({**issuer.rsa.header(), "alg": "HS256"}, good, issuer.rsa.public), "signed by a stranger": issuer.token(good, key=stranger),
       "a stranger's key in it": issuer.token(good, {**stranger.header(), "jwk": stranger.jwk()}, stranger), "an unknown key": issuer.token(good, {**issuer.ed.header(), "kid": "other"}),
       "an identity token": issuer.token(good, {**issuer.ed.header(), "typ": "JWT"}), "with an extension": issuer.token(good, {**issuer.ed.header(), "crit": ["exp"]}),
       "garbled": issuer.token(good)[:-8], "no token": "abc", "half a key": "spk_abc", "too long": "a" * 17000}
for what, token in bad.items():
    answer = ask(token=token)
    said = challenge(answer)
    check(answer.status == 401 and said.get("error") == "invalid_token" and "resource_metadata" in said and said.get("scope") == first_scopes, f"{what}: 401", f"{answer.status} {answer.headers} {answer.body}")
    check(token not in answer.body + str(answer.headers), f"{what}: not repeated")
whole = issuer.token(good)
for path in ("/mcp?access_token=" + whole, "/rpc?access_token=" + whole, "/mcp?x=1&access%5Ftoken=" + whole):
    check(ask(path=path).status == 401 and ask(path=path, token=whole).status == 401, "a token in the address is refused")
check(http_ask(port, "GET", "/sse?access_token=" + whole, host="mcp.shop.example").status == 401, "also for a stream")
check(ask(token=whole).status == 200 and ask(token=issuer.token(good, key=issuer.rsa)).status == 200, "both keys of the issuer are good", ask(token=whole).body)
check(ask(token=issuer.token({**good, "aud": ["https://other.example", ours + "/"]})).status == 200, "among several audiences")
check(len(issuer.asked) <= 2, "the issuer is not asked for every bad token", len(issuer.asked))

# Scopes: a list of what the token allows, a call that names what it needs, and a wider token.
reading, writing = token_of("campaigns:read"), token_of("campaigns:*")
everything = names(whole)
few = names(reading)
check("campaign_list" in few and "campaign_create" not in few and set(few) < set(everything), "a narrow token lists less", few)
check("campaign_create" in names(writing) and "campaign_execute" in names(writing) and "audience_importContacts" not in names(writing), "a broader scope has the narrower ones", names(writing))
for token in (reading, whole):
    check(ask(token=token).json()["result"]["cacheScope"] == "private", "a list is for one token only")
answer = call("campaign_create", {"name": "Autumn"}, reading)
said = challenge(answer)
check(answer.status == 403 and said.get("error") == "insufficient_scope" and said.get("scope") == "campaigns:write" and "resource_metadata" in said, "the needed scope and no other", answer.headers)
check(call("campaign.create", {"name": "Autumn"}, reading).status == 403, "nor by its other name")
def read(uri, token): return ask("resources/read", {"uri": uri}, token)


for uri, scope in (("spreaders://audiences", "audience:read"), ("spreaders://reports/cmp_unknown", "analytics:read")):
    answer = read(uri, reading)
    check(answer.status == 403 and challenge(answer).get("scope") == scope, f"{uri} is read with its own scope", f"{answer.status} {answer.headers} {answer.body}")
check(read("spreaders://campaigns", reading).status == 200, "and what the token allows without another")
batch = {"calls": [{"name": "campaign_create", "arguments": {"name": "Autumn"}}, {"name": "audience_importContacts", "arguments": {}}]}
said = challenge(call("tools_call_write", batch, writing))
check(said.get("error") == "insufficient_scope" and "audience:write" in said["scope"] and "campaigns" not in said["scope"], "nor in a batch", said)
check(sql(data, "SELECT COUNT(*) FROM campaign")[0][0] == 0, "nothing was done")
refused = sql(data, "SELECT COUNT(*) FROM audit WHERE principal = 'sub:ada' AND tool = 'campaign.create' AND outcome = 'permission_denied'")
check(refused[0][0] == 2, "refusals are in the audit", sql(data, "SELECT principal, tool, outcome FROM audit"))
answer = call("campaign_create", {"name": "Autumn"}, writing)
check(answer.status == 200 and not answer.json()["result"].get("isError"), "with the scope it is done", answer.body)
campaign = answer.json()["result"]["structuredContent"]["campaign_id"]
check(call("campaign_getStatus", {"campaign_id": campaign}, token_of("")).status == 403, "a token without scopes reads nothing")
check(call("approvals_decide", {"approval_id": "apr_x", "decision": "approve"}, token_of("* approvals:decide")).json()["result"].get("isError"), "no token approves", "")
check(call("approvals_decide", {"approval_id": "apr_x", "decision": "approve"}, token_of("approvals:*")).status == 200, "and none is promised that would")

# API keys work beside tokens; the issuer's subjects are not our ids.
made = run("key", "create", "--name", "script", "--scopes", "campaigns:read", *flags).stdout.split()
key = made[-1]
check("campaign_create" not in names(key), "a narrow key lists less as well")
answer = call("campaign_create", {"name": "No"}, key)
check(answer.status == 200 and answer.json()["result"]["isError"], "a key is not asked to sign in", answer.body)
check(call("user_getProfile", {}, token_of("*", "usr_owner")).json()["result"].get("isError"), "a subject named like the owner is not the owner", "")
check(call("user_getProfile", {}, token_of("*", made[1].rstrip(","))).json()["result"].get("isError"), "nor like a key", "")

# A session belongs to its subject, and a newer token counts at once.
hello = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}'
create = '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"campaign_create","arguments":{"name":"Winter"}}}'


def legacy(body, token, session=None, method="POST", last=None):
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "Authorization": "Bearer " + token}
    if session: headers["Mcp-Session-Id"] = session
    if last: headers["Last-Event-ID"] = last
    return http_ask(port, method, "/mcp", body, headers, "mcp.shop.example")


session = legacy(hello, reading).headers["mcp-session-id"]
check(legacy(create, reading, session).status == 403 and legacy(create, writing, session).status == 200, "stepping up inside a session")
other = token_of("*", "bea")
check(legacy(create, other, session).status == 404 and legacy(create, other, "unknown").status == 404, "somebody else's session is unknown")
check(legacy(None, other, session, "GET", "g_0").status == 404 and legacy(None, other, session, "DELETE").status == 404, "to look into or to end")
check(legacy(create, bad["expired"], session).status == 401, "a session is no token")
check(legacy(None, reading, session, "DELETE").status == 204 and legacy(create, reading, session).status == 404, "its owner ends it")

# New keys of the issuer.
issuer.keys = [Ed25519("ed-2")]
check(ask(token=issuer.token(good, key=issuer.keys[0])).status == 401, "not asked again so soon")
check(server.stop() == 0, "the server ends", server.errors())
for what, text in (("log", server.errors()), ("issuer", str(issuer.asked)), ("output", server.out)):
    for token in (whole, reading, writing, key, *(one for one in bad.values() if len(one) > 20)):
        part = token.split(".")[-1][:40]  # the signature, which nobody writes by chance
        check(token not in text and (len(part) < 20 or part not in text), f"no token in the {what}", text)
check(all("authorization" not in headers.lower() and "cookie" not in headers.lower() for _, headers in issuer.asked), "the issuer is asked without credentials")
for name in os.listdir(data):
    stored = open(os.path.join(data, name), "rb").read() if os.path.isfile(os.path.join(data, name)) else b""
    check(not any(token.encode() in stored for token in (whole, reading, writing, key)), f"no token in {name}")

# Keys from a file, an issuer that knows us by another name and writes typ JWT, and who belongs to which workspace.
issuer.keys = [issuer.ed]
with open(os.path.join(folder, "keys.json"), "w") as file: json.dump({"keys": [issuer.ed.jwk()]}, file)
sql(data, "INSERT INTO workspace (workspace_id, name, settings, created_at) SELECT 'wsp_other', 'Other', settings, created_at FROM workspace WHERE workspace_id = 'wsp_local'")
server = Server("serve", *flags, "--http-public-url", public, "--auth-issuer", issuer.url, "--auth-jwks-file", os.path.join(folder, "keys.json"), "--auth-audience", "api://spreaders",
                "--auth-any-token-type", "true", "--auth-workspace-claim", "org", "--auth-scope-claim", "scp", "--auth-scopes", "campaigns:read campaigns:write")
port = int(server.found(r"listening on \S+ port (\d+)"))
asked = len(issuer.asked)
check(challenge(ask())["scope"] == "campaigns:read campaigns:write", "the operator says what is asked for first")
plain = {**issuer.ed.header(), "typ": "JWT"}


def of(workspace, audience="api://spreaders"):
    return issuer.token({**issuer.claims(audience, "", scp=["campaigns:*"]), **({"org": workspace} if workspace else {})}, plain)


check(call("campaign_getStatus", {"campaign_id": campaign}, of("wsp_local")).json()["result"].get("isError") is not True, "its own workspace")
unknown = call("campaign_getStatus", {"campaign_id": "cmp_" + "0" * 20}, of("wsp_other")).json()["result"]
foreign = call("campaign_getStatus", {"campaign_id": campaign}, of("wsp_other")).json()["result"]
check(foreign.get("isError") and foreign["content"][0]["text"].replace(campaign, "ID") == unknown["content"][0]["text"].replace("cmp_" + "0" * 20, "ID"), "another workspace sees nothing of it", foreign)
for workspace in (None, "wsp_none", "", 7, ["wsp_local"]):
    answer = ask(token=of(workspace))
    check(answer.status == 403 and "www-authenticate" not in answer.headers, f"no workspace for {workspace!r}", answer.body)
check(ask(token=of("wsp_local", ours)).status == 200 and ask(token=of("wsp_local", "api://other")).status == 401, "our own address is always an audience")
check(len(issuer.asked) == asked, "a file is a file")
check(server.stop() == 0, "the server ends", server.errors())

# An issuer that is away: not a reason to sign in again.
server = Server("serve", *flags, "--http-public-url", public, "--auth-issuer", issuer.url, "--auth-jwks-url", "http://127.0.0.1:1/keys")
port = int(server.found(r"listening on \S+ port (\d+)"))
answer = ask(token=whole)
check(answer.status == 503 and "retry-after" in answer.headers and "www-authenticate" not in answer.headers, "later", f"{answer.status} {answer.headers}")
check(ask(token=key).status == 200, "keys of our own still work", ask(token=key).body)
check(server.stop() == 0, "the server ends", server.errors())
finish()
