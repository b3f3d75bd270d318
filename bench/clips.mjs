// Sound for benchmarks: WAV at 22.05 kHz, so that it is decoded as most uploads are, by ffmpeg.
export function clip(seconds, seed) {
  const rate = 22_050;
  const count = Math.round(seconds * rate);
  const bytes = Buffer.alloc(44 + 2 * count);
  bytes.write('RIFF', 0); bytes.writeUInt32LE(36 + 2 * count, 4); bytes.write('WAVEfmt ', 8); bytes.writeUInt32LE(16, 16); bytes.writeUInt16LE(1, 20); bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(rate, 24); bytes.writeUInt32LE(2 * rate, 28); bytes.writeUInt16LE(2, 32); bytes.writeUInt16LE(16, 34); bytes.write('data', 36); bytes.writeUInt32LE(2 * count, 40);
  let phase = 0;
  for (let i = 0; i < count; i++) {
    const time = i / rate;
    const pitch = 110 + 3 * (seed % 40) + 30 * Math.sin(2 * Math.PI * 1.3 * time + seed);
    phase += pitch / rate;
    let sample = 0;
    for (let harmonic = 1; harmonic <= 16; harmonic++) sample += (Math.exp(-(((harmonic * pitch - 600) / 300) ** 2)) + 0.5 * Math.exp(-(((harmonic * pitch - 1700) / 400) ** 2))) * Math.sin(2 * Math.PI * harmonic * phase);
    bytes.writeInt16LE(Math.round(Math.max(-1, Math.min(1, 0.2 * Math.max(0, Math.sin(4 * Math.PI * time)) ** 0.5 * sample)) * 32_767), 44 + 2 * i);
  }
  return bytes;
}
