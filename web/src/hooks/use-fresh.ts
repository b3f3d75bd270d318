import { useEffect, useState } from 'preact/hooks';

/** Changes come in bursts: so many milliseconds of them are one look. */
const GATHER_MS = 300;

/** Reads again after a change, never while a reading is under way: a flood of changes cannot keep it from ending. */
export function useFresh(isLoading: boolean, reload: () => void): () => void {
  const [isStale, setStale] = useState(false);
  useEffect(() => {
    if (!isStale || isLoading) return undefined;
    const timer = window.setTimeout(() => {
      setStale(false);
      reload();
    }, GATHER_MS);
    return () => window.clearTimeout(timer);
  }, [isStale, isLoading]);
  return () => setStale(true);
}
