import { gapKind, gapsBetween, gateWindow, inContext, type Gap, type WindowSound } from '../audio/gate.js';
import { peakProbability } from '../audio/speech-regions.js';
import type { WindowSpan } from '../audio/windows.js';
import type { AnalysisWindow, SpeechRegion } from '../domain/analysis.js';
import { secondsToSamples, type PcmSource } from '../domain/pcm.js';
import type { Priority } from '../domain/priority.js';
import type { SoundClassifier } from '../inference/emotion-inference.js';

export interface WindowGateParts {
  readonly classifier: SoundClassifier;
  /** RMS of a stretch of the mix in dBFS; null for digital silence. */
  readonly levelDbfs: (startSeconds: number, endSeconds: number) => number | null;
  readonly signal: AbortSignal;
  readonly priority: Priority;
}

export interface GatedVoice {
  readonly pcm: PcmSource;
  readonly probabilities: Float32Array;
  /** False for one channel of several: what is faintly heard there is mostly the other's voice. */
  readonly mayBeFaint: boolean;
}

// The classifier was made on sounds of a second and more.
const SHORTEST_SOUND_SAMPLES = secondsToSamples(1);
const REPEATED_SAMPLES = secondsToSamples(1.5);

/** A shorter sound over and over: of half a second of speech the classifier makes noise, of the same three times what it is. */
function longEnough(samples: Float32Array): Float32Array {
  if (samples.length === 0 || samples.length >= SHORTEST_SOUND_SAMPLES) return samples;
  return Float32Array.from({ length: REPEATED_SAMPLES }, (_, i) => samples[i % samples.length]!);
}

/** Asks the classifier about windows and about what lies between them. */
export class WindowGate {
  constructor(private readonly parts: WindowGateParts) {}

  /** The windows of one voice, in order, each with what it holds. */
  async judge(voice: GatedVoice, spans: readonly (WindowSpan & { readonly speaker: string | null })[]): Promise<AnalysisWindow[]> {
    const sounds: WindowSound[] = [];
    for (const span of spans) sounds.push(await this.soundOf(voice.pcm, span));
    return inContext(spans, sounds).map((sound, i) => {
      const span = spans[i]!;
      const peak = voice.mayBeFaint ? peakProbability(voice.probabilities, span) : 0;
      return { ...span, gate: gateWindow(span, { levelDbfs: this.parts.levelDbfs(span.startSeconds, span.endSeconds), peakProbability: peak, sound }) };
    });
  }

  /** What lies between the windows of all voices, by the mix: so that the summary can say what it leaves out. */
  async gaps(mix: PcmSource, windows: readonly SpeechRegion[], durationSeconds: number, maxSeconds: number): Promise<Gap[]> {
    const gaps: Gap[] = [];
    for (const gap of gapsBetween(windows, durationSeconds, maxSeconds)) {
      gaps.push({ ...gap, kind: gapKind(this.parts.levelDbfs(gap.startSeconds, gap.endSeconds), await this.soundOf(mix, gap)) });
    }
    return gaps;
  }

  private async soundOf(pcm: PcmSource, { startSeconds, endSeconds }: SpeechRegion): Promise<WindowSound> {
    const samples = await pcm.read(secondsToSamples(startSeconds), secondsToSamples(endSeconds));
    return this.parts.classifier.classify(longEnough(samples), this.parts.signal, this.parts.priority);
  }
}
