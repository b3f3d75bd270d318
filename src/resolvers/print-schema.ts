import { lexicographicSortSchema, printSchema, type GraphQLSchema } from 'graphql';
import { buildApiSchema } from './build-schema.js';

const HEADER = '# The API of Undertone, as emitted from src/resolvers by `npm run schema`. Do not edit.\n\n';

/** The text of the committed `schema.graphql`: sorted, so that a change of order in the code is no change here. */
export function printApiSchema(schema: GraphQLSchema = buildApiSchema()): string {
  return `${HEADER}${printSchema(lexicographicSortSchema(schema))}\n`;
}
