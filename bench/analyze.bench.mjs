// A 5 s clip through `analyze` on a warm server against decode + model alone in the same run, interleaved; and the longest
// block of the event loop of API and worker while four analyses of a minute run at once.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { median, report } from './bench-report.mjs';
import { MODEL, resultOf, withModel } from './chosen-model.mjs';
import { analyze, serveHere, throwAwayFolder } from './platform-process.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 25);
const folder = throwAwayFolder();
const cut = (from, seconds, name) => {
  const path = join(folder, name);
  execFileSync('ffmpeg', ['-v', 'error', '-stream_loop', '4', '-ss', String(from), '-i', 'samples/conversation.flac', '-t', String(seconds), '-ar', '44100', path]);
  return path;
};

Object.assign(process.env, withModel(join(folder, 'data')));
const server = await serveHere(join(folder, 'data'));
const { composeAnalyzer } = await import('../dist/src/compose-analyzer.js');
const { FfmpegDecoder } = await import('../dist/src/audio/ffmpeg-decoder.js');
const { readSettings } = await import('../dist/src/config.js');
const { createLog } = await import('../dist/src/log.js');
const alone = composeAnalyzer(readSettings(), createLog('error'));
const decoder = new FfmpegDecoder();

async function decodeAndModel(path) {
  const { pcm } = await decoder.decode(path, { maxSeconds: 60, timeoutMs: 60_000, tempDir: folder });
  await alone.inference.infer(await pcm.read(0, pcm.sampleCount), { modelId: MODEL, priority: 'interactive', deadlineMs: 60_000 });
  await pcm.dispose();
}

const whole = [];
const parts = [];
for (let round = -3; round < ROUNDS; round++) {
  const path = cut(round + 4, 5, `clip${round}.mp3`);
  const bytes = readFileSync(path);
  let before = performance.now();
  await decodeAndModel(path);
  const partsMs = performance.now() - before;
  before = performance.now();
  await analyze(server.url, bytes, 'clip.mp3');
  const wholeMs = performance.now() - before;
  if (round >= 0) {
    whole.push(wholeMs);
    parts.push(partsMs);
  }
}

const minute = readFileSync(cut(0, 60, 'minute.flac'));
await analyze(server.url, minute, 'minute.flac');
const four = [1, 2, 3, 4].map((from) => readFileSync(cut(from, 60, `minute${from}.flac`)));
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
await Promise.all(four.map((bytes, i) => analyze(server.url, bytes, `minute${i}.flac`)));
delay.disable();

report(resultOf('analyze'), {
  model: MODEL,
  rounds: ROUNDS,
  analyzeMedianMs: median(whole), decodeAndModelMedianMs: median(parts), ratio: median(whole) / median(parts), ratioAllowed: 1.4,
  eventLoopLongestBlockMs: delay.max / 1e6, eventLoopP99Ms: delay.percentile(99) / 1e6, eventLoopBlockAllowedMs: 50,
});
await alone.stop();
await server.close();
