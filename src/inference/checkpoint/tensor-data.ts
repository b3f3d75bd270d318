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
  const { buffer, byteOffset, byteLength } = bytes;
  switch (tensor.type) {
    case 'f32': {
      // A pooled buffer may start at any byte; a typed array may not.
      if (byteOffset % 4 === 0) return new Float32Array(buffer, byteOffset, byteLength / 4);
      return new Float32Array(Uint8Array.prototype.slice.call(bytes).buffer);
    }
    case 'f16': return Float32Array.from({ length: byteLength / 2 }, (_, index) => halfToFloat(bytes.readUInt16LE(index * 2)));
    case 'bf16': return bfloatToFloat(bytes);
    case 'f64': return Float32Array.from({ length: byteLength / 8 }, (_, index) => bytes.readDoubleLE(index * 8));
  }
}

function bfloatToFloat(bytes: Buffer): Float32Array {
  const bits = new Uint32Array(bytes.length / 2);
  for (let index = 0; index < bits.length; index += 1) bits[index] = bytes.readUInt16LE(index * 2) << 16;
  return new Float32Array(bits.buffer);
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
