import { execute, parse, type ExecutionResult } from 'graphql';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { UndertoneError } from '../../src/domain/errors.js';
import { registerPluginMetrics } from '../../src/http/plugin-metrics.js';
import { memoryParts } from '../../src/plugins/plugin-testing.js';
import { registerPlugins, type PluginParts } from '../../src/plugins/registry.js';
import { buildApiSchema } from '../../src/resolvers/build-schema.js';
import { extendWithPlugins } from '../../src/resolvers/plugin-schema.js';

/** A plugin with two fields: `note` does what the test says, `other` always answers. */
async function world(note: () => unknown, changes: Partial<PluginParts> = {}) {
  const failed: string[] = [];
  const plugins = await registerPlugins([{
    name: 'notes', apiVersion: 1,
    register: (host) => host.addGraphql({
      typeDefs: 'extend type Query { "A note." note: String "Another." other: String }',
      resolvers: { Query: { note: { role: 'viewer', resolve: note }, other: { role: 'viewer', resolve: () => 'here' } } },
    }),
  }], { ...memoryParts(), onFailure: (name) => failed.push(name), ...changes });
  const schema = extendWithPlugins(buildApiSchema(), plugins.graphql);
  const ask = async (role = 'viewer', signal = new AbortController().signal): Promise<ExecutionResult> => execute({ schema, document: parse('{ note other }'), contextValue: { principal: { keyId: 'k', keyName: 'k', workspaceId: 'ws_1', role }, signal } });
  const metrics = async (): Promise<string> => {
    const registry = new Registry();
    registerPluginMetrics(registry, () => plugins.figures());
    return registry.metrics();
  };
  return { ask, metrics, failed, figures: () => plugins.figures().find(({ step }) => step === 'Query.note')! };
}

describe('a field of a plugin', () => {
  it('that fails five times in a row is left out for a minute, alone, and comes back; metrics show it', async () => {
    let nowMs = 0;
    let isBroken = true;
    let calls = 0;
    const { ask, metrics, failed, figures } = await world(() => {
      calls += 1;
      if (isBroken) throw new Error('broken');
      return 'mended';
    }, { now: () => nowMs });
    for (let i = 0; i < 7; i++) expect((await ask()).data).toEqual({ note: null, other: 'here' });
    expect(calls).toBe(5);
    expect(failed).toEqual(Array.from({ length: 5 }, () => 'notes'));
    expect((await ask()).errors![0]!.originalError).toMatchObject({ code: 'INTERNAL', message: expect.stringMatching(/plugin notes .*Query\.note, which is left out/) as string });
    expect(await metrics()).toContain('undertone_plugin_circuit_open{plugin="notes",step="Query.note"} 1');
    expect(await metrics()).toContain('undertone_plugin_left_out{plugin="notes",step="Query.note"} 3');
    expect(await metrics()).toContain('undertone_plugin_circuit_open{plugin="notes",step="Query.other"} 0');
    nowMs = 60_001;
    isBroken = false;
    expect(await ask()).toEqual({ data: { note: 'mended', other: 'here' } });
    expect(figures()).toMatchObject({ calls: 6, failures: 5, leftOut: 3, isOpen: false });
  });

  it('that hangs is given up at its deadline, its signal fired, and counts as failed', async () => {
    let seen: AbortSignal | null = null;
    const { ask, figures } = await world((...[, , call]: unknown[]) => {
      seen = (call as { signal: AbortSignal }).signal;
      return new Promise(() => undefined);
    }, { fieldDeadlineMs: 30 });
    const { data, errors } = await ask();
    expect([data, errors![0]!.message]).toEqual([{ note: null, other: 'here' }, 'The plugin notes did not answer Query.note within 30 ms.']);
    expect(seen!.aborted).toBe(true);
    expect(figures()).toMatchObject({ calls: 1, failures: 1 });
  });

  it('that refuses what callers give, or whose caller leaves or may not ask, has not failed', async () => {
    const refusing = await world(() => { throw new UndertoneError('BAD_INPUT', 'No.', { field: 'x' }); });
    for (let i = 0; i < 6; i++) expect((await refusing.ask()).errors![0]!.originalError).toMatchObject({ code: 'BAD_INPUT' });
    expect(refusing.figures()).toMatchObject({ failures: 0, isOpen: false });
    const hanging = await world(() => new Promise(() => undefined));
    const leaving = new AbortController();
    const asked = hanging.ask('viewer', leaving.signal);
    leaving.abort(new Error('gone'));
    expect((await asked).errors![0]!.message).toBe('gone');
    expect(hanging.figures()).toMatchObject({ failures: 0 });
    const { ask, figures } = await world(() => 'x');
    await ask('nobody');
    expect(figures()).toMatchObject({ calls: 0 });
  });
});
