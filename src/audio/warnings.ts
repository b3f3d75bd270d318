import type { AnalysisWarning, AudioQuality } from '../domain/analysis.js';
import { MAX_NAMED_HOLES, type TimestampHole } from './timestamp-holes.js';

/** Where a figure becomes a warning. */
export const WARNING_LIMITS = {
  shortSeconds: 1,
  narrowBandHz: 5000,
  clippingRatio: 0.001,
  lowSnrDb: 10,
  silenceRatio: 0.8,
  dcOffset: 0.02,
  quietDbfs: -45,
  cancelDb: 10,
} as const;

/** Bits per second and channel under which a codec audibly changes a voice; codecs made for telephones always do. */
const LOSSY_LIMIT_BPS: Readonly<Record<string, number>> = {
  mp3: 64_000, mp2: 96_000, aac: 40_000, vorbis: 40_000, opus: 20_000, wmav1: 64_000, wmav2: 48_000, wmapro: 40_000, ac3: 64_000, eac3: 48_000,
  amrnb: Infinity, amr_nb: Infinity, amrwb: Infinity, amr_wb: Infinity, gsm: Infinity, gsm_ms: Infinity, speex: Infinity, nellymoser: Infinity, wmavoice: Infinity,
  truespeech: Infinity, g722: Infinity, adpcm_g722: Infinity, adpcm_g726: Infinity, adpcm_ms: Infinity, adpcm_ima_wav: Infinity, adpcm_ima_qt: Infinity, adpcm_yamaha: Infinity, adpcm_swf: Infinity, g723_1: Infinity,
};

export interface WarningFacts {
  readonly quality: AudioQuality;
  readonly truncated: boolean;
  readonly holes: readonly TimestampHole[];
  /** False when one channel was taken alone, or each by itself. */
  readonly mixed: boolean;
  /** False when nobody looked for speech (a raw analysis): its absence is no news then. */
  readonly speechLookedFor: boolean;
}

const db = (value: number): string => `${value.toFixed(0)} dB`;
const percent = (ratio: number): string => `${(100 * ratio).toFixed(ratio < 0.01 ? 2 : 0)} %`;
const kilohertz = (hertz: number): string => `${(hertz / 1000).toFixed(1)} kHz`;

/** What whoever reads the scores should know of the recording, most serious first. */
export function qualityWarnings({ quality: q, truncated, holes, mixed, speechLookedFor }: WarningFacts): AnalysisWarning[] {
  const warnings: AnalysisWarning[] = [];
  const warn = (code: AnalysisWarning['code'], applies: boolean, message: () => string): void => {
    if (applies) warnings.push({ code, message: message() });
  };
  const limits = WARNING_LIMITS;
  const bitsPerChannel = q.bitrateBps === null ? Infinity : q.bitrateBps / q.originalChannels;
  const lossyLimit = LOSSY_LIMIT_BPS[q.codec];

  warn('NO_SPEECH', speechLookedFor && q.speechSeconds === 0, () => 'No speech was found: there is nothing to judge.');
  warn('CHANNELS_CANCEL', mixed && cancels(q), () => 'The channels cancel each other when they are mixed, as where one is wired the wrong way round. Analyse them with `--speakers channels`, or turn one of them over.');
  warn('TRUNCATED', truncated, () => `The file breaks off or is damaged; what could be decoded (${q.durationSeconds.toFixed(1)} s) was kept. Send the whole file for the rest.`);
  warn('TIMESTAMP_GAPS', holes.length > 0, () => `${holesText(holes)} Silence was put there, so that times are those of the recording.`);
  warn('TOO_SHORT', q.durationSeconds < limits.shortSeconds, () => `Only ${q.durationSeconds.toFixed(2)} s long; under ${limits.shortSeconds} s the scores are little more than a guess.`);
  warn('LOW_SNR', q.snrDb !== null && q.snrDb < limits.lowSnrDb, () => `Speech is only ${db(q.snrDb!)} above the noise; under ${db(limits.lowSnrDb)} the scores suffer.`);
  warn('CLIPPED', q.clippingRatio > limits.clippingRatio, () => `${percent(q.clippingRatio)} of the samples are clipped: the recording was too loud, which can pass for anger.`);
  warn('NARROW_BAND', q.effectiveBandwidthHz !== null && q.effectiveBandwidthHz < limits.narrowBandHz,
    () => `Nothing above ${kilohertz(q.effectiveBandwidthHz!)}, as from a telephone; models are mostly trained on wider speech.`);
  warn('LOSSY_SOURCE', lossyLimit !== undefined && bitsPerChannel !== Infinity ? bitsPerChannel < lossyLimit : lossyLimit === Infinity,
    () => `Strongly compressed (${q.codec}${q.bitrateBps === null ? '' : `, ${Math.round(q.bitrateBps / 1000)} kbit/s`}): fine detail of the voice is gone.`);
  warn('MOSTLY_SILENCE', q.silenceRatio > limits.silenceRatio, () => `${percent(q.silenceRatio)} of the recording is silence.`);
  warn('QUIET', q.speechLevelDbfs !== null && q.speechLevelDbfs < limits.quietDbfs, () => `Speech is at ${q.speechLevelDbfs!.toFixed(0)} dBFS, very quiet: check the microphone's gain.`);
  warn('DROPOUTS', q.dropoutCount > 0, () => `Speech is interrupted by digital silence in ${q.dropoutCount} ${q.dropoutCount === 1 ? 'place' : 'places'}, as when packets are lost.`);
  warn('DC_OFFSET', Math.abs(q.dcOffset) > limits.dcOffset, () => `The waveform is off centre by ${percent(Math.abs(q.dcOffset))} of full scale: a fault of the recorder.`);
  warn('DOWNMIXED', mixed && q.originalChannels > 1, () => `${q.originalChannels} channels were mixed into one. Where each has its own speaker, analyse them with \`--speakers channels\`.`);
  return warnings;
}

function holesText(holes: readonly TimestampHole[]): string {
  const [first] = holes;
  const at = ({ startSeconds, seconds }: TimestampHole): string => `${seconds.toFixed(1)} s at ${startSeconds.toFixed(1)} s`;
  if (holes.length === 1) return `By its own clock the file leaves out ${at(first!)}, as where a recorder pauses or packets are lost.`;
  const longest = holes.reduce((most, hole) => (hole.seconds > most.seconds ? hole : most));
  const total = holes.reduce((sum, { seconds }) => sum + seconds, 0);
  return `By its own clock the file leaves out ${total.toFixed(1)} s in ${holes.length === MAX_NAMED_HOLES ? 'at least ' : ''}${holes.length} places, the longest ${at(longest)}, as where a recorder pauses or packets are lost.`;
}

/** The loudest sample of the mean is far under the mean loudness of the source, even if all but one of the channels were silent. */
function cancels({ originalChannels, integratedLoudnessLufs, peakDbfs }: AudioQuality): boolean {
  if (originalChannels < 2 || integratedLoudnessLufs === null) return false;
  return (peakDbfs ?? -Infinity) < integratedLoudnessLufs - 20 * Math.log10(originalChannels) - WARNING_LIMITS.cancelDb;
}
