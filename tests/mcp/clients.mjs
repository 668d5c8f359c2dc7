// Connects the official clients to a server program and uses it: TypeScript SDK v1 and v2, the Inspector's command line;
// over stdio, Streamable HTTP and HTTP+SSE; in both protocol eras.
//
//   node clients.mjs PROGRAM        PROGRAM takes "--port 0" (prints "ready PORT") and "--stdio"
import assert from 'node:assert/strict';
import {Client as Client1} from '@modelcontextprotocol/sdk/client/index.js';
import {StdioClientTransport as Stdio1} from '@modelcontextprotocol/sdk/client/stdio.js';
import {StreamableHTTPClientTransport as Http1} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {SSEClientTransport as Sse1} from '@modelcontextprotocol/sdk/client/sse.js';
import * as types1 from '@modelcontextprotocol/sdk/types.js';
import {Client as Client2, StreamableHTTPClientTransport as Http2} from '@modelcontextprotocol/client';
import {StdioClientTransport as Stdio2} from '@modelcontextprotocol/client/stdio';
import {startProgram} from './program.mjs';
import {check, finish} from './check.mjs';
import {inspect} from './inspector.mjs';

const program = process.argv[2];
if (!program) {
  console.error('usage: node clients.mjs PROGRAM');
  process.exit(2);
}

const form = {username: 'Alice', email: 'alice@example.org'};
async function useAll(name, client, {elicitation, callOptions}) {
  await check(`${name}: lists tools`, async () => {
    const {tools} = await client.listTools();
    assert.ok(tools.length > 20);
    assert.equal(tools[0].name, 'test_simple_text');
  });
  await check(`${name}: calls a tool`, async () => {
    const result = await client.callTool({name: 'echo', arguments: {message: 'grüß dich'}});
    assert.deepEqual(result.content, [{type: 'text', text: 'grüß dich'}]);
  });
  await check(`${name}: gets progress`, async () => {
    const seen = [];
    const params = {name: 'test_tool_with_progress', arguments: {}};
    const options = {onprogress: (progress) => seen.push(progress.progress)};
    await (callOptions === 'second' ? client.callTool(params, options) : client.callTool(params, undefined, options));
    assert.deepEqual(seen, [0, 50, 100]);
  });
  await check(`${name}: cancels`, async () => {
    const abort = new AbortController();
    const params = {name: 'wait', arguments: {ms: 60_000}};
    const options = {signal: abort.signal, onprogress: () => abort.abort('enough')};
    const started = Date.now();
    await assert.rejects(callOptions === 'second' ? client.callTool(params, options) : client.callTool(params, undefined, options));
    assert.ok(Date.now() - started < 5_000);
    // The server still answers.
    await client.callTool({name: 'echo', arguments: {message: 'there'}});
  });
  await check(`${name}: reads resources and prompts`, async () => {
    const {resources} = await client.listResources();
    assert.equal(resources.length, 3);
    const {contents} = await client.readResource({uri: 'test://template/7/data'});
    assert.equal(JSON.parse(contents[0].text).id, '7');
    const prompt = await client.getPrompt({name: 'test_prompt_with_arguments', arguments: {arg1: 'a', arg2: 'b'}});
    assert.equal(prompt.messages[0].content.text, "Prompt with arguments: arg1='a', arg2='b'");
    await assert.rejects(client.readResource({uri: 'test://nothing'}));
  });
  await check(`${name}: an unknown tool is an error`, async () => {
    await assert.rejects(client.callTool({name: 'no_such_tool', arguments: {}}), /Unknown tool/);
  });
  if (!elicitation) return;
  await check(`${name}: asks the person`, async () => {
    const result = await client.callTool({name: 'test_elicitation', arguments: {message: 'Who are you?'}});
    assert.match(result.content[0].text, /action=accept.*alice@example\.org/);
  });
}

const capabilities = {elicitation: {form: {}}, sampling: {}};

async function firstSdk(name, makeTransport) {
  const client = new Client1({name: 'tests', version: '1.0.0'}, {capabilities});
  client.setRequestHandler(types1.ElicitRequestSchema, async () => ({action: 'accept', content: form}));
  await check(`${name}: connects`, () => client.connect(makeTransport()));
  await useAll(name, client, {elicitation: true, callOptions: 'third'});
  await check(`${name}: pings`, () => client.ping());
  await check(`${name}: hears logs of its level`, async () => {
    const logs = [];
    client.setNotificationHandler(types1.LoggingMessageNotificationSchema, (message) => void logs.push(message.params.level));
    await client.setLoggingLevel('info');
    await client.callTool({name: 'test_tool_with_logging', arguments: {}});
    assert.equal(logs.length, 3);
    await client.setLoggingLevel('error');
    await client.callTool({name: 'test_tool_with_logging', arguments: {}});
    assert.equal(logs.length, 3);
  });
  await client.close();
}

async function secondSdk(name, mode, makeTransport) {
  const client = new Client2({name: 'tests', version: '1.0.0'}, {capabilities, versionNegotiation: {mode}});
  client.setRequestHandler('elicitation/create', async () => ({action: 'accept', content: form}));
  await check(`${name}: connects`, () => client.connect(makeTransport()));
  await useAll(name, client, {elicitation: true, callOptions: 'second'});
  await client.close();
}

const {port, stop} = await startProgram(program, ['--port', '0']);
const base = `http://127.0.0.1:${port}`;
try {
  await firstSdk('SDK v1 HTTP', () => new Http1(new URL(`${base}/mcp`)));
  await firstSdk('SDK v1 SSE', () => new Sse1(new URL(`${base}/sse`)));
  await firstSdk('SDK v1 stdio', () => new Stdio1({command: program, args: ['--stdio']}));
  await secondSdk('SDK v2 HTTP modern', {pin: '2026-07-28'}, () => new Http2(new URL(`${base}/mcp`)));
  await secondSdk('SDK v2 HTTP legacy', 'legacy', () => new Http2(new URL(`${base}/mcp`)));
  await secondSdk('SDK v2 HTTP auto', 'auto', () => new Http2(new URL(`${base}/mcp`)));
  await secondSdk('SDK v2 stdio modern', {pin: '2026-07-28'}, () => new Stdio2({command: program, args: ['--stdio']}));
  await secondSdk('SDK v2 stdio legacy', 'legacy', () => new Stdio2({command: program, args: ['--stdio']}));
  const call = ['--method', 'tools/call', '--tool-name', 'echo', '--tool-arg', 'message=hi'];
  for (const era of ['legacy', 'modern', 'auto']) {
    await check(`Inspector HTTP ${era}`, async () => {
      const url = [`${base}/mcp`, '--transport', 'http', '--protocol-era', era];
      assert.match((await inspect([...url, '--method', 'tools/list'])).out, /test_simple_text/);
      assert.match((await inspect([...url, ...call])).out, /"hi"/);
    });
  }
  await check('Inspector SSE', async () => assert.match((await inspect([`${base}/sse`, '--transport', 'sse', ...call])).out, /"hi"/));
  await check('Inspector stdio', async () => {
    assert.match((await inspect([program, '--stdio', ...call])).out, /"hi"/);
  });
} finally {
  await stop();
}
finish();
