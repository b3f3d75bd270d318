import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import type { RecordingRecord } from '../domain/records.js';
import { DateTime } from './scalars.js';
import { connectionType } from './page.type.js';

/** What resolvers of a recording start from: the record, and after an upload whether it was there before. */
export type RecordingRoot = RecordingRecord & { readonly duplicate?: boolean };

@ObjectType('Recording', { simpleResolvers: true, description: 'A file that was uploaded. The same bytes are one recording, however often they are sent.' })
export class RecordingType {
  @Field(() => ID, { description: 'Opaque id (`rec_…`).' })
  id!: string;
  @Field(() => String, { description: 'SHA-256 of the bytes, hex.' })
  sha256!: string;
  @Field(() => Float, { description: 'Size of the file in bytes.' })
  byteLength!: number;
  @Field(() => String, { description: 'The name it was first uploaded under.' })
  fileName!: string;
  @Field(() => String, { nullable: true, description: 'Title for people.' })
  title!: string | null;
  @Field(() => String, { nullable: true, description: "The caller's own id of the recording." })
  externalId!: string | null;
  @Field(() => String, { nullable: true, description: 'Language tag (BCP 47) where it was given.' })
  language!: string | null;
  @Field(() => [String], { description: 'Tags given at upload.' })
  tags!: readonly string[];
  @Field(() => DateTime, { nullable: true, description: 'When it was recorded, where that was given.' })
  recordedAt!: Date | null;
  @Field(() => DateTime, { description: 'When it was uploaded.' })
  createdAt!: Date;
  @Field(() => Float, { nullable: true, description: 'Length in seconds; null until it has been decoded once.' })
  durationSeconds!: number | null;
  @Field(() => AudioQuality, { nullable: true, description: 'Measurements of the audio; null until it has been decoded once.' })
  quality!: AudioQuality | null;
}

@ObjectType({ simpleResolvers: true, description: 'Where speech was found, as columns of equal length.' })
export class SpeechRegions {
  @Field(() => [Float], { description: 'Start of each region in seconds.' })
  startSeconds!: readonly number[];
  @Field(() => [Float], { description: 'End of each region in seconds.' })
  endSeconds!: readonly number[];
}

@ObjectType({ simpleResolvers: true, description: 'Peaks for drawing, as columns of equal length.' })
export class Waveform {
  @Field(() => Float, { description: 'Seconds that one bucket covers.' })
  bucketSeconds!: number;
  @Field(() => [Int], { description: 'Lowest sample of each bucket, -127 to 127.' })
  minimum!: readonly number[];
  @Field(() => [Int], { description: 'Highest sample of each bucket, -127 to 127.' })
  maximum!: readonly number[];
}

@ObjectType({ simpleResolvers: true, description: 'Measured on the source and on the decoded samples.' })
export class AudioQuality {
  @Field(() => String, { description: 'Container, by content.' })
  container!: string;
  @Field(() => String, { description: 'Codec of the audio stream.' })
  codec!: string;
  @Field(() => Float, { nullable: true, description: 'Bit rate of the source in bits a second, where it states one.' })
  bitrateBps!: number | null;
  @Field(() => Float, { description: 'Sample rate of the source in Hz.' })
  originalSampleRateHz!: number;
  @Field(() => Int, { description: 'Channels of the source.' })
  originalChannels!: number;
  @Field(() => Float, { description: 'Decoded length in seconds.' })
  durationSeconds!: number;
  @Field(() => Float, { nullable: true, description: 'Highest frequency with content, in Hz: 3,400 for telephone speech whatever the file says.' })
  effectiveBandwidthHz!: number | null;
  @Field(() => Float, { nullable: true, description: 'Integrated loudness in LUFS (EBU R128).' })
  integratedLoudnessLufs!: number | null;
  @Field(() => Float, { nullable: true, description: 'Highest sample in dBFS.' })
  peakDbfs!: number | null;
  @Field(() => Float, { description: 'Part of the samples at full scale, 0 to 1.' })
  clippingRatio!: number;
  @Field(() => Float, { description: 'Mean of the samples.' })
  dcOffset!: number;
  @Field(() => Float, { nullable: true, description: 'Level of the speech in dBFS.' })
  speechLevelDbfs!: number | null;
  @Field(() => Float, { nullable: true, description: 'Speech against what is between it, in dB.' })
  snrDb!: number | null;
  @Field(() => Float, { description: 'Part of the recording that is silent, 0 to 1.' })
  silenceRatio!: number;
  @Field(() => Float, { description: 'Seconds of speech.' })
  speechSeconds!: number;
  @Field(() => Int, { description: 'Gaps of digital silence inside speech.' })
  dropoutCount!: number;
}

@ObjectType({ simpleResolvers: true, description: 'A recording that is gone.' })
export class DeletedRecording {
  @Field(() => ID, { description: 'Its former id.' })
  id!: string;
}

export const RecordingConnection = connectionType('Recording', 'recordings', () => RecordingType);
