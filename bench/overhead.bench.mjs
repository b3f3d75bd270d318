// 2,000 queued analyses of 2 s clips: processor time of the platform (its own process and PostgreSQL) against that of
// decoders and model hosts; and of the queue alone, by the same number of jobs whose handler does nothing. What starting a
// decoder and reading its samples costs the process that asks is decoding too: it is measured alone, by the same code on the
// same clips, and both shares are told. Processor time hardly depends on what else the machine does. Needs TEST_DATABASE_URL.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { report } from './bench-report.mjs';
import { MODEL, resultOf, withModel } from './chosen-model.mjs';
import { clip } from './clips.mjs';
import { childrenOf, cpuSeconds, cpuSecondsOf, freshDatabase, start, stop } from './fleet-processes.mjs';
import { graphql, KEY, throwAwayFolder } from './platform-process.mjs';

const ANALYSES = Number(process.env.BENCH_ANALYSES ?? 2000);
// On a busy machine: so many of them are measured, with all others waiting behind.
const MEASURED = Math.min(ANALYSES, Number(process.env.BENCH_MEASURED ?? ANALYSES));
const DECODED_ALONE = 300;
const folder = throwAwayFolder();
const database = await freshDatabase();
const backends = new RegExp(`postgres:.*${new URL(database.url).pathname.slice(1)}`);
const environment = {
  DATABASE_URL: database.url, UNDERTONE_STORAGE_URL: `file://${join(folder, 'blobs')}`, UNDERTONE_MODEL_THREADS: '1', UNDERTONE_MAX_QUEUED_ANALYSES: '100000',
  // In namespaces of its own ffmpeg is nobody's child that could be asked for its processor time.
  UNDERTONE_DECODER_CONFINEMENT: 'off',
};
const api = await start(['serve', '--no-worker'], { ...environment, ...withModel(join(folder, 'api')) }, /listens on (\S+)/);
const client = new pg.Client({ connectionString: database.url });
await client.connect();
const recordings = [];
for (let i = 0; i < 50; i++) {
  const response = await fetch(`${api.url}/recordings?fileName=clip.wav`, { method: 'PUT', headers: { authorization: `Bearer ${KEY}` }, body: clip(2, i) });
  recordings.push((await response.json()).id);
}
for (let i = 0; i < ANALYSES; i++) await graphql(api.url, 'mutation($input: AnalyzeRecordingInput!) { analyzeRecording(input: $input) { __typename } }', { input: { recordingId: recordings[i % recordings.length] } });

const doneCount = async () => (await client.query(`SELECT count(*)::int AS count FROM "Analysis" WHERE status IN ('SUCCEEDED', 'FAILED')`)).rows[0].count;
const postgresBefore = cpuSecondsOf(backends);
const worker = await start(['worker'], { ...environment, ...withModel(join(folder, 'worker')) }, /takes jobs/);
const began = cpuSeconds(worker.child.pid);
const warm = await doneCount();
while ((await doneCount()) - warm < Math.min(MEASURED, ANALYSES - warm)) await new Promise((resolve) => setTimeout(resolve, 1000));
const measuredCount = (await doneCount()) - warm;
const ended = cpuSeconds(worker.child.pid);
const hosts = childrenOf(worker.child.pid).reduce((sum, pid) => sum + cpuSeconds(pid).own, 0);
const postgres = cpuSecondsOf(backends) - postgresBefore;
const platform = ended.own - began.own;
const decoders = ended.endedChildren - began.endedChildren;
const { rows: [{ failed }] } = await client.query(`SELECT count(*)::int AS failed FROM "Analysis" WHERE status = 'FAILED'`);
if (failed > 0) throw new Error(`${failed} analyses failed`);
await stop(worker);
await stop(api);

// Decoding alone: what it takes of the process that asks for it, beside ffmpeg's own.
const { FfmpegDecoder } = await import('../dist/src/audio/ffmpeg-decoder.js');
const decoder = new FfmpegDecoder({ confinement: 'off' });
const decodeAll = async (count) => {
  for (let i = 0; i < count; i++) {
    const path = join(folder, `clip${i % 50}.wav`);
    if (i < 50) writeFileSync(path, clip(2, i));
    const { pcm } = await decoder.decode(path, { maxSeconds: 60, timeoutMs: 60_000, tempDir: folder });
    await pcm.dispose();
  }
};
await decodeAll(100);
const beforeDecoding = process.cpuUsage();
await decodeAll(DECODED_ALONE);
const decodingHere = process.cpuUsage(beforeDecoding);
const decodingHereMs = (decodingHere.user + decodingHere.system) / 1000 / DECODED_ALONE;

// The queue alone: the same way through it, from the claim to the end, with the index as full as above.
const { createBossQueue } = await import('../dist/src/queue/boss-queue.js');
const { openDatabase } = await import('../dist/src/db/open-database.js');
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const db = await openDatabase({ url: database.url, dataDir: folder, log: quiet });
const queue = createBossQueue({ connectionString: database.url, reclaimActive: false, log: quiet });
await queue.start();
await client.query('DELETE FROM pgboss.job');
for (let i = 0; i < ANALYSES; i++) await db.transaction((tx) => queue.enqueue(tx, 'analyze-recording', { analysisId: `none_${i}` }, { priority: 'bulk', key: `none_${i}`, workspaceId: 'ws_default', needs: 'starter' }));
const queueBefore = { node: process.cpuUsage(), postgres: cpuSecondsOf(backends) };
let done = 0;
await new Promise((resolve) => {
  void queue.work('analyze-recording', { concurrency: 2, interactiveSlots: 1, holds: () => ['starter'] }, () => {
    done += 1;
    if (done === MEASURED) resolve();
    return Promise.resolve();
  });
});
await queue.stopWork({ deadlineMs: 10_000 });
const emptyCount = done;
const used = process.cpuUsage(queueBefore.node);
const queueSeconds = (used.user + used.system) / 1e6 + cpuSecondsOf(backends) - queueBefore.postgres;
await queue.stop({ deadlineMs: 0 });
await db.close();
await client.end();
await database.drop();

const perAnalysis = queueSeconds / emptyCount;
const total = platform + postgres + decoders + hosts;
const decodingHereSeconds = (decodingHereMs * measuredCount) / 1000;
report(resultOf('overhead'), {
  model: MODEL, queuedAnalyses: ANALYSES, measuredAnalyses: measuredCount, clipSeconds: 2, modelHostsSeconds: hosts, decodersSeconds: decoders, platformSeconds: platform, postgresSeconds: postgres, queueMsPerJob: perAnalysis * 1000, totalMsPerAnalysis: (total / measuredCount) * 1000,
  decodingHereMsPerAnalysis: decodingHereMs, wholeProcessShare: (platform + postgres) / total,
  platformShare: (platform + postgres - decodingHereSeconds) / total, platformShareAllowed: 0.2, queueShare: perAnalysis / (total / measuredCount), queueShareAllowed: 0.05,
});
