import { writeWav } from '../../src/audio/wav-writer.js';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import type { AnalyzeFileOptions, CliAnalyzer, CliModels, CliRuntime, FileAnalysis, ModelListing } from '../../src/cli/cli-runtime.js';
import { runUndertone } from '../../src/cli/main.js';
import type { OutputStream } from '../../src/cli/terminal.js';
import type { AnalysisOutcome, PredictionResult } from '../../src/domain/analysis.js';
import { UndertoneError } from '../../src/domain/errors.js';
import type { PcmSource } from '../../src/domain/pcm.js';
import type { Settings } from '../../src/domain/settings.js';

export const LABELS = ['angry', 'happy', 'sad'] as const;
export const MODEL = { id: 'fake', version: '1.2.0', digest: 'd'.repeat(64), labels: LABELS } as const;

/**
 * A platform whose files are JSON: `{"label": "sad", "confidence": 0.7}`, `{"gate": "music"}` or `{"fail": "NOT_AUDIO"}`.
 * What it answers is decided by the file, so tests say what is heard and look at what the command makes of it.
 */
interface FakeFile { label?: string; confidence?: number; gate?: 'music'; fail?: 'NOT_AUDIO' }

export interface FakeOptions {
  readonly settings?: () => Settings;
  readonly openServices?: CliRuntime['openServices'];
  readonly serve?: CliRuntime['serve'];
  readonly models?: Partial<CliModels>;
}

export function fakeRuntime(options: FakeOptions = {}): CliRuntime & { readonly closedCount: () => number } {
  let closedCount = 0;
  const refuse = (what: string) => () => Promise.reject(new Error(`the test did not expect ${what}`));
  const analyzer: CliAnalyzer = {
    concurrency: 3,
    describeModel(model) {
      if (model !== null && model !== MODEL.id) throw new UndertoneError('MODEL_UNKNOWN', `No model ${model}; installed are: ${MODEL.id}.`);
      return MODEL;
    },
    analyzeFile,
    close: () => {
      closedCount += 1;
      return Promise.resolve();
    },
  };
  const listing: ModelListing = { ...MODEL, name: 'Fake', embeddingDimension: 4, sizeBytes: 3_100_000, license: 'Apache-2.0', precision: 'f32', state: 'installed', isDefault: true, calibrated: false, quantization: null };
  const models: CliModels = {
    list: () => Promise.resolve([listing]), unusable: () => Promise.resolve([]), verify: () => Promise.resolve({ ok: true, details: [] }), remove: refuse('remove'), calibrate: refuse('calibrate'), import: refuse('import'), importDiarization: refuse('importDiarization'), pull: refuse('pull'), ...options.models,
  };
  return {
    version: '9.9.9',
    settings: options.settings ?? (() => { throw new UndertoneError('CONFIG_INVALID', 'Unknown setting UNDERTONE_TYPO.'); }),
    openAnalyzer: () => Promise.resolve(analyzer),
    openModels: () => Promise.resolve(models),
    openServices: options.openServices ?? refuse('openServices'),
    serve: options.serve ?? refuse('serve'),
    work: refuse('work'),
    checkConfinement: () => Promise.resolve('namespaces'),
    pingStorage: () => Promise.resolve(),
    migrate: () => Promise.resolve({ applied: ['0002_more'], alreadyAppliedCount: 1 }),
    closedCount: () => closedCount,
  };
}

async function analyzeFile(path: string, options: AnalyzeFileOptions): Promise<FileAnalysis> {
  const bytes = await readFile(path);
  const wanted = JSON.parse(bytes.toString('utf8')) as FakeFile;
  if (wanted.fail !== undefined) throw new UndertoneError(wanted.fail, 'This is not audio.');
  options.onProgress?.(0.5);
  const features = options.wantFrames === true ? Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) : null;
  const frames = { hopSeconds: 0.02, rowCount: 2, features, logits: Float32Array.of(2, 0, 0, 0, 0, 2) };
  return { sha256: createHash('sha256').update(bytes).digest('hex'), outcome: outcomeOf(wanted, options), pcm: fakePcm(), writeWav: (target) => writeWav(fakePcm(), target), frames, dispose: () => Promise.resolve() };
}

function fakePcm(): PcmSource {
  const samples = Float32Array.of(0, 0.5, -0.5, 1, -1, 0.25);
  return { sampleCount: samples.length, read: (from, to) => Promise.resolve(samples.slice(from, to)), dispose: () => Promise.resolve() };
}

function outcomeOf(file: FakeFile, options: AnalyzeFileOptions): AnalysisOutcome {
  const confidence = file.confidence ?? 0.8;
  const prediction: PredictionResult | null = file.gate === 'music' ? null : {
    label: file.label ?? 'sad', confidence, calibrated: false, abstained: confidence < 0.4, predictionSet: [file.label ?? 'sad'], logits: [0, 0, 1],
    scores: Object.fromEntries(LABELS.map((label) => [label, label === (file.label ?? 'sad') ? confidence : (1 - confidence) / 2])),
  };
  const embedding = prediction === null ? null : Float32Array.of(...LABELS.map((label) => (label === prediction.label ? 1 : 0)), 0.1);
  return {
    options: { modelId: MODEL.id, raw: options.raw, speakers: options.speakers },
    model: MODEL,
    durationSeconds: 4,
    quality: {
      container: 'wav', codec: 'pcm_s16le', bitrateBps: 256_000, originalSampleRateHz: 16_000, originalChannels: 1, durationSeconds: 4, effectiveBandwidthHz: 7800, integratedLoudnessLufs: -23,
      peakDbfs: -3, clippingRatio: 0, dcOffset: 0, speechLevelDbfs: -20, snrDb: 30, silenceRatio: 0.1, speechSeconds: 3.5, dropoutCount: 0,
    },
    speechRegions: [{ startSeconds: 0.2, endSeconds: 3.7 }],
    gate: { kind: file.gate ?? 'speech', speechSeconds: prediction === null ? 0 : 3.5, leftOutSeconds: 0, reason: file.gate === 'music' ? 'It is music.' : 'Speech throughout.' },
    warnings: [{ code: 'UNCALIBRATED', message: 'Scores are not calibrated.' }],
    summary: prediction,
    segments: [{ index: 0, startSeconds: 0.2, endSeconds: 3.7, speechSeconds: 3.5, gate: file.gate ?? 'speech', speaker: null, prediction, embedding, frameCount: 2 }],
    speakers: [],
    conversation: null,
    embedding,
  };
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line against the fake, as a pipe (no terminal) unless told otherwise. */
export async function runCommand(argv: readonly string[], options: { readonly runtime?: CliRuntime; readonly signal?: AbortSignal; readonly out?: OutputStream; readonly telemetryOff?: boolean; readonly in?: PassThrough & { isTTY?: boolean } } = {}): Promise<Ran> {
  const out = options.out ?? new PassThrough();
  const err = new PassThrough();
  const outText = collect(out);
  const errText = collect(err);
  const code = await runUndertone(argv, options.runtime ?? fakeRuntime(), { out, err, signal: options.signal ?? new AbortController().signal, ...(options.in === undefined ? {} : { in: options.in }) }, { telemetryOff: options.telemetryOff ?? true });
  return { code, out: outText(), err: errText() };
}

function collect(stream: OutputStream): () => string {
  let text = '';
  if (stream instanceof PassThrough) stream.setEncoding('utf8').on('data', (part: string) => (text += part));
  return () => text;
}
