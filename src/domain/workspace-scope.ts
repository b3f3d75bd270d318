import { AsyncLocalStorage } from 'node:async_hooks';

/** Stands for all workspaces at once, for work of the system itself. No workspace has this id. */
export const EVERY_WORKSPACE = '*';
/** What work sees that nobody has said anything of: no row of any workspace. */
export const NO_WORKSPACE = '';

const scope = new AsyncLocalStorage<string>();

/** Whose rows the database shows to what runs now: a workspace's id, EVERY_WORKSPACE or NO_WORKSPACE. */
export function visibleWorkspace(): string {
  return scope.getStore() ?? NO_WORKSPACE;
}

/** Work for one workspace, and everything that it awaits. Within a transaction that is open already it changes nothing. */
export function inWorkspace<T>(workspaceId: string, work: () => Promise<T>): Promise<T> {
  if (workspaceId === EVERY_WORKSPACE || workspaceId === NO_WORKSPACE) throw new RangeError('not the id of a workspace');
  return within(workspaceId, work);
}

/**
 * Work of the system itself, over all workspaces: what starts a process, looks a key up, sweeps or walks from workspace to
 * workspace. Every use of it is a hole in the wall that somebody has looked at: keep what is inside small.
 */
export function asSystem<T>(work: () => Promise<T>): Promise<T> {
  return within(EVERY_WORKSPACE, work);
}

/** For questions whose answer is wrong, and not only short, where rows are hidden: whether anybody at all refers to something. */
export function requireSystem(): void {
  if (visibleWorkspace() !== EVERY_WORKSPACE) throw new Error('asked of all workspaces by work that does not see them all');
}

/** For the beginning of what comes from outside: it sees nothing until somebody says for whom it is. */
export function inNoWorkspace<T>(work: () => T): T {
  return scope.run(NO_WORKSPACE, work);
}

/** As `inWorkspace`, for what answers at once or step by step: a promise, a value, or an iterable, whose steps run inside. */
export function boundTo<T>(workspaceId: string, work: () => T): T {
  if (workspaceId === EVERY_WORKSPACE || workspaceId === NO_WORKSPACE) throw new RangeError('not the id of a workspace');
  return scope.run(workspaceId, () => {
    const answer: unknown = work();
    if (isThenable(answer)) return started(answer) as T;
    if (isAsyncIterable(answer)) return steppedIn(workspaceId, answer) as T;
    return answer as T;
  });
}

// The statement of a lazy promise begins when somebody asks for its value: that must be in here.
const within = <T>(workspaceId: string, work: () => Promise<T>): Promise<T> => scope.run(workspaceId, async () => await work());
const started = async <T>(lazy: PromiseLike<T>): Promise<T> => await lazy;

function steppedIn<T>(workspaceId: string, source: AsyncIterable<T>): AsyncIterableIterator<T> {
  const steps = source[Symbol.asyncIterator]();
  const finished = { done: true, value: undefined } as const;
  return {
    next: () => within(workspaceId, () => steps.next()),
    return: () => within(workspaceId, async () => (await steps.return?.()) ?? finished),
    throw: (error) => within(workspaceId, async () => {
      if (steps.throw === undefined) throw error;
      return steps.throw(error);
    }),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** A stream of bytes is left as it is: what it reads is no row. */
function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value && !('pipe' in value);
}
