import { writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import process from 'node:process';
import type { EmotionItem, FromHost, HostLoad, ItemAnswer, SpeechItem, ToHost } from '../host-protocol.js';
import { EmotionGraph } from './emotion-graph.js';
import type { ProviderSession } from './provider-session.js';
import { firstLine } from './provider-session.js';
import { SpeechGraph } from './speech-graph.js';

/**
 * Entry of a model host: a forked process that holds one model and answers one batch at a time. onnxruntime blocks the
 * event loop that calls it and can take its process down; here that harms nobody else. It holds no state worth saving,
 * so the parent ends it by SIGKILL.
 */
interface LoadedGraph {
  readonly opened: ProviderSession;
  readonly batchLimit: number | null;
  readonly batchSampleLimit: number | null;
  run(items: readonly unknown[]): Promise<ItemAnswer<unknown>[]>;
}

let graph: LoadedGraph | null = null;

async function open(load: HostLoad): Promise<LoadedGraph> {
  beNice(load.niceness);
  if (load.kind === 'speech') {
    const speech = await SpeechGraph.open(load);
    return { opened: speech.opened, batchLimit: 1, batchSampleLimit: null, run: (items) => speech.run(items as readonly SpeechItem[]) };
  }
  const emotion = await EmotionGraph.open(load);
  return { opened: emotion.opened, batchLimit: emotion.batchLimit, batchSampleLimit: emotion.batchSampleLimit, run: (items) => emotion.run(items as readonly EmotionItem[]) };
}

/** Before the first session: the threads that compute are made by this one and take after it. */
function beNice(niceness: number): void {
  if (niceness === 0) return;
  try {
    setPriority(Math.min(19, getPriority() + niceness));
  } catch {
    // A system that does not allow it: bulk work then shares the processor evenly with interactive work.
  }
}

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
