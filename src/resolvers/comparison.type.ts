import { Field, Float, ObjectType } from 'type-graphql';
import type { AnalysisRecord } from '../domain/records.js';
import { AnalysisType } from './analysis.type.js';

@ObjectType({ simpleResolvers: true, description: 'One label in two analyses.' })
export class ScoreDifference {
  @Field(() => String, { description: 'The label.' })
  label!: string;
  @Field(() => Float, { nullable: true, description: 'Its score in the summary of `a`; null where that model does not have the label.' })
  scoreA!: number | null;
  @Field(() => Float, { nullable: true, description: 'Its score in the summary of `b`; null where that model does not have the label.' })
  scoreB!: number | null;
  @Field(() => Float, { nullable: true, description: '`scoreB` − `scoreA`; null where one of them is.' })
  difference!: number | null;
}

@ObjectType({ simpleResolvers: true, description: 'Two analyses of one recording side by side, as columns over the bins that both have judged.' })
export class AnalysisComparison {
  @Field(() => AnalysisType, { description: 'The first analysis.' })
  a!: AnalysisRecord;
  @Field(() => AnalysisType, { description: 'The second analysis.' })
  b!: AnalysisRecord;
  @Field(() => Boolean, { nullable: true, description: 'Whether both summaries have the same label; null where one has no summary.' })
  sameLabel!: boolean | null;
  @Field(() => Float, { nullable: true, description: 'Share of common bins whose highest label is the same, 0 to 1; null without common bins.' })
  agreement!: number | null;
  @Field(() => [ScoreDifference], { description: 'Every label of either.' })
  scores!: readonly ScoreDifference[];
  @Field(() => Float, { description: 'Seconds that one bin covers.' })
  binSeconds!: number;
  @Field(() => [Float], { description: 'Start of each common bin in seconds, rising.' })
  startSeconds!: readonly number[];
  @Field(() => [String], { description: 'Highest label of each common bin in `a`.' })
  labelsA!: readonly string[];
  @Field(() => [String], { description: 'Highest label of each common bin in `b`.' })
  labelsB!: readonly string[];
}
