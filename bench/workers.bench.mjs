// Two workers against one, each on a core of its own with a one-thread model host, on the same queue in the same run,
// interleaved. Needs TEST_DATABASE_URL.
import { join } from 'node:path';
import pg from 'pg';
import { median, report } from './bench-report.mjs';
import { MODEL, resultOf, withModel } from './chosen-model.mjs';
import { clip } from './clips.mjs';
import { freshDatabase, start, stop } from './fleet-processes.mjs';
import { graphql, KEY, throwAwayFolder } from './platform-process.mjs';

const ANALYSES = Number(process.env.BENCH_ANALYSES ?? 80);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const SECONDS = 20;
const folder = throwAwayFolder();
const database = await freshDatabase();
const environment = { DATABASE_URL: database.url, UNDERTONE_STORAGE_URL: `file://${join(folder, 'blobs')}`, UNDERTONE_MODEL_HOSTS: '1', UNDERTONE_MODEL_THREADS: '1', UNDERTONE_WORKER_CONCURRENCY: '2' };
const api = await start(['serve', '--no-worker'], { ...environment, ...withModel(join(folder, 'api')) }, /listens on (\S+)/);
const client = new pg.Client({ connectionString: database.url });
await client.connect();

const recordings = [];
for (let i = 0; i < 10; i++) {
  const response = await fetch(`${api.url}/recordings?fileName=clip.wav`, { method: 'PUT', headers: { authorization: `Bearer ${KEY}` }, body: clip(SECONDS, i) });
  recordings.push((await response.json()).id);
}
const enqueue = async (count) => {
  for (let i = 0; i < count; i++) await graphql(api.url, 'mutation($input: AnalyzeRecordingInput!) { analyzeRecording(input: $input) { __typename } }', { input: { recordingId: recordings[i % recordings.length] } });
};
const waiting = async () => (await client.query(`SELECT count(*)::int AS count FROM "Analysis" WHERE status IN ('QUEUED', 'RUNNING')`)).rows[0].count;
// Seldom: looking takes processor time from those who are measured.
const untilDone = async () => {
  while ((await waiting()) > 0) await new Promise((resolve) => setTimeout(resolve, 250));
};

const workerSettings = [0, 1].map((core) => ({ ...environment, ...withModel(join(folder, `worker${core}`)) }));

async function perSecond(workerCount) {
  const workers = await Promise.all(Array.from({ length: workerCount }, (_, core) => start(['worker'], workerSettings[core], /takes jobs/, core)));
  // Warm: models are loaded and have run before the clock starts.
  await enqueue(2 * workerCount);
  await untilDone();
  await client.query(`DELETE FROM "Analysis"`);
  await enqueue(ANALYSES);
  const { rows: [{ now }] } = await client.query('SELECT now() AS now');
  await untilDone();
  const failed = (await client.query(`SELECT count(*)::int AS count FROM "Analysis" WHERE status <> 'SUCCEEDED'`)).rows[0].count;
  if (failed > 0) throw new Error(`${failed} analyses failed`);
  // By the database's own clock, from when all of them wait until the queue runs dry: the last ones have a core too many.
  const { rows: ends } = await client.query('SELECT extract(epoch FROM "finishedAt")::float8 AS at FROM "Analysis" WHERE "finishedAt" > $1 ORDER BY 1', [now]);
  const steady = ends.slice(0, -4);
  await Promise.all(workers.map(stop));
  return (steady.length - 1) / (steady.at(-1).at - steady[0].at);
}

const one = [];
const two = [];
for (let round = 0; round < ROUNDS; round++) {
  one.push(await perSecond(1));
  two.push(await perSecond(2));
}
report(resultOf('workers'), { model: MODEL, clipSeconds: SECONDS, analyses: ANALYSES, rounds: ROUNDS, oneWorkerPerSecond: one, twoWorkersPerSecond: two, ratio: median(two) / median(one), ratioWanted: 1.85 });
await client.end();
await stop(api);
await database.drop();
