import type { FileHandle } from 'node:fs/promises';

// The largest page: a header of 27, 255 lengths, 255 segments of 255 bytes.
const MAX_PAGE_BYTES = 27 + 255 + 255 * 255;
const END_OF_STREAM = 0x04;

/**
 * True when the last page of an Ogg file is whole and marked as the end of its stream. Ogg has no header that gives the
 * length, and ffmpeg reads a file that was cut off without a word: this mark is the only sign.
 */
export async function oggIsComplete(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  const from = Math.max(0, size - MAX_PAGE_BYTES);
  const { buffer: tail, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
  const end = Math.min(bytesRead, tail.length);
  const at = tail.lastIndexOf('OggS', end, 'latin1');
  const segmentCount = at < 0 ? undefined : tail[at + 26];
  if (segmentCount === undefined || at + 27 + segmentCount > end) return false;
  const pageBytes = 27 + segmentCount + tail.subarray(at + 27, at + 27 + segmentCount).reduce((sum, length) => sum + length, 0);
  return at + pageBytes <= end && (tail[at + 5]! & END_OF_STREAM) !== 0;
}
