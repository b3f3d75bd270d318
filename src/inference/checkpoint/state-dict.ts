import { checkpointError } from './checkpoint-error.js';
import { PickleTensor, quoted } from './pickle-values.js';

/** Where loaders in the field look for the weights, in this order. */
const CONTAINERS = ['model', 'state_dict', 'model_state_dict'];
/** `{model: {state_dict: …}}` is in use; deeper is nobody's. A dict may hold itself. */
const MAX_DEPTH = 3;
const MAX_TENSORS = 5_000;
const MAX_NAME_LENGTH = 256;

/** The tensors of the model by name, without `module.` prefixes. Optimiser state and everything else is left where it is. */
export function stateDictOf(root: unknown): Map<string, PickleTensor> {
  if (!(root instanceof Map)) throw checkpointError('its top level is not a dict');
  const found = nestedTensors(root, 1);
  if (found !== null) return found;
  const keys = [...root.keys()].filter((key) => typeof key === 'string').slice(0, 12);
  throw checkpointError(`it has no tensors under ${CONTAINERS.join(', ')} or at its top level; its top level has ${keys.map(quoted).join(', ') || 'no names'}`);
}

/** What lies under a container's name goes before what lies beside it: that may be a counter or a moving average. */
function nestedTensors(value: unknown, depth: number): Map<string, PickleTensor> | null {
  if (!(value instanceof Map) || depth > MAX_DEPTH) return null;
  for (const key of CONTAINERS) {
    const found = nestedTensors(value.get(key), depth + 1);
    if (found !== null) return found;
  }
  return tensorsOf(value);
}

function tensorsOf(value: unknown): Map<string, PickleTensor> | null {
  if (!(value instanceof Map)) return null;
  const tensors = new Map<string, PickleTensor>();
  for (const [key, entry] of value as Map<unknown, unknown>) {
    if (!(entry instanceof PickleTensor)) continue;
    if (typeof key !== 'string' || key.length > MAX_NAME_LENGTH) throw checkpointError(`the name of a tensor is not text of at most ${MAX_NAME_LENGTH} characters`);
    const name = key.replace(/^(module\.)+/, '');
    if (tensors.has(name)) throw checkpointError(`it holds ${quoted(name)} twice, with and without \`module.\``);
    if (tensors.size >= MAX_TENSORS) throw checkpointError(`it holds more than ${MAX_TENSORS} tensors`);
    tensors.set(name, entry);
  }
  return tensors.size > 0 ? tensors : null;
}
