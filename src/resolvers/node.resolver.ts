import { Ctx, Query, Resolver } from 'type-graphql';
import { NodeType } from './node.type.js';
import type { Plain } from './plain.js';
import type { RequestContext } from './request-context.js';

@Resolver(() => NodeType)
export class NodeResolver {
  @Query(() => [NodeType], { description: 'The processes of the platform that live, the one that answers first.' })
  nodes(@Ctx() context: RequestContext): Plain<NodeType>[] {
    return context.services.models.nodes(context.principal).map((node) => ({ ...node, modelIds: node.models.map(({ manifest }) => manifest.id) }));
  }
}
