// Fails when the installed liquidjs no longer answers what tests/golden/liquid/expected.jsonl says.
import {readFileSync} from 'node:fs';
import {readCorpus, run} from './oracle.mjs';

const golden = readFileSync(new URL('../golden/liquid/expected.jsonl', import.meta.url), 'utf8').split('\n').filter(Boolean);
const actual = readCorpus().map(testCase => JSON.stringify(run(testCase)));
let differences = Math.abs(golden.length - actual.length);
actual.forEach((line, index) => {
  if (line === golden[index]) return;
  ++differences;
  console.error(`expected ${golden[index]}\nliquidjs ${line}\n`);
});
console.log(`${actual.length} cases, ${differences} differences`);
process.exitCode = differences === 0 && actual.length >= 400 ? 0 : 1;
