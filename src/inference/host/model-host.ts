import { getPriority, setPriority } from 'node:os';
import type { EmotionItem, HostLoad, ListeningItem } from '../host-protocol.js';
import { EmotionGraph } from './emotion-graph.js';
import { serveHost, type LoadedGraph } from './host-loop.js';
import { openListening } from './listening-graphs.js';

/** Entry of the hosts of emotion models and of the speech detector. */
async function open(load: HostLoad): Promise<LoadedGraph> {
  if (load.kind !== 'emotion' && load.kind !== 'listening') throw new Error('Diarization, transcription and text have hosts of their own.');
  beNice(load.niceness);
  if (load.kind === 'listening') {
    const listening = await openListening(load);
    return { opened: listening.opened, batchLimit: 1, batchSampleLimit: null, run: (items) => listening.run(items as readonly ListeningItem[]) };
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

serveHost(open);
