// How often speech is found and kept, and other sounds are kept out, on labelled recordings that nothing here was trained on:
//   node bench/listening-accuracy.mjs DATA_DIR [--part vad|gate|emotion]
// DATA_DIR holds audio/manifest.csv and emotion/manifest.csv (see training/gate/README.md). Writes bench/results/listening-accuracy.json: numbers only.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { report } from './bench-report.mjs';
import { addCounts, detectionFigures, frameCounts, over, readManifest, shareWithInterval, speechLabels, telephone } from './listening-data.mjs';
import { FfmpegDecoder } from '../dist/src/audio/ffmpeg-decoder.js';
import { MemoryPcm } from '../dist/src/audio/pcm-source.js';
import { createResidentListening } from '../dist/src/inference/resident-listening.js';
import { listen } from '../dist/src/services/listening.js';

const [dataDir, option, only] = process.argv.slice(2);
if (dataDir === undefined || (option !== undefined && option !== '--part')) {
  process.stderr.write('usage: node bench/listening-accuracy.mjs DATA_DIR [--part vad|gate|emotion]\n');
  process.exit(2);
}
const HELD_READERS = ['1688', '3005', '533'];
const HELD_EVENTS = ['1-30344', '1-29561', '1-39901', '1-211527', '1-42139', '1-47273', '1-172649', '1-19898', '1-34119', '1-17808'];
const tempDir = mkdtempSync(join(tmpdir(), 'listening-'));
const decoder = new FfmpegDecoder();
const listener = createResidentListening({ modelDirs: ['models'] });
const audio = readManifest(join(dataDir, 'audio'));
const emotion = readManifest(join(dataDir, 'emotion')).filter((row) => row.split === 'dev');

const decode = (file) => decoder.decode(file, { maxSeconds: 3600, timeoutMs: 120_000, tempDir });
async function samplesOf(file) {
  const { pcm } = await decode(file);
  return pcm.read(0, pcm.sampleCount);
}
async function hear(decoded) {
  const heard = await listen(listener, decoded, [{ speaker: null, pcm: decoded.pcm }], { raw: false, speakers: 'none', maxWindowSeconds: 15, priority: 'bulk', signal: new AbortController().signal, onProgress: () => undefined });
  const inKind = {};
  for (const { gate, startSeconds, endSeconds } of heard.windows) inKind[gate] = (inKind[gate] ?? 0) + endSeconds - startSeconds;
  return { heard, inKind };
}
async function hearSamples(decoded, samples) {
  return hear({ ...decoded, pcm: new MemoryPcm([samples]) });
}
/** Seconds of a recording's windows in each kind; what no window covers is pauses. */
const rounded = (all) => Object.fromEntries(Object.entries(all).map(([kind, seconds]) => [kind, Math.round(seconds * 10) / 10]));

async function voiceActivity() {
  const files = [];
  const counts = [];
  for (const row of audio) {
    const labels = speechLabels(join(dataDir, 'audio'), row);
    if (labels === null) continue;
    const { heard } = await hear(await decode(row.file));
    const count = frameCounts(heard.speechRegions.map((region) => [region.startSeconds, region.endSeconds]), labels, heard.durationSeconds);
    counts.push(count);
    files.push({ recording: basename(row.path), ...detectionFigures(count) });
  }
  return { frameMs: 10, collarMs: 0, recordings: files, all: detectionFigures(addCounts(counts)) };
}

/** Held-out recordings that are not emotional speech: what their windows are taken for. */
async function sounds() {
  const held = audio.filter((row) => ['music', 'speech_music_mixed', 'telephone', 'conversation', 'chinese', 'speech_transcribed', 'noise'].includes(row.category)
    || (row.category === 'librispeech_speakers' && HELD_READERS.some((reader) => basename(row.path).startsWith(`${reader}-`)))
    || (row.category === 'events_esc10' && (row.path.includes('Baby_cry') || HELD_EVENTS.some((id) => row.path.includes(id)))));
  const recordings = [];
  for (const row of held) {
    const { heard, inKind } = await hear(await decode(row.file));
    recordings.push({ recording: basename(row.path), category: row.category, seconds: Math.round(heard.durationSeconds * 10) / 10, heardAs: heard.gate.kind, windowSeconds: rounded(inKind) });
  }
  const byCategory = {};
  for (const { category, windowSeconds } of recordings) {
    const sum = (byCategory[category] ??= {});
    for (const [kind, seconds] of Object.entries(windowSeconds)) sum[kind] = Math.round(((sum[kind] ?? 0) + seconds) * 10) / 10;
  }
  return { byCategory, recordings };
}

async function emotionalSpeech() {
  const noise = await samplesOf(audio.find((row) => row.path.includes('noise1')).file);
  const music = await samplesOf(audio.find((row) => row.path.includes('Vibe_Ace')).file);
  const conditions = {
    plain: (samples) => samples,
    telephone,
    'noise 10 dB': (samples, i) => over(samples, noise, 10, 4000 * i),
    'music 10 dB': (samples, i) => over(samples, music, 10, 4000 * i),
  };
  const results = [];
  let next = 0;
  async function work() {
    for (let i = next++; i < emotion.length; i = next++) {
      const row = emotion[i];
      const decoded = await decode(row.file);
      const samples = await decoded.pcm.read(0, decoded.pcm.sampleCount);
      for (const [condition, change] of Object.entries(conditions)) {
        // A third of the clips tells enough about the mixtures.
        if (condition.endsWith('dB') && i % 3 !== 0) continue;
        const { heard } = await hearSamples(decoded, change(samples, i));
        results.push({ row, condition, kept: heard.gate.kind === 'speech', kind: heard.gate.kind });
      }
    }
  }
  await Promise.all([work(), work()]);
  const lost = (chosen) => (chosen.length === 0 ? null : shareWithInterval(chosen.filter((one) => !one.kept).length, chosen.length));
  const of = (filter) => Object.fromEntries(Object.keys(conditions).map((condition) => [condition, lost(results.filter((one) => one.condition === condition && filter(one.row)))]));
  const emotions = [...new Set(emotion.map((row) => row.emotion))].sort();
  const takenFor = {};
  for (const { kept, kind, condition } of results) if (!kept) (takenFor[condition] ??= {})[kind] = ((takenFor[condition] ??= {})[kind] ?? 0) + 1;
  return {
    lost: of(() => true),
    lostByCorpus: { 'crema-d': of((row) => row.corpus === 'crema-d'), emodb: of((row) => row.corpus === 'emodb') },
    lostByEmotion: Object.fromEntries(emotions.map((name) => [name, of((row) => row.emotion === name)])),
    lostLoudAnger: of((row) => row.path.includes('_ANG_HI')),
    lostTakenFor: takenFor,
  };
}

const figures = {};
if (only === undefined || only === 'vad') figures.voiceActivity = await voiceActivity();
if (only === undefined || only === 'gate') figures.sounds = await sounds();
if (only === undefined || only === 'emotion') figures.emotionalSpeech = await emotionalSpeech();
report(only === undefined ? 'listening-accuracy' : `listening-accuracy-${only}`, figures);
await listener.stop();
