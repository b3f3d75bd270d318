/** A GraphQL operation with the types of what goes in and what comes out. */
export interface Operation<Result, Variables> {
  readonly text: string;
  /** Never set: it carries the types only. */
  readonly types?: (variables: Variables) => Result;
}

export function operation<Result, Variables = Record<string, never>>(text: string): Operation<Result, Variables> {
  return { text };
}
