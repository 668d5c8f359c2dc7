// Segment's own client for Node against the real program: what it says is acknowledged, recorded once and found again.
//   node client.mjs <spreaders>
import assert from 'node:assert/strict';
import {execFileSync, spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Analytics} from '@segment/analytics-node';

const kStart_ms = 60_000;
const program = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), 'spreaders.'));
const flags = ['--data-dir', folder, '--http-port', '0'];
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SPREADERS_')));

function key(kind, scopes) {
  const more = scopes ? ['--scopes', scopes] : [];
  const said = execFileSync(program, ['key', 'create', '--kind', kind, '--name', 'test', ...more, ...flags], {env, encoding: 'utf8'});
  return said.trim().split('\n').at(-1);
}

async function serve() {
  const child = spawn(program, ['serve', ...flags], {stdio: ['ignore', 'pipe', 'inherit'], env});
  const port = await new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error('not ready in time: ' + text)), kStart_ms);
    child.stdout.on('data', (data) => {
      text += data;
      const found = /http:\/\/127\.0\.0\.1:(\d+)\/mcp/.exec(text);
      if (found && /^ready/m.test(text)) clearTimeout(timer), resolve(Number(found[1]));
    });
    child.on('exit', (code) => reject(new Error(`ended with ${code}`)));
  });
  return {port, stop: () => new Promise((resolve) => (child.on('exit', resolve), child.kill('SIGTERM')))};
}

// A client whose every answer is kept, and every failure too.
function client(port, writeKey, more = {}) {
  const analytics = new Analytics({host: `http://127.0.0.1:${port}`, writeKey, maxRetries: 0, flushAt: 5, ...more});
  const answers = [], failures = [];
  analytics.on('http_response', ({status}) => answers.push(status));
  analytics.on('error', (error) => failures.push(error));
  return {analytics, answers, failures};
}

try {
  const writeKey = key('write_key');
  const server = await serve();
  const rows = (statement) => {
    const script = 'import json,sqlite3,sys; print(json.dumps(sqlite3.connect(sys.argv[1], timeout=30).execute(sys.argv[2]).fetchall()))';
    return JSON.parse(execFileSync('python3', ['-c', script, join(folder, 'spreaders.db'), statement], {encoding: 'utf8'}));
  };

  // All six kinds, in batches that the client makes.
  const first = client(server.port, writeKey);
  first.analytics.track({anonymousId: 'a1', event: 'Product Viewed', properties: {price: 12.5}});
  first.analytics.page({anonymousId: 'a1', name: 'Home', properties: {url: 'https://shop.example.org/'}});
  first.analytics.identify({userId: 'u1', anonymousId: 'a1', traits: {email: 'ana@example.org', firstName: 'Ana', plan: 'pro'}});
  first.analytics.screen({userId: 'u1', name: 'Cart'});
  first.analytics.group({userId: 'u1', groupId: 'g1', traits: {name: 'Acme'}});
  first.analytics.alias({userId: 'u1', previousId: 'old'});
  first.analytics.track({userId: 'u1', event: 'Order Completed', timestamp: new Date(Date.now() - 3_600_000), properties: {revenue: 89, currency: 'USD'}});
  await first.analytics.closeAndFlush();
  assert.deepEqual(first.failures, []);
  assert.deepEqual([...new Set(first.answers)], [200]);
  assert.deepEqual(rows('SELECT type, COUNT(*) FROM event GROUP BY type ORDER BY type'),
    [['alias', 1], ['group', 1], ['identify', 1], ['page', 1], ['screen', 1], ['track', 2]]);
  assert.deepEqual(rows('SELECT email, external_id, first_name, attributes FROM contact'), [['ana@example.org', 'u1', 'Ana', '{"plan":"pro"}']]);
  assert.deepEqual(rows('SELECT COUNT(*) FROM event WHERE contact_id = (SELECT id FROM contact)'), [[7]], 'also what she did before she was known');
  assert.deepEqual(rows('SELECT COUNT(*) FROM consent'), [[0]]);
  const [[ago]] = rows("SELECT (received_at - at) / 1000000 FROM event WHERE name = 'Order Completed'");
  assert.ok(ago >= 3590 && ago <= 3660, `an hour ago, but ${ago} s`);

  // The same message twice is one, and many are all there.
  const many = client(server.port, writeKey, {flushAt: 100});
  for (let n = 0; n < 1000; ++n) many.analytics.track({userId: `v${n % 50}`, event: 'Clicked', messageId: `n${n % 500}`});
  await many.analytics.closeAndFlush();
  assert.deepEqual(many.failures, []);
  assert.deepEqual(rows("SELECT COUNT(*), COUNT(DISTINCT message_id) FROM event WHERE name = 'Clicked'"), [[500, 500]]);

  // A key that is not known: the client is told, and gives up.
  const stranger = client(server.port, 'spk_wrong');
  stranger.analytics.track({userId: 'u', event: 'e'});
  await stranger.analytics.closeAndFlush();
  assert.deepEqual(stranger.answers, [401]);
  assert.equal(stranger.failures.length, 1);
  assert.deepEqual(rows("SELECT COUNT(*) FROM event WHERE name = 'e'"), [[0]]);
  await server.stop();
  console.log('Segment client for Node: all kinds of events, deduplication, refusal');
} finally {
  rmSync(folder, {recursive: true, force: true});
}
