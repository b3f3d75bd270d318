/** Seeded uniform numbers in [0, 1): the same clips on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SAMPLE_RATE_HZ = 16_000;

/**
 * Made-up speech for comparing two precisions of a model when the user gives no recordings: harmonics of a moving pitch
 * through three moving formants, in syllables with pauses, over faint noise. Mono at 16 kHz in [−1, 1].
 */
export function speechLikeClips(options: { count: number; seconds: number; seed?: number }): Float32Array[] {
  return Array.from({ length: options.count }, (_, index) => speechLikeClip(options.seconds, (options.seed ?? 1) * 1000 + index));
}

function speechLikeClip(seconds: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  const samples = new Float32Array(Math.round(seconds * SAMPLE_RATE_HZ));
  const basePitchHz = 90 + 150 * random();
  const level = 0.05 + 0.4 * random();
  let syllable = newSyllable(random);
  let phase = 0;
  for (let index = 0; index < samples.length; index += 1) {
    if (index >= syllable.end) syllable = newSyllable(random, index);
    const progress = (index - syllable.start) / (syllable.end - syllable.start);
    const pitchHz = basePitchHz * (1 + 0.3 * syllable.rise * progress);
    phase += (2 * Math.PI * pitchHz) / SAMPLE_RATE_HZ;
    const envelope = syllable.voiced ? Math.sin(Math.PI * progress) : 0;
    let value = 0;
    for (let harmonic = 1; harmonic <= 16 && envelope > 0; harmonic += 1) {
      const gain = syllable.formantsHz.reduce((sum, formant) => sum + Math.exp(-(((harmonic * pitchHz - formant) / 220) ** 2)), 0.02);
      value += gain * Math.sin(harmonic * phase);
    }
    samples[index] = Math.max(-1, Math.min(1, level * envelope * value * 0.5 + 0.003 * (random() - 0.5)));
  }
  return samples;
}

function newSyllable(random: () => number, start = 0): { start: number; end: number; voiced: boolean; rise: number; formantsHz: readonly number[] } {
  const end = start + Math.round(SAMPLE_RATE_HZ * (0.08 + 0.2 * random()));
  return { start, end, voiced: random() < 0.75, rise: 2 * random() - 1, formantsHz: [300 + 600 * random(), 900 + 1300 * random(), 2300 + 800 * random()] };
}
