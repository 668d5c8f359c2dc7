// The command line of the official Inspector: what it wrote, when it ended well.
import path from 'node:path';
import {spawn} from 'node:child_process';

export function inspect(args, {env = process.env} = {}) {
  return new Promise((resolve, reject) => {
    const cli = path.join(import.meta.dirname, 'node_modules', '.bin', 'mcp-inspector');
    const child = spawn(cli, ['--cli', ...args], {stdio: ['ignore', 'pipe', 'pipe'], env});
    let out = '';
    let err = '';
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (err += data));
    child.on('close', (code) => (code === 0 ? resolve({out, err}) : reject(new Error(`inspector ended with ${code}: ${err}${out}`))));
  });
}
