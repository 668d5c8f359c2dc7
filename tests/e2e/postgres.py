#!/usr/bin/env python3
"""The program on PostgreSQL: the same walk with the same figures as on SQLite, every door over it, and row-level
security that the program's role cannot walk through."""
import json, os, re, subprocess, sys
from harness import *

if not Postgres.binaries():
    print("NOT TESTED: no PostgreSQL server was found in /usr/lib/postgresql/*/bin; install the package postgresql")
    sys.exit(77)
server = Postgres()
url = server.database("walk")


def walk(data, *more):
    done = run("chat", "--sample-audience", "--goal", goal, "--yes", "--data-dir", os.path.join(folder, data),
               "--http-port", "0", *more)
    check(done.returncode == 0, f"the walk on {data} ends with a report", done.stdout + done.stderr)
    report = done.stdout.partition("Report:")[2]
    check("sent 476, left out 24" in report, f"the report of {data}", done.stdout + done.stderr)
    return report


on_sqlite = walk("sqlite")
on_postgres = walk("postgres", "--database-url", url)
check(on_sqlite == on_postgres, "the same seed has the same figures on both engines", on_sqlite + on_postgres)
other = walk("sqlite2", "--sandbox-seed", "2")
check(other != on_sqlite, "another seed is another crowd", other)

# The second wall stands: forced on every table with a workspace, and the role can neither pass nor lower it by setting.
tables = server.ask("walk", "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class c JOIN pg_attribute a ON "
                    "a.attrelid = c.oid AND a.attname = 'workspace_id' WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
check(len(tables) >= 25 and all(row[1:] == ["t", "t"] for row in tables), "row-level security is forced everywhere", tables)
check(server.ask("walk", "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = 'spreaders'") == [["f", "f"]], "the role is plain")
check(server.ask("walk", "SELECT COUNT(*) FROM contact", role="spreaders") == [["0"]], "no workspace, no rows")
check(server.ask("walk", "SET app.workspace = 'wsp_other'; SELECT COUNT(*) FROM contact", role="spreaders")[-1] == ["0"], "another workspace, no rows")
check(server.ask("walk", "SELECT COUNT(*) FROM contact")[0] == ["500"], "they are there, though")
moved = server.ask("walk", "SET app.workspace = 'wsp_other'; UPDATE contact SET email = 'x' WHERE workspace_id <> 'wsp_other' RETURNING 1", role="spreaders")
check(["1"] not in moved, "another workspace changes nothing", moved)

# A role that could walk through the wall is refused, with the words that make a better one.
for role, trait in (("admin", "is a superuser"), ("strong", "has BYPASSRLS")):
    if role == "strong": server.ask("postgres", "CREATE ROLE strong LOGIN NOSUPERUSER BYPASSRLS")
    done = run("doctor", "--data-dir", os.path.join(folder, "postgres"), "--database-url", server.url(role, "walk"))
    check(done.returncode == 1 and f"role {role} {trait}" in done.stdout + done.stderr and "CREATE ROLE spreaders" in done.stdout + done.stderr,
          f"a role that {trait} is refused", done.stdout + done.stderr)

flags = ["--data-dir", os.path.join(folder, "postgres"), "--database-url", url, "--http-port", "0"]
done = run("doctor", *flags)
check(done.returncode == 0 and "is whole" in done.stdout and "PostgreSQL" in done.stdout, "doctor finds all in order", done.stdout + done.stderr)
done = run("backup", os.path.join(folder, "copy.db"), *flags)
check(done.returncode == 1 and "pg_dump" in done.stderr, "backup says what to use instead", done.stdout + done.stderr)
for wrong, word in (("host=/nowhere dbname=x", "database"), ("postgres://spreaders@127.0.0.1:1/x", "database"), ("nonsense", "database")):
    done = run("doctor", "--data-dir", os.path.join(folder, "none"), "--database-url", wrong)
    check(done.returncode == 1 and word in done.stdout + done.stderr, "a database that is not there: " + wrong, done.stdout + done.stderr)

# Every other door over the same database, in another process.
serve = Server("serve", "--virtual-time", *flags)
listed = call(serve.port, "campaign.list", {})
campaign = listed["campaigns"][0]["campaign_id"]
check(listed["campaigns"][0]["status"] == "completed", "the campaign of the walk is there", listed)
figures = call(serve.port, "campaign.getStatus", {"campaign_id": campaign})["results"]
check(figures["sent"] == 476 and f"opened    {figures['opened']} " in on_postgres, "and its figures", figures)
made = [call(serve.port, "campaign.create", {"name": "once"}, key="k1")["campaign_id"] for _ in range(2)]
check(made[0] == made[1], "a key is good for one campaign", made)
check("other arguments" in refusal(rpc(serve.port, "campaign.create", {"name": "twice"}, key="k1")), "and for the same arguments only")
for row in ("O'Brien; DROP TABLE contact", "naïve ☃ 𝄞", "back\\slash \"quote\" {x,NULL}"):
    name = call(serve.port, "campaign.create", {"name": row})
    again = call(serve.port, "campaign.getStatus", {"campaign_id": name["campaign_id"]})["campaign"]
    check(again["name"] == row, "text comes back as it went in", again)
check("/name" in refusal(rpc(serve.port, "campaign.create", {"name": "a\0b"})) or "U+0000" in refusal(rpc(serve.port, "campaign.create", {"name": "a\0b"})), "but not U+0000")

# The server is cut off from its database: it says so, and goes on when the database is back.
killed = server.ask("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'walk'")
check(len(killed) > 0, "connections were cut", killed)
until(lambda: not rpc(serve.port, "campaign.list", {}).get("isError"), "it goes on after its connections were cut")
check(serve.stop() == 0, "it ends cleanly", serve.errors())
finish()
