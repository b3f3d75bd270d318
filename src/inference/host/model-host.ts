import type { EmotionItem, HostLoad, SpeechItem } from '../host-protocol.js';
import { EmotionGraph } from './emotion-graph.js';
import { serveHost, type LoadedGraph } from './host-loop.js';
import { SpeechGraph } from './speech-graph.js';

/** Entry of the hosts of emotion models and of the speech detector. */
async function open(load: HostLoad): Promise<LoadedGraph> {
  if (load.kind === 'diarization') throw new Error('Diarization has a host of its own.');
  if (load.kind === 'speech') {
    const speech = await SpeechGraph.open(load);
    return { opened: speech.opened, batchLimit: speech.batchLimit, run: (items) => speech.run(items as readonly SpeechItem[]) };
  }
  const emotion = await EmotionGraph.open(load);
  return { opened: emotion.opened, batchLimit: emotion.batchLimit, run: (items) => emotion.run(items as readonly EmotionItem[]) };
}

serveHost(open);
