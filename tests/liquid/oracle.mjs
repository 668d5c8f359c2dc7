// Renders every case of corpus.jsonl with liquidjs and prints one JSON line per case: its name and output, or error,
// and the context paths the template reads. The C++ tests compare against these lines.
import {readFileSync} from 'node:fs';
import {Liquid} from 'liquidjs';

const here = new URL('.', import.meta.url);

export function readCorpus() {
  const cases = readFileSync(new URL('corpus.jsonl', here), 'utf8').split('\n').filter(Boolean).map(line => JSON.parse(line));
  const shared = cases[0].context; // most cases share the context of the first
  return cases.map(testCase => (testCase.shared ? {...testCase, context: shared} : testCase));
}

export function run(testCase) {
  process.env.TZ = testCase.zone ?? 'UTC';
  const now = Date.parse(testCase.now ?? '2026-11-21T10:20:30.456Z');
  const realNow = Date.now;
  const engine = new Liquid({
    strictFilters: !testCase.unknown_filters,
    strictVariables: testCase.strict ?? false,
    lenientIf: true,
    outputEscape: testCase.escape ? 'escape' : undefined,
    templates: testCase.partials ?? {},
    locale: 'en-US',
  });
  const result = {name: testCase.name};
  try {
    const template = engine.parse(testCase.template);
    if (!testCase.partials) result.variables = engine.globalFullVariablesSync(template, {partials: false});
    Date.now = () => now;
    // Half characters cannot leave as UTF-8.
    result.output = engine.renderSync(template, structuredClone(testCase.context ?? {})).toWellFormed();
  } catch (error) {
    delete result.variables;
    result.error = error.message;
  } finally {
    Date.now = realNow;
  }
  return result;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const testCase of readCorpus()) console.log(JSON.stringify(run(testCase)));
}
