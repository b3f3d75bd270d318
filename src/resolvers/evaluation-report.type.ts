import { Field, Float, ID, Int, ObjectType } from 'type-graphql';

@ObjectType('Interval', { simpleResolvers: true, description: 'A 95 % interval: percentile bootstrap over whole speakers.' })
export class IntervalType {
  @Field(() => Float, { description: 'Lower end.' })
  low!: number;
  @Field(() => Float, { description: 'Upper end.' })
  high!: number;
}

@ObjectType({ simpleResolvers: true, description: 'A figure and how sure it is.' })
export class MeasuredFigure {
  @Field(() => Float, { nullable: true, description: 'The figure; null without a judged item.' })
  value!: number | null;
  @Field(() => IntervalType, { nullable: true, description: 'Its interval.' })
  interval!: IntervalType | null;
}

@ObjectType({ simpleResolvers: true, description: 'How well one class is found.' })
export class ClassFigures {
  @Field(() => String, { description: 'The label.' })
  label!: string;
  @Field(() => Int, { description: 'Items whose truth it is.' })
  support!: number;
  @Field(() => MeasuredFigure, { description: 'Of what was answered so, how much is right.' })
  precision!: MeasuredFigure;
  @Field(() => MeasuredFigure, { description: 'Of what is so, how much was found.' })
  recall!: MeasuredFigure;
  @Field(() => MeasuredFigure, { description: 'Harmonic mean of both.' })
  f1!: MeasuredFigure;
}

@ObjectType({ simpleResolvers: true, description: 'Accuracy of the answers of like confidence.' })
export class ReliabilityPoint {
  @Field(() => Float, { description: 'Lower edge of the confidence.' })
  lower!: number;
  @Field(() => Float, { description: 'Upper edge.' })
  upper!: number;
  @Field(() => Int, { description: 'Answers.' })
  count!: number;
  @Field(() => Float, { nullable: true, description: 'Mean confidence.' })
  meanConfidence!: number | null;
  @Field(() => Float, { nullable: true, description: 'Share that is right.' })
  accuracy!: number | null;
  @Field(() => IntervalType, { nullable: true, description: 'Interval of the accuracy.' })
  interval!: IntervalType | null;
}

@ObjectType({ simpleResolvers: true, description: 'Accuracy when only the most confident share is answered.' })
export class CoverageAccuracy {
  @Field(() => Float, { description: 'Share of the items that is answered.' })
  coverage!: number;
  @Field(() => Float, { description: 'Accuracy of those answers.' })
  accuracy!: number;
  @Field(() => IntervalType, { description: 'Its interval.' })
  interval!: IntervalType;
}

@ObjectType({ simpleResolvers: true, description: 'The figures of a group of items. What was not judged counts as wrong in WA, UA and F1, and is absent from the rest.' })
export class EvaluationFigures {
  @Field(() => Int, { description: 'Items.' })
  itemCount!: number;
  @Field(() => Int, { description: 'Speakers; an item without one counts as one.' })
  speakerCount!: number;
  @Field(() => Int, { description: 'Items that the gate kept back.' })
  notJudgedCount!: number;
  @Field(() => Int, { description: 'Items at which Undertone abstained; their likeliest label is counted all the same.' })
  abstainedCount!: number;
  @Field(() => MeasuredFigure, { description: 'WA: share of the items that is right.' })
  weightedAccuracy!: MeasuredFigure;
  @Field(() => MeasuredFigure, { description: 'UA: mean recall of the classes.' })
  unweightedAccuracy!: MeasuredFigure;
  @Field(() => MeasuredFigure, { description: 'Mean F1 of the classes.' })
  macroF1!: MeasuredFigure;
  @Field(() => MeasuredFigure, { description: 'Mean F1, weighted by support.' })
  weightedF1!: MeasuredFigure;
  @Field(() => MeasuredFigure, { description: 'ECE over 15 bins of confidence.' })
  expectedCalibrationError!: MeasuredFigure;
  @Field(() => MeasuredFigure, { description: 'Brier score summed over the classes, 0 to 2.' })
  brier!: MeasuredFigure;
  @Field(() => MeasuredFigure, { description: 'Negative log likelihood of the plain scores.' })
  negativeLogLikelihood!: MeasuredFigure;
  @Field(() => Float, { nullable: true, description: 'Share of the prediction sets that hold the truth.' })
  setCoverage!: number | null;
  @Field(() => Float, { nullable: true, description: 'Labels in a prediction set, on average.' })
  meanSetSize!: number | null;
  @Field(() => [ClassFigures], { description: 'By class, in the order of the labels.' })
  perClass!: readonly ClassFigures[];
  @Field(() => [[Int]], { description: 'Rows: truth; columns: the labels, then what was not judged.' })
  confusion!: readonly (readonly number[])[];
  @Field(() => [ReliabilityPoint], { description: 'The reliability curve.' })
  reliability!: readonly ReliabilityPoint[];
  @Field(() => [CoverageAccuracy], { description: 'The coverage-accuracy curve at tenths of the items.' })
  coverage!: readonly CoverageAccuracy[];
}

