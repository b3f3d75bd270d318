import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { ArchiveRecord, LegalHoldRecord } from '../domain/archive.js';
import type { AnalysisRecord, RecordingRecord } from '../domain/records.js';
import { isRemovedBlob } from '../domain/removed-blob.js';
import { AnalysisConnection, AnalysisType } from './analysis.type.js';
import { ArchiveType, LegalHoldType } from './archive.type.js';
import { toConnection, type Connection } from './page.type.js';
import { pageRequest, present } from './page-request.js';
import type { Plain } from './plain.js';
import { orProblem } from './problem-of.js';
import type { Problem } from './problem.type.js';
import { NEWEST_FIRST, RecordingFilterInput, RecordingOrderInput, UploadRecordingInput } from './recording.input.js';
import { RecordingConnection, RecordingType, SpeechRegions, Waveform, type RecordingRoot } from './recording.type.js';
import type { RequestContext } from './request-context.js';
import { DELETE_RECORDING, DeleteRecordingResult, UPLOAD_RECORDING, UploadRecordingResult } from './results.type.js';
import { Upload, type IncomingFile } from './scalars.js';
import { uploadFile } from './upload-file.js';

@Resolver(() => RecordingType)
export class RecordingResolver {
  @Query(() => RecordingType, { nullable: true, description: 'One recording, or null when there is none that you may see.' })
  recording(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the recording.' }) id: string): Promise<RecordingRoot | null> {
    return context.loaders.recordings.load(id);
  }

  @Query(() => RecordingConnection, { description: 'Recordings, newest first unless ordered otherwise.' })
  async recordings(
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20, description: 'How many; at most `capabilities.maxPageSize`.' }) first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor of the item before the page.' }) after: string | null,
    @Arg('filter', () => RecordingFilterInput, { nullable: true, description: 'Conditions.' }) filter: RecordingFilterInput | null,
    @Arg('orderBy', () => RecordingOrderInput, { nullable: true, description: 'Order; newest first by default.' }) orderBy: RecordingOrderInput | null,
  ): Promise<Connection<RecordingRecord>> {
    return toConnection(await context.services.recordings.list(context.principal, pageRequest(context.settings.maxPageSize, first, 20, after), present(filter), orderBy ?? NEWEST_FIRST));
  }

  @Mutation(() => UploadRecordingResult, { description: 'Takes a file in. The same bytes again give the recording that is already there, as it is and with `duplicate` true: title, tags and the like of the second upload are not taken over.' })
  uploadRecording(
    @Ctx() context: RequestContext,
    @Arg('file', () => Upload, { validate: false, description: 'The file.' }) file: IncomingFile,
    @Arg('input', () => UploadRecordingInput, { nullable: true, description: 'What is known about it.' }) input: UploadRecordingInput | null,
  ): Promise<RecordingRoot | Problem> {
    return orProblem(UPLOAD_RECORDING, () => uploadFile(context, file, input ?? {}));
  }

  @Mutation(() => DeleteRecordingResult, { description: 'Removes a recording with its bytes, analyses and embeddings.' })
  deleteRecording(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the recording.' }) id: string,
    @Arg('reason', () => String, { nullable: true, description: 'Why, for the audit log.' }) reason: string | null,
  ): Promise<{ id: string } | Problem> {
    return orProblem(DELETE_RECORDING, () => context.services.recordings.delete(context.principal, id, reason ?? null));
  }

  @FieldResolver(() => Boolean, { description: 'After an upload: true when these bytes were there before. Otherwise false.' })
  duplicate(@Root() recording: RecordingRoot): boolean {
    return recording.duplicate ?? false;
  }

  @FieldResolver(() => SpeechRegions, { nullable: true, description: 'Where speech was found; null until it has been decoded once.' })
  speechRegions(@Root() recording: RecordingRoot): Plain<SpeechRegions> | null {
    return recording.speechRegions && { startSeconds: recording.speechRegions.map((region) => region.startSeconds), endSeconds: recording.speechRegions.map((region) => region.endSeconds) };
  }

  @FieldResolver(() => Waveform, { nullable: true, description: 'Peaks for drawing; null until it has been decoded once.' })
  waveform(@Ctx() context: RequestContext, @Root() recording: RecordingRoot): Promise<Plain<Waveform> | null> {
    return context.services.recordings.waveform(context.principal, recording.id);
  }

  @FieldResolver(() => String, { description: 'Path of the original bytes on this server, with Range support; a link that works without a header for an hour, so ask again rather than storing it.' })
  audioUrl(
    @Ctx() context: RequestContext,
    @Root() recording: RecordingRoot,
    @Arg('range', () => String, { nullable: true, description: 'The only bytes that the link opens, like a Range header, for example `bytes=0-65535`; all of them when absent.' }) range: string | null,
  ): string {
    return context.signPath(`/recordings/${encodeURIComponent(recording.id)}/audio`, range);
  }

  @FieldResolver(() => AnalysisConnection, { description: 'Analyses of this recording, newest first.' })
  async analyses(
    @Ctx() context: RequestContext,
    @Root() recording: RecordingRoot,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20, description: 'How many; at most `capabilities.maxPageSize`.' }) first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor of the item before the page.' }) after: string | null,
  ): Promise<Connection<AnalysisRecord>> {
    return toConnection(await context.services.analyses.list(context.principal, pageRequest(context.settings.maxPageSize, first, 20, after), { recordingId: recording.id }));
  }

  @FieldResolver(() => AnalysisType, { nullable: true, description: 'The newest analysis, whatever its state.' })
  latestAnalysis(@Ctx() context: RequestContext, @Root() recording: RecordingRoot): Promise<AnalysisRecord | null> {
    return context.loaders.latestAnalyses.load(recording.id);
  }

  @FieldResolver(() => [LegalHoldType], { description: 'Legal holds that cover it now.' })
  legalHolds(@Ctx() context: RequestContext, @Root() recording: RecordingRoot): Promise<readonly LegalHoldRecord[]> {
    return context.services.holds.ofRecording(context.principal, recording.id);
  }

  @FieldResolver(() => [ArchiveType], { description: 'Verified archives that it is in, newest first.' })
  archives(@Ctx() context: RequestContext, @Root() recording: RecordingRoot): Promise<readonly ArchiveRecord[]> {
    return context.services.archives.ofRecording(context.principal, recording.id);
  }

  @FieldResolver(() => Boolean, { description: 'False: a policy has removed the original bytes; an archive may have them.' })
  hasAudio(@Root() recording: RecordingRoot): boolean {
    return !isRemovedBlob(recording.blobKey);
  }
}
