// Runs every client scenario of the official MCP conformance suite against a client program, in every revision that the
// scenario knows, and reads the results itself: the suite's exit code does not speak of warnings, and a client that
// crashed after its last request looks fine to it.
//
//   node conformance_client.mjs PROGRAM [--scenario NAME] [--out DIR]
//
// Exit code 0: nothing failed, nothing warned, no sanitizer spoke, and a whole run has at least 79 (scenario, revision) pairs. Prints one line a
// check that is not clean, then the sums. Skipped checks are those of things that the client does not offer (roots) or
// that a revision does not have.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {readChecks, runSuite} from './suite.mjs';

const kRuns_min = 79;
const kAtOnce = 4;
const kSkipped_allowed = new Set([
  'sep-2575-client-declares-roots-capability',  // deprecated; we offer no roots
  'sep-2106-client-composition-keywords-preserved',  // older revisions do not ask for these three
  'sep-2106-client-conditional-keywords-preserved',
  'sep-2106-client-anchor-keyword-preserved',
]);
// The modern era has neither of them.
const kSkipped_words = /did not send a (initialize|notifications\/initialized) request/;
const options = {scenario: null, out: null};
const [program, ...rest] = process.argv.slice(2);
for (let i = 0; i < rest.length; i += 2) options[rest[i].replace(/^--/, '')] = rest[i + 1];
if (!program) {
  console.error('usage: node conformance_client.mjs PROGRAM [--scenario S] [--out DIR]');
  process.exit(2);
}
const out = options.out ?? fs.mkdtempSync(path.join(os.tmpdir(), 'mcp-conformance-client-'));

// "  - tools_call [2025-06-18,2025-11-25]": one run a revision. Extensions have none; the modern era is asked for with
// --force, the legacy one is the suite's own choice.
async function wantedRuns() {
  const {text} = await runSuite(['list', '--client']);
  const runs = [];
  for (const [, name, versions] of text.matchAll(/^\s+- (\S+) \[([^\]]+)\]$/gm)) {
    if (options.scenario && name !== options.scenario) continue;
    for (const version of versions.split(',')) {
      if (version !== 'extension') runs.push({name, version, args: ['--spec-version', version]});
      else runs.push({name, version: 'legacy', args: []}, {name, version: '2026-07-28', args: ['--spec-version', '2026-07-28', '--force']});
    }
  }
  return runs;
}

const sums = {scenarios: 0, SUCCESS: 0, FAILURE: 0, WARNING: 0, SKIPPED: 0, INFO: 0};
let unclean = 0;
function complain(run, text) {
  unclean += 1;
  console.log(`${run.version} ${run.name}: ${text}`.slice(0, 500));
}

async function one(run) {
  const folder = path.join(out, run.version, run.name.replaceAll('/', '_'));
  fs.mkdirSync(folder, {recursive: true});
  const done = await runSuite(['client', '--command', program, '--scenario', run.name, ...run.args, '-o', folder]);
  fs.writeFileSync(path.join(folder, 'log.txt'), done.text);
  const results = readChecks(folder);
  if (results.length !== 1) return complain(run, `${results.length} results: ${done.text.slice(-300)}`);
  sums.scenarios += 1;
  if (/Sanitizer|timed out|signal/.test(done.text)) complain(run, `the client did not end well, see ${folder}`);
  if (done.code !== 0) complain(run, `the suite ended with ${done.code}`);
  const counted = results[0].checks.filter((check) => check.status !== 'INFO').length;
  if (counted === 0) complain(run, 'no check was made');
  for (const check of results[0].checks) {
    sums[check.status] = (sums[check.status] ?? 0) + 1;
    if (check.status === 'SUCCESS' || check.status === 'INFO') continue;
    if (check.status === 'SKIPPED' && (kSkipped_allowed.has(check.id) || kSkipped_words.test(check.errorMessage))) continue;
    complain(run, `${check.status} ${check.id}: ${check.errorMessage ?? check.description ?? ''}`);
  }
}

const runs = await wantedRuns();
const waiting = [...runs];
await Promise.all(Array.from({length: kAtOnce}, async () => {
  for (let run = waiting.shift(); run; run = waiting.shift()) await one(run);
}));
console.log(`${JSON.stringify(sums)} results in ${out}`);
if (!options.scenario && sums.scenarios < kRuns_min) console.log(`only ${sums.scenarios} scenarios ran`);
process.exit(unclean === 0 && sums.scenarios >= (options.scenario ? 1 : kRuns_min) ? 0 : 1);
