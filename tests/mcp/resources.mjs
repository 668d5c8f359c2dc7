// The real program and the official clients: what they see beside tools. Resources and templates, word of changes, prompts,
// completion, the icon, and progress of a call that runs long.
//
//   node resources.mjs PROGRAM        the spreaders program
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import {Client as Client1} from '@modelcontextprotocol/sdk/client/index.js';
import {StdioClientTransport as Stdio1} from '@modelcontextprotocol/sdk/client/stdio.js';
import {StreamableHTTPClientTransport as Http1} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import * as types1 from '@modelcontextprotocol/sdk/types.js';
import {Client as Client2, StreamableHTTPClientTransport as Http2} from '@modelcontextprotocol/client';
import {check, finish} from './check.mjs';

const program = path.resolve(process.argv[2]);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spreaders.'));
const kWait_ms = 60_000;
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^SPREADERS_|ANTHROPIC|OPENAI/.test(name)));

async function until(condition, what) {
  for (const start = Date.now(); Date.now() - start < kWait_ms; await new Promise((resolve) => setTimeout(resolve, 20))) {
    if (await condition()) return;
  }
  throw new Error(`${what} did not happen`);
}

// A speech service that answers when it is told to.
const waiting = [];
const speech = http.createServer((request, response) => {
  request.resume();
  request.on('end', () => waiting.push(response));
});
await new Promise((resolve) => speech.listen(0, '127.0.0.1', resolve));
const speechUrl = `http://127.0.0.1:${speech.address().port}/v1`;

const data = path.join(folder, 'data');
const settings = ['--virtual-time', '--http-port', '0', '--speech-base-url', speechUrl];
const server = spawn(program, ['serve', '--data-dir', data, ...settings], {stdio: ['ignore', 'pipe', 'inherit'], env: environment});
let shown = '';
server.stdout.on('data', (text) => (shown += text));
await until(() => /^ready$/m.test(shown), 'the start');
const base = /(http:\/\/127\.0\.0\.1:\d+)\/mcp/.exec(shown)[1];

const kRecording = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQIAAAAAAA==';  // one silent sample
const info = {name: 'tests', version: '1.0.0'};
const call = async (client, name, args) => {
  const result = await client.callTool({name, arguments: args});
  assert.ok(!result.isError, JSON.stringify(result));
  return result.structuredContent;
};
const read = async (client, uri) => JSON.parse((await client.readResource({uri})).contents[0].text);

async function planned(client) {
  const rows = Array.from({length: 5}, (_, n) => `reader${n}@example.org,yes`).join('\n');
  await call(client, 'audience_importContacts', {csv: `email,consent\n${rows}\n`, mode: 'subscribe', list: 'Newsletter', consent_source: 'test'});
  return call(client, 'campaign_plan', {goal: 'Tell our newsletter readers about winter boots by email, 250 dollars, from tomorrow for ten days'});
}

