import type { Command } from 'commander';
import type { FastifyInstance } from 'fastify';
import { buildProgram } from '../../src/cli/program.js';
import type { ProgramContext } from '../../src/cli/program.js';
import { routesOf } from './routes.js';

/** Routes but GraphQL's, whose fields are looked at one by one. */
export function auditedRoutes(app: FastifyInstance): readonly string[] {
  return routesOf(app).filter(({ method, path }) => method !== 'OPTIONS' && method !== 'HEAD' && path !== '/graphql').map(({ method, path }) => `${method} ${path}`).sort();
}

/** Every command that does something, by its words. */
export function leafCommands(): readonly string[] {
  const leaves = (command: Command, words: readonly string[]): string[] => (command.commands.length === 0 ? [words.join(' ')] : command.commands.flatMap((inner) => leaves(inner, [...words, inner.name()])));
  // Nothing is run: the grammar alone is looked at.
  const context = { runtime: { version: '0' } } as ProgramContext;
  return leaves(buildProgram(context), []).filter((words) => words !== 'help').sort();
}
