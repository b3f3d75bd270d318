import type { Checkpoint } from '../checkpoint/torch-checkpoint.js';
import { readTensor } from '../checkpoint/tensor-data.js';
import { isContiguous, type TensorRef } from '../checkpoint/tensor-ref.js';
import type { ExternalTensor, GraphBuilder, Value } from './graph-builder.js';
import type { WeightSource } from './weight-source.js';
import type { WeightsFile } from './weights-file.js';

/** True when onnxruntime can map every tensor where it lies: float32, gapless and on 4-byte boundaries. */
export function canUseInPlace(checkpoint: Checkpoint): boolean {
  return [...checkpoint.tensors.values()].every((tensor) => tensor.type === 'f32' && isContiguous(tensor) && tensor.offsetBytes % 4 === 0);
}

/** Weights of a checkpoint for one graph: in place when `location` names the checkpoint in the model's folder, else copied as float32. */
export class CheckpointWeights implements WeightSource {
  private readonly known = new Map<string, Value>();

  constructor(
    private readonly checkpoint: Checkpoint,
    private readonly target: { readonly location: string } | { readonly file: WeightsFile },
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

  values(name: string): Promise<Float32Array> {
    return readTensor(this.checkpoint.file, this.tensor(name));
  }

  private async place(tensor: TensorRef): Promise<ExternalTensor> {
    if ('location' in this.target) {
      const lengthBytes = 4 * tensor.shape.reduce((product, size) => product * size, 1);
      return { type: 'f32', shape: tensor.shape, location: this.target.location, offsetBytes: tensor.offsetBytes, lengthBytes };
    }
    return this.target.file.append('f32', tensor.shape, await readTensor(this.checkpoint.file, tensor));
  }

  private tensor(name: string): TensorRef {
    const tensor = this.checkpoint.tensors.get(name);
    if (tensor === undefined) throw new Error(`tensor ${name} was not checked before use`);
    return tensor;
  }
}
