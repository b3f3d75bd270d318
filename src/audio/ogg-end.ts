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
  for (let at = tail.lastIndexOf('OggS', end, 'latin1'); at >= 0; at = at === 0 ? -1 : tail.lastIndexOf('OggS', at - 1, 'latin1')) {
    const segmentCount = tail[at + 26];
    if (segmentCount === undefined || at + 27 + segmentCount > end) return false;
    const pageBytes = 27 + segmentCount + tail.subarray(at + 27, at + 27 + segmentCount).reduce((sum, length) => sum + length, 0);
    // Four letters inside compressed audio may look like a page; a real last page ends the file.
    if (at + pageBytes === end) return (tail[at + 5]! & END_OF_STREAM) !== 0;
  }
  return false;
}
