// Runs the official MCP conformance suite against a server program and reads the results itself: the suite's exit code
// does not speak of warnings and skipped checks.
//
//   node conformance.mjs PROGRAM [--revision 2026-07-28|2025-11-25] [--scenario NAME] [--out DIR]
//
// PROGRAM is started with "--port 0" and prints "ready PORT". Exit code 0: nothing failed and nothing warned; the only
// skipped scenario allowed is tasks-status-notifications, and a whole run has at least 83 scenarios. Prints one line a scenario that is not clean, then the sums.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {startProgram} from './program.mjs';
import {readChecks, runSuite} from './suite.mjs';

const kScenarios_min = 83;
const options = {revision: null, scenario: null, out: null};
const [program, ...rest] = process.argv.slice(2);
for (let i = 0; i < rest.length; i += 2) options[rest[i].replace(/^--/, '')] = rest[i + 1];
if (!program) {
  console.error('usage: node conformance.mjs PROGRAM [--revision R] [--scenario S] [--out DIR]');
  process.exit(2);
}

const out = options.out ?? fs.mkdtempSync(path.join(os.tmpdir(), 'mcp-conformance-'));

const sums = {scenarios: 0, SUCCESS: 0, FAILURE: 0, WARNING: 0, SKIPPED: 0, INFO: 0};
let unclean = 0;
const {child, port, stop} = await startProgram(program, ['--port', '0']);
try {
  for (const revision of options.revision ? [options.revision] : ['2025-11-25', '2026-07-28']) {
    const folder = path.join(out, revision);
    fs.mkdirSync(folder, {recursive: true});
    const args = ['server', '--url', `http://localhost:${port}/mcp`, '-o', folder];
    if (options.scenario) args.push('--scenario', options.scenario, '--spec-version', revision);
    else args.push('--requirements', revision);
    const run = await runSuite(args);
    fs.writeFileSync(path.join(folder, 'log.txt'), run.text);
    for (const {name, checks} of readChecks(folder)) {
      sums.scenarios += 1;
      for (const check of checks) {
        sums[check.status] = (sums[check.status] ?? 0) + 1;
        if (check.status === 'SUCCESS' || check.status === 'INFO') continue;
        if (check.status === 'SKIPPED' && name.includes('tasks-status-notifications')) continue;
        unclean += 1;
        console.log(`${revision} ${name}: ${check.status} ${check.id}: ${check.errorMessage ?? check.description ?? ''}`.slice(0, 400));
      }
    }
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
  }
} finally {
  await stop();
}
console.log(`${JSON.stringify(sums)} results in ${out}`);
const whole = !options.revision && !options.scenario;
if (whole && sums.scenarios < kScenarios_min) console.log(`only ${sums.scenarios} scenarios ran`);
process.exit(unclean === 0 && sums.scenarios >= (whole ? kScenarios_min : 1) ? 0 : 1);
