// A proxy that stands before a model double and judges the raw requests. A wrong request gets 400 in the vendor's own
// envelope with x-should-retry: false; a right one is passed on, and its answer is passed back as it comes. The rules are
// written by hand from npm @anthropic-ai/sdk 1.11.0 and openai 7.55.0.
import http from "node:http";

const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const BODY_BYTES_MAX = 32 * 1024 * 1024;
const SAMPLING = ["temperature", "top_p", "top_k"];
const ANTHROPIC_FIELDS = new Set(["model", "max_tokens", "messages", "system", "tools", "tool_choice", "output_config",
  "thinking", "cache_control", "stream", "stop_sequences", "metadata", "service_tier", "speed", "container",
  "inference_geo", "diagnostics", "mcp_servers"]);
const CHAT_FIELDS = new Set(["model", "messages", "tools", "tool_choice", "parallel_tool_calls", "response_format",
  "max_completion_tokens", "max_tokens", "reasoning_effort", "verbosity", "stream", "stream_options", "prompt_cache_key",
  "prompt_cache_options", "safety_identifier", "service_tier", "store", "moderation", "metadata"]);
const RESPONSES_FIELDS = new Set(["model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls",
  "max_tool_calls", "max_output_tokens", "previous_response_id", "store", "include", "truncation", "background", "stream",
  "text", "reasoning", "metadata", "safety_identifier", "service_tier", "prompt_cache_key"]);

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isText = (value) => typeof value === "string" && value.length > 0;

function parses(text) {
  try { JSON.parse(text); return true; } catch { return false; }
}

function unknownFields(body, known, faults) {
  for (const key of Object.keys(body)) if (!known.has(key)) faults.push(`${key}: Extra inputs are not permitted`);
}

function checkTools(tools, read, faults) {
  if (tools === undefined) return;
  if (!Array.isArray(tools)) return void faults.push("tools: must be a list");
  if (tools.length > 128) faults.push("tools: array too long, at most 128");
  const seen = new Set();
  tools.forEach((tool, i) => {
    const { name, schema } = read(tool ?? {});
    if (!TOOL_NAME.test(name ?? "")) faults.push(`tools.${i}.name: must match ${TOOL_NAME}`);
    if (seen.has(name)) faults.push(`tools.${i}.name: names must be unique`);
    seen.add(name);
    if (!isObject(schema) || schema.type !== "object") faults.push(`tools.${i}: the schema must have type object`);
  });
  return seen;
}

// A strict schema lists every property as required and allows no other.
function checkStrict(schema, place, faults) {
  if (!isObject(schema)) return;
  if (isObject(schema.properties)) {
    if (schema.additionalProperties !== false) faults.push(`${place}: strict needs additionalProperties false`);
    for (const key of Object.keys(schema.properties)) {
      if (!schema.required?.includes(key)) faults.push(`${place}.${key}: strict needs every property in required`);
      checkStrict(schema.properties[key], `${place}.${key}`, faults);
    }
  }
  checkStrict(schema.items, `${place}[]`, faults);
}

