import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import { SpeechRegions } from './recording.type.js';

@ObjectType({ simpleResolvers: true, description: 'Who spoke when, as columns of equal length in the order of time.' })
export class SpeakerTurns {
  @Field(() => [Float], { description: 'Start of each in seconds.' })
  startSeconds!: readonly number[];
  @Field(() => [Float], { description: 'End of each in seconds.' })
  endSeconds!: readonly number[];
  @Field(() => [ID], { description: 'Id of the speaker of each.' })
  speakers!: readonly string[];
}

@ObjectType('Conversation', { simpleResolvers: true, description: 'Who talks when, and how. Where two talk at once, the time counts for both.' })
export class ConversationType {
  @Field(() => SpeakerTurns, { description: 'Turns: speech of one voice with the pauses up to a second in which nobody else begins.' })
  turns!: SpeakerTurns;
  @Field(() => SpeakerTurns, { description: 'Speech without its pauses.' })
  speech!: SpeakerTurns;
  @Field(() => SpeechRegions, { description: 'Where two or more talk at once. On one channel nobody\'s scores have anything from here.' })
  overlaps!: SpeechRegions;
  @Field(() => Float, { description: 'Seconds in which anybody talks.' })
  speechSeconds!: number;
  @Field(() => Float, { description: 'Seconds in which two or more do.' })
  overlapSeconds!: number;
  @Field(() => Float, { description: 'Seconds in which nobody does.' })
  silenceSeconds!: number;
  @Field(() => Float, { description: '`silenceSeconds` of the whole, 0 to 1.' })
  silenceRatio!: number;
  @Field(() => Float, { description: 'Longest stretch without speech in seconds.' })
  longestSilenceSeconds!: number;
  @Field(() => Int, { description: 'Times that the next turn is another speaker\'s.' })
  speakerChangeCount!: number;
  @Field(() => Int, { description: 'Times that somebody took the floor from another in mid-turn.' })
  interruptionCount!: number;
}
