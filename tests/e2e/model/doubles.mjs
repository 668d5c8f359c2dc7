// A scripted model behind aimock (all vendors' wires on one port), the judge that refuses wrong requests, and a recorder
// that keeps every request as it was sent.
//
//   const doubles = await startDoubles();
//   doubles.script = (request) => ({content: "Hello"});     // request: {kind, said, results, turn}
//   ... doubles.bodies holds the raw bodies, doubles.faults what the judge refused
import { createRequire } from "node:module";
import http from "node:http";
import { pathToFileURL } from "node:url";
import { startJudge } from "../../llm/judge.mjs";

const require = createRequire(new URL("../../llm/package.json", import.meta.url));
const { LLMock } = await import(pathToFileURL(require.resolve("@copilotkit/aimock")));

const textOf = (message) => (typeof message.content === "string" ? message.content : (message.content ?? []).map((part) => part.text ?? "").join(""));

// What a script needs to know of a request, whatever the vendor's shape was (aimock gives OpenAI's).
function summaryOf(request) {
  const names = (request.tools ?? []).map((tool) => tool.function?.name ?? tool.name);
  const kind = names.includes("ask_user") ? "agent" : names.includes("plan_propose") ? "plan" : names.includes("email_write") ? "email" : names.includes("summary_write") ? "summary" : "other";
  const lastUser = request.messages.map((message) => message.role).lastIndexOf("user");
  const since = request.messages.slice(lastUser + 1);
  return {
    kind,
    names,
    system: request.messages.filter((message) => message.role === "system").map(textOf).join("\n"),
    all: request.messages.map(textOf).join("\n"),
    said: textOf(request.messages[lastUser] ?? { content: "" }),
    results: since.filter((message) => message.role === "tool").map(textOf),
    answers: since.filter((message) => message.role === "assistant").length,
  };
}

let callNumber = 0;
function response(answer) {
  if (answer.calls === undefined) return answer;
  const toolCalls = answer.calls.map(([name, args]) => ({ id: `call_${++callNumber}`, name, arguments: typeof args === "string" ? args : JSON.stringify(args) }));
  return { ...(answer.content ? { content: answer.content } : {}), toolCalls, ...(answer.usage ? { usage: answer.usage } : {}) };
}

function startRecorder(target, bodies) {
  const server = http.createServer((request, reply) => {
    const pieces = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("end", () => {
      const body = Buffer.concat(pieces);
      bodies.push({ path: request.url, body: body.toString("latin1") });
      const { host, ...headers } = request.headers;
      const onward = http.request(new URL(request.url, target), { method: request.method, headers }, (answer) => {
        reply.writeHead(answer.statusCode, answer.headers);
        answer.on("error", () => reply.destroy());
        answer.on("aborted", () => reply.destroy());
        answer.pipe(reply);
      });
      onward.on("error", () => reply.destroy());
      onward.end(body);
    });
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

export async function startDoubles() {
  const mock = new LLMock({ port: 0, host: "127.0.0.1", strict: true, logLevel: "silent" });
  const doubles = { script: () => ({ content: "(no script)" }), heard: "", bodies: [], faults: [] };
  const isSpeech = (request) => request._endpointType === "transcription";
  mock.addFixture({ match: { endpoint: "transcription" }, response: () => ({ transcription: { text: doubles.heard, language: "english", duration: 2.5 } }) });
  // `cut: true` breaks the stream off after a few pieces.
  let answer;
  const take = (request) => !isSpeech(request) && ((answer = doubles.script(summaryOf(request))), true);
  mock.addFixture({ match: { predicate: (request) => take(request) && answer.cut === true }, response: () => response({ ...answer, cut: undefined }), truncateAfterChunks: 3, chunkSize: 8 });
  mock.addFixture({ match: { predicate: (request) => !isSpeech(request) }, response: () => response(answer) });
  const judge = await startJudge(await mock.start());
  const recorder = await startRecorder(judge.url, doubles.bodies);
  doubles.url = `http://127.0.0.1:${recorder.address().port}`;
  doubles.verdicts = judge.verdicts;
  doubles.reset = () => {
    doubles.bodies.length = 0;
    judge.verdicts.length = 0;
  };
  doubles.stop = async () => {
    recorder.closeAllConnections();
    await new Promise((resolve) => recorder.close(resolve));
    await judge.stop();
    await mock.stop();
  };
  return doubles;
}
