import type { ReviewReasonKind } from './review-types.js';
import type { WebhookEvent } from './webhook-types.js';
import type { AnalysisStatus, GateKind, ModelStateKind, Speaker } from './types.js';

/** What each warning means for the reading of the result. The server's message, with its figures, stands beside it. */
const WARNINGS: Readonly<Record<string, { readonly title: string; readonly advice: string }>> = {
  TOO_SHORT: { title: 'Very short', advice: 'There is little voice to go by. Read the result with care.' },
  NARROW_BAND: { title: 'Telephone-like sound', advice: 'High frequencies are missing, which carry part of the expression.' },
  CLIPPED: { title: 'Distorted peaks', advice: 'Loud parts are cut off and can sound harsher than they were.' },
  LOW_SNR: { title: 'Noisy background', advice: 'Noise competes with the voice; scores are less sure.' },
  MOSTLY_SILENCE: { title: 'Mostly silence', advice: 'The summary rests on a small part of the recording.' },
  LOSSY_SOURCE: { title: 'Heavily compressed', advice: 'Compression removed detail. The original file would be better.' },
  MONO_MIX_OF_SPEAKERS: { title: 'Voices on one channel were not told apart', advice: 'If several people speak here, segments and summary may mix what they express.' },
  DC_OFFSET: { title: 'Constant offset in the signal', advice: 'Usually a fault of the recording device; it was removed.' },
  QUIET: { title: 'Very quiet', advice: 'The voice is far below the usual level.' },
  NO_SPEECH: { title: 'No speech found', advice: 'Nothing was judged, because nobody speaks here.' },
  NOT_SPEECH: { title: 'Not all of this is speech', advice: 'Music, singing or noise was left out of the result.' },
  TRUNCATED: { title: 'The file breaks off', advice: 'Only the part before the break was analysed. Send the whole file if you have it.' },
  UNCALIBRATED: { title: 'Confidence is not calibrated', advice: 'Percentages are plain scores. They say which is likelier, not how often that is right.' },
  OUT_OF_DOMAIN: { title: 'Unlike what the model learned from', advice: 'Scores can be off without looking so.' },
  DOWNMIXED: { title: 'Channels were mixed into one', advice: 'If each channel holds one person, analyse again with speakers by channel.' },
  DROPOUTS: { title: 'Dropouts', advice: 'Short pieces are missing from the signal.' },
  RAW: { title: 'Raw analysis', advice: 'No check for speech and no windows: the model judged the samples as they are.' },
  PLUGIN_FAILED: { title: 'A plug-in failed', advice: 'The rest of the result stands. The server log names the cause.' },
  CHANNELS_ALIKE: { title: 'Both channels carry the same sound', advice: 'The recording is mono and was analysed as such.' },
  CHANNELS_CANCEL: { title: 'The channels cancel each other', advice: 'One is likely wired the wrong way round. Analyse again with speakers by channel.' },
  CROSS_TALK: { title: 'One channel leaks into the other', advice: 'The leaked voice was left out of the scores of the wrong speaker.' },
  VOICE_LEFT_OUT: { title: 'A voice was not judged', advice: 'The law forbids to judge this speaker, so its channel is in no score.' },
  OVERLAPPED_SPEECH: { title: 'People talk at once', advice: 'That part belongs to nobody alone and was left out of the scores.' },
  TIMESTAMP_GAPS: { title: 'Pieces are missing in between', advice: 'Silence stands in their place, so that times are right; nothing is known of what was said there.' },
  IMPORTED: { title: 'Taken over from elsewhere', advice: 'The scores were made outside Undertone and are as they came.' },
  SPEAKERS_UNAVAILABLE: { title: 'Speakers could not be told apart', advice: 'Everything is reported as one voice.' },
};

export function warningWords(code: string): { readonly title: string; readonly advice: string | null } {
  return WARNINGS[code] ?? { title: code.toLowerCase().replaceAll('_', ' '), advice: null };
}

const GATES: Readonly<Record<GateKind, string>> = {
  SPEECH: 'speech', SILENCE: 'silence', SINGING: 'singing', MUSIC: 'music', NOISE: 'noise', BYPASSED: 'not checked',
};

export function gateWord(kind: GateKind): string {
  return GATES[kind];
}

/** True where the gate kept the stretch from being judged. */
export function isGated(kind: GateKind): boolean {
  return kind !== 'SPEECH' && kind !== 'BYPASSED';
}

const STATUSES: Readonly<Record<AnalysisStatus, string>> = {
  QUEUED: 'waiting its turn', RUNNING: 'being analysed', SUCCEEDED: 'analysed', FAILED: 'failed', CANCELLED: 'cancelled',
};

export function statusWord(status: AnalysisStatus): string {
  return STATUSES[status];
}

const MODEL_STATES: Readonly<Record<ModelStateKind, string>> = {
  UNLOADED: 'asleep', LOADING: 'loading', READY: 'ready', BUSY: 'working', DRAINING: 'stopping', FAILED: 'failed',
};

export function modelStateWord(state: ModelStateKind): string {
  return MODEL_STATES[state];
}

/** `neutral or sad`; `neutral, sad or angry`. */
export function listWords(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}

/** `channel-0` → `channel 1`: people count from one. */
export function speakerWord({ role, key }: Pick<Speaker, 'role' | 'key'>): string {
  if (role !== null) return role;
  const [, channel] = /^channel-(\d+)$/.exec(key) ?? [];
  return channel === undefined ? key.replace('-', ' ') : `channel ${Number(channel) + 1}`;
}

const ROLE_SOURCES: Readonly<Record<NonNullable<Speaker['roleSource']>, string>> = {
  CHANNEL: 'by channel', FIRST_SPEAKER: 'by who spoke first', TALK_TIME: 'by talk time', PERSON: 'said by a person',
};

export function roleSourceWord(source: Speaker['roleSource']): string {
  return source === null ? 'no role yet' : ROLE_SOURCES[source];
}

const REVIEW_REASONS: Readonly<Record<ReviewReasonKind, string>> = {
  LOW_CONFIDENCE: 'low confidence', ABSTAINED: 'declined to say', CONTRADICTION: 'words against voice', RULE: 'a rule', RANDOM_SAMPLE: 'random sample', BY_HAND: 'sent by hand',
};

export function reviewReasonWord(kind: ReviewReasonKind): string {
  return REVIEW_REASONS[kind];
}

const WEBHOOK_EVENTS: Readonly<Record<WebhookEvent, string>> = {
  ANALYSIS_COMPLETED: 'finished analyses', ANALYSIS_FAILED: 'failed analyses', ALERT_RAISED: 'alerts', REVIEW_RESOLVED: 'answered reviews', RECORDING_DELETED: 'deleted recordings', KEY_ENDING: 'keys that end soon', QUOTA_NEAR: 'a quota that is nearly used', DISK_LOW: 'a disk that fills',
};

export function webhookEventWord(event: WebhookEvent): string {
  return WEBHOOK_EVENTS[event];
}
