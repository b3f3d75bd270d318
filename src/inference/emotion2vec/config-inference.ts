import { EMOTIONS } from '../../domain/emotion.js';
import { checkpointError } from '../checkpoint/checkpoint-error.js';
import { quoted } from '../checkpoint/pickle-values.js';
import type { ModelConfig } from './model-config.js';
import { ALIBI_SCALE, convolutionName, convolutionNorm, CONTEXT_NORM, expectedShapes, EXTRA_TOKENS, HEAD, mainBlock, positionalName, prenetBlock, PROJECT } from './tensor-names.js';

type Shapes = ReadonlyMap<string, readonly number[]>;

/** Larger indices and sizes are damage, not a model; without a limit one name could announce a billion blocks. */
const MAX_LAYERS = 64;
const MAX_SIZE = 16_384;
const MAX_DIFFERENCES_SHOWN = 200;

/**
 * The configuration that the shapes spell out. Sizes are decided by the majority of the tensors that carry them, so that
 * one misshapen tensor is named as such instead of all others. Throws CHECKPOINT_INVALID with every difference
 * (`details.missing`, `details.extra`, `details.misshapen`).
 */
export function inferConfig(shapes: Shapes): ModelConfig {
  const config = guessConfig(shapes);
  const expected = expectedShapes(config);
  const missing = [...expected.keys()].filter((name) => !shapes.has(name));
  const extra = [...shapes.keys()].filter((name) => !expected.has(name));
  const misshapen = [...expected].flatMap(([name, shape]) => {
    const actual = shapes.get(name);
    return actual === undefined || String(actual) === String(shape) ? [] : [`${name} is [${actual.join(',')}], expected [${shape.join(',')}]`];
  });
  const count = missing.length + extra.length + misshapen.length;
  if (count > 0) {
    const lines = [...missing.map((name) => `missing ${name}`), ...extra.map((name) => `extra ${quoted(name)}`), ...misshapen.map((line) => `misshapen ${line}`)];
    const rest = lines.length > MAX_DIFFERENCES_SHOWN ? `; and ${lines.length - MAX_DIFFERENCES_SHOWN} more` : '';
    throw checkpointError(`${count === 1 ? '1 tensor differs' : `${count} tensors differ`} from an Emotion2Vec+ model: ${lines.slice(0, MAX_DIFFERENCES_SHOWN).join('; ')}${rest}`, { details: { missing, extra, misshapen } });
  }
  return config;
}

function guessConfig(shapes: Shapes): ModelConfig {
  const size = (name: string, axis: number): number | undefined => shapes.get(name)?.[axis];
  const prenetBlockCount = countLayers(shapes, (index) => `${prenetBlock(index)}.`, 0);
  const mainBlockCount = countLayers(shapes, (index) => `${mainBlock(index)}.`, 0);
  const blocks = [...range(prenetBlockCount).map(prenetBlock), ...range(mainBlockCount).map(mainBlock)];
  const width = majority('embedding dimension', [
    size(`${PROJECT}.2.weight`, 0), size(EXTRA_TOKENS, 2), size(`${CONTEXT_NORM}.weight`, 0), size(`${HEAD}.weight`, 1),
    ...blocks.flatMap((block) => [size(`${block}.norm1.weight`, 0), size(`${block}.norm2.weight`, 0), size(`${block}.attn.proj.weight`, 0)]),
  ]);
  const headCount = size(ALIBI_SCALE, 2) ?? Math.max(1, Math.round(width / 64));
  if (headCount < 1 || headCount > MAX_SIZE || width % headCount !== 0) {
    throw checkpointError(`${ALIBI_SCALE} announces ${headCount} heads, which do not divide the embedding dimension of ${width}`);
  }
  return {
    embeddingDimension: width,
    headCount,
    prenetBlockCount,
    mainBlockCount,
    hiddenDimension: majority('MLP dimension', blocks.flatMap((block) => [size(`${block}.mlp.fc1.weight`, 0), size(`${block}.mlp.fc1.bias`, 0), size(`${block}.mlp.fc2.weight`, 1)])),
    extraTokenCount: shapes.get(EXTRA_TOKENS)?.[1] ?? 10,
    // A file without its head (the model before it was taught emotions) has it listed as missing.
    classCount: majority('number of labels', [size(`${HEAD}.weight`, 0) ?? size(`${HEAD}.bias`, 0) ?? EMOTIONS.length, size(`${HEAD}.bias`, 0)]),
    convolutions: guessConvolutions(shapes, size),
    positional: guessPositional(shapes, width),
  };
}

function guessConvolutions(shapes: Shapes, size: (name: string, axis: number) => number | undefined): ModelConfig['convolutions'] {
  const count = countLayers(shapes, (index) => convolutionName(index), 0);
  return range(count).map((index) => {
    const next = index + 1 < count ? size(convolutionName(index + 1), 1) : size(`${PROJECT}.2.weight`, 1);
    const channels = majority(`channels of convolution ${index}`, [size(convolutionName(index), 0), size(`${convolutionNorm(index)}.weight`, 0), size(`${convolutionNorm(index)}.bias`, 0), next]);
    const kernel = bounded(`kernel of convolution ${index}`, size(convolutionName(index), 2) ?? (index === 0 ? 10 : index < 5 ? 3 : 2));
    return { channels, kernel, stride: index === 0 ? 5 : 2 };
  });
}

function guessPositional(shapes: Shapes, width: number): ModelConfig['positional'] {
  const count = countLayers(shapes, (index) => `${positionalName(index)}.`, 1);
  const found = range(count).map((index) => shapes.get(`${positionalName(index + 1)}.weight`));
  const usable = found.filter((shape) => shape !== undefined && shape.length === 3 && shape[1]! > 0 && width % shape[1]! === 0);
  const kernel = majority('kernel of the positional convolutions', usable.map((shape) => shape![2]));
  const perGroup = majority('groups of the positional convolutions', usable.map((shape) => shape![1]));
  // A damaged layer borrows from its siblings, so that it alone is reported. Kernels may differ between sound layers.
  return found.map((shape) => {
    const isUsable = shape?.length === 3 && shape[0] === width && shape[1]! > 0 && width % shape[1]! === 0;
    return isUsable ? { kernel: bounded('kernel of a positional convolution', shape[2]), groups: width / shape[1]! } : { kernel, groups: width / perGroup };
  });
}

/** Highest index that occurs, plus one, minus `first`; holes are reported later as missing tensors. */
function countLayers(shapes: Shapes, prefix: (index: number) => string, first: number): number {
  const names = [...shapes.keys()];
  let count = 0;
  for (let index = first; index < MAX_LAYERS; index += 1) {
    const start = prefix(index);
    if (names.some((name) => name.startsWith(start))) count = index + 1 - first;
  }
  return Math.max(count, 1);
}

function majority(what: string, votes: readonly (number | undefined)[]): number {
  const tally = new Map<number, number>();
  for (const vote of votes) if (vote !== undefined) tally.set(vote, (tally.get(vote) ?? 0) + 1);
  const [winner] = [...tally].sort((a, b) => b[1] - a[1]);
  if (winner === undefined) throw checkpointError(`nothing in it tells the ${what}: the tensors of Emotion2Vec+ are not there`);
  return bounded(what, winner[0]);
}

function bounded(what: string, value: number | undefined): number {
  if (value === undefined || value < 1 || value > MAX_SIZE) throw checkpointError(`the ${what} is ${value ?? 'unknown'}; from 1 to ${MAX_SIZE} is allowed`);
  return value;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
