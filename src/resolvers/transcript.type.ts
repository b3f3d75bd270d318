import { Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { ContradictionKind, TranscriptSource, WordFeeling } from '../domain/transcript.js';
import type { TranscriptFormat } from '../domain/transcript-file.js';
import { ContradictionKindEnum, TranscriptFormatEnum, TranscriptSourceEnum, WordFeelingEnum } from './enums.type.js';
import { DateTime } from './scalars.js';

@InputType({ description: 'A transcript from elsewhere. It takes the place of the one that the analysis has.' })
export class ImportTranscriptInput {
  @Field(() => ID, { description: 'The finished analysis whose recording it is of.' })
  analysisId!: string;
  @Field(() => String, { nullable: true, description: 'The transcript itself; or send it as `file`, which may be larger.' })
  content?: string | null;
  @Field(() => TranscriptFormatEnum, { nullable: true, description: 'Its form; seen from the text when absent.' })
  format?: TranscriptFormat | null;
  @Field(() => String, { nullable: true, description: 'BCP 47 tag of the language, such as `en` or `zh-CN`; what the text or the recording says when absent.' })
  language?: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'Words with their times, as columns of equal length in the order of time.' })
export class TranscriptWords {
  @Field(() => [String], { description: 'The words; in Chinese and Japanese characters.' })
  texts!: readonly string[];
  @Field(() => [Float], { description: 'Start of each in seconds. Where an engine or file gives times of lines alone, words share the time of their line.' })
  startSeconds!: readonly number[];
  @Field(() => [Float], { description: 'End of each in seconds.' })
  endSeconds!: readonly number[];
  @Field(() => [Float, { nullable: true }], { nullable: 'items', description: 'How sure the engine is of each, 0 to 1; null where it does not say.' })
  confidences!: readonly (number | null)[];
  @Field(() => [ID], { nullable: 'items', description: 'Id of the speaker of each; null where it is not known.' })
  speakers!: readonly (string | null)[];
  @Field(() => [Int], { nullable: 'items', description: 'Index of the segment of each; null for a word outside of every segment.' })
  segmentIndexes!: readonly (number | null)[];
}

@ObjectType({ simpleResolvers: true, description: 'A place in the text that says something of feeling.' })
export class WordEvidence {
  @Field(() => String, { description: 'The words.' })
  text!: string;
  @Field(() => Float, { description: 'Start in seconds.' })
  startSeconds!: number;
  @Field(() => Float, { description: 'End in seconds.' })
  endSeconds!: number;
  @Field(() => WordFeelingEnum, { description: 'What they say, by the lexicon.' })
  feeling!: WordFeeling;
  @Field(() => Float, { description: 'How much they say, 0 to 1, after what strengthens or weakens them.' })
  weight!: number;
  @Field(() => Boolean, { description: 'True: a negation stands before them, and they count as the mild opposite.' })
  negated!: boolean;
}

@ObjectType({ simpleResolvers: true, description: 'What a voice scored for one label.' })
export class VoiceScore {
  @Field(() => String, { description: "The model's label." })
  label!: string;
  @Field(() => Float, { description: 'Its score, 0 to 1.' })
  score!: number;
}

@ObjectType({ simpleResolvers: true, description: 'Words that contradict the voice that says them, with the evidence. For people to look at: the result stays as it is.' })
export class Contradiction {
  @Field(() => ContradictionKindEnum, { description: 'What it is.' })
  kind!: ContradictionKind;
  @Field(() => Int, { description: 'Index of the segment.' })
  segmentIndex!: number;
  @Field(() => Float, { description: 'Start of the segment in seconds.' })
  startSeconds!: number;
  @Field(() => Float, { description: 'End of the segment in seconds.' })
  endSeconds!: number;
  @Field(() => Float, { description: 'How well its words agree with its voice, 0 to 1.' })
  agreement!: number;
  @Field(() => String, { description: 'What the voice was taken for.' })
  voiceLabel!: string;
  @Field(() => Float, { description: 'With this confidence.' })
  voiceConfidence!: number;
  @Field(() => [VoiceScore], { description: 'The scores of the voice, the highest first.' })
  voiceScores!: readonly VoiceScore[];
  @Field(() => [WordEvidence], { description: 'The words, at most 20.' })
  words!: readonly WordEvidence[];
}

@ObjectType({ simpleResolvers: true, description: 'A share of what words say.' })
export class FeelingShare {
  @Field(() => WordFeelingEnum, { description: 'What they say.' })
  feeling!: WordFeeling;
  @Field(() => Float, { description: 'Share of it, 0 to 1.' })
  share!: number;
}

@ObjectType({ simpleResolvers: true, description: 'What the words of one segment say.' })
export class TextReading {
  @Field(() => Int, { description: 'Index of the segment.' })
  segmentIndex!: number;
  @Field(() => Float, { description: 'From -1 (bad) to 1 (good).' })
  valence!: number;
  @Field(() => Float, { description: 'How much there is to go by, 0 to 1.' })
  strength!: number;
  @Field(() => Float, { nullable: true, description: 'How well words and voice agree, 0 to 1; null where the voice was not judged.' })
  agreement!: number | null;
  @Field(() => [FeelingShare], { description: 'Shares that sum to 1, the largest first.' })
  feelings!: readonly FeelingShare[];
}

@ObjectType({ simpleResolvers: true, description: 'Words beside voice. It stands next to the acoustic result and never changes it.' })
export class CrossCheck {
  @Field(() => Float, { nullable: true, description: 'Mean agreement over the compared segments, 0 to 1, by how much their words say; null where none was compared.' })
  agreement!: number | null;
  @Field(() => String, { nullable: true, description: 'Language that the words were read in; null: in none.' })
  language!: string | null;
  @Field(() => String, { nullable: true, description: 'Why the words were not read; null where they were.' })
  reason!: string | null;
  @Field(() => String, { description: 'Name and digest of the lexicon that was used.' })
  lexicon!: string;
  @Field(() => [TextReading], { description: 'Segments whose words say anything of feeling.' })
  readings!: readonly TextReading[];
  @Field(() => [Contradiction], { description: 'Where words contradict the voice, in the order of time.' })
  contradictions!: readonly Contradiction[];
}

@ObjectType('Transcript', { simpleResolvers: true, description: 'What is said in a recording.' })
export class TranscriptType {
  @Field(() => ID, { description: 'The analysis it stands beside.' })
  analysisId!: string;
  @Field(() => TranscriptSourceEnum, { description: 'Where it comes from.' })
  source!: TranscriptSource;
  @Field(() => String, { description: 'Id of the transcriber, or the format of the imported text.' })
  engine!: string;
  @Field(() => String, { nullable: true, description: "SHA-256 of the transcriber's model or of the imported text; null where an engine does not say." })
  engineDigest!: string | null;
  @Field(() => String, { nullable: true, description: 'BCP 47 tag of the language; null where it is not known.' })
  language!: string | null;
  @Field(() => DateTime, { description: 'When it was stored.' })
  createdAt!: Date;
}
