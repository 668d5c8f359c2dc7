#!/usr/bin/env python3
"""Two workspaces (docs/security-checklist.md, line 6). For every tool that is listed, every text argument and every kind
of id: the other workspace's id is answered as an id that nobody ever had. Made from tools/list, so a new tool is tested
the day it is there. Both directions; nothing of the other workspace is shown, and nothing in it changes."""
import random, re
from harness import *
try: from issuer import Issuer
except ImportError as missing:
    print(f"skipped: {missing} (apt: python3-nacl)")
    sys.exit(77)

data = os.path.join(folder, "data")
issuer = Issuer(folder)
public = "https://mcp.shop.example"
kId = re.compile(r"\b[a-z]{2,4}_(?:[0-9A-Za-z]{22}|owner|local)\b")
letters = random.Random(7)
server = Server("serve", "--data-dir", data, "--http-port", "0", *issuer.flags(public, "--auth-workspace-claim", "org"))
port = int(server.found(r"listening on \S+ port (\d+)"))
sql(data, "INSERT INTO workspace (workspace_id, name, settings, created_at) SELECT 'wsp_other', 'Other', settings, created_at FROM workspace WHERE workspace_id = 'wsp_local'")
asked = 0


class Tenant:
    def __init__(self, workspace, mark):
        self.workspace, self.mark, self.token = workspace, mark, None

    def ask(self, method, params):
        global asked
        # A subject has a rate limit; a new one now and then keeps it out of the way.
        if asked % 150 == 0: self.token = None
        asked += 1
        if not self.token: self.token = issuer.token(issuer.claims(public + "/mcp", "*", f"{self.mark}{asked}", org=self.workspace))
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        return http_ask(port, "POST", "/rpc", body, {"Content-Type": "application/json", "Authorization": "Bearer " + self.token}, "mcp.shop.example")

    def call(self, tool, arguments, key=None):
        params = {"name": tool, "arguments": arguments}
        if key: params["_meta"] = {"io.spreaders/idempotencyKey": key}
        answer = self.ask("tools/call", params).json()
        return answer.get("result") or {"isError": True, "content": [{"text": json.dumps(answer["error"])}]}

    def make(self, tool, arguments):
        result = self.call(tool, arguments)
        check(not result.get("isError"), f"{tool} in {self.workspace}", result)
        return result.get("structuredContent", {})

    # One of everything that has an id, each with the mark of its workspace in its text.
    def furnish(self):
        people = "email,first_name,consent\n" + "".join(f"{self.mark}{n}@example.org,{self.mark},yes\n" for n in range(3))
        self.make("audience_importContacts", {"csv": people, "list": self.mark + " readers", "mode": "subscribe", "consent_source": self.mark})
        self.make("email_segmentAudience", {"action": "create", "name": self.mark + " people", "rule_text": "first_name = '" + self.mark + "'"})
        template = self.make("email_designTemplate", {"name": self.mark + " letter", "subject": self.mark, "html": f"<p>{self.mark}</p>"})
        lists = self.make("email_manageList", {"action": "list"})
        self.make("campaign_create", {"name": self.mark + " sale", "template_id": template["template_id"], "list_id": kId.search(json.dumps(lists)).group()})
        self.make("campaign_plan", {"goal": f"Tell the {self.mark} readers about {self.mark} by email, 250 dollars, from tomorrow for ten days"})
        self.make("user_create", {"email": self.mark + "@example.com", "name": self.mark})
        self.call("notification_sendEmail", {"to": self.mark + "0@example.org", "template_id": template["template_id"]})  # asks for an approval
        self.ids = {}
        for table, columns in tables.items():
            for column in columns:
                if "workspace_id" not in columns: continue
                for (value,) in sql(data, f'SELECT "{column}" FROM "{table}" WHERE workspace_id = ?', self.workspace):
                    if isinstance(value, str) and kId.fullmatch(value) and not value.startswith("wsp_"): self.ids.setdefault(value.split("_")[0], value)
        self.cursor = self.make("audience_listContacts", {"limit": 1}).get("next_cursor", "")

    def rows(self):
        # What a call of its own writes is in its own workspace; what the program does by itself is left out.
        return {table: sorted(map(repr, sql(data, f'SELECT * FROM "{table}" WHERE workspace_id = ?', self.workspace)))
                for table, columns in tables.items() if "workspace_id" in columns and table not in ("audit", "audit_head")}


tables = {name: [row[1] for row in sql(data, f'PRAGMA table_info("{name}")')] for (name,) in sql(data, "SELECT name FROM sqlite_master WHERE type = 'table'")}
first, second = Tenant("wsp_local", "quincebloom"), Tenant("wsp_other", "thistledown")
for tenant in (first, second): tenant.furnish()
for tenant in (first, second):
    check({"cmp", "tpl", "lst", "seg", "pln", "apr", "usr", "imp", "ctc"} - set(tenant.ids) == set(), f"{tenant.workspace} has one of everything", tenant.ids)
