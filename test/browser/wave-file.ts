const SAMPLE_RATE_HZ = 16_000;

/**
 * A mono 16-bit WAV of `durationSeconds`, made from a formula: bursts of a buzzing, voice-like tone with pauses between.
 * It is enough to draw, play and seek; whether a model hears speech in it is another matter.
 */
export function makeWav(durationSeconds: number): Buffer {
  const count = Math.round(durationSeconds * SAMPLE_RATE_HZ);
  const file = Buffer.alloc(44 + count * 2);
  file.write('RIFF', 0);
  file.writeUInt32LE(36 + count * 2, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  file.writeUInt32LE(SAMPLE_RATE_HZ * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36);
  file.writeUInt32LE(count * 2, 40);
  for (let i = 0; i < count; i++) file.writeInt16LE(Math.round(sampleAt(i / SAMPLE_RATE_HZ) * 32_000), 44 + i * 2);
  return file;
}

function sampleAt(seconds: number): number {
  const phraseSeconds = seconds % 5.5;
  if (phraseSeconds > 4.4) return 0.004 * Math.sin(seconds * 7919);
  const phrase = Math.sin((Math.PI * phraseSeconds) / 4.4) ** 0.6;
  const syllable = Math.max(0, Math.sin(2 * Math.PI * 3.3 * seconds) + 0.35) / 1.35;
  const swell = 0.35 + 0.3 * Math.sin(seconds / 3) + 0.2 * Math.sin(seconds * 1.7);
  const pitch = 2 * Math.PI * 140 * seconds + 3 * Math.sin(2 * Math.PI * 0.8 * seconds);
  const voice = Math.sin(pitch) + 0.6 * Math.sin(2 * pitch) + 0.4 * Math.sin(3 * pitch) + 0.3 * Math.sin(7 * pitch);
  return Math.max(-1, Math.min(1, 0.42 * phrase * syllable * swell * voice));
}

/** Peaks of a WAV made above, as `Recording.waveform` gives them. */
export function peaksOf(wav: Buffer, bucketSeconds: number): { bucketSeconds: number; minimum: number[]; maximum: number[] } {
  const perBucket = Math.round(bucketSeconds * SAMPLE_RATE_HZ);
  const minimum: number[] = [];
  const maximum: number[] = [];
  for (let from = 44; from + 1 < wav.length; from += perBucket * 2) {
    let low = 0;
    let high = 0;
    for (let at = from; at < Math.min(wav.length - 1, from + perBucket * 2); at += 2) {
      const value = wav.readInt16LE(at);
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    minimum.push(Math.round(low / 258.1));
    maximum.push(Math.round(high / 258.1));
  }
  return { bucketSeconds, minimum, maximum };
}

export function wavSeconds(wav: Buffer): number {
  return (wav.length - 44) / 2 / SAMPLE_RATE_HZ;
}
