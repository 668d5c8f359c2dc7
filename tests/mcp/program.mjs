// Starts a server program, waits for "ready PORT" on its output (or what `ready` says, its first group being the port),
// and ends exactly that process.
import {spawn} from 'node:child_process';

const kStart_ms = 15_000;
const kStop_ms = 15_000;

export async function startProgram(program, args, {ready = /ready (\d+)/, env = process.env} = {}) {
  const child = spawn(program, args, {stdio: ['ignore', 'pipe', 'inherit'], env});
  const port = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${program} was not ready in time`)), kStart_ms);
    let text = '';
    child.stdout.on('data', (data) => {
      text += data;
      const found = ready.exec(text);
      if (!found) return;
      clearTimeout(timer);
      resolve(Number(found[1]));
    });
    child.on('exit', (code) => reject(new Error(`${program} ended with ${code}`)));
  });
  const stop = () =>
    new Promise((resolve) => {
      if (child.exitCode !== null) return resolve();
      const timer = setTimeout(() => child.kill('SIGKILL'), kStop_ms);
      child.on('exit', () => (clearTimeout(timer), resolve()));
      child.kill('SIGTERM');
    });
  return {child, port, stop};
}
