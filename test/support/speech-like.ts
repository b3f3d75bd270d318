/**
 * A mono 16 kHz PCM16 WAV of `seconds`: a buzz with moving pitch and formant-like bands in syllables, different for each
 * seed and the same each time. `amplitude` 0 gives digital silence. It is not speech, and nothing here says it were.
 */
export function speechLikeWav(seconds: number, seed: number, amplitude = 0.4): Buffer {
  const sampleRateHz = 16_000;
  const sampleCount = Math.round(seconds * sampleRateHz);
  const bytes = Buffer.alloc(44 + 2 * sampleCount);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + 2 * sampleCount, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(sampleRateHz, 24);
  bytes.writeUInt32LE(2 * sampleRateHz, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(2 * sampleCount, 40);
  let phase = 0;
  for (let i = 0; i < sampleCount; i++) {
    const time = i / sampleRateHz;
    const pitchHz = 120 + 10 * seed + 30 * Math.sin(2 * Math.PI * 1.3 * time + seed);
    phase += pitchHz / sampleRateHz;
    let sample = 0;
    for (let harmonic = 1; harmonic <= 20; harmonic++) {
      const frequency = harmonic * pitchHz;
      const band = Math.exp(-(((frequency - 600 - 200 * Math.sin(3 * time)) / 300) ** 2)) + 0.5 * Math.exp(-(((frequency - 1700) / 400) ** 2));
      sample += band * Math.sin(2 * Math.PI * harmonic * phase);
    }
    const syllable = Math.max(0, Math.sin(2 * Math.PI * 2 * time)) ** 0.5;
    bytes.writeInt16LE(Math.round(Math.max(-1, Math.min(1, amplitude * syllable * sample * 0.5)) * 32_767), 44 + 2 * i);
  }
  return bytes;
}
