import type { DomainEvent, EventBus, EventsMissed, WatchListener } from '../domain/events.js';

/** Fan-out within one process. A listener that throws is reported and never stops the others or the publisher. */
export function createEventBus(onListenerError: (error: unknown) => void): EventBus {
  const listeners = new Set<(event: DomainEvent) => void>();
  const watchers = new Set<WatchListener>();

  function safely(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      onListenerError(error);
    }
  }
  function relay(event: DomainEvent | EventsMissed, nodeId: string | null): void {
    for (const watcher of [...watchers]) safely(() => watcher(event, nodeId));
  }

  return {
    publish(event) {
      for (const listener of [...listeners]) safely(() => listener(event));
      relay(event, null);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    relay,
  };
}

/**
 * Events of every node that `take` lets through, as an async iterable that ends with the signal. Events that come faster than they
 * are read wait in order; the queue is bounded by dropping the oldest, since every event here is a state and the
 * newest one tells more than the one it overtakes. `whenMissed` gives what to yield when events of other nodes may have
 * been lost on the way.
 */
export async function* eventsOf<T>(bus: EventBus, take: (event: DomainEvent) => T | null, signal: AbortSignal, whenMissed: () => T | null = () => null): AsyncGenerator<T> {
  const waiting: T[] = [];
  let notify: () => void = () => undefined;
  const stopListening = bus.watch((event) => {
    const taken = event.kind === 'events.missed' ? whenMissed() : take(event);
    if (taken === null) return;
    if (waiting.length >= 256) waiting.shift();
    waiting.push(taken);
    notify();
  });
  const onAbort = (): void => notify();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    while (!signal.aborted) {
      const next = waiting.shift();
      if (next !== undefined) {
        yield next;
        continue;
      }
      await new Promise<void>((resolve) => {
        notify = resolve;
      });
    }
  } finally {
    stopListening();
    signal.removeEventListener('abort', onAbort);
  }
}
