// p99 of short clips through `analyze` on a warm server, one after another, without and with bulk analyses of five-minute
// recordings that fill every slot of the worker, in alternating blocks.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { median, report } from './bench-report.mjs';
import { MODEL, resultOf, withModel } from './chosen-model.mjs';
import { analyze, graphql, serveApart, throwAwayFolder, upload } from './platform-process.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 4);
const CLIPS_IN_A_BLOCK = Number(process.env.BENCH_CLIPS ?? 25);
const BULK_RECORDINGS = 3;
const folder = throwAwayFolder();
let cutCount = 0;
const cut = (seconds) => {
  const path = join(folder, `cut${cutCount++}.flac`);
  // Another place each time: the same bytes would be the same recording.
  execFileSync('ffmpeg', ['-v', 'quiet', '-stream_loop', '-1', '-ss', String((cutCount * 0.37) % 20), '-i', 'samples/conversation.flac', '-t', String(seconds), path]);
  return readFileSync(path);
};
Object.assign(process.env, withModel(join(folder, 'data')));
const { url, child } = await serveApart(join(folder, 'data'));
const clips = Array.from({ length: 2 * CLIPS_IN_A_BLOCK * ROUNDS + 5 }, () => cut(3));
const timed = async () => {
  const before = performance.now();
  await analyze(url, clips.pop(), 'clip.flac');
  return performance.now() - before;
};
for (let i = 0; i < 5; i++) await timed();

const waits = { unloaded: [], loaded: [] };
for (let round = 0; round < ROUNDS; round++) {
  for (let i = 0; i < CLIPS_IN_A_BLOCK; i++) waits.unloaded.push(await timed());
  const bulk = [];
  for (let i = 0; i < BULK_RECORDINGS; i++) {
    const recordingId = await upload(url, cut(300), `bulk${round}-${i}.flac`);
    const { analyzeRecording } = await graphql(url, 'mutation($id: ID!) { analyzeRecording(input: { recordingId: $id }) { ... on Analysis { id } ... on Problem { message } } }', { id: recordingId });
    bulk.push(analyzeRecording.id);
  }
  while ((await statusOf(bulk[0])) === 'QUEUED') await wait(50);
  for (let i = 0; i < CLIPS_IN_A_BLOCK && (await statusOf(bulk.at(-1))) !== 'SUCCEEDED'; i++) waits.loaded.push(await timed());
  for (const id of bulk) while (['QUEUED', 'RUNNING'].includes(await statusOf(id))) await wait(200);
}
child.removeAllListeners('exit');
child.kill('SIGTERM');

async function statusOf(id) {
  return (await graphql(url, 'query($id: ID!) { analysis(id: $id) { status } }', { id })).analysis.status;
}

const at = (list, share) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))];
const figures = (list) => ({ clips: list.length, medianMs: median(list), p90Ms: at(list, 0.9), p99Ms: at(list, 0.99) });
const [unloaded, underBulkLoad] = [figures(waits.unloaded), figures(waits.loaded)];
report(resultOf('interactive'), { model: MODEL, rounds: ROUNDS, unloaded, underBulkLoad, p99Ratio: underBulkLoad.p99Ms / unloaded.p99Ms, p99RatioAllowed: 3 });
