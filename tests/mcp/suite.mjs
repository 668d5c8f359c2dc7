// The official conformance suite: where its program is, and what it wrote about a run.
import fs from 'node:fs';
import path from 'node:path';
import {spawn} from 'node:child_process';

// The bundle imports globSync from node:fs, which node 20 lacks; only its authoring commands use it.
export function suitePath() {
  const home = path.join(import.meta.dirname, 'node_modules', '@modelcontextprotocol', 'conformance');
  const original = path.join(home, 'dist', 'index.js');
  if (Number(process.versions.node.split('.')[0]) >= 22) return original;
  let local = '';
  let text = fs.readFileSync(original, 'utf8').replace(/globSync as (\w+),/, (all, name) => ((local = name), ''));
  const firstLine = text.indexOf('\n') + 1;
  if (local) text = text.slice(0, firstLine) + `const ${local}=()=>[];` + text.slice(firstLine);
  const patched = path.join(home, 'dist', 'index.node20.js');
  // Several runs may come here at once: each sees a whole file.
  const mine = `${patched}.${process.pid}`;
  fs.writeFileSync(mine, text);
  fs.renameSync(mine, patched);
  return patched;
}

// {name, checks} of every scenario below a folder of results.
export function readChecks(folder) {
  const found = [];
  for (const entry of fs.readdirSync(folder, {withFileTypes: true})) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) found.push(...readChecks(full));
    else if (entry.name === 'checks.json') found.push({name: path.basename(folder), checks: JSON.parse(fs.readFileSync(full, 'utf8'))});
  }
  return found;
}

// `node suite arguments`; all that it printed.
export function runSuite(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [suitePath(), ...args], {stdio: ['ignore', 'pipe', 'pipe']});
    let text = '';
    child.stdout.on('data', (data) => (text += data));
    child.stderr.on('data', (data) => (text += data));
    child.on('close', (code) => resolve({code, text}));
  });
}
