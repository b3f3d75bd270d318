import { checkpointError } from './checkpoint-error.js';
import type { PickleTensor } from './pickle-values.js';
import { elementCount, spanElements, WEIGHT_BYTES, type TensorRef, type WeightType } from './tensor-ref.js';
import type { ByteRange } from './stored-bytes.js';

const STORAGE_TYPES: Readonly<Record<string, WeightType>> = { FloatStorage: 'f32', HalfStorage: 'f16', BFloat16Storage: 'bf16', DoubleStorage: 'f64' };
const DTYPES: Readonly<Record<string, WeightType>> = { float32: 'f32', float: 'f32', float16: 'f16', half: 'f16', bfloat16: 'bf16', float64: 'f64', double: 'f64' };

/** Bytes per element of any torch storage, weights or not: legacy files must be walked past all of them. */
export const STORAGE_ELEMENT_BYTES: Readonly<Record<string, number>> = {
  FloatStorage: 4, HalfStorage: 2, BFloat16Storage: 2, DoubleStorage: 8, ByteStorage: 1, CharStorage: 1, BoolStorage: 1, ShortStorage: 2, IntStorage: 4, LongStorage: 8, UntypedStorage: 1,
};

/** A view that repeats its elements (`expand`) may be larger than its storage up to this: norms and biases are, and a small file cannot announce gigabytes. */
const MAX_EXPANDED_ELEMENTS = 65_536;

/** Places a tensor inside its storage's bytes; a view that reaches outside them is refused. */
export function placeTensor(name: string, tensor: PickleTensor, storageRange: ByteRange): TensorRef {
  const { storage, shape, strides } = tensor;
  const type = tensor.dtypeName === null ? STORAGE_TYPES[storage.storageType] : DTYPES[tensor.dtypeName];
  if (type === undefined) {
    throw checkpointError(`${name} is stored as ${tensor.dtypeName ?? storage.storageType}; weights are read as float32, float16, bfloat16 or float64`);
  }
  const announcedBytes = storage.elementCount * STORAGE_ELEMENT_BYTES[storage.storageType]!;
  if (announcedBytes !== storageRange.lengthBytes) {
    throw checkpointError(`the storage of ${name} has ${storageRange.lengthBytes} bytes where its pickle announces ${announcedBytes}`);
  }
  const itemBytes = WEIGHT_BYTES[type];
  const span = spanElements(shape, strides);
  const count = elementCount(shape);
  const isExpanded = count * itemBytes > storageRange.lengthBytes;
  const endBytes = (tensor.offsetElements + span) * itemBytes;
  if (!Number.isSafeInteger(endBytes) || endBytes > storageRange.lengthBytes || (isExpanded && count > MAX_EXPANDED_ELEMENTS)) {
    throw checkpointError(`${name} reaches outside its storage of ${storageRange.lengthBytes} bytes`);
  }
  return { name, type, shape, strides, offsetBytes: storageRange.offsetBytes + tensor.offsetElements * itemBytes };
}
