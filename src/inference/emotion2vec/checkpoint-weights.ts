import type { Checkpoint } from '../checkpoint/torch-checkpoint.js';
import { readTensor } from '../checkpoint/tensor-data.js';
import { isContiguous, type TensorRef } from '../checkpoint/tensor-ref.js';
import type { ExternalTensor, GraphBuilder, Value } from './graph-builder.js';
import { storeMatrixAsFloats } from './int8-operators.js';
import type { WeightSource } from './weight-source.js';
import type { WeightsFile } from './weights-file.js';

/** True when onnxruntime can map every tensor where it lies: float32, gapless and on 4-byte boundaries. */
export function canUseInPlace(checkpoint: Checkpoint): boolean {
  return [...checkpoint.tensors.values()].every((tensor) => tensor.type === 'f32' && isContiguous(tensor) && tensor.offsetBytes % 4 === 0);
}

/**
 * Weights of a checkpoint for one graph. With `inPlaceAs`, the checkpoint's name in the model's folder, tensors are used
 * where they lie; what must be reordered, and everything without it, is copied to `file` as float32.
 */
export class CheckpointWeights implements WeightSource {
  private readonly known = new Map<string, Value>();

  constructor(
    private readonly checkpoint: Checkpoint,
    private readonly target: { readonly file: WeightsFile; readonly inPlaceAs?: string },
    private readonly onTensor: (name: string) => void = () => undefined,
  ) {}

  async initializer(graph: GraphBuilder, name: string, shape?: readonly number[]): Promise<Value> {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const tensor = this.tensor(name);
    const external = await this.place(tensor);
    const value = graph.external(shape === undefined ? external : { ...external, shape });
    this.known.set(name, value);
    this.onTensor(name);
    return value;
  }

  matrix(graph: GraphBuilder, rows: number, columns: number, at: (row: number, column: number) => number): Promise<Value> {
    return storeMatrixAsFloats(graph, this.target, rows, columns, at);
  }

  values(name: string): Promise<Float32Array> {
    return readTensor(this.checkpoint.file, this.tensor(name));
  }

  private async place(tensor: TensorRef): Promise<ExternalTensor> {
    if (this.target.inPlaceAs !== undefined) {
      const lengthBytes = 4 * tensor.shape.reduce((product, size) => product * size, 1);
      return { type: 'f32', shape: tensor.shape, location: this.target.inPlaceAs, offsetBytes: tensor.offsetBytes, lengthBytes };
    }
    return this.target.file.append('f32', tensor.shape, await readTensor(this.checkpoint.file, tensor));
  }

  private tensor(name: string): TensorRef {
    const tensor = this.checkpoint.tensors.get(name);
    if (tensor === undefined) throw new Error(`tensor ${name} was not checked before use`);
    return tensor;
  }
}
