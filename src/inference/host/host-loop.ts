import { writeFileSync } from 'node:fs';
import process from 'node:process';
import type { Provider } from '../../domain/model.js';
import type { FromHost, HostLoad, ItemAnswer, ToHost } from '../host-protocol.js';
import { firstLine } from './first-line.js';

export interface LoadedGraph {
  readonly opened: { readonly provider: Provider; readonly providerFallback: string | null };
  readonly batchLimit: number | null;
  /** Samples after padding that one batch may hold; null: no limit of its own. */
  readonly batchSampleLimit: number | null;
  run(items: readonly unknown[]): Promise<ItemAnswer<unknown>[]>;
}

/**
 * What every host process does: it holds one model and answers one batch at a time. Native runtimes block the event loop
 * that calls them and can take their process down; here that harms nobody else. It holds no state worth saving, so the
 * parent ends it by SIGKILL.
 */
export function serveHost(open: (load: HostLoad) => Promise<LoadedGraph>): void {
  let graph: LoadedGraph | null = null;

  async function answer(message: ToHost): Promise<FromHost> {
    if (message.type === 'load') {
      try {
        graph = await open(message.load);
        const { provider, providerFallback } = graph.opened;
        return { type: 'ready', provider, providerFallback, batchLimit: graph.batchLimit, batchSampleLimit: graph.batchSampleLimit, memoryBytes: process.memoryUsage.rss() };
      } catch (error) {
        return { type: 'load-failed', message: firstLine(error) };
      }
    }
    try {
      if (graph === null) throw new Error('The host was asked to run before a model was loaded.');
      const startedAtMs = Date.now();
      const answers = await graph.run(message.items);
      return { type: 'answers', id: message.id, answers, memoryBytes: process.memoryUsage.rss(), pid: process.pid, startedAtMs, endedAtMs: Date.now() };
    } catch (error) {
      return { type: 'run-failed', id: message.id, message: firstLine(error) };
    }
  }

  // The parent is gone, whatever the way it went: nobody would ever end this process.
  process.on('disconnect', () => process.exit(0));
  // A Ctrl-C in the terminal reaches the whole group; the parent decides when its hosts end.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  try {
    // When memory runs out the kernel shall take a host, which restarts, and not the API.
    writeFileSync('/proc/self/oom_score_adj', '500');
  } catch {
    // Not Linux, or not allowed: the kernel chooses for itself.
  }

  process.on('message', (message) => {
    void answer(message as ToHost).then((reply) => process.send?.(reply));
  });
}
