import { findCrossTalk, type BothChannels } from '../audio/cross-talk.js';
import type { AnalysisWarning, SpeechRegion } from '../domain/analysis.js';
import { isUndertoneError } from '../domain/errors.js';
import { coveredSeconds, unionOf } from '../domain/intervals.js';
import type { PcmSource } from '../domain/pcm.js';
import type { SpokenStretch } from '../domain/speaker-turns.js';
import type { Diarizer } from '../plugins/contract.js';

/** Who speaks when, or why nobody can say. */
export type ToldApart = { readonly stretches: readonly SpokenStretch[] } | { readonly reason: string };

/** Leaks shorter than this in all are not worth a warning. */
const LEAK_WORTH_TELLING_SECONDS = 0.5;

/** By the sound of the voices. A diarizer that fails costs the speakers, never the analysis. */
export async function tellApartByVoice(diarizer: Diarizer | null, pcm: PcmSource, options: { readonly speakerCount: number | null; readonly signal: AbortSignal }): Promise<ToldApart> {
  if (diarizer === null) return { reason: 'No diarizer is installed' };
  const missing = diarizer.unavailable();
  if (missing !== null) return { reason: missing };
  try {
    const stretches = await diarizer.diarize(pcm, options);
    return stretches.length === 0 ? { reason: `The diarizer ${diarizer.id} heard no speaker` } : { stretches };
  } catch (error) {
    options.signal.throwIfAborted();
    return { reason: `The diarizer ${diarizer.id} failed (${isUndertoneError(error) ? `${error.code}: ${error.message}` : 'INTERNAL'})` };
  }
}

export interface OwnSpeech {
  /** True when both channels hold the same sound: there is one voice mix, not two channels. */
  readonly isAlike: boolean;
  readonly regions: BothChannels<readonly SpeechRegion[]>;
  readonly warnings: readonly AnalysisWarning[];
}

/** Each channel's speech without what leaked in from the other. */
export async function ownSpeechOf(channels: BothChannels<PcmSource>, regions: BothChannels<readonly SpeechRegion[]>, signal: AbortSignal): Promise<OwnSpeech> {
  const { isAlike, own, leaks, leakDb } = await findCrossTalk(channels, regions, signal);
  const warnings = leaks.flatMap((leak, channel): AnalysisWarning[] => {
    const seconds = coveredSeconds(leak);
    if (seconds < LEAK_WORTH_TELLING_SECONDS) return [];
    return [{ code: 'CROSS_TALK', message: `Channel ${channel} carries ${seconds.toFixed(1)} s of the other channel's voice (${leakDb[channel]?.toFixed(0) ?? '?'} dB): it was left out of this speaker's scores and times.` }];
  });
  return { isAlike, regions: own, warnings };
}

/** What it means that speakers were asked for and are not there. */
export function notToldApart(reason: string, isOneSignal: boolean): AnalysisWarning[] {
  return [
    { code: 'SPEAKERS_UNAVAILABLE', message: `${reason}: speakers were not told apart.` },
    ...(isOneSignal ? [{ code: 'MONO_MIX_OF_SPEAKERS', message: 'Asked for as a conversation, but all voices share one signal: every score is of their mixture. Record each speaker on a channel, or install a diarization model.' } as const] : []),
  ];
}

/** With so much speech on one channel nobody can know whether one person speaks; a voice message of a few seconds is left in peace. */
const MAY_BE_SEVERAL_SECONDS = 15;
/** The shortest pause in which a turn may pass from one to another. */
const TURN_PAUSE_SECONDS = 0.2;

/** Speakers were not asked for: a statement of what is not known, and no claim that there are several. */
export function notAskedApart(speech: readonly SpeechRegion[]): AnalysisWarning[] {
  const seconds = coveredSeconds(speech);
  const stretchCount = unionOf(speech, TURN_PAUSE_SECONDS).length;
  if (seconds < MAY_BE_SEVERAL_SECONDS || stretchCount < 2) return [];
  return [{
    code: 'MONO_MIX_OF_SPEAKERS',
    message: `One channel with ${seconds.toFixed(0)} s of speech in ${stretchCount} stretches, and speakers were not asked for: whether one person speaks or several is not known. If several do, segments and summary may mix them; ask for speakers (\`--speakers auto\`, with a diarization model) or record each on a channel of their own.`,
  }];
}
