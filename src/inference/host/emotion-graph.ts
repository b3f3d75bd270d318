import * as ort from 'onnxruntime-node';
import type { EmotionAnswer, EmotionItem, GraphContract, HostLoad, ItemAnswer } from '../host-protocol.js';
import { largestUsefulBatch } from './batch-trial.js';
import { writeNormalized } from './normalization.js';
import type { ProviderSession } from './provider-session.js';
import { openProviderSession } from './provider-session.js';

const ALWAYS = ['frame_logits', 'logits', 'embedding', 'frame_lengths'] as const;
/** Of models that know what they learned from. */
const FAMILIARITY = 'familiarity';
/** Accelerators round differently; anything beyond this is not rounding. */
const AGREEMENT = 0.02;

/** The emotion model inside its host: checked against its manifest, warmed, and then run batch after batch. */
export class EmotionGraph {
  private constructor(
    private readonly session: ort.InferenceSession,
    private readonly contract: GraphContract,
    readonly opened: ProviderSession,
    /** Samples of the largest padded batch that the accelerator took; null on the CPU, where clips run one by one. */
    readonly batchSampleLimit: number | null,
  ) {}

  /** Opens, checks and warms the graph, so that the first real clip pays for nothing. */
  static async open(load: Extract<HostLoad, { kind: 'emotion' }>): Promise<EmotionGraph> {
    const trial = [{ samples: trialClip(load.contract), wantFrameFeatures: true }];
    const opened = await openProviderSession(load.file, load.session, async (candidate, reference) => {
      const [a, b] = [await timedTrial(candidate, load.contract, trial), await timedTrial(reference, load.contract, trial)];
      if (load.session.provider === 'auto' && a.wallMs > b.wallMs) return `slower than the CPU on a trial clip (${a.wallMs.toFixed(1)} against ${b.wallMs.toFixed(1)} ms)`;
      return difference(a.answer, b.answer);
    });
    assertSignature(opened.session);
    valueOf(await runGraph(opened.session, load.contract, trial));
    return new EmotionGraph(opened.session, load.contract, opened, opened.provider === 'cpu' ? null : await triedBatchSamples(opened.session, load));
  }

  /** 1 where the graph's batch dimension is a number, or where it cannot be told the lengths of a padded batch. */
  get batchLimit(): number | null {
    const waveform = this.session.inputMetadata.find((input) => input.name === 'waveform');
    const batch = waveform?.isTensor === true ? waveform.shape[0] : undefined;
    if (!this.session.inputNames.includes('lengths')) return 1;
    return typeof batch === 'number' ? batch : null;
  }

  run(items: readonly EmotionItem[]): Promise<ItemAnswer<EmotionAnswer>[]> {
    return runGraph(this.session, this.contract, items);
  }
}

async function runGraph(session: ort.InferenceSession, contract: GraphContract, items: readonly EmotionItem[]): Promise<ItemAnswer<EmotionAnswer>[]> {
  const longest = Math.max(...items.map((item) => item.samples.length));
  const waveform = new Float32Array(items.length * longest);
  const finite = items.map((item, row) => writeNormalized(item.samples, contract.normalization, waveform, row * longest));
  const feeds: Record<string, ort.Tensor> = { waveform: new ort.Tensor('float32', waveform, [items.length, longest]) };
  if (session.inputNames.includes('lengths')) {
    feeds['lengths'] = new ort.Tensor('int64', BigInt64Array.from(items, (item) => BigInt(item.samples.length)), [items.length]);
  }
  const wantFeatures = items.some((item) => item.wantFrameFeatures);
  const knowsFamiliar = session.outputNames.includes(FAMILIARITY);
  const outputs = await session.run(feeds, [...ALWAYS, ...(wantFeatures ? ['frame_features'] : []), ...(knowsFamiliar ? [FAMILIARITY] : [])]);
  const labelCount = contract.labels.length;
  const dimension = contract.embeddingDimension;
  const logits = floats(outputs, 'logits', items.length, labelCount);
  const embedding = floats(outputs, 'embedding', items.length, dimension);
  const stride = outputs['frame_logits']?.dims[1] ?? 0;
  const frameLogits = floats(outputs, 'frame_logits', items.length, stride, labelCount);
  const features = wantFeatures ? floats(outputs, 'frame_features', items.length, stride, dimension) : null;
  const familiarity = knowsFamiliar ? floats(outputs, FAMILIARITY, items.length) : null;
  const frameLengths = outputs['frame_lengths']!.data as BigInt64Array;
  return items.map((item, row): ItemAnswer<EmotionAnswer> => {
    if (finite[row] !== true) return { ok: false, code: 'BAD_INPUT', message: 'The samples hold values that are not finite numbers. Decode the audio again.' };
    const rowLogits = logits.subarray(row * labelCount, (row + 1) * labelCount);
    if (!rowLogits.every((value) => Number.isFinite(value))) {
      return { ok: false, code: 'INFERENCE_CRASHED', message: `Model "${contract.id}" answered with values that are not finite numbers.` };
    }
    const frameCount = Number(frameLengths[row]);
    const firstFrame = row * stride;
    return {
      ok: true,
      value: {
        frameCount,
        frameLogits: frameLogits.subarray(firstFrame * labelCount, (firstFrame + frameCount) * labelCount),
        logits: rowLogits,
        embedding: embedding.subarray(row * dimension, (row + 1) * dimension),
        ...(familiarity === null ? {} : { familiarity: familiarity[row]! }),
        ...(features !== null && item.wantFrameFeatures
          ? { frameFeatures: features.subarray(firstFrame * dimension, (firstFrame + frameCount) * dimension) }
          : {}),
      },
    };
  });
}

