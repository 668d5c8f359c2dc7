// Named checks, one after the other; the last line is their count.
//
//   await check('lists tools', async () => {...});
//   finish();
let passed = 0;
const failed = [];

export async function check(name, run) {
  try {
    await run();
    passed += 1;
    console.log(`ok   ${name}`);
  } catch (problem) {
    failed.push(name);
    console.log(`FAIL ${name}: ${problem?.stack ?? problem}`);
  }
}

export function finish() {
  console.log(`${passed} passed, ${failed.length} failed`);
  process.exit(failed.length === 0 ? 0 : 1);
}
