import type { AnalysisWarning, PredictionResult } from '../../domain/analysis.js';
import { emotionOf, type Emotion } from '../../domain/emotion.js';
import { isUndertoneError } from '../../domain/errors.js';
import type { Contradiction, ContradictionKind, CrossCheck, FeelingShares, SegmentReading, TranscriptWord, WordFeeling } from '../../domain/transcript.js';
import { joinWords } from '../../domain/transcript.js';
import { joinReadings } from './joined-reading.js';
import type { Lexicon } from './lexicon.js';
import { readingLanguage } from './reading-language.js';
import { readText, type Reading } from './text-reading.js';

/** A text classifier beside the lexicons, where the installation has one. */
export interface TextReader {
  /** What a comparison is stored under. */
  readonly name: string;
  /** ISO 639. */
  readonly languages: readonly string[];
  /** Shares of the feelings in a text; what is missing to 1 is none. UNDERTONE errors of a host. */
  read(text: string, signal: AbortSignal): Promise<FeelingShares>;
}

/** By index of the segment. */
export interface ReadByModel extends Pick<TextReader, 'name' | 'languages'> {
  readonly shares: ReadonlyMap<number, FeelingShares>;
}

export interface ComparedSegment {
  readonly index: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly speaker: string | null;
  readonly prediction: PredictionResult | null;
}

/**
 * How well a voice of each emotion goes with what words say, 0 to 1 (docs/decisions/0111). A voice without marked emotion
 * goes half with most of what can be said; a threat is what it goes with least.
 */
const FIT: Readonly<Record<WordFeeling, Readonly<Record<Emotion, number>>>> = {
  angry: { angry: 1, disgusted: 0.8, fearful: 0.3, happy: 0, neutral: 0.5, other: 0.5, sad: 0.4, surprised: 0.4, unknown: 0.5 },
  disgusted: { angry: 0.8, disgusted: 1, fearful: 0.4, happy: 0, neutral: 0.5, other: 0.5, sad: 0.4, surprised: 0.4, unknown: 0.5 },
  fearful: { angry: 0.3, disgusted: 0.4, fearful: 1, happy: 0, neutral: 0.4, other: 0.5, sad: 0.6, surprised: 0.6, unknown: 0.5 },
  happy: { angry: 0, disgusted: 0, fearful: 0.1, happy: 1, neutral: 0.5, other: 0.5, sad: 0, surprised: 0.7, unknown: 0.5 },
  sad: { angry: 0.4, disgusted: 0.4, fearful: 0.6, happy: 0, neutral: 0.5, other: 0.5, sad: 1, surprised: 0.3, unknown: 0.5 },
  surprised: { angry: 0.5, disgusted: 0.5, fearful: 0.6, happy: 0.6, neutral: 0.4, other: 0.5, sad: 0.4, surprised: 1, unknown: 0.5 },
  threat: { angry: 1, disgusted: 0.8, fearful: 0.4, happy: 0.1, neutral: 0.2, other: 0.5, sad: 0.3, surprised: 0.3, unknown: 0.5 },
  positive: { angry: 0.1, disgusted: 0.1, fearful: 0.2, happy: 1, neutral: 0.6, other: 0.5, sad: 0.2, surprised: 0.7, unknown: 0.5 },
  negative: { angry: 1, disgusted: 1, fearful: 0.9, happy: 0.1, neutral: 0.5, other: 0.5, sad: 0.9, surprised: 0.5, unknown: 0.5 },
};
/** Of a label of a user's own model. */
const UNDECIDED = 0.5;

export const ASR_CROSS_CHECK = 'asr-cross-check';
/** What all warnings of the check begin with: a new check takes the place of them all. */
export const WARNING_PREFIX = 'PLUGIN_WORDS_';

/** Less than this says too little to hold against a voice. */
const MIN_STRENGTH = 0.4;
const MIN_VALENCE = 0.3;
const MAX_WORDS = 20;

/** Compares what is said with how it is said. Words of no segment, and segments whose words say nothing of feeling, are left out. */
export function crossCheck(words: readonly TranscriptWord[], segments: readonly ComparedSegment[], language: string | null, lexicons: ReadonlyMap<string, Lexicon>, byModel: ReadByModel | null = null): CrossCheck {
  const tag = languageOf(words, language);
  const lexicon = tag === null ? undefined : lexicons.get(tag);
  const model = tag !== null && byModel?.languages.includes(tag) === true ? byModel : null;
  if (lexicon === undefined && model === null) {
    const known = [...new Set([...lexicons.keys(), ...(byModel?.languages ?? [])])].sort().join(', ');
    const reason = tag === null ? `Nobody says which language this is, and it is plainly none of those that there are lexicons for (${known}).` : `There is no lexicon for the language ${tag}, only for ${known}.`;
    return { lexicon: 'none', language: null, reason, agreement: null, readings: [], contradictions: [] };
  }
  const wordsOf = wordsBySegment(words);
  const readings: SegmentReading[] = [];
  const contradictions: Contradiction[] = [];
  for (const segment of segments) {
    const own = wordsOf.get(segment.index) ?? [];
    const reading = joinReadings(lexicon === undefined ? null : readText(own, lexicon), model?.shares.get(segment.index), own);
    if (reading === null) continue;
    const agreement = segment.prediction === null ? null : agreementOf(reading, segment.prediction);
    readings.push({ segmentIndex: segment.index, valence: reading.valence, feelings: reading.feelings, strength: reading.strength, agreement });
    if (agreement !== null) contradictions.push(...contradictionsOf(segment, reading, agreement));
  }
  const compared = readings.filter(({ agreement }) => agreement !== null);
  const total = compared.reduce((sum, { strength }) => sum + strength, 0);
  const agreement = total === 0 ? null : compared.reduce((sum, one) => sum + (one.agreement! * one.strength) / total, 0);
  return { lexicon: [lexicon?.name, model?.name].filter((name) => name !== undefined).join('+'), language: tag, reason: null, agreement, readings, contradictions };
}

