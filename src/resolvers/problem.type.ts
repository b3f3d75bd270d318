import { Field, Float, ID, Int, InterfaceType, ObjectType } from 'type-graphql';
import type { Role } from '../domain/principal.js';
import { RoleEnum } from './enums.type.js';

/**
 * Expected, actionable failures. They are values, not exceptions: a resolver returns one where its result union has the
 * type, and the `instanceof` of these classes is what tells a union's members apart.
 */
@InterfaceType('Problem', { description: 'An expected failure that the caller can act on.', resolveType: (value: object) => value.constructor.name })
export abstract class Problem {
  @Field(() => String, { description: 'A code of the error table (docs/errors.md); stable.' })
  readonly code: string;
  @Field(() => String, { description: 'What was got, what is allowed and what to do; for people.' })
  readonly message: string;
  constructor(code: string, message: string) {
    this.code = code;
    this.message = message;
  }
}

@ObjectType({ implements: Problem, simpleResolvers: true, description: 'A value of the request is missing or outside what is allowed.' })
export class BadInputProblem extends Problem {
  @Field(() => String, { nullable: true, description: 'The argument or input field that is wrong, where one can be named.' })
  field: string | null = null;
}

@ObjectType({ implements: Problem, simpleResolvers: true, description: 'No such object, or the caller may not see it.' })
export class NotFoundProblem extends Problem {
  @Field(() => ID, { nullable: true, description: 'The id that was not found.' })
  id: string | null = null;
}

@ObjectType({ implements: Problem, simpleResolvers: true, description: "The key's role or scopes do not allow this." })
export class ForbiddenProblem extends Problem {
  @Field(() => RoleEnum, { description: 'The smallest role that may.' })
  neededRole: Role = 'admin';
  @Field(() => String, { nullable: true, description: 'The scope that is missing, for example `recordings:write`, where one can be named.' })
  neededScope: string | null = null;
}

@ObjectType({ implements: Problem, simpleResolvers: true, description: 'The object is in a state that does not allow this, or an idempotency key was reused for something else.' })
export class ConflictProblem extends Problem {}

@ObjectType({ implements: Problem, simpleResolvers: true, description: 'The file could not be taken in.' })
export class UploadProblem extends Problem {
  @Field(() => Float, { nullable: true, description: 'Largest file allowed, in bytes, where size was the reason.' })
  maxBytes: number | null = null;
  @Field(() => Float, { nullable: true, description: 'Bytes received before the upload was given up, where known.' })
  receivedBytes: number | null = null;
  @Field(() => Float, { nullable: true, description: 'Bytes that the workspace may still store, where its quota was the reason. They come back when something is deleted or the quota is raised, and not with time.' })
  remaining: number | null = null;
}

@ObjectType({ implements: Problem, simpleResolvers: true, description: 'The file is stored, but no usable audio could be read from it.' })
export class AudioProblem extends Problem {}

@ObjectType({ implements: Problem, simpleResolvers: true, description: 'The model is not there, not valid or could not be loaded.' })
export class ModelProblem extends Problem {
  @Field(() => [String], { description: 'Ids of the models that are installed.' })
  installed: readonly string[] = [];
}

@ObjectType({ implements: Problem, simpleResolvers: true, description: 'Too much work at once; try again later.' })
export class OverloadedProblem extends Problem {
  @Field(() => Int, { description: 'How long to wait before the next try, in milliseconds.' })
  retryAfterMs = 1000;
  @Field(() => Float, { nullable: true, description: 'The limit that is reached, where it is one of the key or workspace.' })
  limit: number | null = null;
  @Field(() => Float, { nullable: true, description: 'What is left of it.' })
  remaining: number | null = null;
  @Field(() => Float, { nullable: true, description: 'Milliseconds until all of it is there again.' })
  resetMs: number | null = null;
}

@ObjectType({ implements: Problem, simpleResolvers: true, description: 'Any other failure of the error table.' })
export class GenericProblem extends Problem {}

export type ProblemClass = new (code: string, message: string) => Problem;
