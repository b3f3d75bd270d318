import { describe, expect, it } from 'vitest';
import type { TimestampHole } from '../../src/audio/timestamp-holes.js';
import { qualityWarnings } from '../../src/audio/warnings.js';
import type { AudioQuality } from '../../src/domain/analysis.js';

const good: AudioQuality = {
  container: 'wav', codec: 'pcm_s16le', bitrateBps: 256_000, originalSampleRateHz: 16_000, originalChannels: 1, durationSeconds: 5, effectiveBandwidthHz: 7750,
  integratedLoudnessLufs: -20, peakDbfs: -3, clippingRatio: 0, dcOffset: 0, speechLevelDbfs: -22, snrDb: 30, silenceRatio: 0.2, speechSeconds: 4, dropoutCount: 0,
};
const codes = (quality: Partial<AudioQuality>, more: { truncated?: boolean; holes?: readonly TimestampHole[]; mixed?: boolean; speechLookedFor?: boolean } = {}): string[] =>
  qualityWarnings({ quality: { ...good, ...quality }, truncated: false, holes: [], mixed: true, speechLookedFor: true, ...more }).map((warning) => warning.code);

describe('warnings', () => {
  it('are none for a good recording', () => {
    expect(codes({})).toEqual([]);
  });

  it.each<[string, Partial<AudioQuality>]>([
    ['TOO_SHORT', { durationSeconds: 0.99 }],
    ['NARROW_BAND', { effectiveBandwidthHz: 3875 }],
    ['CLIPPED', { clippingRatio: 0.002 }],
    ['LOW_SNR', { snrDb: 9.9 }],
    ['MOSTLY_SILENCE', { silenceRatio: 0.81 }],
    ['DC_OFFSET', { dcOffset: -0.03 }],
    ['QUIET', { speechLevelDbfs: -46 }],
    ['NO_SPEECH', { speechSeconds: 0 }],
    ['DROPOUTS', { dropoutCount: 1 }],
    ['DOWNMIXED', { originalChannels: 2 }],
  ])('%s alone comes from its own figure', (code, quality) => {
    expect(codes(quality)).toEqual([code]);
  });

  it('of a lossy source depend on the codec and its rate for each channel', () => {
    expect(codes({ codec: 'mp3', bitrateBps: 32_000 })).toEqual(['LOSSY_SOURCE']);
    expect(codes({ codec: 'mp3', bitrateBps: 128_000 })).toEqual([]);
    expect(codes({ codec: 'mp3', bitrateBps: 96_000, originalChannels: 2 })).toEqual(['LOSSY_SOURCE', 'DOWNMIXED']);
    expect(codes({ codec: 'opus', bitrateBps: null })).toEqual([]);
    expect(codes({ codec: 'amr_nb', bitrateBps: 12_200 })).toEqual(['LOSSY_SOURCE']);
    expect(codes({ codec: 'gsm_ms', bitrateBps: null })).toEqual(['LOSSY_SOURCE']);
  });

  it('say that channels cancel each other where hardly anything is left of a loud source, and not where one channel is silent', () => {
    expect(codes({ originalChannels: 2, integratedLoudnessLufs: -20, peakDbfs: null })).toEqual(['CHANNELS_CANCEL', 'DOWNMIXED']);
    expect(codes({ originalChannels: 2, integratedLoudnessLufs: -20, peakDbfs: -40 })).toEqual(['CHANNELS_CANCEL', 'DOWNMIXED']);
    expect(codes({ originalChannels: 8, integratedLoudnessLufs: -20, peakDbfs: -38 })).toEqual(['DOWNMIXED']);
    expect(codes({ originalChannels: 2, integratedLoudnessLufs: null, peakDbfs: null })).toEqual(['DOWNMIXED']);
    expect(codes({ originalChannels: 2, integratedLoudnessLufs: -20, peakDbfs: null }, { mixed: false })).toEqual([]);
    expect(codes({ originalChannels: 1, integratedLoudnessLufs: -20, peakDbfs: -60 })).toEqual([]);
  });

  it('say that a file breaks off, and that nothing was mixed when one channel was taken', () => {
    expect(codes({}, { truncated: true })).toEqual(['TRUNCATED']);
    expect(codes({ originalChannels: 2 }, { mixed: false })).toEqual([]);
  });

  it.each<[string, readonly TimestampHole[], string]>([
    ['one hole', [{ startSeconds: 5.03, seconds: 3.01 }], 'By its own clock the file leaves out 3.0 s at 5.0 s,'],
    ['several', [{ startSeconds: 5, seconds: 1 }, { startSeconds: 192, seconds: 8.2 }], 'By its own clock the file leaves out 9.2 s in 2 places, the longest 8.2 s at 192.0 s,'],
    ['more than are named', Array.from({ length: 500 }, (_, i) => ({ startSeconds: i, seconds: 0.5 })), 'By its own clock the file leaves out 250.0 s in at least 500 places, the longest 0.5 s at 0.0 s,'],
  ])('name %s in the timestamps', (_, holes, words) => {
    const [warning] = qualityWarnings({ quality: good, truncated: false, holes, mixed: true, speechLookedFor: true });
    expect(warning).toMatchObject({ code: 'TIMESTAMP_GAPS', message: expect.stringContaining(words) as string });
  });

  it('do not miss speech that nobody looked for', () => {
    expect(codes({ speechSeconds: 0 }, { speechLookedFor: false })).toEqual([]);
  });

  it('give the figure in plain words', () => {
    const [warning] = qualityWarnings({ quality: { ...good, effectiveBandwidthHz: 3875 }, truncated: false, holes: [], mixed: true, speechLookedFor: true });
    expect(warning?.message).toContain('3.9 kHz');
  });
});
