import { describe, expect, it } from 'vitest';
import { conversationOf } from '../../src/domain/conversation.js';
import { SAMPLE_RATE_HZ, type PcmSource } from '../../src/domain/pcm.js';
import type { SpokenStretch } from '../../src/domain/speaker-turns.js';
import { SPEECH_HOP_SAMPLES, type SoundClassifier, type SpeechProbability } from '../../src/inference/emotion-inference.js';
import { listen, type Voice } from '../../src/services/listening.js';

const DURATION_SECONDS = 90;

/** Noise in the given stretches; what is music carries an offset, by which the classifier below knows it. */
function channel(seed: number, stretches: readonly { readonly startSeconds: number; readonly endSeconds: number; readonly isMusic?: boolean }[]): PcmSource {
  const samples = new Float32Array(DURATION_SECONDS * SAMPLE_RATE_HZ);
  let state = seed;
  for (const { startSeconds, endSeconds, isMusic = false } of stretches) {
    for (let i = startSeconds * SAMPLE_RATE_HZ; i < endSeconds * SAMPLE_RATE_HZ; i++) {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      samples[i] = (state / 2_147_483_648 - 0.5) * 0.2 + (isMusic ? 0.3 : 0);
    }
  }
  return { sampleCount: samples.length, read: (from, to) => Promise.resolve(samples.slice(from, to)), dispose: () => Promise.resolve() };
}

/** Hears a voice wherever anything sounds, and music where that has an offset: a detector that music on hold fools. */
const listener: SpeechProbability & SoundClassifier = {
  probabilities: (samples) => Promise.resolve({
    probabilities: Float32Array.from({ length: Math.ceil(samples.length / SPEECH_HOP_SAMPLES) }, (_, hop) => (samples.subarray(hop * SPEECH_HOP_SAMPLES, (hop + 1) * SPEECH_HOP_SAMPLES).some((sample) => sample !== 0) ? 0.95 : 0.01)),
    state: { recurrent: new Float32Array(256), context: new Float32Array(64) },
  }),
  classify: (samples) => {
    const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
    return Promise.resolve(mean > 0.1 ? { speech: 0.02, singing: 0.03, music: 0.9, noise: 0.05 } : { speech: 0.97, singing: 0.01, music: 0.01, noise: 0.01 });
  },
};

// Far apart, because the gate asks the neighbours of a window as well.
const AGENT = [{ startSeconds: 1, endSeconds: 4 }, { startSeconds: 70, endSeconds: 72 }];
const CALLER = [{ startSeconds: 30, endSeconds: 42, isMusic: true }, { startSeconds: 75, endSeconds: 78 }];
const mix = channel(1, [...AGENT, ...CALLER]);
const BY_CHANNEL: readonly Voice[] = [{ speaker: 'channel-0', pcm: channel(2, AGENT) }, { speaker: 'channel-1', pcm: channel(3, CALLER) }];
const TOLD: readonly SpokenStretch[] = [...AGENT.map((stretch) => ({ ...stretch, speaker: 'channel-0' })), ...CALLER.map(({ startSeconds, endSeconds }) => ({ startSeconds, endSeconds, speaker: 'channel-1' }))];

async function conversationIn(speakers: 'channels' | 'auto') {
  const decoded = { pcm: mix, source: { container: 'wav', codec: 'pcm_f32le', bitrateBps: null, sampleRateHz: SAMPLE_RATE_HZ, channels: 2 }, integratedLoudnessLufs: -20, truncated: false, holes: [] };
  const heard = await listen(listener, decoded, speakers === 'channels' ? BY_CHANNEL : [{ speaker: null, pcm: mix }], {
    raw: false, speakers, maxWindowSeconds: 15, priority: 'bulk', signal: new AbortController().signal, onProgress: () => undefined,
    ...(speakers === 'auto' && { tellApart: () => Promise.resolve({ stretches: TOLD }) }),
  });
  return { heard, talk: conversationOf(heard.stretches ?? [], heard.durationSeconds) };
}

