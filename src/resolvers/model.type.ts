import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import type { ModelState } from '../domain/model.js';
import { ModelStateKindEnum } from './enums.type.js';
import { ModelNode } from './node.type.js';

@ObjectType({ simpleResolvers: true, description: 'How an int8 graph compares with its float32 original, measured when it was made.' })
export class QuantizationReport {
  @Field(() => Float, { description: 'Share of clips with the same highest label, 0 to 1.' })
  argmaxAgreement!: number;
  @Field(() => Float, { description: 'Largest difference of any score.' })
  maxScoreDifference!: number;
  @Field(() => Float, { description: 'Smallest cosine between the embeddings of a clip.' })
  embeddingCosine!: number;
  @Field(() => Int, { description: 'Clips it was measured on.' })
  clipCount!: number;
}

@ObjectType('Model', { simpleResolvers: true, description: 'An emotion model and the processes that hold it.' })
export class ModelType {
  @Field(() => ID, { description: 'Id, as in `model:` of an analysis.' })
  id!: string;
  @Field(() => String, { description: 'Name for people.' })
  name!: string;
  @Field(() => String, { description: 'Version.' })
  version!: string;
  @Field(() => String, { description: 'SHA-256 of its graph and weights, hex. Its labels and how its input is normalised are in its manifest.' })
  digest!: string;
  @Field(() => [String], { description: 'Labels in the order of the head.' })
  labels!: readonly string[];
  @Field(() => Int, { description: 'Length of its embeddings.' })
  embeddingDimension!: number;
  @Field(() => Float, { description: 'Seconds from one frame to the next.' })
  frameHopSeconds!: number;
  @Field(() => Float, { description: 'Longest window it is given, in seconds.' })
  maxWindowSeconds!: number;
  @Field(() => String, { description: 'Licence of the weights.' })
  license!: string;
  @Field(() => String, { nullable: true, description: 'Whom to name when results are published.' })
  attribution!: string | null;
  @Field(() => String, { description: 'Arithmetic: `f32` or `int8`.' })
  precision!: string;
  @Field(() => QuantizationReport, { nullable: true, description: 'Figures of an int8 model against float32; null for float32.' })
  quantization!: QuantizationReport | null;
  @Field(() => Boolean, { description: 'True for the model that is used when none is named.' })
  isDefault!: boolean;
  @Field(() => Boolean, { description: 'Whether its confidence is calibrated.' })
  calibrated!: boolean;
  @Field(() => ModelStateKindEnum, { description: 'State of its process; of several the liveliest.' })
  state!: ModelState['kind'];
  @Field(() => String, { nullable: true, description: 'Why it is in this state, where there is something to say.' })
  stateMessage!: string | null;
  @Field(() => String, { description: 'Where it runs: `cpu`, `cuda` or `webgpu`.' })
  provider!: string;
  @Field(() => String, { nullable: true, description: 'Why the wanted provider is not the one in use.' })
  providerFallback!: string | null;
  @Field(() => Float, { nullable: true, description: 'How long the last load took, in milliseconds, while it is loaded.' })
  loadMs!: number | null;
  @Field(() => Float, { nullable: true, description: 'Resident memory of its processes in bytes, while there are any.' })
  memoryBytes!: number | null;
  @Field(() => Int, { description: 'Windows that wait for it.' })
  queueLength!: number;
  @Field(() => [ModelNode], { description: 'The processes that take jobs for it; empty when none lives just now.' })
  nodes!: readonly ModelNode[];
}
