import { isUndertoneError, UndertoneError } from '../domain/errors.js';
import type { StepFigures } from '../domain/plugin-figures.js';
import { Circuit, FAILURES_TO_OPEN } from './circuit.js';
import type { FieldResolver } from './contract.js';
import { DeadlineError, withDeadline } from './deadline.js';
import type { OwnedGraphql, PluginParts } from './registry.js';

const FIELD_DEADLINE_MS = 30_000;

export interface FieldGuard {
  /** As it was given, each resolver under a deadline and a circuit of its own. */
  readonly graphql: OwnedGraphql[];
  figures(): readonly StepFigures[];
}

/** Fields of plugins under the same rules as their steps: one that hangs must not cost every request its deadline. */
export function createFieldGuard(graphql: readonly OwnedGraphql[], { now = Date.now, fieldDeadlineMs = FIELD_DEADLINE_MS, onFailure }: Pick<PluginParts, 'now' | 'fieldDeadlineMs' | 'onFailure'>): FieldGuard {
  const circuits: Circuit[] = [];

  function guarded(plugin: string, field: string, resolver: FieldResolver): FieldResolver {
    const circuit = new Circuit(plugin, field, now);
    circuits.push(circuit);
    const broken = (what: string, cause?: unknown): UndertoneError => new UndertoneError('INTERNAL', `The plugin ${plugin} ${what}.`, { plugin }, { cause });
    return {
      role: resolver.role,
      async resolve(root, args, { principal, signal }) {
        if (!circuit.lets()) throw broken(`has failed ${FAILURES_TO_OPEN} times in a row at ${field}, which is left out for a minute`);
        const beganMs = now();
        try {
          const value = await withDeadline(fieldDeadlineMs, signal, (inner) => Promise.resolve(resolver.resolve(root, args, { principal, signal: inner })));
          circuit.succeeded(now() - beganMs);
          return value;
        } catch (error) {
          signal.throwIfAborted();
          // What the caller gave was refused, and that is an answer: nobody may open the circuit for others with it.
          if (isUndertoneError(error) && error.httpStatus < 500) {
            circuit.succeeded(now() - beganMs);
            throw error;
          }
          circuit.failed(now() - beganMs);
          onFailure?.(plugin);
          throw error instanceof DeadlineError ? broken(`did not answer ${field} within ${fieldDeadlineMs} ms`) : error;
        }
      },
    };
  }

  const all = graphql.map(({ plugin, typeDefs, resolvers }) => ({
    plugin, typeDefs,
    resolvers: Object.fromEntries(Object.entries(resolvers).map(([type, fields]) => [type, Object.fromEntries(Object.entries(fields).map(([field, resolver]) => [field, guarded(plugin, `${type}.${field}`, resolver)]))])),
  }));
  return { graphql: all, figures: () => circuits.map((circuit) => circuit.figures()) };
}
