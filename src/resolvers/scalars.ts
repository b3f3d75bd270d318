import { GraphQLScalarType } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { GraphQLUpload, type FileUpload } from 'graphql-upload-ts';

/** RFC 3339 with offset in, UTC out. */
export const DateTime = GraphQLDateTime;

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
