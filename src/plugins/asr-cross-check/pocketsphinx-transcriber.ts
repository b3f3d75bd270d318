import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UndertoneError } from '../../domain/errors.js';
import { encodeSamples } from '../../domain/wav-bytes.js';
import type { TranscribedWord, Transcriber } from '../contract.js';

export interface PocketsphinxOptions {
  /** Where samples lie while the program works on them. */
  readonly tempDir: string;
  readonly timeoutMs: number;
  /** For tests: where the program and its English model lie. */
  readonly programs?: readonly string[];
  readonly modelDir?: string;
}

/** As Debian's packages `pocketsphinx` and `pocketsphinx-en-us` install them. */
const PROGRAMS = ['/usr/bin/pocketsphinx_batch', '/usr/local/bin/pocketsphinx_batch'];
const MODEL_DIR = '/usr/share/pocketsphinx/model/en-us';
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;

/**
 * Debian's pocketsphinx: English, small, without a graph of any kind, and wrong about most words of free speech. For tests
 * and for the poorest machine; used only where it is named.
 */
export function pocketsphinxTranscriber(options: PocketsphinxOptions): Transcriber {
  const { programs = PROGRAMS, modelDir = MODEL_DIR } = options;
  const found = (): string | null => programs.find((path) => existsSync(path)) ?? null;
  const unavailable = (): string | null => (found() === null || !existsSync(join(modelDir, 'en-us.lm.bin')) ? 'pocketsphinx is not installed; on Debian `apt-get install pocketsphinx pocketsphinx-en-us` does it.' : null);
  return {
    id: 'pocketsphinx',
    unavailable,
    async transcribe(pcm, { language }, signal) {
      const problem = unavailable();
      if (problem !== null) throw new UndertoneError('TRANSCRIBER_FAILED', problem);
      if (language !== null && !/^en\b/i.test(language)) throw new UndertoneError('TRANSCRIBER_FAILED', 'pocketsphinx has a model for English alone, and the recording is said to be in another language. Choose another transcriber (UNDERTONE_TRANSCRIBER).');
      await mkdir(options.tempDir, { recursive: true, mode: 0o700 });
      const folder = await mkdtemp(join(options.tempDir, 'words-'));
      try {
        await writeFile(join(folder, 'segment.raw'), encodeSamples(await pcm.read(0, pcm.sampleCount), 'pcm16'), { mode: 0o600 });
        await writeFile(join(folder, 'list'), 'segment\n');
        await run(found()!, [
          '-hmm', join(modelDir, 'en-us'), '-lm', join(modelDir, 'en-us.lm.bin'), '-dict', join(modelDir, 'cmudict-en-us.dict'),
          '-adcin', 'yes', '-cepdir', folder, '-cepext', '.raw', '-ctl', join(folder, 'list'), '-ctm', join(folder, 'words.ctm'), '-logfn', '/dev/null',
        ], options.timeoutMs, signal);
        return { language: 'en', words: parseCtm(await readFile(join(folder, 'words.ctm'), 'utf8').catch(() => '')) };
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** NIST's CTM: recording, channel, start, duration, word and confidence. Variants of a word (`read(2)`) are that word; fillers (`<sil>`, `[NOISE]`) are none. */
export function parseCtm(text: string): readonly TranscribedWord[] {
  return text.slice(0, MAX_OUTPUT_BYTES).split('\n').flatMap((line) => {
    const [, , start, duration, word, confidence] = line.trim().split(/\s+/);
    const [startSeconds, seconds, sure] = [Number(start), Number(duration), Number(confidence)];
    if (word === undefined || /^[<[+]/.test(word) || !(startSeconds >= 0) || !(seconds >= 0)) return [];
    return [{ text: word.replace(/\(\d+\)$/, ''), startSeconds, endSeconds: startSeconds + seconds, confidence: sure >= 0 && sure <= 1 ? sure : null }];
  });
}

/** A segment cannot hurt much: the program gets plain samples of ours, no network and no environment. */
function run(program: string, args: readonly string[], timeoutMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'ignore', env: {}, timeout: timeoutMs, killSignal: 'SIGKILL', signal });
    child.once('error', (error) => reject(signal.aborted ? (signal.reason as Error) : new UndertoneError('TRANSCRIBER_FAILED', `pocketsphinx could not be started (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}).`, {}, { cause: error })));
    child.once('exit', (code, killedBy) => {
      if (code === 0) resolve();
      else reject(new UndertoneError('TRANSCRIBER_FAILED', killedBy === 'SIGKILL' ? `pocketsphinx did not end within ${timeoutMs} ms (UNDERTONE_TRANSCRIBER_TIMEOUT_MS).` : `pocketsphinx ended with the status ${String(code)}.`));
    });
  });
}
