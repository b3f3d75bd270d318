import { randomUUID } from 'node:crypto';
import { UndertoneError } from '../../domain/errors.js';
import { samplesToSeconds } from '../../domain/pcm.js';
import { languageTag, transcriptOf } from '../../domain/transcript-json.js';
import { spreadWords } from '../../domain/transcript.js';
import { encodeSamples, wavHeader } from '../../domain/wav-bytes.js';
import type { TranscribedWord, Transcriber, Transcription } from '../contract.js';
import { postToService, type Resolve } from './service-request.js';

export interface OpenAiTranscriberOptions {
  /** Up to and without `/audio/transcriptions`, such as `https://api.openai.com/v1`; null: there is none. */
  readonly url: string | null;
  readonly key: string | null;
  /** As the service calls it. */
  readonly model: string;
  readonly allowPrivate: boolean;
  readonly timeoutMs: number;
  readonly resolve?: Resolve;
}

/** A quarter of an hour of words has a tenth of it. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** OpenAI takes 25 MB, and so do most that are like it: 13 minutes, far above any segment. */
const MAX_AUDIO_BYTES = 25_000_000;
const CONCURRENCY = 4;

/** Any service with OpenAI's `/audio/transcriptions`: the segments leave this machine for it, and nothing else does. */
export function openAiTranscriber(options: OpenAiTranscriberOptions): Transcriber {
  const { url, key, model, allowPrivate, timeoutMs, resolve } = options;
  return {
    id: 'openai',
    concurrency: CONCURRENCY,
    unavailable: () => (url === null ? 'No transcription service is named; set UNDERTONE_TRANSCRIBER_URL to one that is compatible with OpenAI.' : null),
    async transcribe(pcm, { language }, signal): Promise<Transcription> {
      if (url === null) throw new UndertoneError('TRANSCRIBER_FAILED', 'No transcription service is named (UNDERTONE_TRANSCRIBER_URL).');
      const samples = await pcm.read(0, pcm.sampleCount);
      const audio = Buffer.concat([wavHeader(samples.length, 'pcm16'), encodeSamples(samples, 'pcm16')]);
      if (audio.length > MAX_AUDIO_BYTES) throw new UndertoneError('TRANSCRIBER_FAILED', `A segment of ${audio.length} bytes is more than the ${MAX_AUDIO_BYTES} that the service takes at once.`);
      const boundary = `undertone-${randomUUID()}`;
      const fields: readonly (readonly [string, string])[] = [
        ['model', model], ['response_format', 'verbose_json'], ['timestamp_granularities[]', 'word'], ['timestamp_granularities[]', 'segment'],
        // ISO 639-1 alone is taken there.
        ...(language === null ? [] : [['language', language.toLowerCase().split('-')[0]!] as const]),
      ];
      const { status, body } = await postToService({
        url: new URL(`${url.replace(/\/+$/, '')}/audio/transcriptions`), body: multipart(boundary, fields, audio), signal, timeoutMs, maxAnswerBytes: MAX_ANSWER_BYTES, allowPrivate,
        headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, accept: 'application/json', ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
      }, resolve);
      if (status !== 200) throw new UndertoneError('TRANSCRIBER_FAILED', `The transcription service answered with the HTTP status ${status}.${adviceOf(status)}`, { status });
      return answerOf(body, samplesToSeconds(samples.length));
    },
  };
}

function adviceOf(status: number): string {
  if (status === 401 || status === 403) return ' Check UNDERTONE_TRANSCRIBER_KEY.';
  if (status === 404) return ' Check UNDERTONE_TRANSCRIBER_URL: it ends before /audio/transcriptions.';
  if (status >= 300 && status < 400) return ' Redirects are not followed: give the address that it points to.';
  return '';
}

/** Words where it gives them, else its lines with their time shared out, else its text over the whole segment. */
function answerOf(body: Buffer, durationSeconds: number): Transcription {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new UndertoneError('TRANSCRIBER_FAILED', 'The transcription service answered with something that is no JSON.', {}, { cause: error });
  }
  const { text, language, words, segments } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const hasTimes = [words, segments].some((list) => Array.isArray(list) && list.length > 0);
  if (!hasTimes && typeof text !== 'string') throw new UndertoneError('TRANSCRIBER_FAILED', 'The transcription service answered without a text.');
  try {
    const said: readonly TranscribedWord[] = hasTimes ? transcriptOf(value).texts.flatMap(({ isWord, ...one }) => (isWord ? [one] : spreadWords(one.text, one.startSeconds, one.endSeconds, one.confidence))) : spreadWords(text as string, 0, durationSeconds);
    return { language: languageTag(language), words: said };
  } catch (error) {
    throw new UndertoneError('TRANSCRIBER_FAILED', 'The transcription service answered with words whose times cannot be read.', {}, { cause: error });
  }
}

function multipart(boundary: string, fields: readonly (readonly [string, string])[], audio: Buffer): Buffer {
  const head = fields.map(([name, value]) => `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join('');
  const file = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="segment.wav"\r\ncontent-type: audio/wav\r\n\r\n`;
  return Buffer.concat([Buffer.from(head + file), audio, Buffer.from(`\r\n--${boundary}--\r\n`)]);
}