export function judgeAnthropic(headers, body) {
  const faults = [];
  const version = headers["anthropic-version"];
  if (version !== "2026-10-21" && version !== "2023-06-01") faults.push("anthropic-version: a known version is required");
  if (!headers["x-api-key"] && !headers.authorization) faults.push("x-api-key: required");
  if (!(headers["content-type"] ?? "").startsWith("application/json")) faults.push("content-type: must be application/json");
  unknownFields(body, version === "2023-06-01" ? new Set([...ANTHROPIC_FIELDS, ...SAMPLING]) : ANTHROPIC_FIELDS, faults);
  if (!isText(body.model)) faults.push("model: required");
  if (!Number.isInteger(body.max_tokens) || body.max_tokens < 0) faults.push("max_tokens: required");
  const names = checkTools(body.tools, (tool) => ({ name: tool.name, schema: tool.input_schema }), faults);
  for (const tool of Array.isArray(body.tools) ? body.tools : []) if (tool?.strict) checkStrict(tool.input_schema, tool.name, faults);
  if (body.tool_choice?.type === "tool" && !names?.has(body.tool_choice.name)) faults.push("tool_choice: no such tool");
  if (!Array.isArray(body.messages) || body.messages.length === 0) return [...faults, "messages: at least one is required"];
  let open = new Set();
  const used = new Set();
  body.messages.forEach((message, i) => {
    const place = `messages.${i}`;
    const blocks = typeof message.content === "string" ? [{ type: "text", text: message.content }] : message.content;
    if (!Array.isArray(blocks) || blocks.length === 0) return void faults.push(`${place}: content is empty`);
    if (!["user", "assistant", "system"].includes(message.role)) faults.push(`${place}: unknown role`);
    const results = blocks.filter((block) => block.type === "tool_result");
    if (open.size > 0 && message.role === "user") {
      const firstOther = blocks.findIndex((block) => block.type !== "tool_result");
      const lastResult = blocks.map((block) => block.type).lastIndexOf("tool_result");
      if (firstOther !== -1 && firstOther < lastResult) faults.push(`${place}: tool_result blocks must come first`);
    }
    for (const result of results) {
      if (message.role !== "user" || !open.delete(result.tool_use_id)) faults.push(`${place}: unexpected tool_use_id ${result.tool_use_id}`);
    }
    if (open.size > 0) faults.push(`${place}: tool_use ids without tool_result: ${[...open].join(", ")}`);
    open = new Set();
    for (const block of blocks) {
      if (block.type === "text" && !isText(block.text)) faults.push(`${place}: text content blocks must be non-empty`);
      if (message.role === "assistant" && block.type === "document") faults.push(`${place}: document blocks are not allowed here`);
      if (block.type !== "tool_use") continue;
      if (message.role !== "assistant") faults.push(`${place}: tool_use only in assistant messages`);
      if (used.has(block.id)) faults.push(`${place}: tool_use ids must be unique`);
      if (!TOOL_NAME.test(block.name ?? "") || !isText(block.id) || !isObject(block.input)) faults.push(`${place}: malformed tool_use`);
      used.add(block.id);
      open.add(block.id);
    }
  });
  if (open.size > 0) faults.push("messages: the last tool_use has no tool_result");
  if (body.messages.at(-1).role === "assistant") faults.push("messages: prefill is not supported by this model");
  return faults;
}

export function judgeChat(headers, body) {
  const faults = [];
  if (!(headers.authorization ?? "").startsWith("Bearer ")) faults.push("authorization: required");
  unknownFields(body, CHAT_FIELDS, faults);
  if (!isText(body.model)) faults.push("model: required");
  const names = checkTools(body.tools, (tool) => ({ name: tool.function?.name, schema: tool.function?.parameters }), faults);
  for (const tool of Array.isArray(body.tools) ? body.tools : []) if (tool?.function?.strict) checkStrict(tool.function.parameters, tool.function.name, faults);
  if (body.tool_choice?.function && !names?.has(body.tool_choice.function.name)) faults.push("tool_choice: no such tool");
  if (!Array.isArray(body.messages) || body.messages.length === 0) return [...faults, "messages: at least one is required"];
  let open = new Set();
  body.messages.forEach((message, i) => {
    const place = `messages.${i}`;
    if (message.role === "tool") {
      if (!open.delete(message.tool_call_id)) faults.push(`${place}: answers no open tool call`);
      if (typeof message.content !== "string") faults.push(`${place}: content is required`);
      return;
    }
    if (open.size > 0) faults.push(`${place}: tool calls without an answer: ${[...open].join(", ")}`);
    open = new Set();
    if (!["system", "developer", "user", "assistant"].includes(message.role)) faults.push(`${place}: unknown role`);
    if (message.role !== "assistant" && !isText(message.content) && !Array.isArray(message.content)) faults.push(`${place}: content is required`);
    for (const call of message.tool_calls ?? []) {
      if (!isText(call.id) || call.type !== "function" || !TOOL_NAME.test(call.function?.name ?? "")) faults.push(`${place}: malformed tool call`);
      if (!parses(call.function?.arguments ?? "")) faults.push(`${place}: arguments are not JSON`);
      open.add(call.id);
    }
  });
  if (open.size > 0) faults.push("messages: the last tool calls have no answer");
  return faults;
}

