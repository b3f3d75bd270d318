// What the listening benches read: manifests, labels of who speaks when, and everyday distortions made from clean samples.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const RATE = 16_000;

/** Rows of a manifest.csv as objects; fields may be quoted. */
export function readManifest(folder) {
  const [head, ...lines] = readFileSync(join(folder, 'manifest.csv'), 'utf8').trim().split('\n').map(splitCsv);
  return lines.map((fields) => ({ ...Object.fromEntries(head.map((name, i) => [name, fields[i] ?? ''])), file: join(folder, fields[0]) }));
}

function splitCsv(line) {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain.trim());
}

/** [start, end] in seconds of everything that anybody says; null where there are no labels. */
export function speechLabels(folder, row) {
  const name = row.path.split('/').pop().replace(/\.\w+$/, '');
  const read = (file) => readFileSync(join(folder, row.category, file), 'utf8').trim().split('\n');
  if (row.labels.includes('rttm=')) {
    const file = row.labels.includes('sample.rttm') ? 'sample.rttm' : 'pyannote_debug.train.rttm';
    return read(file).map((line) => line.split(/\s+/)).filter((field) => field[1] === name).map((field) => [Number(field[3]), Number(field[3]) + Number(field[4])]);
  }
  if (row.labels.includes('segments=')) return read(`${name}.segments`).map((line) => line.split('\t').slice(0, 2).map(Number));
  if (row.labels.includes('srt=')) {
    const seconds = (text) => text.split(':').reduce((total, part) => total * 60 + Number(part.replace(',', '.')), 0);
    return read(`${name}.srt`).filter((line) => line.includes('-->')).map((line) => line.split('-->').map((part) => seconds(part.trim())));
  }
  return null;
}

/** Frames of 10 ms that are heard and labelled, heard alone, labelled alone. */
export function frameCounts(heard, labelled, durationSeconds) {
  const count = Math.floor(durationSeconds * 100);
  const mark = (spans) => {
    const frames = new Uint8Array(count);
    for (const [start, end] of spans) frames.fill(1, Math.max(0, Math.round(start * 100)), Math.min(count, Math.round(end * 100)));
    return frames;
  };
  const [a, b] = [mark(heard), mark(labelled)];
  let [both, falseAlarm, missed] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    if (a[i] && b[i]) both++;
    else if (a[i]) falseAlarm++;
    else if (b[i]) missed++;
  }
  return { both, falseAlarm, missed, frames: count };
}

export function addCounts(all) {
  return all.reduce((sum, one) => Object.fromEntries(Object.entries(sum).map(([name, value]) => [name, value + one[name]])), { both: 0, falseAlarm: 0, missed: 0, frames: 0 });
}

/** Shares of the labelled speech (miss), of the rest (false alarm; null where all is speech), and F1. */
export function detectionFigures({ both, falseAlarm, missed, frames }) {
  const rest = frames - both - missed;
  return { missRatio: missed / (both + missed), falseAlarmRatio: rest < 100 ? null : falseAlarm / rest, f1: (2 * both) / (2 * both + falseAlarm + missed), speechSeconds: (both + missed) / 100, otherSeconds: rest / 100 };
}

/** 300 to 3400 Hz and µ-law, as a call. */
export function telephone(samples) {
  const taps = Float64Array.from({ length: 257 }, (_, i) => {
    const n = i - 128;
    const low = (hz) => (n === 0 ? (2 * hz) / RATE : Math.sin((2 * Math.PI * hz * n) / RATE) / (Math.PI * n));
    return (low(3400) - low(300)) * (0.54 + 0.46 * Math.cos((Math.PI * n) / 128));
  });
  return Float32Array.from(samples, (_, i) => {
    let sum = 0;
    for (let k = Math.max(0, i - samples.length + 129); k <= Math.min(256, i + 128); k++) sum += taps[k] * (samples[i + 128 - k] ?? 0);
    const size = Math.round(127 * (Math.log1p(255 * Math.min(1, Math.abs(sum))) / Math.log(256))) / 127;
    return (Math.sign(sum) * (256 ** size - 1)) / 255;
  });
}

/** With another sound behind, so many dB under it (power of the whole); the other repeats. */
export function over(samples, other, ratioDb, offset = 0) {
  const power = (all) => all.reduce((sum, x) => sum + x * x, 0) / all.length;
  const behind = Float32Array.from(samples, (_, i) => other[(i + offset) % other.length]);
  const gain = Math.sqrt((power(samples) / (power(behind) + 1e-12)) * 10 ** (-ratioDb / 10));
  return Float32Array.from(samples, (x, i) => x + gain * behind[i]);
}

/** Wilson's 95 % interval of a share. */
export function shareWithInterval(hits, count) {
  const z = 1.96;
  const p = hits / count;
  const middle = (p + (z * z) / (2 * count)) / (1 + (z * z) / count);
  const half = (z * Math.sqrt((p * (1 - p)) / count + (z * z) / (4 * count * count))) / (1 + (z * z) / count);
  return { count, hits, share: p, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
