// 10,000 recordings listed page by page over GraphQL: a page at the end against one at the beginning, in the same walk.
import { performance } from 'node:perf_hooks';
import { median, report } from './bench-report.mjs';
import { graphql, KEY, serveHere, throwAwayFolder } from './platform-process.mjs';

const RECORDINGS = 10_000;
const PAGE = 100;
const WALKS = 3;
const folder = throwAwayFolder();
Object.assign(process.env, { UNDERTONE_DATA_DIR: folder, UNDERTONE_LOG_LEVEL: 'error', UNDERTONE_ADMIN_KEY: KEY });
const { openDatabase } = await import('../dist/src/db/open-database.js');
const quiet = { info: () => undefined, error: () => undefined };
const db = await openDatabase({ dataDir: folder, log: quiet });
await db.client.$executeRaw`INSERT INTO "Workspace" (id, name) VALUES ('ws_default', 'Default')`;
await db.client.$executeRaw`INSERT INTO "Recording" (id, "workspaceId", sha256, "byteLength", "blobKey", "fileName", "createdAt")
  SELECT 'rec_' || lpad(i::text, 26, '0'), 'ws_default', md5(i::text) || md5(i::text), 1000, 'sha256/' || i, 'call ' || i || '.wav', now() - i * interval '1 minute' FROM generate_series(1, ${RECORDINGS}) i`;
await db.client.$executeRaw`ANALYZE`;
await db.close();
const server = await serveHere(folder);
const query = 'query($after: String) { recordings(first: 100, after: $after) { nodes { id fileName createdAt } pageInfo { hasNextPage endCursor } } }';
const times = Array.from({ length: RECORDINGS / PAGE }, () => []);
for (let walk = -1; walk < WALKS; walk++) {
  let after = null;
  let seen = 0;
  for (let page = 0; page < times.length; page++) {
    const before = performance.now();
    const { recordings } = await graphql(server.url, query, { after });
    if (walk >= 0) times[page].push(performance.now() - before);
    seen += recordings.nodes.length;
    after = recordings.pageInfo.endCursor;
  }
  if (seen !== RECORDINGS) throw new Error(`${seen} recordings were seen`);
}
const firstTenthMs = median(times.slice(0, times.length / 10).flat());
const lastTenthMs = median(times.slice(-times.length / 10).flat());
report('pages', { recordings: RECORDINGS, pageSize: PAGE, walks: WALKS, firstTenthMedianMs: firstTenthMs, lastTenthMedianMs: lastTenthMs, ratio: lastTenthMs / firstTenthMs, ratioAllowed: 1.25 });
await server.close();
