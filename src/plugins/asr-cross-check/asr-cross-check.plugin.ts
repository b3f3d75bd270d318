import type { AnalysisOutcome, AnalysisWarning, SegmentResult } from '../../domain/analysis.js';
import { textsOf } from '../../domain/align-words.js';
import { isUndertoneError } from '../../domain/errors.js';
import type { PcmSource } from '../../domain/pcm.js';
import type { TranscriptWord } from '../../domain/transcript.js';
import { PLUGIN_API_VERSION, type SegmentBatch, type StepContext, type StepResult, type Transcriber, type Transcription, type UndertonePlugin } from '../contract.js';
import { chooseTranscriber, type ChosenTranscriber } from './choose-transcriber.js';
import { ASR_CROSS_CHECK, crossCheck, readByModelIfItCan, warningsOf, type TextReader } from './cross-check.js';
import type { Lexicon } from './lexicon.js';

export interface AsrCrossCheckParts {
  /** Those that come with Undertone. */
  readonly transcribers: readonly (Transcriber & { stop?(): Promise<void> })[];
  /** Those of every plugin, asked at each recording: others may register after this one. */
  readonly all: () => readonly Transcriber[];
  /** `auto`, `none` or an id. */
  readonly setting: string;
  readonly lexicons: ReadonlyMap<string, Lexicon>;
  /** Null: the lexicons alone. */
  readonly reader: (TextReader & { stop?(): Promise<void> }) | null;
  /** Of one segment. */
  readonly timeoutMs: number;
}

/** Segments in one call of the step: its deadline is of all of them together. */
const BATCH = 8;
export const COMPARE_DEADLINE_MS = 60_000;

/** What the two steps of one analysis tell each other. */
interface Heard {
  readonly chosen: ChosenTranscriber;
  readonly words: TranscriptWord[];
  language: string | null;
  engineDigest: string | null;
  /** Why it stopped before the end. */
  failure: string | null;
}

export function chosenTranscriber({ all, setting }: Pick<AsrCrossCheckParts, 'all' | 'setting'>): ChosenTranscriber {
  return chooseTranscriber(all(), setting);
}

/**
 * Writes down what is said, segment by segment, where a transcriber is there, and compares the words with the voice. Without
 * one it does nothing. What the model said stays as it is.
 */
export function asrCrossCheckPlugin(parts: AsrCrossCheckParts): UndertonePlugin {
  return {
    name: ASR_CROSS_CHECK,
    apiVersion: PLUGIN_API_VERSION,
    version: '1.0.0',
    register(host) {
      for (const transcriber of parts.transcribers) host.addTranscriber(transcriber);
      host.addStep({
        id: 'language', stage: 'afterDecode', deadlineMs: COMPARE_DEADLINE_MS, onFailure: 'warning',
        run: ({ options }, { notes }) => {
          notes.set('language', options.language ?? null);
          return Promise.resolve({});
        },
      });
      host.addStep({ id: 'transcribe', stage: 'onSegments', batchSize: BATCH, deadlineMs: BATCH * parts.timeoutMs, onFailure: 'warning', run: (batch, context) => transcribe(batch, context, heardOf(parts, context)) });
      host.addStep({ id: 'compare', stage: 'afterPrediction', deadlineMs: COMPARE_DEADLINE_MS, onFailure: 'warning', run: (outcome, context) => compare(outcome, context, parts) });
    },
    async stop() {
      for (const transcriber of parts.transcribers) await transcriber.stop?.();
      await parts.reader?.stop?.();
    },
  };
}

function heardOf(parts: AsrCrossCheckParts, { notes }: StepContext): Heard {
  const known = notes.get('heard') as Heard | undefined;
  if (known !== undefined) return known;
  const heard: Heard = { chosen: chosenTranscriber(parts), words: [], language: (notes.get('language') as string | null | undefined) ?? null, engineDigest: null, failure: null };
  notes.set('heard', heard);
  return heard;
}

async function transcribe(batch: SegmentBatch, { signal }: StepContext, heard: Heard): Promise<StepResult> {
  const { transcriber } = heard.chosen;
  if (transcriber === null) return {};
  const spoken = batch.segments.filter(({ gate }) => gate === 'speech' || gate === 'bypassed');
  const written = new Map<number, Transcription>();
  const waiting = [...spoken];
  const worker = async (): Promise<void> => {
    for (let segment = waiting.shift(); segment !== undefined; segment = waiting.shift()) {
      signal.throwIfAborted();
      written.set(segment.index, await transcriber.transcribe(asPcm(await batch.read(segment)), { language: heard.language }, signal));
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.max(1, Math.min(BATCH, transcriber.concurrency ?? 1)) }, worker));
  } catch (error) {
    waiting.length = 0;
    // Told in the result; thrown on, so that a transcriber that fails each time is left alone for a while.
    heard.failure = isUndertoneError(error) ? `${error.message} (${error.code})` : 'The transcriber failed.';
    throw error;
  } finally {
    for (const segment of spoken) take(heard, segment, written.get(segment.index));
  }
  return {};
}

function take(heard: Heard, { index, startSeconds, endSeconds, speaker }: SegmentResult, transcription: Transcription | undefined): void {
  if (transcription === undefined) return;
  heard.language ??= transcription.language;
  heard.engineDigest = transcription.engineDigest ?? heard.engineDigest;
  const within = (seconds: number): number => Math.min(endSeconds, Math.max(startSeconds, startSeconds + seconds));
  for (const word of transcription.words) {
    if (word.text.trim() === '') continue;
    heard.words.push({ text: word.text.trim(), startSeconds: within(word.startSeconds), endSeconds: within(Math.max(word.startSeconds, word.endSeconds)), confidence: word.confidence, speaker, segmentIndex: index });
  }
}

async function compare(outcome: AnalysisOutcome, { notes, signal }: StepContext, { lexicons, reader }: Pick<AsrCrossCheckParts, 'lexicons' | 'reader'>): Promise<StepResult> {
  const heard = notes.get('heard') as Heard | undefined;
  if (heard?.chosen.transcriber == null) return {};
  const failed: AnalysisWarning[] = heard.failure === null ? [] : [{ code: 'PLUGIN_TRANSCRIPT_FAILED', message: `${heard.words.length === 0 ? 'Nothing was' : 'Not all of it was'} transcribed. ${heard.failure}` }];
  if (heard.words.length === 0) return { warnings: failed };
  const words = [...heard.words].sort((a, b) => a.startSeconds - b.startSeconds);
  const { byModel, warnings } = await readByModelIfItCan(reader, words, heard.language, signal);
  signal.throwIfAborted();
  const check = crossCheck(words, outcome.segments, heard.language, lexicons, byModel);
  const texts = textsOf(words);
  const agreements = new Map(check.readings.flatMap(({ segmentIndex, agreement }) => (agreement === null ? [] : [[segmentIndex, agreement] as const])));
  return {
    warnings: [...failed, ...warnings, ...warningsOf(check)],
    segments: [...texts].map(([index, text]) => ({ index, text, ...(agreements.has(index) ? { agreement: agreements.get(index)! } : {}) })),
    transcript: { source: 'engine', engine: heard.chosen.transcriber.id, engineDigest: heard.engineDigest, language: heard.language, words, crossCheck: check },
  };
}

function asPcm(samples: Float32Array): PcmSource {
  return { sampleCount: samples.length, read: (from, to) => Promise.resolve(samples.slice(from, to)), dispose: () => Promise.resolve() };
}
