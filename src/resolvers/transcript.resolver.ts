import { Arg, Ctx, FieldResolver, Int, Mutation, Resolver, Root } from 'type-graphql';
import type { AnalysisRecord } from '../domain/records.js';
import { joinWords, type TranscriptRecord } from '../domain/transcript.js';
import { found } from './analysis-fields.resolver.js';
import { AnalysisType } from './analysis.type.js';
import type { Plain } from './plain.js';
import { orProblem } from './problem-of.js';
import type { Problem } from './problem.type.js';
import type { RequestContext } from './request-context.js';
import { IMPORT_TRANSCRIPT, ImportTranscriptResult } from './results.type.js';
import { Upload, type IncomingFile } from './scalars.js';
import { Speaker } from './speaker.type.js';
import { speakerView, type SpeakerRoot } from './speaker.view.js';
import { Contradiction, CrossCheck, ImportTranscriptInput, TranscriptType, TranscriptWords } from './transcript.type.js';
import { crossCheckView, wordColumns, type ContradictionRoot } from './transcript.view.js';
import { readTextFile } from './upload-file.js';

/** Of a transcript that is sent as a file. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

@Resolver(() => AnalysisType)
export class TranscriptResolver {
  @FieldResolver(() => TranscriptType, { nullable: true, description: 'What is said; null where no transcriber wrote it down and nobody imported it.' })
  transcript(@Ctx() context: RequestContext, @Root() analysis: AnalysisRecord): Promise<TranscriptRecord | null> {
    return context.loaders.transcripts.load(analysis.id);
  }

  @Mutation(() => ImportTranscriptResult, { description: 'Puts a transcript from elsewhere beside a finished analysis, in the place of the one that is there: SRT, WebVTT or JSON with times. One that does not fit the recording is refused with its first misfit, and nothing is changed.' })
  importTranscript(
    @Ctx() context: RequestContext,
    @Arg('input', () => ImportTranscriptInput, { description: 'Of which analysis, and how to read it.' }) input: ImportTranscriptInput,
    @Arg('file', () => Upload, { validate: false, nullable: true, description: 'The transcript as a file in UTF-8, in the place of `content`; at most 16 MiB.' }) file: IncomingFile | null,
  ): Promise<TranscriptRecord | Problem> {
    return orProblem(IMPORT_TRANSCRIPT, () => {
      const { analysisId, content, format, language } = input;
      return context.services.transcripts.import(context.principal, { analysisId, content: content ?? null, format: format ?? null, language: language ?? null, readFile: file == null ? null : () => readTextFile(file, MAX_FILE_BYTES) });
    });
  }
}

@Resolver(() => TranscriptType)
export class TranscriptFieldsResolver {
  @FieldResolver(() => Int, { description: 'How many words there are.' })
  wordCount(@Root() transcript: TranscriptRecord): number {
    return transcript.words.length;
  }

  @FieldResolver(() => String, { description: 'All of it as one text.' })
  text(@Root() transcript: TranscriptRecord): string {
    return joinWords(transcript.words.map(({ text }) => text));
  }

  @FieldResolver(() => TranscriptWords, { description: 'Words with their times, speakers and segments.' })
  async words(@Ctx() context: RequestContext, @Root() transcript: TranscriptRecord): Promise<Plain<TranscriptWords>> {
    return wordColumns(transcript, await context.loaders.speakers.load(transcript.analysisId));
  }

  @FieldResolver(() => CrossCheck, { nullable: true, description: 'How the words go with the voice; null where they were not compared.' })
  crossCheck(@Root() transcript: TranscriptRecord): Plain<CrossCheck> | null {
    return transcript.crossCheck && crossCheckView(transcript.analysisId, transcript.crossCheck);
  }
}

@Resolver(() => Contradiction)
export class ContradictionResolver {
  @FieldResolver(() => Speaker, { nullable: true, description: 'Who says it, where speakers were told apart.' })
  async speaker(@Ctx() context: RequestContext, @Root() { analysisId, speakerKey }: ContradictionRoot): Promise<SpeakerRoot | null> {
    const speaker = (await context.loaders.speakers.load(analysisId)).find(({ key }) => key === speakerKey);
    return speaker === undefined ? null : speakerView(speaker, found(await context.loaders.analyses.load(analysisId)).modelLabels);
  }
}
