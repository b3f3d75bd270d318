import { Arg, Ctx, FieldResolver, Float, ID, Mutation, Resolver, Root } from 'type-graphql';
import type { SpeakerFigures as Figures } from '../domain/conversation.js';
import type { RoleChangeRecord } from '../domain/records.js';
import { found } from './analysis-fields.resolver.js';
import { columnsOf } from './conversation.view.js';
import type { Plain } from './plain.js';
import { EmotionSummary } from './prediction.type.js';
import { orProblem } from './problem-of.js';
import type { Problem } from './problem.type.js';
import { SpeechRegions } from './recording.type.js';
import type { RequestContext } from './request-context.js';
import { SET_SPEAKER_ROLE, SetSpeakerRoleResult } from './results.type.js';
import { Speaker, SpeakerFigures, SpeakerRoleChange } from './speaker.type.js';
import { speakerView, type SpeakerRoot } from './speaker.view.js';
import { Timeline, timelineOf } from './timeline.type.js';

@Resolver(() => Speaker)
export class SpeakerResolver {
  @FieldResolver(() => EmotionSummary, { nullable: true, description: 'The verdict over what this voice said alone; null where nothing was judged.' })
  summary(@Root() speaker: SpeakerRoot): Plain<EmotionSummary> | null {
    return speaker.summaryView;
  }

  @FieldResolver(() => SpeakerFigures, { nullable: true, description: 'How this voice takes part; null for analyses from before this was measured.' })
  async figures(@Ctx() context: RequestContext, @Root() speaker: SpeakerRoot): Promise<Figures | null> {
    return (await context.loaders.conversations.load(speaker.analysisId))?.speakers.find((figures) => figures.speaker === speaker.key) ?? null;
  }

  @FieldResolver(() => SpeechRegions, { nullable: true, description: 'When this voice has the floor; null for analyses from before this was measured.' })
  async turns(@Ctx() context: RequestContext, @Root() speaker: SpeakerRoot): Promise<Plain<SpeechRegions> | null> {
    const conversation = await context.loaders.conversations.load(speaker.analysisId);
    return conversation && columnsOf(conversation.turns.filter((turn) => turn.speaker === speaker.key));
  }

  @FieldResolver(() => Timeline, { description: 'Scores of this voice over time in bins.' })
  async timeline(
    @Ctx() context: RequestContext,
    @Root() speaker: SpeakerRoot,
    @Arg('binSeconds', () => Float, { nullable: true, defaultValue: 0.5, description: 'Seconds that one bin covers, from 0.02; at most 20,000 bins.' }) binSeconds: number | null,
    @Arg('from', () => Float, { nullable: true, description: 'Start in seconds; the start of the recording when absent.' }) fromSeconds: number | null,
    @Arg('to', () => Float, { nullable: true, description: 'End in seconds; the end of the recording when absent.' }) toSeconds: number | null,
  ): Promise<Plain<Timeline>> {
    const analysis = found(await context.loaders.analyses.load(speaker.analysisId));
    return timelineOf(await context.services.timelines.timeline(context.principal, analysis, { binSeconds: binSeconds ?? 0.5, fromSeconds: fromSeconds ?? null, toSeconds: toSeconds ?? null, speakerId: speaker.id }));
  }

  @FieldResolver(() => [SpeakerRoleChange], { description: 'Who said who this is, oldest first; empty where only a rule did.' })
  roleHistory(@Ctx() context: RequestContext, @Root() speaker: SpeakerRoot): Promise<readonly RoleChangeRecord[]> {
    return context.loaders.roleChanges.load(speaker.id);
  }

  @Mutation(() => SetSpeakerRoleResult, { description: 'Says who a speaker is. Kept with who, when, before, after and why. Scores do not change by it.' })
  setSpeakerRole(
    @Ctx() context: RequestContext,
    @Arg('speakerId', () => ID, { description: 'The speaker.' }) speakerId: string,
    @Arg('role', () => String, { nullable: true, description: 'The role, for example `agent`; null takes it away.' }) role: string | null,
    @Arg('reason', () => String, { description: 'Why; up to 500 characters.' }) reason: string,
  ): Promise<SpeakerRoot | Problem> {
    return orProblem(SET_SPEAKER_ROLE, async () => {
      const speaker = await context.services.speakers.setRole(context.principal, speakerId, { role, reason });
      return speakerView(speaker, (await context.loaders.analyses.load(speaker.analysisId))?.modelLabels ?? []);
    });
  }
}
