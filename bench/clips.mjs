// Speech for benchmarks: pieces of the project's own sample as WAV at 22.05 kHz, so that they are decoded as most uploads are,
// by ffmpeg, and pass the gate (a made tone does not, and then no model runs at all).
import { execFileSync } from 'node:child_process';

const RATE = 22_050;
const BYTES_PER_SECOND = 2 * RATE;
let speech = null;

/** `seconds` of speech, from another place for each seed: the same bytes would be the same recording. */
export function clip(seconds, seed) {
  speech ??= execFileSync('ffmpeg', ['-v', 'error', '-i', 'samples/conversation.flac', '-f', 's16le', '-ar', String(RATE), '-ac', '1', '-'], { maxBuffer: 2 ** 28 });
  const count = Math.round(seconds * RATE) * 2;
  const from = (Math.round(seed * 0.37 * RATE) * 2) % speech.length;
  const bytes = Buffer.alloc(44 + count);
  bytes.write('RIFF', 0); bytes.writeUInt32LE(36 + count, 4); bytes.write('WAVEfmt ', 8); bytes.writeUInt32LE(16, 16); bytes.writeUInt16LE(1, 20); bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(RATE, 24); bytes.writeUInt32LE(BYTES_PER_SECOND, 28); bytes.writeUInt16LE(2, 32); bytes.writeUInt16LE(16, 34); bytes.write('data', 36); bytes.writeUInt32LE(count, 40);
  for (let at = 0; at < count;) {
    const start = (from + at) % speech.length;
    at += speech.copy(bytes, 44 + at, start, Math.min(speech.length, start + count - at));
  }
  return bytes;
}
