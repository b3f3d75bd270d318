// What it costs to listen before any model is asked: quality, voice activity and gate together, in processor time on one
// thread, against the length of the audio and (with BENCH_MODELS, a data folder, and BENCH_MODEL in it) against a model over the same windows.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { median, report } from './bench-report.mjs';
import { throwAwayFolder } from './platform-process.mjs';

process.env.ORT_DISABLE_TELEMETRY = '1';
const { FfmpegDecoder } = await import('../dist/src/audio/ffmpeg-decoder.js');
const { findGate } = await import('../dist/src/inference/gate-model.js');
const { EmotionGraph } = await import('../dist/src/inference/host/emotion-graph.js');
const { SoundGraph } = await import('../dist/src/inference/host/sound-graph.js');
const { SpeechGraph } = await import('../dist/src/inference/host/speech-graph.js');
const { listen } = await import('../dist/src/services/listening.js');

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 60);
const MODEL = process.env.BENCH_MODEL ?? null;
const session = { provider: 'cpu', threadCount: 1, graphOptimization: 'all', disablePrepacking: false };
const folder = throwAwayFolder();
const path = join(folder, 'speech.wav');
execFileSync('ffmpeg', ['-v', 'error', '-stream_loop', '20', '-i', 'samples/conversation.flac', '-t', String(SECONDS), '-ar', '16000', '-ac', '1', path]);

const vad = join(dirname(createRequire(import.meta.url).resolve('@ricky0123/vad-web')), 'silero_vad_v6.onnx');
const speech = await SpeechGraph.open(vad, session);
const sound = await SoundGraph.open(findGate(['models']).file, session);
const spent = { speech: 0, sound: 0 };
/** The graphs in this process, so that its processor time is all there is. */
const listener = {
  async probabilities(samples, state) {
    const before = process.cpuUsage();
    const { value } = await speech.run(samples, state);
    spent.speech += cpuSeconds(before);
    return value;
  },
  async classify(samples) {
    const before = process.cpuUsage();
    const probabilities = await sound.run(samples);
    spent.sound += cpuSeconds(before);
    return probabilities;
  },
};
let emotion = null;
let manifest = null;
if (MODEL !== null) {
  const modelFolder = join(process.env.BENCH_MODELS, 'models', MODEL);
  manifest = JSON.parse(readFileSync(join(modelFolder, 'manifest.json'), 'utf8'));
  const graphOptimization = manifest.session?.graphOptimization ?? 'all';
  emotion = await EmotionGraph.open({ kind: 'emotion', file: join(modelFolder, manifest.file), contract: manifest, session: { ...session, graphOptimization }, niceness: 0, maxBatchSamples: 240_000 });
}

function cpuSeconds(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const decoded = await new FfmpegDecoder().decode(path, { maxSeconds: 3600, timeoutMs: 60_000, tempDir: folder });
const rounds = { listening: [], speech: [], sound: [], model: [] };
for (let round = -1; round < ROUNDS; round++) {
  Object.assign(spent, { speech: 0, sound: 0 });
  let before = process.cpuUsage();
  const heard = await listen(listener, decoded, [{ speaker: null, pcm: decoded.pcm }], { raw: false, speakers: 'none', maxWindowSeconds: 15, priority: 'bulk', signal: new AbortController().signal, onProgress: () => undefined });
  const listening = cpuSeconds(before);
  before = process.cpuUsage();
  for (const { startSeconds, endSeconds } of emotion === null ? [] : heard.windows) {
    const samples = await decoded.pcm.read(Math.round(startSeconds * 16_000), Math.round(endSeconds * 16_000));
    await emotion.run([{ samples, wantFrameFeatures: false }]);
  }
  if (round < 0) continue;
  rounds.listening.push(listening);
  rounds.speech.push(spent.speech);
  rounds.sound.push(spent.sound);
  if (emotion !== null) rounds.model.push(cpuSeconds(before));
}

const share = (name) => Number((median(rounds[name]) / SECONDS).toPrecision(3));
report('listening', {
  audioSeconds: SECONDS, rounds: ROUNDS,
  ofRealTime: share('listening'), ofRealTimeAllowed: 0.03,
  parts: { voiceActivity: share('speech'), gate: share('sound'), qualityAndWindows: Number((share('listening') - share('speech') - share('sound')).toPrecision(3)) },
  ...(emotion === null ? {} : { model: MODEL, precision: manifest.precision ?? 'f32', modelOfRealTime: share('model'), ofModel: Number((median(rounds.listening) / median(rounds.model)).toPrecision(3)), ofModelAllowed: 0.15 }),
});
