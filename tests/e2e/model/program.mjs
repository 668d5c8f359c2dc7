// The real program at a pipe: says lines when it asks for them, keeps all it prints, and looks into its database.
import { execFile, execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const program = process.env.SPREADERS;
const kWait_ms = 60_000;

// A developer's own keys must not make these tests talk to a vendor.
const withoutKeys = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !/_API_KEY$|_BASE_URL$/.test(name)));

export function temporaryDirectory() {
  return fs.mkdtempSync(path.join(os.tmpdir(), "spreaders-model-"));
}

// `wire`: anthropic, responses or chat.
export function modelSettings(wire, url, key) {
  if (wire === "anthropic") return { flags: ["--model-base-url", url], environment: { ANTHROPIC_API_KEY: key } };
  const flags = ["--model-base-url", `${url}/v1`, "--model-api", wire, "--model-model", "double-1"];
  return { flags, environment: { OPENAI_API_KEY: key } };
}

// Runs `chat`. `steps` are said one after the other: a text, or {wait: RegExp, say: (match) => text}.
export function chat({ directory, model, flags = [], steps = [], environment = {} }) {
  const child = spawn(program, ["chat", "--data-dir", directory, "--http-port", "0", "--log-level", "debug", ...(model?.flags ?? []), ...flags], {
    env: { ...withoutKeys(), ...(model?.environment ?? {}), ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  return new Promise((resolve, reject) => {
    let out = "", error = "", seen = 0;
    const left = steps.map((step) => (typeof step === "string" ? { wait: /(^|\n)> $/, say: () => step } : step));
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`still waiting for ${left[0]?.wait}; it said:\n${out}\n${error}`));
    }, kWait_ms);
    const next = () => {
      if (left.length === 0) return child.stdin.end();
      const match = left[0].wait.exec(out.slice(seen));
      if (!match) return;
      seen = out.length;
      child.stdin.write(left.shift().say(match) + "\n");
    };
    child.stdout.on("data", (data) => { out += data; next(); });
    child.stderr.on("data", (data) => (error += data));
    child.stdin.on("error", () => {});
    child.on("error", reject);
    child.on("close", (code) => { clearTimeout(timer); resolve({ code, out, error }); });
    if (left.length === 0) child.stdin.end();
  });
}

export const typeTheCode = { wait: /type the code (\d{6})/, say: (match) => match[1] };

// The result of one tool. Not synchronous: the doubles that it may ask live in this process.
export async function call(directory, tool, args, model) {
  const flags = ["call", tool, JSON.stringify(args), "--data-dir", directory, ...(model?.flags ?? [])];
  const { stdout } = await promisify(execFile)(program, flags, { env: { ...withoutKeys(), ...(model?.environment ?? {}) } });
  return JSON.parse(stdout);
}

// One value of the database; Node 20 has no SQLite of its own, Python has.
export function query(directory, sql) {
  const code = "import json,sqlite3,sys; print(json.dumps(sqlite3.connect('file:'+sys.argv[1]+'?mode=ro',uri=True).execute(sys.argv[2]).fetchall()))";
  return JSON.parse(execFileSync("python3", ["-c", code, path.join(directory, "spreaders.db"), sql], { encoding: "utf8" }));
}
export const count = (directory, sql) => query(directory, `SELECT COUNT(*) FROM ${sql}`)[0][0];

// Files below `directory` that hold `text`, as they lie on the disk.
export function filesWith(directory, text) {
  const found = [];
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) found.push(...filesWith(file, text));
    else if (entry.isFile() && fs.readFileSync(file).includes(text)) found.push(file);
  }
  return found;
}
