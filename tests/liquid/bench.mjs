// Renders a second of liquidjs on bench.json; bench/liquid_bench.cpp does the same in C++.
import {readFileSync} from 'node:fs';
import {Liquid} from 'liquidjs';

const {template, context} = JSON.parse(readFileSync(new URL('bench.json', import.meta.url), 'utf8'));
const engine = new Liquid();
const parsed = engine.parse(template);

function measure(once) {
  for (let i = 0; i < 2000; ++i) once();
  const begin = performance.now();
  let rounds = 0;
  while (performance.now() - begin < 2000) for (let i = 0; i < 500; ++i, ++rounds) once();
  return Math.round(rounds * 1000 / (performance.now() - begin));
}

const rendered = measure(() => engine.renderSync(parsed, context));
const both = measure(() => engine.parseAndRenderSync(template, context));
const bytes = Buffer.byteLength(engine.renderSync(parsed, context));
console.log(JSON.stringify({bytes, renders_per_s: rendered, compile_and_render_per_s: both}));
