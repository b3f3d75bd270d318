import { GraphQLScalarType } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { GraphQLUpload } from 'graphql-upload-ts';

/** RFC 3339 with offset in, UTC out. */
export const DateTime = GraphQLDateTime;

/** The library's scalar under our own description: it is the one way a file comes in over GraphQL. */
export const Upload = new GraphQLScalarType({
  ...GraphQLUpload.toConfig(),
  description: 'One file of a multipart request (GraphQL multipart request specification). Only as a variable; one file a request.',
});
