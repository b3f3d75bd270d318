import type { HostLoad, ItemAnswer, ListeningAnswer, ListeningItem } from '../host-protocol.js';
import { sumOf } from './normalization.js';
import type { ProviderSession } from './provider-session.js';
import { SoundGraph } from './sound-graph.js';
import { SpeechGraph } from './speech-graph.js';

export interface ListeningGraphs {
  readonly opened: ProviderSession;
  run(items: readonly ListeningItem[]): Promise<ItemAnswer<ListeningAnswer>[]>;
}

/** The speech detector and the sound classifier: both are small and asked about the same recordings, so they share a process. */
export async function openListening(load: Extract<HostLoad, { kind: 'listening' }>): Promise<ListeningGraphs> {
  const speech = await SpeechGraph.open(load.speechFile, load.session);
  const sound = await SoundGraph.open(load.soundFile, load.session);
  return {
    opened: speech.opened,
    async run(items) {
      const answers: ItemAnswer<ListeningAnswer>[] = [];
      for (const item of items) {
        if (!Number.isFinite(sumOf(item.samples))) answers.push({ ok: false, code: 'BAD_INPUT', message: 'The samples hold values that are not finite numbers. Decode the audio again.' });
        else answers.push(item.task === 'speech' ? await speech.run(item.samples, item.state) : { ok: true, value: await sound.run(item.samples) });
      }
      return answers;
    },
  };
}