export function judgeResponses(headers, body) {
  const faults = [];
  if (!(headers.authorization ?? "").startsWith("Bearer ")) faults.push("authorization: required");
  unknownFields(body, RESPONSES_FIELDS, faults);
  if (!isText(body.model)) faults.push("model: required");
  if (body.store !== false) faults.push("store: must be false here, nothing may stay at the provider");
  checkTools(body.tools, (tool) => ({ name: tool.name, schema: tool.parameters }), faults);
  for (const tool of Array.isArray(body.tools) ? body.tools : []) {
    if (typeof tool?.strict !== "boolean") faults.push(`tools.${tool?.name}: strict is required`);
    if (tool?.strict) checkStrict(tool.parameters, tool.name, faults);
  }
  if (!Array.isArray(body.input) || body.input.length === 0) return [...faults, "input: at least one item is required"];
  const open = new Set();
  body.input.forEach((item, i) => {
    const place = `input.${i}`;
    if (item.type === "function_call") {
      if (!isText(item.call_id) || !TOOL_NAME.test(item.name ?? "") || !parses(item.arguments ?? "")) faults.push(`${place}: malformed function_call`);
      open.add(item.call_id);
    } else if (item.type === "function_call_output") {
      if (!open.delete(item.call_id) || typeof item.output !== "string") faults.push(`${place}: answers no open call`);
    } else if (item.type !== "reasoning") {
      if (item.role === "user" && open.size > 0) faults.push(`${place}: calls without an output: ${[...open].join(", ")}`);
      if (!["user", "assistant", "system", "developer"].includes(item.role)) faults.push(`${place}: unknown item`);
    }
  });
  if (open.size > 0) faults.push("input: the last calls have no output");
  return faults;
}

function judgeTranscription(headers, raw) {
  const faults = [];
  if (!(headers.authorization ?? "").startsWith("Bearer ")) faults.push("authorization: required");
  const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(headers["content-type"] ?? "")?.[1];
  if (!boundary) return [...faults, "content-type: must be multipart/form-data"];
  const text = raw.toString("latin1");
  if (!text.endsWith(`--${boundary}--\r\n`)) faults.push("the form has no end");
  if (!/name="model"\r\n\r\n[\w.-]+\r\n/.test(text)) faults.push("model: required");
  if (!/name="file"; filename="[^"]+\.(flac|mp3|mp4|mpeg|mpga|m4a|ogg|wav|webm)"/.test(text)) faults.push("file: an extension is required");
  return faults;
}

function judge(path, headers, raw) {
  if (path.endsWith("/audio/transcriptions")) return judgeTranscription(headers, raw);
  let body;
  try { body = JSON.parse(raw.toString("utf8")); } catch { return ["the body is not JSON"]; }
  if (!isObject(body)) return ["the body is no object"];
  if (path.endsWith("/messages")) return judgeAnthropic(headers, body);
  if (path.endsWith("/chat/completions")) return judgeChat(headers, body);
  if (path.endsWith("/responses")) return judgeResponses(headers, body);
  return ["no such address"];
}

function refuse(response, path, faults) {
  const message = faults.join("; ");
  const body = path.endsWith("/messages")
    ? { type: "error", error: { type: "invalid_request_error", message }, request_id: "req_judge" }
    : { error: { message, type: "invalid_request_error", param: null, code: null } };
  response.writeHead(400, { "content-type": "application/json", "x-should-retry": "false" });
  response.end(JSON.stringify(body));
}

// Starts the judge before `target` (an http:// base URL). `verdicts` holds {path, faults} of each request.
export async function startJudge(target, port = 0) {
  const verdicts = [];
  const server = http.createServer((request, response) => {
    const pieces = [];
    let bytes = 0;
    request.on("data", (piece) => {
      bytes += piece.length;
      if (bytes > BODY_BYTES_MAX) request.destroy();
      else pieces.push(piece);
    });
    request.on("end", () => {
      const raw = Buffer.concat(pieces);
      const path = new URL(request.url, "http://judge").pathname;
      const faults = judge(path, request.headers, raw);
      verdicts.push({ path, faults });
      if (faults.length > 0) return refuse(response, path, faults);
      const { host, ...headers } = request.headers;
      const onward = http.request(new URL(request.url, target), { method: request.method, headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.on("error", () => response.destroy());
        answer.on("aborted", () => response.destroy());
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      onward.end(raw);
    });
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, verdicts, stop: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }) };
}
