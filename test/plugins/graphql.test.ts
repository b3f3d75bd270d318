import { execute, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildApiSchema } from '../../src/resolvers/build-schema.js';
import { extendWithPlugins } from '../../src/resolvers/plugin-schema.js';
import { printApiSchema } from '../../src/resolvers/print-schema.js';
import type { PluginGraphql } from '../../src/services/service-contracts.js';

const core = buildApiSchema();
const caller = { principal: { keyId: 'k', keyName: 'k', workspaceId: 'ws_1', role: 'viewer' }, signal: new AbortController().signal };

function notes(changes: Partial<PluginGraphql> = {}): PluginGraphql {
  return {
    plugin: 'notes',
    typeDefs: '"A note." type Note { "Words." text: String! } extend type Query { "A note by its number." note(number: Int!): Note } extend type Recording { "Length of the title." titleLength: Int! }',
    resolvers: {
      Query: { note: { role: 'viewer', resolve: (_root, { number }, { principal }) => ({ text: `${String(number)} in ${principal.workspaceId}` }) } },
      Recording: { titleLength: { role: 'viewer', resolve: (root) => ((root as { title: string | null }).title ?? '').length } },
    },
    ...changes,
  };
}

describe('GraphQL of plugins', () => {
  it('is added to queries and to types of the core, with who asks', async () => {
    const schema = extendWithPlugins(core, [notes()]);
    const document = parse('{ note(number: 7) { text } }');
    expect(validate(schema, document)).toEqual([]);
    expect(await execute({ schema, document, contextValue: caller })).toEqual({ data: { note: { text: '7 in ws_1' } } });
    expect(printApiSchema(schema)).toMatch(/titleLength: Int!/);
  });

  it('leaves the schema of the core as it was', () => {
    const before = printApiSchema(core);
    extendWithPlugins(core, [notes()]);
    expect(printApiSchema(core)).toBe(before);
  });

  it('is refused to a key of a smaller role', async () => {
    const schema = extendWithPlugins(core, [notes({ resolvers: { Query: { note: { role: 'admin', resolve: () => ({ text: 'secret' }) } } } })]);
    const answer = await execute({ schema, document: parse('{ note(number: 7) { text } }'), contextValue: caller });
    expect(answer.errors![0]!.originalError).toMatchObject({ code: 'FORBIDDEN' });
    expect(answer.data).toEqual({ note: null });
  });

  it.each([
    ['a query of the core', 'extend type Query { recordings: String }', /Query\.recordings/],
    ['a field of a core type', 'extend type Analysis { status: String }', /Analysis\.status/],
    ['a type of the core', 'type Recording { x: String }', /type Recording/],
    ['a type that is not there', 'extend type Nothing { x: String }', /Nothing/],
    ['a value of an enum of the core', 'extend enum AnalysisStatus { LOST }', /EnumTypeExtension/],
    ['a subscription', 'extend type Subscription { x: String }', /subscriptions/],
    ['text that is no GraphQL', 'extend typo Query { x: String }', /not GraphQL/],
    ['a query without a resolver', 'extend type Query { lonely: String }', /Query\.lonely without a resolver/],
  ])('that takes or names %s is refused with the plugin', (_, typeDefs, message) => {
    const attempt = () => extendWithPlugins(core, [notes({ typeDefs, resolvers: {} })]);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ code: 'PLUGIN_INVALID', details: expect.objectContaining({ plugin: 'notes' }) as unknown }) as Error);
  });

  it('with a resolver for a field that it does not define is refused', () => {
    expect(() => extendWithPlugins(core, [notes({ typeDefs: 'type Note { text: String }', resolvers: { Query: { recordings: { role: 'viewer', resolve: () => [] } } } })])).toThrow(/resolver for Query\.recordings/);
  });

  it('of two plugins with one field is refused for the second', () => {
    expect(() => extendWithPlugins(core, [notes(), notes({ plugin: 'other', typeDefs: 'extend type Query { note: String }', resolvers: {} })])).toThrow(/plugin other .*Query\.note/);
  });
});
