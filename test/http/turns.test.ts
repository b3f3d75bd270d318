import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RecordingService } from '../../src/services/service-contracts.js';
import { createTurns } from '../../src/http/turns.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { until } from '../support/until.js';
import { socketOf } from '../support/walk-client.js';

const LIMITS = { turnsPerCaller: 1, turnsAtOnce: 2, turnMs: 60_000, aloneAfterMs: 60_000, waitingPerCaller: 3 };
let app: TestApp | null = null;
afterEach(async () => {
  vi.useRealTimers();
  await app?.close();
  app = null;
});

/** Callers in the order in which they had their turns, and the ends of those that have one. */
function watch(limits = LIMITS) {
  const turns = createTurns(limits);
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const ask = (caller: string, gone?: AbortSignal): Promise<void> => turns.take(caller, gone).then((end) => {
    if (end === null) return;
    begun.push(caller);
    ends.push(end);
  });
  const endFirst = async (): Promise<void> => {
    ends.shift()!();
    await Promise.resolve();
    await Promise.resolve();
  };
  return { ask, begun, endFirst };
}

describe('turns', () => {
  it('go round among the callers, however many requests one of them has waiting', async () => {
    const { ask, begun, endFirst } = watch({ ...LIMITS, turnsAtOnce: 1 });
    const all = [ask('a'), ask('a'), ask('a'), ask('b'), ask('c'), ask('b')];
    await all[0];
    for (let i = 0; i < 5; i++) await endFirst();
    await Promise.all(all);
    expect(begun).toEqual(['a', 'b', 'c', 'a', 'b', 'a']);
  });

  it('are so many at once for one caller and for all together', async () => {
    const { ask, begun, endFirst } = watch();
    const first = ask('a');
    const second = ask('a');
    const other = ask('b');
    const third = ask('c');
    await Promise.all([first, other]);
    expect(begun).toEqual(['a', 'b']);
    await endFirst();
    await third;
    expect(begun).toEqual(['a', 'b', 'c']);
    await endFirst();
    await second;
    expect(begun).toEqual(['a', 'b', 'c', 'a']);
  });

  it('are all for a caller who is alone for a while, and one again when somebody else asks', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { ask, begun, endFirst } = watch({ ...LIMITS, turnsAtOnce: 3, aloneAfterMs: 1000 });
    void ask('a');
    void ask('a');
    await Promise.resolve();
    expect(begun).toEqual(['a']);
    vi.advanceTimersByTime(1000);
    void ask('a');
    await Promise.resolve();
    expect(begun).toEqual(['a', 'a']);
    void ask('b');
    await Promise.resolve();
    expect(begun).toEqual(['a', 'a', 'b']);
    await endFirst();
    expect(begun).toEqual(['a', 'a', 'b']);
    await endFirst();
    expect(begun).toEqual(['a', 'a', 'b', 'a']);
  });

  it('are refused to a caller with too many that wait, and to nobody else', async () => {
    const { ask, begun } = watch();
    for (let i = 0; i < 4; i++) void ask('a');
    await expect(ask('a')).rejects.toMatchObject({ code: 'RATE_LIMITED', details: { limit: 3, remaining: 0, retryAfterMs: 1000 } });
    await ask('b');
    expect(begun).toEqual(['a', 'b']);
  });

  it('pass over those that have gone, and hand on what takes too long', async () => {
    const { ask, begun } = watch({ ...LIMITS, turnMs: 20 });
    const left = new AbortController();
    await ask('a');
    const gone = ask('a', left.signal);
    const last = ask('a');
    left.abort();
    await gone;
    await last;
    expect(begun).toEqual(['a', 'a']);
  });
});

describe('requests of one key', () => {
  /** Lists that end when they are let go, and who waits in them. */
  function held(): { readonly list: RecordingService['list']; readonly inside: () => number; readonly asked: string[]; readonly letGo: () => void } {
    const waiting: (() => void)[] = [];
    const asked: string[] = [];
    return {
      asked, inside: () => waiting.length,
      list: async ({ keyName }) => {
        asked.push(keyName);
        await new Promise<void>((resolve) => waiting.push(resolve));
        return { items: [], cursors: [], hasNextPage: false, totalCount: 0 };
      },
      letGo: () => waiting.shift()?.(),
    };
  }
  const QUERY = '{ recordings { totalCount } }';

  it('wait for their turn while those of another are answered, over HTTP and over a socket', async () => {
    app = await startTestApp({ limits: { turnsPerCaller: 1, turnsAtOnce: 8, turnMs: 60_000 } });
    const { list, inside, asked, letGo } = held();
    app.world.services.recordings.list = list;
    const flooding = Array.from({ length: 5 }, () => app!.graphql(QUERY, {}, 'viewer-key'));
    await until('one of them is inside', () => inside() === 1);
    const socket = socketOf(app.url, 'viewer-key');
    const overSocket = (async () => { for await (const message of socket.iterate({ query: QUERY })) return message; return null; })();
    const other = app.graphql(QUERY, {}, 'analyst-key');
    await until('the other is inside too', () => inside() === 2);
    expect(new Set(asked).size).toBe(2);
    for (let i = 0; i < 7; i++) {
      await until('the next is inside', () => inside() > 0);
      letGo();
    }
    expect((await Promise.all([...flooding, other])).map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(await overSocket).toMatchObject({ data: { recordings: { totalCount: 0 } } });
    await socket.dispose();
  });

  it('are answered with RATE_LIMITED and a time to wait where too many of them wait', async () => {
    app = await startTestApp({ limits: { turnsPerCaller: 1, turnMs: 60_000, aloneAfterMs: 60_000, waitingPerCaller: 2 } });
    const { list, inside, letGo } = held();
    app.world.services.recordings.list = list;
    const sent = Array.from({ length: 6 }, () => app!.graphql(QUERY, {}, 'viewer-key'));
    let refusedCount = 0;
    for (const one of sent) void one.then(({ status }) => { if (status === 429) refusedCount += 1; });
    await until('those that are too many are refused', () => refusedCount === 3);
    for (let i = 0; i < 3; i++) {
      await until('the next is inside', () => inside() > 0);
      letGo();
    }
    const answers = await Promise.all(sent);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 429, 429, 429]);
    expect(answers.find(({ status }) => status === 429)!.errors![0]!.extensions).toMatchObject({ code: 'RATE_LIMITED', limit: 2, remaining: 0, retryAfterMs: 1000 });
  });
});