// `listen(uris)` subscribes and gives the list that fills with the URIs of changes; `heardOfLists()` counts list changes.
async function useAll(name, client, {listen, heardOfLists, notFound}) {
  let plan;
  await check(`${name}: is told when there are new resources`, async () => {
    await client.listResources();
    const before = heardOfLists();
    plan = await planned(client);
    await until(() => heardOfLists() > before, 'word of a new campaign');
  });
  const campaign = plan.campaign_id;
  await check(`${name}: lists resources page by page`, async () => {
    const all = [];
    let cursor;
    do {
      const page = await client.listResources(cursor ? {cursor} : undefined);
      all.push(...page.resources);
      cursor = page.nextCursor;
    } while (cursor);
    const found = all.find((one) => one.uri === `spreaders://campaigns/${campaign}`);
    assert.match(found.title, /^Campaign: ./);
    assert.match(found.annotations.lastModified, /^\d{4}-/);
    assert.equal(found.mimeType, 'application/json');
    for (const uri of ['spreaders://campaigns', 'spreaders://catalogue', 'spreaders://catalogue/campaign', `spreaders://reports/${campaign}`])
      assert.ok(all.some((one) => one.uri === uri), uri);
    assert.equal(new Set(all.map((one) => one.uri)).size, all.length);
  });
  await check(`${name}: lists templates`, async () => {
    const {resourceTemplates} = await client.listResourceTemplates();
    assert.deepEqual(resourceTemplates.map((one) => one.uriTemplate).sort(), [
      'spreaders://campaigns/{campaign_id}', 'spreaders://catalogue/{service}', 'spreaders://plans/{plan_id}', 'spreaders://reports/{campaign_id}',
      'spreaders://templates/{template_id}']);
  });
  await check(`${name}: reads what the tools would say`, async () => {
    const seen = await read(client, `spreaders://campaigns/${campaign}`);
    const status = await call(client, 'campaign_getStatus', {campaign_id: campaign});
    assert.deepEqual(seen.campaign, status.campaign);
    assert.ok(seen.history.length > 0);
    const shownPlan = await read(client, `spreaders://plans/${plan.plan_id}`);
    assert.deepEqual([shownPlan.revision, shownPlan.status, shownPlan.approvals], [1, 'ready', []]);
    const report = await read(client, `spreaders://reports/${campaign}`);
    assert.equal(report.figures.sent, 0);
    assert.ok(Array.isArray(report.engagement.days) && Array.isArray(report.conversions.conversions));
    assert.ok((await read(client, 'spreaders://audiences')).audiences.some((one) => one.name === 'Newsletter'));
    const service = await read(client, 'spreaders://catalogue/campaign');
    assert.ok(service.tools.some((tool) => tool.name === 'campaign_execute' && tool.needs_approval));
  });
  await check(`${name}: what is not there is not found`, async () => {
    for (const uri of ['spreaders://campaigns/cmp_nothing', 'spreaders://plans/pln_nothing', 'spreaders://reports/cmp_nothing', 'spreaders://templates/tpl_nothing', 'spreaders://nothing', 'spreaders://campaigns/../plans'])
      await assert.rejects(client.readResource({uri}), (error) => error.code === notFound, uri);
  });
  await check(`${name}: hears when a campaign, its plan and its report change`, async () => {
    const uri = `spreaders://campaigns/${campaign}`;
    const planUri = `spreaders://plans/${plan.plan_id}`;
    const heard = await listen([uri, planUri]);
    const asked = await client.callTool({name: 'campaign_execute', arguments: {campaign_id: campaign}});
    assert.ok(asked.isError, 'it needs an approval');
    await until(() => heard.includes(planUri), 'word of the asked approval');
    assert.equal((await read(client, planUri)).approvals[0].state, 'pending');
    assert.ok(!heard.includes(uri), 'the campaign itself did not change');
    await call(client, 'campaign_cancel', {campaign_id: campaign});
    await until(() => heard.includes(uri), 'word of the cancelled campaign');
    assert.equal((await read(client, uri)).campaign.status, 'cancelled');
  });
  await check(`${name}: reads templates and hears of new versions`, async () => {
    const design = (subject) => call(client, 'email_designTemplate', {name: `Boots of ${name}`, subject, html: '<p>Hello {{ contact.first_name }}</p>'});
    const {template_id} = await design('Boots');
    const uri = `spreaders://templates/${template_id}`;
    const heard = await listen([uri]);
    const first = await read(client, uri);
    assert.deepEqual([first.version, first.subject, first.variables], [1, 'Boots', ['contact.first_name']]);
    await design('Boots and socks');
    await until(() => heard.includes(uri), 'word of the second version');
    assert.deepEqual((await read(client, uri)).subject, 'Boots and socks');
    assert.equal((await call(client, 'templates_get', {template_id, version: 1})).subject, 'Boots');
    const {templates} = await call(client, 'templates_list', {limit: 100});
    assert.equal(templates.find((one) => one.template_id === template_id)?.version, 2);
    assert.ok((await client.listResources()).resources.length > 0);
  });
  await check(`${name}: is served the prompts for people`, async () => {
    const {prompts} = await client.listPrompts();
    assert.deepEqual(prompts.map((one) => one.name), ['campaign_report', 'plan_campaign', 'review_plan', 'write_newsletter']);
    for (const prompt of prompts) assert.ok(prompt.title && prompt.description && prompt.arguments.every((one) => one.description));
    const {messages} = await client.getPrompt({name: 'plan_campaign', arguments: {goal: 'Sell {{budget}} boots', channel: 'email'}});
    assert.match(messages[0].content.text, /Goal: Sell \{\{budget\}\} boots\nAudience: \nChannel: email/);
    await assert.rejects(client.getPrompt({name: 'plan_campaign', arguments: {}}), /goal/);
    await assert.rejects(client.getPrompt({name: 'agent', arguments: {}}), /no prompt/);
  });
  await check(`${name}: completes arguments and template variables`, async () => {
    const values = async (ref, argument, value) => (await client.complete({ref, argument: {name: argument, value}})).completion.values;
    const prompt = {type: 'ref/prompt', name: 'plan_campaign'};
    assert.deepEqual(await values(prompt, 'audience', 'news'), ['Newsletter']);
    assert.deepEqual(await values(prompt, 'channel', 'em'), ['email']);
    assert.ok((await values({type: 'ref/prompt', name: 'campaign_report'}, 'campaign_id', 'cmp_')).includes(campaign));
    assert.ok((await values({type: 'ref/resource', uri: 'spreaders://plans/{plan_id}'}, 'plan_id', '')).includes(plan.plan_id));
    assert.deepEqual(await values({type: 'ref/resource', uri: 'spreaders://catalogue/{service}'}, 'service', 'camp'), ['campaign']);
    assert.deepEqual(await values(prompt, 'goal', 'x'), []);
    await assert.rejects(values({type: 'ref/prompt', name: 'nothing'}, 'goal', 'x'), (error) => error.code === -32602);
  });
  await check(`${name}: shows the icon`, async () => {
    const {icons, title} = client.getServerVersion();
    assert.equal(title, 'Spreaders');
    assert.match(icons[0].src, /^data:image\/svg\+xml;base64,/);
    assert.match(Buffer.from(icons[0].src.split(',')[1], 'base64').toString(), /^<svg [^]*<\/svg>$/);
  });
}

