// Starts aimock with the fixtures and the judge before it, prints {"url": ...} on one line and runs until standard input
// ends. That way the program that started it ends it too, even when it crashes.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { LLMock } from "@copilotkit/aimock";
import { startJudge } from "./judge.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const mock = new LLMock({ port: 0, host: "127.0.0.1", strict: true, logLevel: "warn" });
mock.loadFixtureFile(path.join(here, "fixtures/models.json"));
mock.loadFixtureFile(path.join(here, "fixtures-broken/models.json"));
const judge = await startJudge(await mock.start());
process.stdout.write(JSON.stringify({ url: judge.url }) + "\n");
process.stdin.resume();
process.stdin.on("end", async () => {
  await judge.stop();
  await mock.stop();
  process.exit(0);
});
