import type { FileHandle } from 'node:fs/promises';
import { checkpointError } from './checkpoint-error.js';
import { readRange } from './stored-bytes.js';
import { elementCount, isContiguous, spanElements, WEIGHT_BYTES, type TensorRef } from './tensor-ref.js';

/**
 * Largest tensor that is read: 16 million elements, 64 MB as float32, four times the largest of the published models.
 * With the source beside the result it keeps a reading process under 200 MB.
 */
export const MAX_TENSOR_ELEMENTS = 16 * 1024 * 1024;

/** The tensor as row-major float32, whatever type and strides it is stored with. Costs its own size twice. */
export async function readTensor(file: FileHandle, tensor: TensorRef): Promise<Float32Array> {
  const count = elementCount(tensor.shape);
  const span = spanElements(tensor.shape, tensor.strides);
  if (count > MAX_TENSOR_ELEMENTS || span > MAX_TENSOR_ELEMENTS) {
    throw checkpointError(`${tensor.name} has ${Math.max(count, span)} elements where at most ${MAX_TENSOR_ELEMENTS} are read`);
  }
  const bytes = await readRange(file, { offsetBytes: tensor.offsetBytes, lengthBytes: span * WEIGHT_BYTES[tensor.type] });
  const stored = decode(bytes, tensor);
  return isContiguous(tensor) ? stored : gather(stored, tensor, count);
}

function decode(bytes: Buffer, tensor: TensorRef): Float32Array {
  // A pooled buffer may start at any byte; a typed array may not.
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.prototype.slice.call(bytes);
  switch (tensor.type) {
    case 'f32': return new Float32Array(buffer, byteOffset, byteLength / 4);
    case 'f64': return Float32Array.from(new Float64Array(buffer, byteOffset, byteLength / 8));
    case 'bf16': return widened(new Uint16Array(buffer, byteOffset, byteLength / 2));
    case 'f16': return looked(new Uint16Array(buffer, byteOffset, byteLength / 2));
  }
}

/** bfloat16 is the upper half of a float32. */
function widened(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let index = 0; index < bits.length; index += 1) bits[index] = halves[index]! << 16;
  return new Float32Array(bits.buffer);
}

let halfTable: Float32Array | null = null;

/** float16 by a table of all 65,536 values: 160 million numbers take under a second instead of ten. */
function looked(halves: Uint16Array): Float32Array {
  halfTable ??= Float32Array.from({ length: 65_536 }, (_, bits) => halfToFloat(bits));
  const result = new Float32Array(halves.length);
  for (let index = 0; index < result.length; index += 1) result[index] = halfTable[halves[index]!]!;
  return result;
}

/** IEEE half precision, subnormal numbers, infinities and NaN included. */
export function halfToFloat(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function gather(stored: Float32Array, tensor: TensorRef, count: number): Float32Array {
  const result = new Float32Array(count);
  const { shape, strides } = tensor;
  const index = new Array<number>(shape.length).fill(0);
  let source = 0;
  for (let target = 0; target < count; target += 1) {
    result[target] = stored[source]!;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      index[axis]! += 1;
      source += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      source -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
