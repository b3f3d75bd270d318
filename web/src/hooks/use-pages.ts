import { useEffect, useRef, useState } from 'preact/hooks';
import { toApiError, type ApiError } from '../api.js';
import type { PageInfo } from '../types.js';

interface Page<Node> { readonly nodes: readonly Node[]; readonly pageInfo: PageInfo; readonly totalCount: number }

interface PagesState<Node> {
  readonly nodes: readonly Node[];
  readonly totalCount: number;
  readonly endCursor: string | undefined;
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly error: ApiError | null;
}

const NOTHING = { nodes: [], totalCount: 0, endCursor: undefined, hasMore: false, isLoading: true, error: null };

/**
 * A Relay connection, page after page. Starts over when `key` or `round` changes; a new round and `reload` keep the old rows
 * on screen until as many fresh ones are there.
 */
export function usePages<Node>(key: string, round: number, load: (after: string | undefined, signal: AbortSignal) => Promise<Page<Node>>) {
  const [state, setState] = useState<PagesState<Node>>(NOTHING);
  const [retries, setRetries] = useState(0);
  const abort = useRef<AbortController | null>(null);

  const shown = useRef({ key, count: 0 });
  if (shown.current.key !== key) shown.current = { key, count: 0 };

  const fetchPage = (after: string | undefined): void => {
    abort.current?.abort();
    const own = new AbortController();
    abort.current = own;
    setState((old) => ({ ...old, isLoading: true, error: null }));
    loadAtLeast(after === undefined ? shown.current.count : 1, after, (from) => load(from, own.signal)).then(
      (page) => {
        if (own.signal.aborted) return;
        shown.current.count = page.nodes.length + (after === undefined ? 0 : shown.current.count);
        setState((old) => ({
          nodes: after === undefined ? page.nodes : [...old.nodes, ...page.nodes],
          totalCount: page.totalCount,
          endCursor: page.pageInfo.endCursor ?? undefined,
          hasMore: page.pageInfo.hasNextPage,
          isLoading: false,
          error: null,
        }));
      },
      (error: unknown) => {
        if (!own.signal.aborted) setState((old) => ({ ...old, isLoading: false, error: toApiError(error) }));
      },
    );
  };

  useEffect(() => {
    fetchPage(undefined);
    return () => abort.current?.abort();
  }, [key, round, retries]);

  return { ...state, loadMore: () => fetchPage(state.endCursor), reload: () => setRetries((count) => count + 1) };
}

/** Page after page until so many rows are there, or no more. */
async function loadAtLeast<Node>(count: number, after: string | undefined, load: (after: string | undefined) => Promise<Page<Node>>): Promise<Page<Node>> {
  let page = await load(after);
  const nodes = [...page.nodes];
  while (nodes.length < count && page.pageInfo.hasNextPage && page.nodes.length > 0) {
    page = await load(page.pageInfo.endCursor ?? undefined);
    nodes.push(...page.nodes);
  }
  return { ...page, nodes };
}