// The one test that takes its time: five seconds without a word are the limit, so it waits for the first.
async function hearsProgress(name, client, third) {
  await check(`${name}: hears that a long call still runs`, async () => {
    const heard = [];
    const started = Date.now();
    const options = {onprogress: (progress) => {
      heard.push({...progress, at: Date.now() - started});
      for (const response of waiting.splice(0)) response.writeHead(200, {'Content-Type': 'application/json'}).end('{"text":"hello there"}');
    }};
    const params = {name: 'ai_voiceToText', arguments: {audio_base64: kRecording, file_name: 'memo.wav'}};
    const result = await (third ? client.callTool(params, undefined, options) : client.callTool(params, options));
    assert.equal(result.structuredContent?.text, 'hello there', JSON.stringify(result));
    assert.match(heard[0].message, /Still working after \d s/);
    assert.ok(heard[0].at < 5_000 + 1_000, `the first word came after ${heard[0].at} ms`);
  });
}

async function firstSdk(name, transport) {
  const client = new Client1(info, {capabilities: {}});
  const heard = [];
  let lists = 0;
  client.setNotificationHandler(types1.ResourceUpdatedNotificationSchema, ({params}) => void heard.push(params.uri));
  client.setNotificationHandler(types1.ResourceListChangedNotificationSchema, () => void (lists += 1));
  await client.connect(transport);
  // The stream for words that belong to no call opens beside the first calls.
  if (name.includes('HTTP')) {
    await client.subscribeResource({uri: 'spreaders://campaigns'});
    await until(async () => (await call(client, 'campaign_create', {name: 'Opens the stream'}), heard.length > 0), 'the standing stream');
    await client.unsubscribeResource({uri: 'spreaders://campaigns'});
  }
  const listen = async (uris) => {
    heard.length = 0;
    for (const uri of uris) await client.subscribeResource({uri});
    await assert.rejects(client.subscribeResource({uri: 'spreaders://campaigns/cmp_nothing'}), (error) => error.code === -32002);
    await assert.rejects(client.subscribeResource({uri: 'spreaders://audiences'}), /Nobody is told/);
    return heard;
  };
  await useAll(name, client, {listen, heardOfLists: () => lists, notFound: -32002});
  await hearsProgress(name, client, true);
  await client.close();
}

async function secondSdk(name, transport) {
  const client = new Client2(info, {capabilities: {}, versionNegotiation: {mode: {pin: '2026-07-28'}}});
  const heard = [];
  let lists = 0;
  client.setNotificationHandler('notifications/resources/updated', ({params}) => void heard.push(params.uri));
  client.setNotificationHandler('notifications/resources/list_changed', () => void (lists += 1));
  await client.connect(transport);
  const open = [await client.listen({resourcesListChanged: true})];
  const listen = async (uris) => {
    const subscription = await client.listen({resourceSubscriptions: [...uris, 'spreaders://campaigns/cmp_nothing']});
    assert.deepEqual(subscription.honoredFilter.resourceSubscriptions, uris);
    open.push(subscription);
    return heard;
  };
  await useAll(name, client, {listen, heardOfLists: () => lists, notFound: -32602});
  await hearsProgress(name, client, false);
  for (const subscription of open) await subscription.close();
  await client.close();
}

try {
  await firstSdk('SDK v1 HTTP', new Http1(new URL(`${base}/mcp`)));
  await secondSdk('SDK v2 HTTP modern', new Http2(new URL(`${base}/mcp`)));
  const own = ['mcp', '--data-dir', path.join(folder, 'own'), ...settings];
  await firstSdk('SDK v1 stdio', new Stdio1({command: program, args: own, env: environment, stderr: 'inherit'}));
} finally {
  server.kill('SIGTERM');
  const code = await new Promise((resolve) => (server.exitCode === null ? server.on('exit', resolve) : resolve(server.exitCode)));
  await check('the server ends cleanly', async () => assert.equal(code, 0));
  speech.close();
  speech.closeAllConnections();
  fs.rmSync(folder, {recursive: true, force: true});
}
finish();