@ObjectType({ simpleResolvers: true, description: 'Items that share a condition.' })
export class EvaluationSlice {
  @Field(() => String, { description: '`language`, `gender`, `channel`, `quality`, `duration`, `snr`, `bandwidth` or `loudness`.' })
  dimension!: string;
  @Field(() => String, { description: 'Which part of it.' })
  value!: string;
  @Field(() => Boolean, { description: 'Fewer than 30 items or 5 speakers: the figures say little.' })
  isSmall!: boolean;
  @Field(() => Int, { description: 'Items.' })
  itemCount!: number;
  @Field(() => Int, { description: 'Speakers.' })
  speakerCount!: number;
  @Field(() => MeasuredFigure, { description: 'WA.' })
  weightedAccuracy!: MeasuredFigure;
  @Field(() => MeasuredFigure, { description: 'UA.' })
  unweightedAccuracy!: MeasuredFigure;
  @Field(() => MeasuredFigure, { description: 'Macro F1.' })
  macroF1!: MeasuredFigure;
  @Field(() => MeasuredFigure, { description: 'ECE.' })
  expectedCalibrationError!: MeasuredFigure;
}

@ObjectType({ simpleResolvers: true, description: "Against the shares of the listeners' votes." })
export class SoftLabelFigures {
  @Field(() => Int, { description: 'Judged items with votes.' })
  itemCount!: number;
  @Field(() => MeasuredFigure, { description: 'Mean share of the votes that the answer got.' })
  voteShare!: MeasuredFigure;
  @Field(() => MeasuredFigure, { description: 'Mean share that the most voted label got: no answer can reach more.' })
  listenerAgreement!: MeasuredFigure;
  @Field(() => MeasuredFigure, { description: 'Cross entropy in nats.' })
  crossEntropy!: MeasuredFigure;
  @Field(() => MeasuredFigure, { description: 'Kullback–Leibler divergence of the scores from the votes.' })
  divergence!: MeasuredFigure;
  @Field(() => MeasuredFigure, { description: 'Jensen–Shannon divergence.' })
  jensenShannon!: MeasuredFigure;
  @Field(() => MeasuredFigure, { description: 'Brier score against the shares.' })
  brier!: MeasuredFigure;
}

@ObjectType({ simpleResolvers: true, description: 'A wrong answer that was given with confidence.' })
export class EvaluationMistake {
  @Field(() => ID, { description: 'The recording.' })
  recordingId!: string;
  @Field(() => String, { description: 'The true label.' })
  truth!: string;
  @Field(() => String, { description: 'The answer.' })
  answered!: string;
  @Field(() => Float, { description: 'Confidence in it.' })
  confidence!: number;
}

@ObjectType({ simpleResolvers: true, description: 'A recording that could not be analysed; it is left out of the figures.' })
export class EvaluationFailure {
  @Field(() => ID, { description: 'The recording.' })
  recordingId!: string;
  @Field(() => String, { description: 'Code (docs/errors.md).' })
  code!: string;
  @Field(() => String, { description: 'Why; for people.' })
  message!: string;
}

@ObjectType({ simpleResolvers: true, description: 'A label of the set that the model does not know: its items are left out.' })
export class UnknownLabel {
  @Field(() => String, { description: 'The label.' })
  label!: string;
  @Field(() => Int, { description: 'Items.' })
  count!: number;
  @Field(() => String, { nullable: true, description: 'What may have been meant.' })
  suggestion!: string | null;
}

@ObjectType('EvaluationReport', { simpleResolvers: true, description: 'How good a model is on an evaluation set.' })
export class EvaluationReportType {
  @Field(() => [String], { description: 'Labels of the model, in the order of the confusion matrix.' })
  labels!: readonly string[];
  @Field(() => [String], { description: 'Calibrations that the confidences followed.' })
  calibrationVersions!: readonly string[];
  @Field(() => [String], { description: 'What makes the figures doubtful.' })
  warnings!: readonly string[];
  @Field(() => [UnknownLabel], { description: 'Labels that the model does not know.' })
  unknownLabels!: readonly UnknownLabel[];
  @Field(() => [EvaluationFailure], { description: 'Recordings that failed.' })
  failed!: readonly EvaluationFailure[];
  @Field(() => EvaluationFigures, { description: 'All items.' })
  overall!: EvaluationFigures;
  @Field(() => [EvaluationSlice], { description: 'By condition.' })
  slices!: readonly EvaluationSlice[];
  @Field(() => SoftLabelFigures, { nullable: true, description: 'Where votes were given.' })
  softLabels!: SoftLabelFigures | null;
  @Field(() => [EvaluationMistake], { description: 'The twenty most confident mistakes.' })
  mostConfidentMistakes!: readonly EvaluationMistake[];
}