/** What the text model says of each segment, where it knows the language; null where there is none. Errors are the reader's. */
export async function readByModel(reader: TextReader | null, words: readonly TranscriptWord[], language: string | null, signal: AbortSignal): Promise<ReadByModel | null> {
  if (reader === null) return null;
  const { name, languages } = reader;
  const shares = new Map<number, FeelingShares>();
  if (languages.includes(languageOf(words, language) ?? '')) {
    for (const [index, own] of wordsBySegment(words)) shares.set(index, await reader.read(joinWords(own.map(({ text }) => text)), signal));
  }
  return { name, languages, shares };
}

/** As `readByModel`; where the reader fails, a warning in its place: the words are worth more than a second reading of them. */
export async function readByModelIfItCan(reader: TextReader | null, words: readonly TranscriptWord[], language: string | null, signal: AbortSignal): Promise<{ readonly byModel: ReadByModel | null; readonly warnings: readonly AnalysisWarning[] }> {
  try {
    return { byModel: await readByModel(reader, words, language, signal), warnings: [] };
  } catch (error) {
    const reason = isUndertoneError(error) ? `${error.message} (${error.code})` : signal.aborted ? 'It took too long.' : 'It failed.';
    return { byModel: null, warnings: [{ code: `${WARNING_PREFIX}MODEL_FAILED`, message: `The text model of the plugin ${ASR_CROSS_CHECK} could not be asked; words were compared by the lexicons alone. ${reason}` }] };
  }
}

function languageOf(words: readonly TranscriptWord[], language: string | null): string | null {
  return language?.toLowerCase().split('-')[0] ?? readingLanguage(words.map(({ text }) => text));
}

function wordsBySegment(words: readonly TranscriptWord[]): ReadonlyMap<number, readonly TranscriptWord[]> {
  const wordsOf = new Map<number, TranscriptWord[]>();
  for (const word of words) {
    if (word.segmentIndex === null) continue;
    const own = wordsOf.get(word.segmentIndex);
    if (own === undefined) wordsOf.set(word.segmentIndex, [word]);
    else own.push(word);
  }
  return wordsOf;
}

/** Mean of how well each emotion of the voice goes with each thing that the words say, by how much there is of both. */
export function agreementOf({ feelings }: Pick<Reading, 'feelings'>, { scores }: Pick<PredictionResult, 'scores'>): number {
  let agreement = 0;
  let total = 0;
  for (const [label, score] of Object.entries(scores)) {
    const emotion = emotionOf(label);
    for (const [feeling, share] of Object.entries(feelings) as [WordFeeling, number][]) {
      agreement += score * share * (emotion === null ? UNDECIDED : FIT[feeling][emotion]);
      total += score * share;
    }
  }
  return total === 0 ? UNDECIDED : Math.min(1, Math.max(0, agreement / total));
}

/** Where the voice was not sure (abstained), nothing is held against it. */
function contradictionsOf(segment: ComparedSegment, reading: Reading, agreement: number): readonly Contradiction[] {
  const prediction = segment.prediction!;
  const voice = emotionOf(prediction.label);
  if (prediction.abstained || voice === null || reading.strength < MIN_STRENGTH) return [];
  return kindsOf(reading, voice).map((kind) => ({
    kind, segmentIndex: segment.index, startSeconds: segment.startSeconds, endSeconds: segment.endSeconds, speaker: segment.speaker, agreement,
    voice: { label: prediction.label, confidence: prediction.confidence, scores: prediction.scores },
    words: reading.evidence.slice(0, MAX_WORDS),
  }));
}

function kindsOf({ valence, feelings }: Reading, voice: Emotion): readonly ContradictionKind[] {
  const kinds: ContradictionKind[] = [];
  const isThreat = (feelings.threat ?? 0) > 0;
  if (isThreat && (voice === 'neutral' || voice === 'happy')) kinds.push('threat-calm-voice');
  if (!isThreat && valence <= -MIN_VALENCE && voice === 'happy') kinds.push('sad-words-happy-voice');
  if (valence >= MIN_VALENCE && (voice === 'angry' || voice === 'disgusted')) kinds.push('sarcasm-candidate');
  if (valence >= MIN_VALENCE && (voice === 'sad' || voice === 'fearful')) kinds.push('happy-words-sad-voice');
  return kinds;
}

const KIND_TEXTS: Readonly<Record<ContradictionKind, string>> = {
  'sad-words-happy-voice': 'bad words in a happy voice', 'threat-calm-voice': 'a threat in a calm voice', 'sarcasm-candidate': 'good words in an angry voice', 'happy-words-sad-voice': 'good words in a sad voice',
};

/** Times and kinds, never the words: warnings go where contents of recordings must not. */
export function warningsOf({ contradictions, reason }: CrossCheck): readonly AnalysisWarning[] {
  if (reason !== null) return [{ code: `${WARNING_PREFIX}UNREAD`, message: `Words and voice were not compared. ${reason}` }];
  if (contradictions.length === 0) return [];
  const [first] = contradictions;
  const kinds = [...new Set(contradictions.map(({ kind }) => KIND_TEXTS[kind]))].join(', ');
  return [{ code: `${WARNING_PREFIX}AGAINST_VOICE`, message: `Words contradict the voice in ${contradictions.length} place${contradictions.length === 1 ? '' : 's'}, first at ${first!.startSeconds.toFixed(1)} s (${kinds}). Do not act on the label there before somebody has listened.` }];
}