describe('a recording of one channel whose speakers were not asked for', () => {
  const listenTo = async (stretches: Parameters<typeof channel>[1], channels = 1) => {
    const pcm = channel(5, stretches);
    const decoded = { pcm, source: { container: 'wav', codec: 'pcm_f32le', bitrateBps: null, sampleRateHz: SAMPLE_RATE_HZ, channels }, integratedLoudnessLufs: -20, truncated: false, holes: [] };
    const { warnings } = await listen(listener, decoded, [{ speaker: null, pcm }], { raw: false, speakers: 'none', maxWindowSeconds: 15, priority: 'bulk', signal: new AbortController().signal, onProgress: () => undefined });
    return warnings.filter(({ code }) => code === 'MONO_MIX_OF_SPEAKERS').map(({ message }) => message);
  };
  const turns = (count: number, seconds: number) => Array.from({ length: count }, (_, i) => ({ startSeconds: 1 + i * (seconds + 2), endSeconds: 1 + i * (seconds + 2) + seconds }));

  it('says that it is not known whether one or several speak, where there is enough speech for a conversation', async () => {
    const [message, ...more] = await listenTo(turns(4, 6));
    expect(message).toMatch(/^One channel with 2[4-9] s of speech in 4 stretches, and speakers were not asked for: whether one person speaks or several is not known\./);
    expect(more).toEqual([]);
  });

  it.each([['a voice message of a few seconds', turns(2, 4), 1], ['speech without a pause in which a turn could pass', turns(1, 40), 1], ['several channels, of which another warning speaks', turns(4, 6), 2]] as const)('says nothing of %s', async (_, stretches, channels) => {
    expect(await listenTo(stretches, channels)).toEqual([]);
  });
});

describe('a recording of less than a second', () => {
  it('is judged though the classifier takes so short a sound for noise', async () => {
    const samples = Float32Array.from({ length: SAMPLE_RATE_HZ / 2 }, (_, i) => 0.2 * Math.sin(i));
    const pcm: PcmSource = { sampleCount: samples.length, read: (from, to) => Promise.resolve(samples.slice(from, to)), dispose: () => Promise.resolve() };
    const decoded = { pcm, source: { container: 'wav', codec: 'pcm_f32le', bitrateBps: null, sampleRateHz: SAMPLE_RATE_HZ, channels: 1 }, integratedLoudnessLufs: -20, truncated: false, holes: [] };
    const deafToShort: SpeechProbability & SoundClassifier = { ...listener, classify: (heard) => Promise.resolve(heard.length < SAMPLE_RATE_HZ ? { speech: 0.1, singing: 0.1, music: 0.1, noise: 0.7 } : { speech: 0.97, singing: 0.01, music: 0.01, noise: 0.01 }) };
    const { gate, windows, warnings } = await listen(deafToShort, decoded, [{ speaker: null, pcm }], { raw: false, speakers: 'none', maxWindowSeconds: 15, priority: 'bulk', signal: new AbortController().signal, onProgress: () => undefined });
    expect(gate.kind).toBe('speech');
    expect(windows).toMatchObject([{ startSeconds: 0, endSeconds: 0.5, gate: 'speech' }]);
    expect(warnings.map(({ code }) => code)).toContain('TOO_SHORT');
  });
});

describe('who speaks when', () => {
  it.each(['channels', 'auto'] as const)('by %s leaves out what the gate heard as music', async (speakers) => {
    const { heard, talk } = await conversationIn(speakers);
    expect(heard.windows.filter(({ gate }) => gate === 'music').map(({ speaker }) => speaker)).toEqual(['channel-1']);
    expect(talk.stretches.filter(({ startSeconds, endSeconds }) => startSeconds < 42 && endSeconds > 30)).toEqual([]);
    const [agent, caller] = talk.speakers;
    expect(agent).toMatchObject({ speaker: 'channel-0', turnCount: 2 });
    expect(agent!.talkSeconds).toBeCloseTo(5, 0);
    expect(caller).toMatchObject({ speaker: 'channel-1', turnCount: 1 });
    expect(caller!.talkSeconds).toBeCloseTo(3, 0);
    expect(talk.longestSilenceSeconds).toBeGreaterThan(60);
  });
});
