// What keys, scopes and limits cost a request, and what one key feels of another that floods: from the first second on, in
// which the limit lets a whole minute's requests through at once, and behind it. The share: the time of the checks of one
// request, run many times alone, against the median of whole requests to a server of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { report, median } from './bench-report.mjs';
import { KEY, serveApart, throwAwayFolder } from './platform-process.mjs';

const REQUESTS_PER_MINUTE = 600;
const FLOOD_FACTOR = 50;
const FLOOD_SECONDS = 12;
const BURST_SECONDS = 4;
/** Bursts fill a bucket of their own each: a key is new for each of them. */
const BURSTS = 5;
const QUERY = '{ recordings(first: 20) { totalCount nodes { id fileName } } }';

const server = await serveApart(throwAwayFolder(), { UNDERTONE_REQUESTS_PER_MINUTE: String(REQUESTS_PER_MINUTE) });
const { createRateLimiter } = await import('../dist/src/services/rate-limiter.js');
const { requireScope } = await import('../dist/src/services/permissions.js');
const { createKeyService } = await import('../dist/src/services/key.service.js');

const send = async (key, query = QUERY) => {
  const before = performance.now();
  const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify({ query }) });
  const text = await response.text();
  return { status: response.status, text, ms: performance.now() - before };
};
const percentile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
const newKey = async (name) => JSON.parse((await send(KEY, `mutation { createApiKey(input: { name: "${name}", role: viewer }) { ... on CreatedApiKey { secret } } }`)).text).data.createApiKey.secret;

/** Well within its limit: one request in `everyMs`. */
async function paced(key, seconds, everyMs = 250) {
  const times = [];
  for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
    const { status, ms } = await send(key);
    if (status !== 200) throw new Error(`the well-behaved key got ${status}`);
    times.push(ms);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, everyMs - ms)));
  }
  return times;
}

/** In a process of its own, or the callers would wait for each other and not for the server. Answers counts by status at the end. */
function flood(key, perSecond, seconds) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'flood-process.mjs'), `${server.url}/graphql`, key, String(perSecond), String(seconds)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk) => { said += chunk; });
  return once(child, 'exit').then(() => JSON.parse(said));
}

const warm = await newKey('warm');
for (let i = 0; i < 100; i++) await send(warm);
const whole = [];
for (let i = 0; i < 200; i++) whole.push((await send(warm)).ms);

const record = { id: 'key_1', workspaceId: 'ws', name: 'n', role: 'viewer', scopes: [], allowedNetworks: ['10.0.0.0/8', '127.0.0.0/8'], prefix: 'ut_', createdAt: new Date(), expiresAt: null, lastUsedAt: null, revokedAt: null, previousSecretUntil: null };
const keys = createKeyService({ findByHash: async () => record, touch: async () => undefined });
const limiter = createRateLimiter({ requests: 1e9, queryCost: 1e12, uploadBytes: 0, failedKeys: 0 });
const CHECKS = 20_000;
const checksBefore = performance.now();
for (let i = 0; i < CHECKS; i++) {
  const principal = await keys.authenticate('ut_a-secret-that-is-hashed-anew-each-time', '127.0.0.1');
  limiter.take(principal.keyId, 'requests');
  limiter.take(principal.keyId, 'queryCost', 40);
  for (let field = 0; field < 4; field++) requireScope(principal, 'recordings:read');
}
const checksMs = (performance.now() - checksBefore) / CHECKS;

const perSecond = (REQUESTS_PER_MINUTE / 60) * FLOOD_FACTOR;
// Idle and bursts by turns, so that what others do on this machine falls on both alike.
const [idleOfBursts, bursts] = [[], []];
for (let i = 0; i < BURSTS; i++) {
  const [good, bad] = [await newKey(`well-behaved ${i}`), await newKey(`bursting ${i}`)];
  idleOfBursts.push(...(await paced(good, BURST_SECONDS, 100)));
  const ended = flood(bad, perSecond, BURST_SECONDS);
  bursts.push(...(await paced(good, BURST_SECONDS, 100)));
  await ended;
}
const [good, bad] = [await newKey('well-behaved'), await newKey('flooding')];
const idle = await paced(good, FLOOD_SECONDS);
const flooding = flood(bad, perSecond, BURST_SECONDS + FLOOD_SECONDS);
await paced(good, BURST_SECONDS);
const under = await paced(good, FLOOD_SECONDS);
const floodAnswers = await flooding;
const p95 = (values) => percentile(values, 0.95);
report('isolation', {
  loadAverage: loadavg()[0], requestMedianMs: median(whole), checksMs, checksShare: checksMs / median(whole), checksShareAllowed: 0.05, floodPerSecond: perSecond, ratioAllowed: 2,
  idleP95Ms: p95(idle), floodedP95Ms: p95(under), ratio: p95(under) / p95(idle), floodAnswers,
  burstCount: BURSTS, idleBetweenBurstsP95Ms: p95(idleOfBursts), burstP95Ms: p95(bursts), burstWorstMs: Math.max(...bursts), burstRatio: p95(bursts) / p95(idleOfBursts),
});
server.child.removeAllListeners('exit');
const ended = once(server.child, 'exit');
server.child.kill('SIGTERM');
await ended;