function floats(outputs: ort.InferenceSession.ReturnType, name: string, ...shape: readonly number[]): Float32Array {
  const tensor = outputs[name]!;
  if (tensor.type !== 'float32' || tensor.dims.join() !== shape.join()) {
    throw new Error(`Output ${name} is ${tensor.type} [${tensor.dims.join(', ')}]; the manifest's labels and embeddingDimension ask for float32 [${shape.join(', ')}].`);
  }
  return tensor.data as Float32Array;
}

function assertSignature(session: ort.InferenceSession): void {
  const missing = [...ALWAYS, 'frame_features'].filter((name) => !session.outputNames.includes(name));
  const extra = session.inputNames.filter((name) => name !== 'waveform' && name !== 'lengths');
  const problems = [
    ...(session.inputNames.includes('waveform') ? [] : ['input waveform is missing']),
    ...extra.map((name) => `input ${name} is unknown`),
    ...missing.map((name) => `output ${name} is missing`),
  ];
  if (problems.length > 0) throw new Error(`The graph does not fit the contract: ${problems.join(', ')}.`);
}

/** A second of quiet, uneven sound: zeros would hide a model that divides by the level. */
function trialClip(contract: GraphContract, length = Math.max(contract.sampleRateHz, contract.minSamples)): Float32Array {
  return Float32Array.from({ length }, (_, i) => 0.1 * Math.sin(i * 0.05) + 0.03 * Math.sin(i * i * 0.00037));
}

/** Runs batches of the longest windows, each twice the one before, until the device's memory or its gain ends. */
async function triedBatchSamples(session: ort.InferenceSession, load: Extract<HostLoad, { kind: 'emotion' }>): Promise<number> {
  const { contract } = load;
  const windowSamples = Math.max(contract.minSamples, Math.round(contract.maxWindowSeconds * contract.sampleRateHz));
  const window = { samples: trialClip(contract, windowSamples), wantFrameFeatures: false };
  const itemCount = await largestUsefulBatch(Math.floor(load.maxBatchSamples / windowSamples), async (count) => {
    const batch = Array.from({ length: count }, () => window);
    // The first run of a shape pays for choosing its kernels.
    await runGraph(session, contract, batch);
    const startedAtMs = performance.now();
    await runGraph(session, contract, batch);
    return performance.now() - startedAtMs;
  });
  return itemCount * windowSamples;
}

/** The second run's time: the first one pays for compiling and for memory. */
async function timedTrial(session: ort.InferenceSession, contract: GraphContract, trial: readonly EmotionItem[]): Promise<{ answer: EmotionAnswer; wallMs: number }> {
  await runGraph(session, contract, trial);
  const startedAtMs = performance.now();
  const answer = valueOf(await runGraph(session, contract, trial));
  return { answer, wallMs: performance.now() - startedAtMs };
}

function valueOf(answers: readonly ItemAnswer<EmotionAnswer>[]): EmotionAnswer {
  const answer = answers[0];
  if (answer?.ok !== true) throw new Error(answer?.message ?? 'The trial run gave nothing.');
  return answer.value;
}

function difference(a: EmotionAnswer, b: EmotionAnswer): string | null {
  const scale = Math.max(1, ...b.logits.map(Math.abs));
  const worst = Math.max(...a.logits.map((value, i) => Math.abs(value - b.logits[i]!))) / scale;
  return worst <= AGREEMENT ? null : `its answer to a trial clip differs from the CPU's by ${worst.toPrecision(2)}`;
}
