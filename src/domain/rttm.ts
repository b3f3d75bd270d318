import type { SpokenStretch } from './speaker-turns.js';

/** Rich Transcription Time Marked: one line a stretch, `SPEAKER file channel start duration <NA> <NA> name <NA> <NA>`. */
export type RttmFiles = ReadonlyMap<string, readonly SpokenStretch[]>;

/** What is wrong with a text, line by line; the caller says which file it came from. */
export class RttmError extends Error {
  override readonly name = 'RttmError';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('; '));
  }
}

const MOST_PROBLEMS = 5;

/** By recording. Other kinds of lines and comments (`;;`) are passed over. Throws RttmError. */
export function readRttm(text: string): RttmFiles {
  const files = new Map<string, SpokenStretch[]>();
  const problems: string[] = [];
  text.replace(/^\uFEFF/, '').split(/\r?\n/).forEach((line, index) => {
    const fields = line.trim().split(/\s+/);
    if (fields[0] !== 'SPEAKER') return;
    const [, file, , startText, durationText, , , speaker] = fields;
    const [startSeconds, duration] = [Number(startText), Number(durationText)];
    if (file === undefined || speaker === undefined || speaker === '<NA>') problems.push(`line ${index + 1}: SPEAKER needs a file, a channel, a start, a duration and, in the eighth place, a name`);
    else if (!(startSeconds >= 0) || !(duration >= 0) || !Number.isFinite(startSeconds + duration)) problems.push(`line ${index + 1}: start and duration must be seconds from 0 up, such as 12.34`);
    else {
      const stretches = files.get(file) ?? [];
      stretches.push({ speaker, startSeconds, endSeconds: startSeconds + duration });
      files.set(file, stretches);
    }
  });
  if (problems.length > 0) throw new RttmError(problems.slice(0, MOST_PROBLEMS));
  if (files.size === 0) throw new RttmError(['it has no SPEAKER lines']);
  return files;
}

/** Milliseconds are kept. Spaces would break the format, so they become underscores. */
export function writeRttm(file: string, stretches: readonly SpokenStretch[]): string {
  const word = (name: string): string => name.trim().replaceAll(/\s+/g, '_') || 'unnamed';
  return stretches.map(({ speaker, startSeconds, endSeconds }) => `SPEAKER ${word(file)} 1 ${startSeconds.toFixed(3)} ${(endSeconds - startSeconds).toFixed(3)} <NA> <NA> ${word(speaker)} <NA> <NA>\n`).join('');
}
