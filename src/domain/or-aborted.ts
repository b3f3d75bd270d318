/**
 * What `work` gives, or what `onAbort` gives or throws as soon as the signal ends. For waiting many times under one signal:
 * `Promise.race` with one promise of the abort would keep every result until then, an upload its whole file.
 */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal, onAbort: () => T): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => resolve(Promise.resolve().then(onAbort));
    const done = (): void => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort);
    work.then(resolve, reject).finally(done);
    if (signal.aborted) abort();
  });
}
