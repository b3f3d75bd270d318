/** Number formats of weights that are read, with their bytes per element. */
export const WEIGHT_BYTES = { f16: 2, bf16: 2, f32: 4, f64: 8 } as const;
export type WeightType = keyof typeof WEIGHT_BYTES;

/** One tensor of a checkpoint, located but not read. */
export interface TensorRef {
  readonly name: string;
  readonly type: WeightType;
  readonly shape: readonly number[];
  /** In elements, as torch stores them. */
  readonly strides: readonly number[];
  /** Of element 0 in the checkpoint file. */
  readonly offsetBytes: number;
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** True when the elements lie in row-major order without gaps, so that the bytes can be used as they are. */
export function isContiguous(tensor: Pick<TensorRef, 'shape' | 'strides'>): boolean {
  let expected = 1;
  for (let axis = tensor.shape.length - 1; axis >= 0; axis -= 1) {
    const size = tensor.shape[axis]!;
    if (size !== 1 && tensor.strides[axis] !== expected) return false;
    expected *= size;
  }
  return true;
}

/** Elements from the first to one past the last that the view touches; 0 for an empty tensor. */
export function spanElements(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((last, size, axis) => last + (size - 1) * strides[axis]!, 1);
}
