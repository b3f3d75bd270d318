import { Arg, Ctx, FieldResolver, Float, Resolver, Root } from 'type-graphql';
import type { AnalysisRecord, EmbeddingRecord, RecordingRecord, SegmentRecord, SimilarMatch } from '../domain/records.js';
import { found } from './analysis-fields.resolver.js';
import { AnalysisType } from './analysis.type.js';
import { EmbeddingType } from './embedding.type.js';
import type { Plain } from './plain.js';
import { Contribution, Prediction } from './prediction.type.js';
import { predictionOf, type PredictionRoot } from './prediction.view.js';
import { RecordingType } from './recording.type.js';
import type { RequestContext } from './request-context.js';
import { SegmentType, SimilarSegment } from './segment.type.js';
import { Speaker } from './speaker.type.js';
import { speakerView, type SpeakerRoot } from './speaker.view.js';

/** Why a segment was not judged, for people. */
const GATE_REASONS = { silence: 'Nothing audible.', singing: 'Singing, not speech.', music: 'Music, not speech.', noise: 'Noise without speech.' } as const;

@Resolver(() => SegmentType)
export class SegmentResolver {
  @FieldResolver(() => Speaker, { nullable: true, description: 'Who speaks, where speakers were told apart.' })
  async speaker(@Ctx() context: RequestContext, @Root() segment: SegmentRecord): Promise<SpeakerRoot | null> {
    if (segment.speakerId === null) return null;
    const [speakers, analysis] = await Promise.all([context.loaders.speakers.load(segment.analysisId), context.loaders.analyses.load(segment.analysisId)]);
    const speaker = speakers.find((candidate) => candidate.id === segment.speakerId);
    return speaker === undefined ? null : speakerView(speaker, analysis?.modelLabels ?? []);
  }

  @FieldResolver(() => String, { nullable: true, description: 'Why it was not judged; null where it was.' })
  gateReason(@Root() segment: SegmentRecord): string | null {
    return segment.gate === 'speech' || segment.gate === 'bypassed' ? null : GATE_REASONS[segment.gate];
  }

  @FieldResolver(() => Prediction, { description: 'The verdict over this segment.' })
  async prediction(@Ctx() context: RequestContext, @Root() segment: SegmentRecord): Promise<PredictionRoot> {
    return predictionOf(segment, found(await context.loaders.analyses.load(segment.analysisId)).modelLabels);
  }

  @FieldResolver(() => EmbeddingType, { nullable: true, description: 'Embedding of this segment; null where it was not judged.' })
  embedding(@Ctx() context: RequestContext, @Root() segment: SegmentRecord): Promise<EmbeddingRecord | null> {
    return context.loaders.segmentEmbeddings.load(segment.id);
  }
}

@Resolver(() => Prediction)
export class PredictionResolver {
  @FieldResolver(() => [Contribution], { description: 'Which seconds made the verdict: parts of a logit by bin, which add up to it. Empty where nothing was judged.' })
  async contributions(
    @Ctx() context: RequestContext,
    @Root() prediction: PredictionRoot,
    @Arg('binSeconds', () => Float, { nullable: true, defaultValue: 0.5, description: 'Seconds that one bin covers.' }) binSeconds: number | null,
    @Arg('label', () => String, { nullable: true, description: 'Of this label; the predicted one when absent.' }) label: string | null,
  ): Promise<readonly Plain<Contribution>[]> {
    return prediction.segment === null ? [] : context.services.timelines.contributions(context.principal, prediction.segment, { binSeconds: binSeconds ?? 0.5, label: label ?? null });
  }
}

@Resolver(() => SimilarSegment)
export class SimilarSegmentResolver {
  @FieldResolver(() => AnalysisType, { description: 'The analysis it is of.' })
  async analysis(@Ctx() context: RequestContext, @Root() match: SimilarMatch): Promise<AnalysisRecord> {
    return found(await context.loaders.analyses.load(match.analysisId));
  }

  @FieldResolver(() => RecordingType, { description: 'The recording it is of.' })
  async recording(@Ctx() context: RequestContext, @Root() match: SimilarMatch): Promise<RecordingRecord> {
    return found(await context.loaders.recordings.load(match.recordingId));
  }
}
