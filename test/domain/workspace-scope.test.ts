import { describe, expect, it } from 'vitest';
import { asSystem, boundTo, EVERY_WORKSPACE, inNoWorkspace, inWorkspace, NO_WORKSPACE, requireSystem, visibleWorkspace } from '../../src/domain/workspace-scope.js';

/** As a statement of the database mapper: nothing happens until somebody asks for its value. */
const lazy = { then: (done: (seen: string) => void) => done(visibleWorkspace()) } as PromiseLike<string> as Promise<string>;

describe('whose rows work sees', () => {
  it('are nobody\'s until somebody says so', () => {
    expect(visibleWorkspace()).toBe(NO_WORKSPACE);
  });

  it('are those of the workspace through everything that is awaited, and of the innermost that was named', async () => {
    const seen = await inWorkspace('ws_a', async () => {
      await new Promise((resolve) => setImmediate(resolve));
      const before = visibleWorkspace();
      const system = await asSystem(() => Promise.resolve(visibleWorkspace()));
      return [before, system, await inWorkspace('ws_b', () => Promise.resolve(visibleWorkspace())), visibleWorkspace()];
    });
    expect(seen).toEqual(['ws_a', EVERY_WORKSPACE, 'ws_b', 'ws_a']);
  });

  it('are fixed for a lazy promise where it was made, and not where it is awaited', async () => {
    expect(await inWorkspace('ws_a', () => lazy)).toBe('ws_a');
    expect(await boundTo('ws_a', () => lazy)).toBe('ws_a');
  });

  it('are kept by each step of an iterable, whoever takes it', async () => {
    async function* steps(): AsyncGenerator<string> {
      yield visibleWorkspace();
      await Promise.resolve();
      yield visibleWorkspace();
    }
    const seen: string[] = [];
    for await (const step of boundTo('ws_a', steps)) seen.push(step);
    expect(seen).toEqual(['ws_a', 'ws_a']);
  });

  it('let an iterable be left early, and pass values through as they are', async () => {
    let isClosed = false;
    async function* endless(): AsyncGenerator<number> {
      try {
        for (let i = 0; ; i++) yield await Promise.resolve(i);
      } finally {
        isClosed = visibleWorkspace() === 'ws_a';
      }
    }
    for await (const step of boundTo('ws_a', endless)) if (step === 2) break;
    expect([isClosed, boundTo('ws_a', () => 7)]).toEqual([true, 7]);
  });

  it('are none again for what comes from outside, whatever it was started in', async () => {
    expect(await asSystem(() => Promise.resolve(inNoWorkspace(visibleWorkspace)))).toBe(NO_WORKSPACE);
  });

  it('are never everybody\'s by the name of a workspace', () => {
    expect(() => inWorkspace(EVERY_WORKSPACE, () => Promise.resolve())).toThrow(RangeError);
    expect(() => boundTo(NO_WORKSPACE, () => 1)).toThrow(RangeError);
  });

  it('must be everybody\'s where a short answer would be a wrong one', async () => {
    await expect(inWorkspace('ws_a', () => Promise.resolve().then(requireSystem))).rejects.toThrow('all workspaces');
    await asSystem(() => Promise.resolve().then(requireSystem));
  });
});
