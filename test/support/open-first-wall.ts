import type pg from 'pg';

export interface OpenedFirstWall {
  /** Statements that would have asked for their workspace. */
  changedCount(): number;
  /** Once more does nothing. */
  close(): void;
}

type Query = (this: pg.Client, ...args: unknown[]) => unknown;

/** A comparison of the workspace with a value, however the column is qualified. */
const CONDITION = /((?:"?\w+"?\.)*"workspaceId")\s*=\s*(\$\d+)/g;

/**
 * Takes the condition on the workspace out of every statement that this process sends: `"workspaceId" = $1` holds for each
 * row from then on, as if every repository had forgotten it. Parameters keep their places and types.
 */
export function openFirstWall(client: typeof pg.Client): OpenedFirstWall {
  const prototype = client.prototype as unknown as { query: Query };
  const whole = prototype.query;
  let changed = 0;
  const without = (text: string): string => {
    const opened = text.replace(CONDITION, '($1 = $2 OR true)');
    if (opened !== text) changed += 1;
    return opened;
  };
  prototype.query = function query(statement, ...rest) {
    const given = typeof statement === 'string' ? without(statement) : isStatement(statement) ? { ...statement, text: without(statement.text) } : statement;
    return whole.call(this, given, ...rest);
  };
  return {
    changedCount: () => changed,
    close: () => { prototype.query = whole; },
  };
}

/** Not one that brings its own protocol, as COPY and cursors do. */
function isStatement(value: unknown): value is { readonly text: string } {
  return typeof value === 'object' && value !== null && typeof (value as { text?: unknown }).text === 'string' && !('submit' in value);
}
