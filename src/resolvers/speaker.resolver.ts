import { FieldResolver, Resolver, Root } from 'type-graphql';
import type { SpeakerRecord } from '../domain/records.js';
import { Speaker } from './analysis.type.js';
import type { Plain } from './plain.js';
import { EmotionSummary } from './prediction.type.js';
import { emotionSummary } from './prediction.view.js';

/** A speaker with its summary already in the order of the model's labels. */
export type SpeakerRoot = Omit<SpeakerRecord, 'summary'> & { readonly summaryView: Plain<EmotionSummary> | null };

export function speakerView(speaker: SpeakerRecord, modelLabels: readonly string[]): SpeakerRoot {
  const { summary, ...rest } = speaker;
  return { ...rest, summaryView: summary && emotionSummary(summary, modelLabels) };
}

@Resolver(() => Speaker)
export class SpeakerResolver {
  @FieldResolver(() => EmotionSummary, { nullable: true, description: 'The verdict over what this voice said; null where nothing was judged.' })
  summary(@Root() speaker: SpeakerRoot): Plain<EmotionSummary> | null {
    return speaker.summaryView;
  }
}
