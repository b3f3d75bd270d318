import { useCallback, useEffect, useState } from 'preact/hooks';
import { toApiError, type ApiError } from '../api.js';

export type Loaded<Value> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready'; readonly value: Value }
  | { readonly kind: 'failed'; readonly error: ApiError };

/**
 * Loads when `key` changes and on `reload()`. A reload keeps what is shown until the new value is there; a new key does not.
 * `load` gets a signal that ends it when the view goes away.
 */
export function useLoaded<Value>(key: string, load: (signal: AbortSignal) => Promise<Value>): readonly [Loaded<Value>, () => void] {
  const [state, setState] = useState<{ readonly key: string; readonly loaded: Loaded<Value> }>({ key, loaded: { kind: 'loading' } });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    setState((old) => (old.key === key && old.loaded.kind === 'ready' ? old : { key, loaded: { kind: 'loading' } }));
    load(abort.signal).then(
      (value) => {
        if (!abort.signal.aborted) setState({ key, loaded: { kind: 'ready', value } });
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setState({ key, loaded: { kind: 'failed', error: toApiError(error) } });
      },
    );
    return () => abort.abort();
    // `load` is made anew at every render; `key` says what it loads.
  }, [key, round]);
  const reload = useCallback(() => setRound((count) => count + 1), []);
  return [state.key === key ? state.loaded : { kind: 'loading' }, reload];
}
