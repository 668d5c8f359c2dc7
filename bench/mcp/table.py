#!/usr/bin/env python3
"""table.py mcp.jsonl: the measurements of bench/mcp/run as a table with ratios and goals. Best of the rounds for each figure."""
import json
import sys

runs = {}
for line in open(sys.argv[1], encoding="utf-8"):
    one = json.loads(line)
    runs.setdefault(one["name"], []).append(one)


def best(name, figure, choose=min):
    found = [one[figure] for one in runs.get(name, [])]
    return choose(found) if found else None


def most(name, figure="per_s"):
    return best(name, figure, max)


def row(name, figure, unit, goal=None, text=""):
    """goal: a number to reach, or "<number" to stay below."""
    if figure is None:
        print(f"{name:26} {'NOT RUN':>10} {unit:10}")
        return
    verdict = ""
    if goal is not None:
        below = str(goal).startswith("<")
        limit = float(str(goal).lstrip("<"))
        verdict = "met" if (figure < limit if below else figure >= limit) else "NOT MET"
    shown = f"{figure:,.0f}" if figure >= 1000 else f"{figure:.2f}"
    print(f"{name:26} {shown:>10} {unit:10} goal {str(goal or '-'):7} {verdict:8} {text}")


def ratio(a, b):
    return a / b if a and b else None


print("--- calls over HTTP: server, CPU us a request, requests/s, p50 ms, p99 ms; best of the rounds")
for connections in (1, 16, 64):
    for server in ("call", "session", "library", "httplib", "ts", "nginx"):
        name = f"{server}/{connections}"
        if name not in runs:
            continue
        print(f"{name:14} {best(name, 'cpu_us'):9.1f} us {most(name):9,.0f} /s   p50 {best(name, 'p50_ms'):8.3f}   p99 {best(name, 'p99_ms'):8.3f}")
print("--- goals")
row("cpu", best("call/16", "cpu_us"), "us/call", "<30", "16 connections, a real tool, validation, audit and metrics on; 60 is good")
for connections in (1, 16, 64):
    row(f"x_ts/{connections}", ratio(most(f"call/{connections}"), most(f"ts/{connections}")), "x", 20 if connections == 16 else None, "requests/s beside the TypeScript SDK v1's")
    row(f"x_ts_core/{connections}", ratio(best(f"ts/{connections}", "cpu_us"), best(f"call/{connections}", "cpu_us")), "x", None, "the same for each core used")
    row(f"x_nginx_core/{connections}", ratio(best(f"nginx/{connections}", "cpu_us"), best(f"call/{connections}", "cpu_us")), "x", 0.45, "requests/s a core beside nginx's")
    row(f"library_nginx_core/{connections}", ratio(best(f"nginx/{connections}", "cpu_us"), best(f"library/{connections}", "cpu_us")), "x", None, "an echo on the library")
row("p99/1", best("call/1", "p99_ms"), "ms", "<0.3", "one connection")
row("modern/legacy", ratio(best("call/16", "cpu_us"), best("session/16", "cpu_us")), "x", "<1.15", "CPU of a 2026-07-28 call over that of a session's")
row("stdio/1", most("stdio/1"), "/s", None, f"CPU {best('stdio/1', 'cpu_us')} us, the product's tool")
row("stdio/32", most("stdio/32"), "/s", 80000, f"CPU {best('stdio/32', 'cpu_us')} us, the product's tool")
row("stdio_library/1", most("stdio_library/1"), "/s", None, f"CPU {best('stdio_library/1', 'cpu_us')} us, an echo on the library")
row("stdio_library/32", most("stdio_library/32"), "/s", 80000, f"CPU {best('stdio_library/32', 'cpu_us')} us, an echo on the library")
row("stdio_ts/32", most("stdio_ts/32"), "/s", None, f"CPU {best('stdio_ts/32', 'cpu_us')} us")
row("list", most("list/8"), "/s", None, f"{best('list/8', 'answer_bytes')} bytes, the product's list, CPU {best('list/8', 'cpu_us')} us")
row("list289", most("list289/8"), "/s", 8000, f"{best('list289/8', 'answer_bytes')} bytes, CPU {best('list289/8', 'cpu_us')} us")
row("x_ts_list", ratio(most("list289/8"), most("ts_list289/8")), "x", None, f"TypeScript {most('ts_list289/8')}/s, CPU {best('ts_list289/8', 'cpu_us')} us")
row("streams p99", best("streams", "p99_ms"), "ms", "<10", f"1,000 streams and 16 busy connections; {most('streams', 'resident_mb')} MB")
row("idle p99", best("idle", "p99_ms"), "ms", "<10", f"10,000 idle connections and 16 busy ones; {most('idle', 'resident_mb')} MB")
row("first answer", best("start", "first_answer_ms"), "ms", "<10", f"50 is good; empty data directory {best('start_empty', 'first_answer_ms')} ms, TypeScript {best('start_ts', 'first_answer_ms')} ms")
row("idle memory", best("start", "idle_mb"), "MB", "<8", f"20 is good; TypeScript {best('start_ts', 'idle_mb')} MB")
row("idle CPU", best("start", "idle_cpu_percent"), "%", None, "of one core")
