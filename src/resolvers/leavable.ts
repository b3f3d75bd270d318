import { orAborted } from '../domain/or-aborted.js';
import { createLoaders } from './loaders.js';
import type { RequestContext } from './request-context.js';

/**
 * The source of a subscription, ended the moment the client leaves. An async generator that waits for its next event
 * would take a `return()` only after that event: without the signal every client that leaves early would stay
 * subscribed, and for a quiet analysis for ever.
 */
export function leavable<T>(context: RequestContext, open: (signal: AbortSignal) => AsyncIterable<T>): AsyncIterableIterator<T> {
  const controller = new AbortController();
  const leave = (): void => controller.abort();
  context.signal.addEventListener('abort', leave, { once: true });
  if (context.signal.aborted) leave();
  const source = open(controller.signal)[Symbol.asyncIterator]();

  const step = async (): Promise<IteratorResult<T>> => {
    try {
      return await source.next();
    } catch (error) {
      if (controller.signal.aborted) return { done: true, value: undefined };
      throw error;
    }
  };
  const finish = (): Promise<IteratorResult<T>> => {
    context.signal.removeEventListener('abort', leave);
    leave();
    // Not awaited: a generator in mid-wait answers only after its wait. Its failure has nobody left to hear it.
    void Promise.resolve(source.return?.()).catch(() => undefined);
    return Promise.resolve({ done: true, value: undefined });
  };
  return {
    async next() {
      const result = await orAborted<IteratorResult<T>>(step(), controller.signal, () => ({ done: true, value: undefined }));
      if (result.done === true) await finish();
      else context.loaders = createLoaders(context.services, context.principal);
      return result;
    },
    return: finish,
    throw: finish,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
