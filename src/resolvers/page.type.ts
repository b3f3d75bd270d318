import { Field, Int, ObjectType, type ClassType } from 'type-graphql';
import type { Page } from '../domain/records.js';
import type { Plain } from './plain.js';

@ObjectType({ simpleResolvers: true, description: 'Where a page ends.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'True when more items follow.' })
  hasNextPage!: boolean;
  @Field(() => String, { nullable: true, description: 'Cursor of the last item, to be passed as `after`; null for an empty page.' })
  endCursor!: string | null;
}

/** What a connection field returns; the item is any record that the node type's resolvers take. */
export interface Connection<T> {
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly nodes: readonly T[];
  readonly pageInfo: Plain<PageInfo>;
  readonly totalCount: number;
}

export function toConnection<T>(page: Page<T>): Connection<T> {
  return {
    edges: page.items.map((node, index) => ({ cursor: page.cursors[index] ?? '', node })),
    nodes: page.items,
    pageInfo: { hasNextPage: page.hasNextPage, endCursor: page.cursors.at(-1) ?? null },
    totalCount: page.totalCount,
  };
}

/** Makes the Relay edge and connection types of a node type: `RecordingEdge`, `RecordingConnection`. */
export function connectionType(name: string, plural: string, NodeType: () => ClassType): ClassType<Connection<unknown>> {
  @ObjectType(`${name}Edge`, { simpleResolvers: true, description: `One of the ${plural} and its place in the list.` })
  class Edge {
    @Field(() => String, { description: 'Opaque place of this item, to be passed as `after`.' })
    cursor!: string;
    @Field(() => NodeType(), { description: 'The item.' })
    node!: unknown;
  }

  @ObjectType(`${name}Connection`, { simpleResolvers: true, description: `A page of ${plural}.` })
  class ConnectionOf {
    @Field(() => [Edge], { description: 'The items with their cursors.' })
    edges!: readonly Edge[];
    @Field(() => [NodeType()], { description: 'The items alone.' })
    nodes!: readonly unknown[];
    @Field(() => PageInfo, { description: 'Where this page ends.' })
    pageInfo!: PageInfo;
    @Field(() => Int, { description: 'How many items match in all, over every page.' })
    totalCount!: number;
  }
  return ConnectionOf;
}
