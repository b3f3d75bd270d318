// Unweighted average recall of the exported graph, clip by clip, per corpus.
//
//   ORT_DISABLE_TELEMETRY=1 node evaluate.mjs MODEL_FOLDER DATA_FOLDER [ORT_FOLDER] [SPLIT]
//
// Reads the original recordings through ffmpeg, so it also covers decoding.
// SPLIT is `dev` (default) or a comma-separated list of speakers.
import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [modelFolder, dataFolder, ortFolder = '.', split = 'dev'] = process.argv.slice(2);
const ort = createRequire(join(resolve(ortFolder), 'x.js'))('onnxruntime-node');
const manifest = JSON.parse(readFileSync(join(modelFolder, 'manifest.json'), 'utf8'));
const { labels, calibration } = manifest;
const session = await ort.InferenceSession.create(readFileSync(join(modelFolder, manifest.file)), { intraOpNumThreads: 1 });

const [header, ...lines] = readFileSync(join(dataFolder, 'manifest.csv'), 'utf8').trim().split(/\r?\n/);
const columns = header.split(',');
const chosen = lines
  .map((line) => Object.fromEntries(line.split(',').map((value, i) => [columns[i], value])))
  .filter((row) => (row.split === split || split.split(',').includes(row.speaker)) && labels.includes(row.emotion));

const softmax = (values) => {
  const top = Math.max(...values);
  const powers = values.map((value) => Math.exp((value - top) / calibration.temperature));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((value) => value / total);
};

const results = [];
for (const row of chosen) {
  const raw = execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-i', join(dataFolder, row.path), '-af', 'aresample=16000:resampler=soxr', '-ac', '1', '-f', 'f32le', '-'], { maxBuffer: 1 << 28 });
  const samples = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length));
  const { logits } = await session.run({
    waveform: new ort.Tensor('float32', samples, [1, samples.length]),
    lengths: new ort.Tensor('int64', BigInt64Array.of(BigInt(samples.length)), [1]),
  });
  const scores = softmax(Array.from(logits.data));
  const confidence = Math.max(...scores);
  results.push({ ...row, truth: labels.indexOf(row.emotion), guess: scores.indexOf(confidence), confidence });
}

// Ten equal-width bins of confidence against accuracy.
function calibrationError(rows) {
  let error = 0;
  for (let bin = 0; bin < 10; bin += 1) {
    const inside = rows.filter((row) => Math.min(9, Math.floor(row.confidence * 10)) === bin);
    const gap = inside.reduce((sum, row) => sum + Number(row.guess === row.truth) - row.confidence, 0);
    error += Math.abs(gap) / rows.length;
  }
  return error;
}

for (const corpus of [...new Set(results.map((row) => row.corpus))]) {
  for (const gender of ['all', 'female', 'male']) {
    const rows = results.filter((row) => row.corpus === corpus && (gender === 'all' || row.gender === gender));
    const confusion = labels.map((_, t) => labels.map((_, g) => rows.filter((row) => row.truth === t && row.guess === g).length));
    const recalls = confusion.map((line, t) => line[t] / line.reduce((a, b) => a + b, 0)).filter(Number.isFinite);
    const ua = recalls.reduce((a, b) => a + b, 0) / recalls.length;
    const wa = rows.filter((row) => row.truth === row.guess).length / rows.length;
    console.log(`${corpus} ${gender}: ${rows.length} clips, UA ${ua.toFixed(3)}, WA ${wa.toFixed(3)}, ECE ${calibrationError(rows).toFixed(3)}`);
    if (gender === 'all') {
      console.log(['truth \\ guess', ...labels].map((v) => v.padEnd(13)).join(''));
      confusion.forEach((line, t) => console.log([labels[t], ...line].map((v) => String(v).padEnd(13)).join('')));
    }
  }
}
