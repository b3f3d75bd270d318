// Checks the exported graph with the runtime that will serve it: parity with
// PyTorch, exact ragged batches, odd inputs, head linearity, speed, memory.
//
//   ORT_DISABLE_TELEMETRY=1 node verify.mjs MODEL_FOLDER PARITY_FOLDER [ORT_FOLDER]
//
// PARITY_FOLDER comes from `export.py --parity`; ORT_FOLDER is where
// onnxruntime-node was installed (it is no dependency of this folder).
import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [modelFolder, parityFolder, ortFolder = '.'] = process.argv.slice(2);
const require = createRequire(join(resolve(ortFolder), 'x.js'));
const ort = require('onnxruntime-node');
const manifest = JSON.parse(readFileSync(join(modelFolder, 'manifest.json'), 'utf8'));
const bytes = readFileSync(join(modelFolder, manifest.file));
const results = [];
let failed = false;

function check(name, value, limit) {
  const ok = Number.isFinite(value) && value <= limit;
  failed ||= !ok;
  results.push(`${ok ? 'ok  ' : 'FAIL'} ${name}: ${value.toPrecision(3)} (at most ${limit})`);
}

const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, interOpNumThreads: 1 });

async function run(clips) {
  const longest = Math.max(...clips.map((clip) => clip.length));
  const data = new Float32Array(clips.length * longest);
  clips.forEach((clip, i) => data.set(clip, i * longest));
  return session.run({
    waveform: new ort.Tensor('float32', data, [clips.length, longest]),
    lengths: new ort.Tensor('int64', BigInt64Array.from(clips, (clip) => BigInt(clip.length)), [clips.length]),
  });
}

function largestDifference(a, b) {
  let worst = a.length === b.length ? 0 : Infinity;
  for (let i = 0; i < a.length; i += 1) {
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= worst)) worst = difference; // NaN also ends here and fails the check
  }
  return worst;
}

const floats = (file) => {
  const raw = readFileSync(join(parityFolder, file));
  return new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length));
};
const rows = (tensor, i) => tensor.data.slice(i * tensor.dims[1] * (tensor.dims[2] ?? 1), (i + 1) * tensor.dims[1] * (tensor.dims[2] ?? 1));

// Manifest against the file.
check('manifest sha256 and size differ', Number(createHash('sha256').update(bytes).digest('hex') !== manifest.sha256 || bytes.length !== manifest.sizeBytes), 0);
check('size in MB', bytes.length / 1e6, 8);

// Parity with PyTorch, and each clip alone against itself in the padded batch.
const shapes = JSON.parse(readFileSync(join(parityFolder, 'shapes.json'), 'utf8'));
const wave = floats('wave.f32');
const width = wave.length / shapes.lengths.length;
const clips = shapes.lengths.map((length, i) => wave.slice(i * width, i * width + length));
const batch = await run(clips);
for (const name of ['frame_features', 'frame_logits', 'embedding', 'logits']) {
  check(`parity of ${name}`, largestDifference(batch[name].data, floats(`${name}.f32`)), 1e-4);
}
for (const [i, clip] of clips.entries()) {
  const alone = await run([clip]);
  const frames = Number(alone.frame_lengths.data[0]);
  const dimension = alone.embedding.dims[1];
  check(`frame_lengths of ${clip.length} samples, alone and in the batch`, Math.abs(frames - Number(batch.frame_lengths.data[i])), 0);
  const pairs = {
    logits: [alone.logits.data, rows(batch.logits, i)],
    embedding: [alone.embedding.data, rows(batch.embedding, i)],
    frame_features: [alone.frame_features.data, rows(batch.frame_features, i).slice(0, frames * dimension)],
    frame_logits: [alone.frame_logits.data, rows(batch.frame_logits, i).slice(0, frames * manifest.labels.length)],
  };
  for (const [name, [a, b]] of Object.entries(pairs)) check(`ragged batch, ${name} of ${clip.length} samples`, largestDifference(a, b), 1e-5);
  check(`frames of ${clip.length} samples against ceil(samples / hop)`, Math.abs(frames - Math.ceil(clip.length / manifest.frameHopSamples)), 0);
  for (const [sums, whole, size] of [[alone.frame_logits.data, alone.logits.data, manifest.labels.length], [alone.frame_features.data, alone.embedding.data, dimension]]) {
    const mean = new Float64Array(size);
    sums.forEach((value, k) => { mean[k % size] += value / frames; });
    check(`mean over frames of ${clip.length} samples`, largestDifference(mean, whole), 1e-5);
  }
}
// Garbage in the padding must change nothing either.
{
  const data = new Float32Array(2 * 40000).map((_, i) => (i < 40000 && i >= 20000 ? 1 : Math.sin(i / 9) * 0.1));
  const twice = await session.run({ waveform: new ort.Tensor('float32', data, [2, 40000]), lengths: new ort.Tensor('int64', BigInt64Array.of(20000n, 40000n), [2]) });
  check('garbage in the padding', largestDifference((await run([data.slice(0, 20000)])).logits.data, rows(twice.logits, 0)), 1e-5);
}

// Gain, offset, silence, every length.
const voice = clips[2];
const base = (await run([voice])).logits.data;
for (const gain of [0.1, 10]) check(`gain x${gain}`, largestDifference((await run([voice.map((v) => v * gain)])).logits.data, base), 0.02);
check('offset of 0.1', largestDifference((await run([voice.map((v) => v + 0.1)])).logits.data, base), 0.02);
const finite = (outputs) => Number(!['frame_features', 'frame_logits', 'embedding', 'logits'].every((name) => outputs[name].data.every(Number.isFinite)));
check('digital silence is not finite', finite(await run([new Float32Array(32000)])), 0);
check('constant offset is not finite', finite(await run([new Float32Array(32000).fill(0.5)])), 0);
check('full-scale square wave is not finite', finite(await run([new Float32Array(32000).map((_, i) => (i % 100 < 50 ? 1 : -1))])), 0);
check('one click is not finite', finite(await run([new Float32Array(32000).fill(1, 500, 501)])), 0);
const noise = Float32Array.from({ length: 960000 }, (_, i) => 0.1 * Math.sin(i * 0.05) * Math.sin(i * 0.0007) + 0.01 * Math.sin(i * i));
for (const samples of [400, 401, 639, 640, 641, 1279, 1280, 1281, 16000, 240000, 960000]) {
  const outputs = await run([noise.slice(0, samples)]);
  check(`${samples} samples not finite`, finite(outputs), 0);
}
const again = [await run([voice]), await run([voice])];
check('two runs differ', largestDifference(again[0].frame_features.data, again[1].frame_features.data), 0);

// Speed on one thread.
for (const [seconds, count] of [[3, 1], [15, 1], [15, 8]]) {
  const input = Array.from({ length: count }, () => noise.slice(0, seconds * 16000));
  await run(input);
  // Processor time, so that a busy machine doesn't blur the figure.
  const times = [];
  for (let i = 0; i < 7; i += 1) {
    const start = process.cpuUsage();
    await run(input);
    const { user, system } = process.cpuUsage(start);
    times.push((user + system) / 1e6);
  }
  check(`real-time factor, ${count} x ${seconds} s, best of 7`, Math.min(...times) / (seconds * count), 0.01);
}
check('resident memory in MB', process.memoryUsage().rss / 1e6, 1500);
console.log(results.join('\n'));
process.exitCode = failed ? 1 : 0;
