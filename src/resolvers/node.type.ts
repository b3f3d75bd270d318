import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import type { ModelState } from '../domain/model.js';
import type { NodeRole } from '../domain/node.js';
import { ModelStateKindEnum, NodeRoleEnum } from './enums.type.js';
import { DateTime } from './scalars.js';

@ObjectType({ simpleResolvers: true, description: 'A model as one process holds it.' })
export class ModelNode {
  @Field(() => ID, { description: 'Id of the process, as in `nodes`.' })
  nodeId!: string;
  @Field(() => String, { description: 'Name of its machine.' })
  host!: string;
  @Field(() => ModelStateKindEnum, { description: 'State of the model there.' })
  state!: ModelState['kind'];
  @Field(() => String, { nullable: true, description: 'Why it is in this state, where there is something to say.' })
  stateMessage!: string | null;
  @Field(() => String, { description: 'Where it runs: `cpu`, `cuda` or `webgpu`.' })
  provider!: string;
  @Field(() => Float, { nullable: true, description: 'Resident memory of its hosts in bytes, while there are any.' })
  memoryBytes!: number | null;
  @Field(() => Int, { description: 'Windows that wait for it there.' })
  queueLength!: number;
}

@ObjectType('Node', { simpleResolvers: true, description: 'A process of the platform: a server, a worker, or both in one.' })
export class NodeType {
  @Field(() => ID, { description: 'Opaque id (`node_…`), new at each start.' })
  id!: string;
  @Field(() => [NodeRoleEnum], { description: 'What it does.' })
  roles!: readonly NodeRole[];
  @Field(() => String, { description: 'Name of its machine.' })
  host!: string;
  @Field(() => String, { description: 'Version of Undertone that it runs.' })
  version!: string;
  @Field(() => Int, { description: 'Analyses that it works on at once; 0 without the worker role.' })
  concurrency!: number;
  @Field(() => [String], { description: 'Ids of the models that it takes jobs for.' })
  modelIds!: readonly string[];
  @Field(() => Boolean, { description: 'Whether it is on its way out: it finishes what it holds and takes nothing new.' })
  isDraining!: boolean;
  @Field(() => DateTime, { description: 'When it started.' })
  startedAt!: Date;
  @Field(() => DateTime, { description: 'When it was last heard of.' })
  heartbeatAt!: Date;
}
