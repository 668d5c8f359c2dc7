// The real program with its whole catalogue under the conformance scenarios that need no tools of their own, and under
// the Inspector's --strict, which has to be silent.
//
//   node product.mjs PROGRAM        the spreaders program
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import {execFileSync} from 'node:child_process';
import path from 'node:path';
import {check, finish} from './check.mjs';
import {inspect} from './inspector.mjs';
import {startProgram} from './program.mjs';
import {readChecks, runSuite} from './suite.mjs';

const kScenarios = ['tools-list', 'caching', 'server-stateless', 'http-header-validation', 'dns-rebinding-protection'];
const kLegacy = ['tools-list', 'dns-rebinding-protection'];  // the others are of 2026-07-28 only
// Checks that call tools which only a server made for the suite has; conformance.mjs runs them against our fixture.
const kNeeds_fixture = {
  'sep-2575-server-rejects-undeclared-capability': 'calls test_missing_capability',
  'sep-2575-missing-capability-http-400': 'calls test_missing_capability',
  'sep-2575-http-server-no-independent-requests-on-stream': 'calls test_streaming_elicitation',
  'sep-2575-server-no-log-without-loglevel': 'calls test_logging_tool',
  'sep-2575-server-sends-prompts-list-changed-on-subscription': 'changes the list with test_trigger_prompt_change',
  'sep-2575-server-sends-tools-list-changed-on-subscription': 'changes the list with test_trigger_tool_change',
};

const program = path.resolve(process.argv[2]);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spreaders.'));
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^SPREADERS_|ANTHROPIC|OPENAI/.test(name)));
const args = ['serve', '--data-dir', path.join(folder, 'serve'), '--http-port', '0'];
const {child, port, stop} = await startProgram(program, args, {ready: /http:\/\/127\.0\.0\.1:(\d+)\/mcp[^]*^ready$/m, env});
const catalogue = JSON.parse(execFileSync(program, ['tools', '--json'], {env})).tools.map((tool) => tool.name);
const excused = new Set();

async function scenario(name, revision) {
  const results = path.join(folder, revision, name);
  const run = await runSuite(['server', '--url', `http://localhost:${port}/mcp`, '--scenario', name, '--spec-version', revision, '-o', results]);
  const checks = readChecks(results).flatMap((result) => result.checks);
  const unclean = checks.filter(({id, status, details}) => {
    if (status === 'SUCCESS' || status === 'INFO') return false;
    if (name !== 'server-stateless' || !(id in kNeeds_fixture) || (status === 'FAILURE' && !details?.untestable)) return true;
    excused.add(id);
    return false;
  });
  assert.deepEqual(unclean.map((one) => `${one.status} ${one.id}: ${one.errorMessage ?? one.description}`), []);
  assert.ok(checks.some((one) => one.status === 'SUCCESS'), run.text.slice(-1000));
}

async function strict(where) {
  const {out, err} = await inspect([...where, '--method', 'tools/list', '--strict'], {env});
  const {tools} = JSON.parse(out);
  assert.deepEqual(tools.map((tool) => tool.name), catalogue);
  assert.equal(err, '');
}

try {
  for (const name of kScenarios) await check(`conformance 2026-07-28 ${name}`, () => scenario(name, '2026-07-28'));
  for (const name of kLegacy) await check(`conformance 2025-11-25 ${name}`, () => scenario(name, '2025-11-25'));
  await check('every excuse is needed', async () => assert.deepEqual([...excused].sort(), Object.keys(kNeeds_fixture).sort()));
  for (const era of ['legacy', 'modern']) {
    await check(`Inspector --strict HTTP ${era}`, () => strict([`http://127.0.0.1:${port}/mcp`, '--transport', 'http', '--protocol-era', era]));
    await check(`Inspector --strict stdio ${era}`, () =>
      strict(['-e', `SPREADERS_DATA_DIR=${path.join(folder, era)}`, '-e', 'SPREADERS_HTTP_PORT=0', '--protocol-era', era, program, 'mcp']));
  }
  await check('the server still runs', async () => assert.equal(child.exitCode, null));
} finally {
  await stop();
  fs.rmSync(folder, {recursive: true, force: true});
}
finish();
