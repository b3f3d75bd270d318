import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { orAborted } from '../../src/domain/or-aborted.js';

describe('waiting under a signal', () => {
  const never = new Promise<number>(() => undefined);

  it('gives the result, or fails as the work does', async () => {
    const { signal } = new AbortController();
    expect(await orAborted(Promise.resolve(3), signal, () => 0)).toBe(3);
    await expect(orAborted(Promise.reject(new Error('broken')), signal, () => 0)).rejects.toThrow('broken');
  });

  it('ends with the signal, even one that was over before, by a value or an error', async () => {
    const end = new AbortController();
    const waits = [orAborted(never, end.signal, () => 7), orAborted(never, end.signal, () => { throw new Error('ended'); })];
    end.abort();
    expect(await waits[0]).toBe(7);
    await expect(waits[1]).rejects.toThrow('ended');
    expect(await orAborted(never, end.signal, () => 8)).toBe(8);
    await expect(orAborted(Promise.reject(new Error('late')), end.signal, () => 9)).resolves.toBe(9);
  });

  it('keeps none of the results while the signal lives', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { signal } = new AbortController();
    const results: WeakRef<object>[] = [];
    for (let i = 0; i < 100; i++) {
      const result = { i };
      results.push(new WeakRef(result));
      await orAborted(Promise.resolve(result), signal, () => ({}));
    }
    // A weak reference holds for the rest of its turn, and the last result or two may still stand on the stack.
    await expect.poll(() => (collect(), results.filter((each) => each.deref() !== undefined).length)).toBeLessThan(5);
    expect(signal.aborted).toBe(false);
  });
});
