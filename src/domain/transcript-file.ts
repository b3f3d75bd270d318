import { UndertoneError } from './errors.js';
import { readTranscriptJson } from './transcript-json.js';
import { spreadWords, type SpokenWord } from './transcript.js';

export const TRANSCRIPT_FORMATS = ['srt', 'vtt', 'json'] as const;
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number];

/** A line of a subtitle or a word: what is said between two times. */
export interface TimedText {
  readonly text: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly confidence: number | null;
  /** As the file names who speaks. */
  readonly speaker: string | null;
  /** False: a line, whose words have to share its time. */
  readonly isWord: boolean;
}

export interface TranscriptFile {
  readonly format: TranscriptFormat;
  readonly language: string | null;
  readonly texts: readonly TimedText[];
}

/** Players round; a text may end this much behind its recording. */
export const END_TOLERANCE_SECONDS = 0.5;

/** What is wrong, without the words: contents of recordings are in no message. */
export function misfit(item: number, what: string, line: number | null = null): UndertoneError {
  return new UndertoneError('BAD_INPUT', `The transcript cannot be used: item ${item}${line === null ? '' : ` (line ${line})`} ${what}. Nothing was changed.`, { field: 'content', item });
}

/** Reads SRT, WebVTT or JSON with times. BAD_INPUT with the first thing that is not as it must be. */
export function readTranscript(content: string, format: TranscriptFormat | null = null): TranscriptFile {
  const text = content.replace(/^\uFEFF/, '');
  const kind = format ?? formatOf(text);
  if (kind === 'json') return { format: kind, ...readTranscriptJson(text) };
  const lines = text.split(/\r\n|\r|\n/);
  if (kind === 'vtt' && !/^WEBVTT(?:[ \t]|$)/.test(lines[0] ?? '')) throw new UndertoneError('BAD_INPUT', 'The transcript cannot be used: WebVTT begins with the line WEBVTT, and this does not. Say which format it is, or leave `format` out.', { field: 'content' });
  return { format: kind, language: languageOf(lines, kind), texts: readCues(lines, kind) };
}

function formatOf(text: string): TranscriptFormat {
  if (/^WEBVTT/.test(text)) return 'vtt';
  return /^\s*[[{]/.test(text) ? 'json' : 'srt';
}

/** WebVTT's header may say it; SRT never does. */
function languageOf(lines: readonly string[], format: TranscriptFormat): string | null {
  if (format !== 'vtt') return null;
  const header = lines.slice(0, lines.indexOf('') < 0 ? lines.length : lines.indexOf(''));
  return header.map((line) => /^Language:\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\s*$/i.exec(line)?.[1]).find((tag) => tag !== undefined) ?? null;
}

/** `HH:MM:SS,mmm`, `MM:SS.mmm`; hours may have more digits. */
const TIME = /^(?:(\d{1,4}):)?([0-5]?\d):([0-5]\d)[.,](\d{3})$/;
const ARROW = /^\s*(\S+)\s+-->\s+(\S+)(?:\s.*)?$/;

function secondsOf(time: string): number | null {
  const parts = TIME.exec(time);
  if (parts === null) return null;
  const [, hours = '0', minutes, seconds, milliseconds] = parts;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) + Number(milliseconds) / 1000;
}

function readCues(lines: readonly string[], format: TranscriptFormat): readonly TimedText[] {
  const texts: TimedText[] = [];
  let item = 0;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    if (!line.includes('-->')) {
      // Between the cues of WebVTT: notes, styles, regions and names. In SRT only numbers.
      if (format === 'srt' && line.trim() !== '' && !/^\s*\d+\s*$/.test(line)) throw misfit(item + 1, 'should begin with its number or its times (00:00:01,000 --> 00:00:02,500)', at + 1);
      if (format === 'vtt' && /^(?:NOTE|STYLE|REGION)(?:\s|$)/.test(line)) while (at + 1 < lines.length && lines[at + 1]!.trim() !== '') at++;
      continue;
    }
    item += 1;
    const arrow = ARROW.exec(line);
    const [start, end] = [secondsOf(arrow?.[1] ?? ''), secondsOf(arrow?.[2] ?? '')];
    if (start === null || end === null) throw misfit(item, 'has times that cannot be read; they must look like 00:00:01,000 --> 00:00:02,500', at + 1);
    const said: string[] = [];
    while (at + 1 < lines.length && lines[at + 1]!.trim() !== '') said.push(lines[++at]!);
    texts.push(...cueTexts(said.join('\n'), start, end, format));
  }
  return texts;
}

/** Without mark-up. WebVTT's voices (`<v Anna>`) name who speaks; several in one cue share its time by their letters. */
function cueTexts(said: string, startSeconds: number, endSeconds: number, format: TranscriptFormat): TimedText[] {
  const plain = (text: string): string => text.replace(/<[^>]*>/g, ' ').replace(/\{\\[^}]*\}/g, ' ').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&nbsp;', ' ').replaceAll('&amp;', '&').replace(/\s+/g, ' ').trim();
  const voices = format === 'vtt' ? said.split(/(?=<v[ .])/) : [said];
  const parts = voices.map((part) => ({ speaker: /^<v(?:\.[^\s>]*)?\s+([^>]+)>/.exec(part)?.[1]?.trim() ?? null, text: plain(part) })).filter(({ text }) => text !== '');
  const total = parts.reduce((sum, { text }) => sum + text.length, 0);
  let letters = 0;
  return parts.map(({ speaker, text }) => {
    const from = startSeconds + ((endSeconds - startSeconds) * letters) / total;
    letters += text.length;
    return { text, startSeconds: from, endSeconds: startSeconds + ((endSeconds - startSeconds) * letters) / total, confidence: null, speaker, isWord: false };
  });
}

/** Throws BAD_INPUT with the first text that does not fit a recording of this length; what there is must be in the order of time. */
export function assertFits(texts: readonly TimedText[], durationSeconds: number): void {
  if (texts.length === 0) throw new UndertoneError('BAD_INPUT', 'The transcript cannot be used: it has no words with times. Nothing was changed.', { field: 'content' });
  texts.forEach(({ startSeconds, endSeconds }, index) => {
    const before = texts[index - 1];
    if (!(startSeconds >= 0)) throw misfit(index + 1, `begins at ${startSeconds.toFixed(3)} s, before the recording`);
    if (!(endSeconds >= startSeconds)) throw misfit(index + 1, `ends at ${endSeconds.toFixed(3)} s, before it begins at ${startSeconds.toFixed(3)} s`);
    if (endSeconds > durationSeconds + END_TOLERANCE_SECONDS) throw misfit(index + 1, `ends at ${endSeconds.toFixed(3)} s and the recording at ${durationSeconds.toFixed(3)} s; it is of another recording, or of another cut of this one`);
    if (before !== undefined && startSeconds < before.startSeconds) throw misfit(index + 1, `begins at ${startSeconds.toFixed(3)} s, before the one above it (${before.startSeconds.toFixed(3)} s); put them in the order of time`);
  });
}

/** The words, with lines shared out over their time and nothing beyond the end of the recording. */
export function wordsOf(texts: readonly TimedText[], durationSeconds: number): (SpokenWord & { readonly speaker: string | null })[] {
  const within = (seconds: number): number => Math.min(seconds, durationSeconds);
  return texts.flatMap(({ text, startSeconds, endSeconds, confidence, speaker, isWord }) =>
    (isWord ? [{ text: text.trim(), startSeconds: within(startSeconds), endSeconds: within(endSeconds), confidence }] : spreadWords(text, within(startSeconds), within(endSeconds), confidence)).map((word) => ({ ...word, speaker })));
}
