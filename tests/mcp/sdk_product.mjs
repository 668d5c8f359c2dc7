// The TypeScript SDKs v1 and v2 as clients of the real program; for clients.py, which says what is printed and asked.
import assert from 'node:assert/strict';
import readline from 'node:readline';
import {Client as Client1} from '@modelcontextprotocol/sdk/client/index.js';
import {StdioClientTransport as Stdio1} from '@modelcontextprotocol/sdk/client/stdio.js';
import {StreamableHTTPClientTransport as Http1} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import * as types1 from '@modelcontextprotocol/sdk/types.js';
import {Client as Client2, StreamableHTTPClientTransport as Http2} from '@modelcontextprotocol/client';
import {StdioClientTransport as Stdio2} from '@modelcontextprotocol/client/stdio';
import {check} from './check.mjs';

const kCancel_ms = 20_000;
const kRows = 1000;  // takes long enough to be told about by itself
const servers = JSON.parse(process.argv.at(-1));
const info = {name: 'tests', version: '1.0.0'};
const capabilities = {elicitation: {form: {}}};
const lines = readline.createInterface({input: process.stdin})[Symbol.asyncIterator]();

// Every way to connect: its name, a connected client whose person answers `handle`, and how it calls.
const kSdks = [
  {way: 'legacy (SDK v1)', Http: Http1, Stdio: Stdio1, make: (handle) => {
    const client = new Client1(info, {capabilities});
    client.setRequestHandler(types1.ElicitRequestSchema, handle);
    return {client, call: (params, options) => client.callTool(params, undefined, options)};
  }},
  ...[['modern (SDK v2)', {pin: '2026-07-28'}], ['legacy (SDK v2)', 'legacy']].map(([way, mode]) => ({way, Http: Http2, Stdio: Stdio2, make: (handle) => {
    const client = new Client2(info, {capabilities, versionNegotiation: {mode}});
    client.setRequestHandler('elicitation/create', handle);
    return {client, call: (params, options) => client.callTool(params, options)};
  }})),
];

async function everyTool(client) {
  const found = [];
  for (let cursor; ;) {
    const page = await client.listTools(cursor ? {cursor} : undefined);
    found.push(...page.tools);
    cursor = page.nextCursor;
    if (!cursor) return found;
  }
}

async function withProduct(way, {client, call}) {
  const reads = async () => {
    const result = await call({name: 'user_validateToken', arguments: {}});
    assert.equal(result.structuredContent.valid, true);
  };
  await check(`${way}: lists the whole catalogue`, async () => {
    const names = (await everyTool(client)).map((tool) => tool.name);
    assert.equal(new Set(names).size, servers.product.tools);
    assert.equal(names.length, servers.product.tools);
    assert.ok(names.includes('campaign_plan'));
  });
  await check(`${way}: calls`, reads);
  await check(`${way}: gets progress`, async () => {
    const seen = [];
    const import_ = (n) => {
      const rows = Array.from({length: kRows}, (_, i) => `${way.replace(/\W/g, '')}${n}.${i}@example.org`).join('\n');
      return {name: 'audience_importContacts', arguments: {csv: `email\n${rows}\n`, mode: 'subscribe', consent_source: 'test'}};
    };
    const calls = [{name: 'user_validateToken', arguments: {}}, import_(1), import_(2)];
    const options = {onprogress: ({progress, total}) => seen.push([progress, total])};
    const result = await call({name: 'tools_call_write', arguments: {calls}}, options);
    assert.deepEqual(result.structuredContent.results.map((one) => Boolean(one.result)), [true, true, true]);
    // SDK v2 forgets the handler with the result, and drops a word of progress that it read in the same piece.
    assert.deepEqual(seen.slice(0, 2), [[1, 3], [2, 3]]);
  });
  await check(`${way}: cancels a call that waits for a model`, async () => {
    const abort = new AbortController();
    const options = {signal: abort.signal, timeout: kCancel_ms, onprogress: () => abort.abort('enough')};
    await assert.rejects(call({name: 'ai_generateContent', arguments: {offer: 'autumn jackets'}}, options));
    assert.ok(abort.signal.aborted, 'it was reported as still running');
    await reads();
  });
}

async function withPerson(way, {call}, person, campaign_id) {
  const execute = () => call({name: 'campaign_execute', arguments: {campaign_id}, _meta: {'io.spreaders/idempotencyKey': campaign_id}});
  await check(`${way}: what the person declines does not run`, async () => {
    person.answer = async () => ({action: 'decline'});
    const result = await execute();
    assert.ok(result.isError);
    assert.match(result.content[0].text, /did not approve/);
  });
  await check(`${way}: the person's code lets it run`, async () => {
    person.answer = async () => {
      console.log('code?');
      return {action: 'accept', content: {code: (await lines.next()).value}};
    };
    const result = await execute();
    assert.ok(!result.isError, JSON.stringify(result));
  });
}

for (const [server, how] of Object.entries(servers)) {
  const campaigns = [...(how.campaigns ?? [])];
  for (const {way, Http, Stdio, make} of kSdks) {
    for (const transport of how.command ? ['HTTP', 'stdio'] : ['HTTP']) {
      const person = {};
      const connection = make(() => person.answer());
      const env = {...process.env, ...how.environment};
      await connection.client.connect(transport === 'HTTP' ? new Http(new URL(`${how.url}/mcp`))
                                                           : new Stdio({command: how.command[0], args: how.command.slice(1), env}));
      const name = `${server} ${transport} ${way}`;
      if (server === 'product') await withProduct(name, connection);
      else await withPerson(name, connection, person, campaigns.pop());
      await connection.client.close();
    }
  }
}
process.exit(0);
