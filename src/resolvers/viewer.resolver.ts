import { visibleLabels } from '../domain/scores.js';
import { MAX_TIMELINE_BINS, MIN_BIN_SECONDS } from '../domain/timeline.js';
import { Ctx, FieldResolver, Query, Resolver } from 'type-graphql';
import { scopesOf } from '../domain/scopes.js';
import type { Plain } from './plain.js';
import type { RequestContext } from './request-context.js';
import { Allowance, Capabilities, Viewer } from './viewer.type.js';

@Resolver(() => Viewer)
export class ViewerResolver {
  @Query(() => Viewer, { description: 'Who asks.' })
  viewer(@Ctx() context: RequestContext): Plain<Viewer> {
    return { ...context.principal, scopes: scopesOf(context.principal) };
  }

  @FieldResolver(() => String, { description: 'What people who are heard should be told, and what the workspace has left unsaid of its purpose and law.' })
  transparencyNotice(@Ctx() context: RequestContext): Promise<string> {
    return context.services.law.transparencyNotice(context.principal);
  }

  @FieldResolver(() => [Allowance], { description: 'Limits of analyses that are set for keys and workspaces, and what is left of them; on all nodes together.' })
  async allowances(@Ctx() context: RequestContext): Promise<Plain<Allowance>[]> {
    return [...(await context.services.analyses.allowances(context.principal))];
  }

  @Query(() => Capabilities, { description: 'What this server can do and allows.' })
  capabilities(@Ctx() context: RequestContext): Plain<Capabilities> {
    const defaultModel = context.services.models.list(context.principal).find((model) => model.isDefault);
    const { maxUploadBytes, maxAudioSeconds, maxRawSeconds, maxAudioChannels, minSampleRateHz, maxSampleRateHz, maxPageSize } = context.settings;
    const { isAvailable, diarizer, reason } = context.facts.diarization();
    const { transcriber, reason: transcriptionProblem, transcribers, languages } = context.facts.transcription();
    return {
      ...context.facts, transcription: transcriber !== null, transcriber, transcriptionProblem, transcribers, crossCheckLanguages: languages, diarization: isAvailable, diarizer, diarizationProblem: reason, maxUploadBytes, maxAudioSeconds, maxRawSeconds, maxAudioChannels, minSampleRateHz, maxSampleRateHz, maxPageSize,
      minTimelineBinSeconds: MIN_BIN_SECONDS, maxTimelineBins: MAX_TIMELINE_BINS, labels: defaultModel === undefined ? [] : visibleLabels(defaultModel.manifest), defaultModel: defaultModel?.manifest.id ?? '',
    };
  }
}
