// The real program and the official clients: a call that sends asks for a person's approval. Where the client can show a
// form, it asks for the code that only the server's terminal shows; elsewhere it says how to go on.
//
//   node approvals.mjs PROGRAM        the spreaders program; `script` (bsdutils) gives it a terminal
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {Client as Client1} from '@modelcontextprotocol/sdk/client/index.js';
import {StdioClientTransport as Stdio1} from '@modelcontextprotocol/sdk/client/stdio.js';
import {StreamableHTTPClientTransport as Http1} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {SSEClientTransport as Sse1} from '@modelcontextprotocol/sdk/client/sse.js';
import * as types1 from '@modelcontextprotocol/sdk/types.js';
import {Client as Client2, StreamableHTTPClientTransport as Http2} from '@modelcontextprotocol/client';
import {StdioClientTransport as Stdio2} from '@modelcontextprotocol/client/stdio';
import {check, finish} from './check.mjs';

const program = path.resolve(process.argv[2]);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spreaders.'));
const kWait_ms = 60_000;
const kKey = 'io.spreaders/idempotencyKey';
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^SPREADERS_|ANTHROPIC|OPENAI/.test(name)));
// A command in a terminal; `shown()` is what a person sees there.
function inTerminal(args) {
  // exec: a shell that stays in between would be what Ctrl-C ends.
  const command = `exec ${[program, ...args].map((word) => `'${word}'`).join(' ')}`;
  const child = spawn('script', ['-qfec', command, '/dev/null'], {stdio: ['pipe', 'pipe', 'inherit'], env: environment});
  let text = '';
  child.stdout.on('data', (data) => (text += data));
  const ended = new Promise((resolve) => child.on('close', resolve));
  const until = async (pattern) => {
    for (const start = Date.now(); Date.now() - start < kWait_ms; await new Promise((resolve) => setTimeout(resolve, 20))) {
      const found = [...text.matchAll(pattern)];
      if (found.length > 0) return found.at(-1)[1];
      if (child.exitCode !== null) break;
    }
    throw new Error(`${pattern} is not in: ${text}`);
  };
  return {until, ended, shown: () => text, type: (line) => child.stdin.write(line)};
}

const data = path.join(folder, 'data');
const server = inTerminal(['serve', '--virtual-time', '--data-dir', data, '--http-port', '0']);
const base = `http://127.0.0.1:${await server.until(/http:\/\/127\.0\.0\.1:(\d+)\/mcp/g)}`;
await server.until(/^(ready)/gm);
const seen = [];  // everything that clients got

async function call(client, name, args, key) {
  const params = {name, arguments: args, ...(key ? {_meta: {[kKey]: key}} : {})};
  const result = await client.callTool(params);
  seen.push(JSON.stringify(result));
  return result;
}

async function planned(client, about) {
  const rows = Array.from({length: 10}, (_, n) => `reader${n}@example.org,yes`).join('\n');
  await call(client, 'audience_importContacts', {csv: `email,consent\n${rows}\n`, mode: 'subscribe', list: 'Newsletter', consent_source: 'test'});
  const plan = await call(client, 'campaign_plan', {goal: `Tell our newsletter readers about ${about} by email, 250 dollars, from tomorrow for ten days`});
  assert.equal(plan.structuredContent?.status, 'ready', JSON.stringify(plan).slice(0, 500));
  return plan.structuredContent.campaign_id;
}

async function completed(client, campaign) {
  for (const start = Date.now(); Date.now() - start < kWait_ms; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const {structuredContent} = await call(client, 'campaign_getStatus', {campaign_id: campaign});
    if (structuredContent.campaign.status === 'completed') return structuredContent.results;
  }
  throw new Error('the campaign does not end');
}

const approvalId = (text) => /spreaders approve (apr_\w+)/.exec(text)?.[1];
const codeOf = (id) => server.until(new RegExp(`Approval ${id} is asked for:[^]*?Code: (\\d{6})`, 'g'));

// `answers` says what the person does, question by question.
function person(answers) {
  const asked = [];
  const handle = async ({params}) => {
    asked.push(params);
    seen.push(JSON.stringify(params));
    return answers(asked.length);
  };
  return {asked, handle};
}

