// Embeddings of clips by the exported graph, and what it says of their familiarity where it knows it.
//
//   node training/embed.mjs MODEL_FOLDER OUT.json FOLDER...
//
// Each FOLDER holds a manifest.csv with a column `path` (conditions.py and familiarity.py write such folders); its other columns are kept.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';

const [modelFolder, outFile, ...folders] = process.argv.slice(2);
const ort = createRequire(import.meta.url)('onnxruntime-node');
const { file, maxWindowSeconds } = JSON.parse(readFileSync(join(modelFolder, 'manifest.json'), 'utf8'));
const session = await ort.InferenceSession.create(join(modelFolder, file), { intraOpNumThreads: 1 });
const wanted = ['embedding', 'familiarity'].filter((name) => session.outputNames.includes(name));

async function embed(path) {
  const raw = execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-i', path, '-t', String(maxWindowSeconds), '-af', 'aresample=16000:resampler=soxr', '-ac', '1', '-f', 'f32le', '-'], { maxBuffer: 1 << 28 });
  const samples = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length));
  const { embedding, familiarity } = await session.run({ waveform: new ort.Tensor('float32', samples, [1, samples.length]), lengths: new ort.Tensor('int64', BigInt64Array.of(BigInt(samples.length)), [1]) }, wanted);
  return { embedding: Array.from(embedding.data, (value) => Number(value.toPrecision(6))), ...(familiarity ? { familiarity: familiarity.data[0] } : {}) };
}

const rows = [];
for (const folder of folders) {
  const [header, ...lines] = readFileSync(join(folder, 'manifest.csv'), 'utf8').trim().split(/\r?\n/);
  const columns = header.split(',');
  for (const line of lines) {
    const row = Object.fromEntries(line.split(',').map((value, i) => [columns[i], value]));
    rows.push({ condition: basename(folder), ...row, ...(await embed(resolve(folder, row.path))) });
  }
  process.stderr.write(`${folder}: ${lines.length} clips\n`);
}
writeFileSync(outFile, JSON.stringify(rows));
