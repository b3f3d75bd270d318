import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AudioDecoder } from './audio/audio-decoder.js';
import { isUndertoneError, UndertoneError } from './domain/errors.js';
import { SAMPLE_RATE_HZ } from './domain/pcm.js';

/** As long as a window of a long recording; more of one clip says little more. */
const CLIP_SECONDS = 8;
/** Enough to tell 98 % from 95 %; both graphs run over all of them. */
const MOST_CLIPS = 200;
const SHORTEST_SECONDS = 0.5;

/**
 * The first seconds of each recording in a folder (at most 200, by name), at 16 kHz, mono. Files that are no audio or too
 * short are passed over. Throws BAD_INPUT when the folder cannot be read or nothing in it can be used.
 */
export async function readCalibrationClips(folder: string, options: { readonly decoder: AudioDecoder; readonly tempDir: string; readonly maxAudioSeconds: number; readonly decodeTimeoutMs: number; readonly signal: AbortSignal }): Promise<Float32Array[]> {
  const { decoder, tempDir, maxAudioSeconds: maxSeconds, decodeTimeoutMs: timeoutMs, signal } = options;
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new UndertoneError('BAD_INPUT', 'The folder of --clips cannot be read.', {}, { cause });
  });
  await mkdir(tempDir, { recursive: true, mode: 0o700 });
  const clips: Float32Array[] = [];
  for (const name of names.filter((candidate) => !candidate.startsWith('.')).sort()) {
    if (clips.length === MOST_CLIPS) break;
    try {
      const { pcm } = await decoder.decode(join(folder, name), { maxSeconds, timeoutMs, tempDir, channel: 'mix', signal });
      if (pcm.sampleCount >= SHORTEST_SECONDS * SAMPLE_RATE_HZ) clips.push(await pcm.read(0, Math.min(pcm.sampleCount, CLIP_SECONDS * SAMPLE_RATE_HZ)));
      await pcm.dispose();
    } catch (error) {
      signal.throwIfAborted();
      if (!isUndertoneError(error)) throw error;
    }
  }
  if (clips.length === 0) throw new UndertoneError('BAD_INPUT', `Nothing in the folder of --clips is a recording of at least ${SHORTEST_SECONDS} s.`);
  return clips;
}