check(tenant.cursor, "and a page that goes on", tenant.cursor)
catalogue = first.ask("tools/list", {}).json()["result"]["tools"] + [{"name": "approvals_decide", "inputSchema": {
    "properties": {"approval_id": {"type": "string"}, "decision": {"enum": ["approve", "reject"]}, "code": {"type": "string"}}, "required": ["approval_id", "decision"]}}]
check(len(catalogue) > 50, "the whole catalogue is listed", len(catalogue))


def filler(name, schema):
    if "enum" in schema: return schema["enum"][0]
    if schema.get("format") == "email": return "nobody@example.net"
    if schema.get("format") == "date-time": return "2031-01-01T10:00:00Z"
    if name == "audio_base64": return "UklGRgAAAABXQVZFZm10IA=="
    return {"integer": 1, "number": 1, "boolean": False, "array": [], "object": {}}.get(schema.get("type"), "words")


def variants(tool):
    """Arguments that are right but for the id, and the place where the id goes."""
    properties = tool["inputSchema"].get("properties", {})
    required = {name: filler(name, properties[name]) for name in tool["inputSchema"].get("required", [])}
    bases = [{**required, **({"action": action} if action else {})} for action in properties.get("action", {}).get("enum", [None])]
    bases += [{**base, name: "New name"} for base in list(bases) for name in ("name", "change") if name in properties]
    for base in bases:
        for name, schema in properties.items():
            takes_id = bool(re.search(r"\bids?\b", schema.get("description", ""), re.I) or re.search("(_ids?|cursor)$", name))
            if schema.get("type") == "string" and "enum" not in schema and schema.get("format") is None: yield takes_id, base, name, lambda value: value
            if schema.get("type") == "array" and schema.get("items", {}).get("type") == "string": yield takes_id, base, name, lambda value: [value]


def unknown_like(value):
    kind, rest = value.split("_")
    return kind + "_" + "".join(letters.choice("0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz") for _ in range(22))


def plain(result, value):
    text = json.dumps(result.get("content", []), ensure_ascii=False).replace(value, "ID")
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", kId.sub("OTHER", text))


# What takes an id goes first: other texts become names of things in the caller's workspace, and an import makes the list
# that it does not find.
tries = sorted(((not takes_id, tool["name"] == "audience_importContacts", tool, base, name, shape) for tool in catalogue for takes_id, base, name, shape in variants(tool)), key=lambda one: one[:2])
check(sum(not one[0] for one in tries) > 60, "many arguments take an id", len(tries))
pairs = 0
for mine, theirs in ((second, first), (first, second)):
    before = theirs.rows()
    for free_text, _, tool, base, name, shape in tries:
        for kind, foreign in {**theirs.ids, **({"cursor": theirs.cursor} if name == "cursor" else {})}.items():
            pairs += 1
            got = mine.call(tool["name"], {**base, name: shape(foreign)})
            told = json.dumps(got, ensure_ascii=False)
            check(theirs.mark not in told, f"{tool['name']} {name}={foreign} tells nothing of {theirs.workspace}", told)
            check("rate_limited" not in told and "internal" not in told, f"{tool['name']} {name}={foreign} works", told)
            if kind == "cursor" or free_text: continue
            stranger = unknown_like(foreign)
            other = mine.call(tool["name"], {**base, name: shape(stranger)})
            fine = bool(got.get("isError")) == bool(other.get("isError"))
            # Where any words will do, a result has ids and figures of its own; refusals must be the same to the letter.
            if got.get("isError"): fine = fine and plain(got, foreign) == plain(other, stranger)
            check(fine, f"{tool['name']} {base} {name}: a foreign {kind} is as unknown as any", f"{plain(got, foreign)}\n     not: {plain(other, stranger)}")
    after = theirs.rows()
    for table in before: check(before[table] == after[table], f"no call of {mine.workspace} changed {table} of {theirs.workspace}", [row for row in after[table] if row not in before[table]][:3])

# One idempotency key in two workspaces is two keys.
answers = [tenant.call("campaign_create", {"name": "Same key"}, "key-1")["structuredContent"]["campaign_id"] for tenant in (first, second, first)]
check(answers[0] == answers[2] != answers[1], "a key belongs to its workspace", answers)
check(pairs > 2000, "there was much to try", pairs)
print(f"{len(catalogue)} tools, {pairs} foreign ids")
check(server.stop() == 0, "the server ends", server.errors())
finish()