async function withForms(name, connect, about) {
  const state = {answers: async () => ({action: 'decline'})};
  const human = person((n) => state.answers(n));
  const client = await connect(human.handle);
  let campaign;
  await check(`${name}: plans`, async () => (campaign = await planned(client, about)));
  await check(`${name}: what the person declines does not run`, async () => {
    const result = await call(client, 'campaign_execute', {campaign_id: campaign}, `${about}-1`);
    assert.ok(result.isError);
    assert.match(result.content[0].text, /did not approve/);
    assert.equal(human.asked.length, 1);
    assert.match(human.asked[0].message, /Type the code shown on the terminal of the Spreaders server/);
    assert.match(human.asked[0].message, /10 people/);
    assert.deepEqual(human.asked[0].requestedSchema.required, ['code']);
  });
  await check(`${name}: a wrong code is refused, the right one approves`, async () => {
    const shown = /Approval apr_/.test(server.shown());
    assert.ok(shown, 'the terminal shows it');
    const id = [...server.shown().matchAll(/Approval (apr_\w+) is asked for/g)].at(-1)[1];
    const code = await codeOf(id);
    human.asked.length = 0;
    state.answers = async (n) => ({action: 'accept', content: {code: n === 1 ? (code === '000000' ? '111111' : '000000') : code}});
    const result = await call(client, 'campaign_execute', {campaign_id: campaign}, `${about}-1`);
    assert.ok(!result.isError, JSON.stringify(result));
    assert.match(result.structuredContent.status, /scheduled|running/);
    assert.equal(human.asked.length, 2);
    assert.match(human.asked[1].message, /not the code/);
  });
  await check(`${name}: the same key asks nobody again`, async () => {
    human.asked.length = 0;
    const result = await call(client, 'campaign_execute', {campaign_id: campaign}, `${about}-1`);
    assert.ok(!result.isError, JSON.stringify(result));
    assert.equal(human.asked.length, 0);
  });
  await check(`${name}: it runs and its figures show`, async () => {
    const results = await completed(client, campaign);
    assert.equal(results.sent, 10);
    const overview = await call(client, 'analytics_getOverview', {campaign_id: campaign});
    assert.deepEqual(overview.structuredContent.figures, results);
    const summary = await call(client, 'ai_summarizeCampaign', {campaign_id: campaign});
    assert.equal(summary.structuredContent.figures.sent, 10);
  });
  await client.close();
}

async function withoutForms(name, client, dataDir) {
  let campaign;
  let id;
  await check(`${name}: plans`, async () => (campaign = await planned(client, 'winter boots')));
  await check(`${name}: is told how a person approves`, async () => {
    const first = await call(client, 'campaign_execute', {campaign_id: campaign}, 'w-1');
    assert.ok(first.isError);
    id = approvalId(first.content[0].text);
    assert.ok(id, first.content[0].text);
    assert.equal(first._meta['io.spreaders/error'].code, 'approval_required');
    const again = await call(client, 'campaign_execute', {campaign_id: campaign}, 'w-1');
    assert.equal(approvalId(again.content[0].text), id);
  });
  await check(`${name}: a person approves in a terminal`, async () => {
    const terminal = inTerminal(['approve', id, '--data-dir', dataDir]);
    await terminal.until(/(Type the code)/g);
    terminal.type(`${await terminal.until(/Code: (\d{6})/g)}\r`);
    assert.equal(await terminal.ended, 0, terminal.shown());
    assert.match(terminal.shown(), /Approved/);
  });
  await check(`${name}: then it runs`, async () => {
    const result = await call(client, 'campaign_execute', {campaign_id: campaign}, 'w-1');
    assert.ok(!result.isError, JSON.stringify(result));
    assert.equal((await completed(client, campaign)).sent, 10);
  });
  await client.close();
}

const info = {name: 'tests', version: '1.0.0'};
const capabilities = {elicitation: {form: {}}};
const first = (transport) => async (handle) => {
  const client = new Client1(info, {capabilities});
  client.setRequestHandler(types1.ElicitRequestSchema, handle);
  await client.connect(transport());
  return client;
};
const second = (mode) => async (handle) => {
  const client = new Client2(info, {capabilities, versionNegotiation: {mode}});
  client.setRequestHandler('elicitation/create', handle);
  await client.connect(new Http2(new URL(`${base}/mcp`)));
  return client;
};
try {
  await withForms('SDK v1 HTTP', first(() => new Http1(new URL(`${base}/mcp`))), 'autumn jackets');
  await withForms('SDK v1 SSE', first(() => new Sse1(new URL(`${base}/sse`))), 'autumn hats');
  await withForms('SDK v2 HTTP modern', second({pin: '2026-07-28'}), 'autumn scarves');
  // A client's child process has no terminal of its own, so it never asks for a code, even where forms can be shown.
  for (const [name, Client, Stdio, options] of [
    ['SDK v1 stdio', Client1, Stdio1, {capabilities}],
    ['SDK v2 stdio modern', Client2, Stdio2, {capabilities: {}, versionNegotiation: {mode: {pin: '2026-07-28'}}}],
  ]) {
    const own = path.join(folder, name.replaceAll(' ', ''));
    const client = new Client(info, options);
    await client.connect(new Stdio({command: program, args: ['mcp', '--virtual-time', '--data-dir', own, '--http-port', '0'], env: environment, stderr: 'inherit'}));
    await withoutForms(name, client, own);
  }
  await check('no client ever saw a code', async () => {
    const codes = [...server.shown().matchAll(/Code: (\d{6})/g)].map((match) => match[1]);
    assert.ok(codes.length >= 3, server.shown());
    for (const code of codes) assert.ok(!seen.join('\n').includes(code), code);
  });
} finally {
  server.type('\x03');
  const code = await server.ended;
  await check('the server ends cleanly', async () => assert.equal(code, 0, server.shown()));
  fs.rmSync(folder, {recursive: true, force: true});
}
finish();
