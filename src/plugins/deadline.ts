export class DeadlineError extends Error {}

/**
 * The work, or DeadlineError past `deadlineMs`. Work that ignores its signal is abandoned: its promise may settle later and
 * nobody listens. A loop that never gives the thread back cannot be stopped from inside the process.
 */
export async function withDeadline<T>(deadlineMs: number, outer: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const inner = new AbortController();
  return new Promise((resolve, reject) => {
    const stop = (error: unknown): void => {
      inner.abort();
      reject(error instanceof Error ? error : new Error('aborted'));
    };
    const timer = setTimeout(() => stop(new DeadlineError()), deadlineMs);
    const onAbort = (): void => stop(outer.reason);
    outer.addEventListener('abort', onAbort, { once: true });
    // An async wrapper, so that work that throws at once rejects like any other.
    (async () => work(inner.signal))().then(resolve, reject).finally(() => {
      clearTimeout(timer);
      outer.removeEventListener('abort', onAbort);
    });
    if (outer.aborted) onAbort();
  });
}
