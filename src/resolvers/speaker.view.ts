import type { SpeakerRecord } from '../domain/records.js';
import type { Plain } from './plain.js';
import type { EmotionSummary } from './prediction.type.js';
import { emotionSummary } from './prediction.view.js';

/** A speaker with its summary already in the order of the model's labels. */
export type SpeakerRoot = Omit<SpeakerRecord, 'summary'> & { readonly summaryView: Plain<EmotionSummary> | null };

export function speakerView(speaker: SpeakerRecord, modelLabels: readonly string[]): SpeakerRoot {
  const { summary, ...rest } = speaker;
  return { ...rest, summaryView: summary && emotionSummary(summary, modelLabels) };
}
