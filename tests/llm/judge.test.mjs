// The judge refuses exactly the planted faults, and lets right requests through.
import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeAnthropic, judgeChat, judgeResponses } from "./judge.mjs";

const schema = { type: "object", properties: { limit: { type: "integer" } }, required: ["limit"], additionalProperties: false };
const anthropicHeaders = { "anthropic-version": "2026-10-21", "x-api-key": "k", "content-type": "application/json" };
const bearer = { authorization: "Bearer k" };

const anthropic = () => ({
  model: "m", max_tokens: 10, stream: true, tools: [{ name: "a_b", description: "", input_schema: schema, strict: true }],
  messages: [
    { role: "user", content: [{ type: "text", text: "hi" }] },
    { role: "assistant", content: [{ type: "tool_use", id: "1", name: "a_b", input: {} }, { type: "tool_use", id: "2", name: "a_b", input: {} }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "2", content: "x" }, { type: "tool_result", tool_use_id: "1", content: "y" }, { type: "text", text: "go on" }] },
  ],
});
const chat = () => ({
  model: "m", stream: true, tools: [{ type: "function", function: { name: "a_b", parameters: schema, strict: true } }],
  messages: [
    { role: "user", content: "hi" },
    { role: "assistant", content: null, tool_calls: [{ id: "1", type: "function", function: { name: "a_b", arguments: "{}" } }] },
    { role: "tool", tool_call_id: "1", content: "x" },
  ],
});
const responses = () => ({
  model: "m", stream: true, store: false, tools: [{ type: "function", name: "a_b", parameters: schema, strict: true }],
  input: [{ role: "user", content: "hi" }, { type: "reasoning", encrypted_content: "x" },
    { type: "function_call", call_id: "1", name: "a_b", arguments: "{}" }, { type: "function_call_output", call_id: "1", output: "x" }],
});

test("right requests pass", () => {
  assert.deepEqual(judgeAnthropic(anthropicHeaders, anthropic()), []);
  assert.deepEqual(judgeChat(bearer, chat()), []);
  assert.deepEqual(judgeResponses(bearer, responses()), []);
});

const faults = {
  "no version": [judgeAnthropic, { "x-api-key": "k", "content-type": "application/json" }, anthropic, () => {}],
  "no key": [judgeAnthropic, { "anthropic-version": "2026-10-21", "content-type": "application/json" }, anthropic, () => {}],
  temperature: [judgeAnthropic, anthropicHeaders, anthropic, (b) => { b.temperature = 1; }],
  "no max_tokens": [judgeAnthropic, anthropicHeaders, anthropic, (b) => { delete b.max_tokens; }],
  "dotted name": [judgeAnthropic, anthropicHeaders, anthropic, (b) => { b.tools[0].name = "a.b"; }],
  "result missing": [judgeAnthropic, anthropicHeaders, anthropic, (b) => { b.messages[2].content.shift(); }],
  "text before results": [judgeAnthropic, anthropicHeaders, anthropic, (b) => { b.messages[2].content.unshift(b.messages[2].content.pop()); }],
  "double id": [judgeAnthropic, anthropicHeaders, anthropic, (b) => { b.messages[1].content[1].id = "1"; b.messages[2].content[0].tool_use_id = "1"; }],
  prefill: [judgeAnthropic, anthropicHeaders, anthropic, (b) => { b.messages.push({ role: "assistant", content: "So" }); }],
  "empty text": [judgeAnthropic, anthropicHeaders, anthropic, (b) => { b.messages[0].content[0].text = ""; }],
  "loose strict schema": [judgeAnthropic, anthropicHeaders, anthropic, (b) => { b.tools[0].input_schema = { ...schema, required: [] }; }],
  "unknown forced tool": [judgeAnthropic, anthropicHeaders, anthropic, (b) => { b.tool_choice = { type: "tool", name: "z" }; }],
  "no bearer": [judgeChat, {}, chat, () => {}],
  "unanswered call": [judgeChat, bearer, chat, (b) => { b.messages.pop(); }],
  "user between call and answer": [judgeChat, bearer, chat, (b) => { b.messages.splice(2, 0, { role: "user", content: "x" }); }],
  "arguments no JSON": [judgeChat, bearer, chat, (b) => { b.messages[1].tool_calls[0].function.arguments = "{"; }],
  "sampling in chat": [judgeChat, bearer, chat, (b) => { b.temperature = 0; }],
  stored: [judgeResponses, bearer, responses, (b) => { b.store = true; }],
  "output missing": [judgeResponses, bearer, responses, (b) => { b.input.pop(); }],
  "strict missing": [judgeResponses, bearer, responses, (b) => { delete b.tools[0].strict; }],
};
for (const [name, [judge, headers, make, plant]] of Object.entries(faults)) {
  test(`refuses: ${name}`, () => {
    const body = make();
    plant(body);
    assert.ok(judge(headers, body).length > 0);
  });
}
