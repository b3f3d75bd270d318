import { GraphQLError, GraphQLScalarType } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { GraphQLUpload, type FileUpload } from 'graphql-upload-ts';
import { NumberColumn } from '../domain/number-column.js';

/** RFC 3339 with offset in, UTC out. */
export const DateTime = GraphQLDateTime;

/**
 * A series as a JSON array of numbers. A list of Float costs the executor a step for each number: 7 ms for an hour in half
 * seconds, where everything else about the answer takes 2.
 */
export const FloatColumn = new GraphQLScalarType({
  name: 'FloatColumn',
  description: 'A JSON array of numbers: one column of a series. Map it to a list of floats in generated code.',
  serialize: (value): NumberColumn => {
    if (value instanceof NumberColumn) return value;
    throw new GraphQLError('A FloatColumn must be a NumberColumn.');
  },
});

/** A file of a multipart request, or why its part never came. */
export type IncomingFile = FileUpload | Error;

/**
 * The library's scalar, but a part that never comes is a value: arguments are awaited before the resolver runs, so a
 * rejection there could not become a problem of the result union.
 */
export const Upload = new GraphQLScalarType({
  ...GraphQLUpload.toConfig(),
  description: 'One file of a multipart request (GraphQL multipart request specification). Only as a variable; one file a request.',
  parseValue: (value): Promise<IncomingFile> => GraphQLUpload.parseValue(value).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error)))),
});
