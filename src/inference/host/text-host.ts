import * as ort from 'onnxruntime-node';
import type { HostLoad, ItemAnswer, TextAnswer, TextItem } from '../host-protocol.js';
import { serveHost, type LoadedGraph } from './host-loop.js';
import { openProviderSession } from './provider-session.js';

/** Inputs that models of this kind have, by what they are filled with. */
const FILLED: Readonly<Record<string, (ids: readonly number[]) => BigInt64Array>> = {
  input_ids: (ids) => BigInt64Array.from(ids, BigInt),
  attention_mask: (ids) => BigInt64Array.from(ids, () => 1n),
  token_type_ids: (ids) => BigInt64Array.from(ids, () => 0n),
};

/** Entry of the host of a text classifier: ids of pieces to one logit a label. */
async function open(load: HostLoad): Promise<LoadedGraph> {
  if (load.kind !== 'text') throw new Error('This host only reads text.');
  const { labelCount } = load;
  const opened = await openProviderSession(load.file, load.session, () => Promise.resolve(null));
  const { session } = opened;
  const strange = session.inputNames.filter((name) => FILLED[name] === undefined);
  if (strange.length > 0 || !session.inputNames.includes('input_ids')) throw new Error(`The graph must have the input input_ids, and may have ${Object.keys(FILLED).slice(1).join(' and ')}; it has ${session.inputNames.join(', ')}.`);

  async function logitsOf({ ids }: TextItem): Promise<ItemAnswer<TextAnswer>> {
    const outputs = await session.run(Object.fromEntries(session.inputNames.map((name) => [name, new ort.Tensor('int64', FILLED[name]!(ids), [1, ids.length])])));
    const logits = outputs['logits'] ?? outputs[session.outputNames[0]!];
    if (logits?.type !== 'float32' || logits.data.length !== labelCount) throw new Error(`The graph answers with ${logits?.data.length ?? 0} numbers of ${logits?.type ?? 'nothing'}; the manifest has ${labelCount} labels.`);
    const values = logits.data as Float32Array;
    return values.every(Number.isFinite) ? { ok: true, value: { logits: values } } : { ok: false, code: 'INFERENCE_CRASHED', message: 'The text model answered with values that are not finite numbers.' };
  }

  return {
    opened,
    batchLimit: 1,
    batchSampleLimit: null,
    run: async (items) => {
      const answers: ItemAnswer<TextAnswer>[] = [];
      for (const item of items) answers.push(await logitsOf(item as TextItem));
      return answers;
    },
  };
}

serveHost(open);
