import type { ModelSize } from '../../scripts/model-shapes.mjs';
import { seededTensors } from '../../scripts/model-shapes.mjs';
import { writeTorchFile, type StorageType, type TensorToWrite } from '../../scripts/torch-file.mjs';

/** A model of other sizes than the published ones in every respect: 12 heads take the slopes of two series. */
export const ODD_SIZE: ModelSize = {
  width: 48, heads: 12, prenet: 1, main: 3, hidden: 80, extraTokens: 3, classes: 5,
  channels: [8, 12, 12, 16, 16, 12, 8], kernels: [8, 3, 4, 3, 5, 2, 2],
  positional: [{ kernel: 7, groups: 4 }, { kernel: 4, groups: 4 }, { kernel: 9, groups: 12 }],
};

/** The least that is still a model: 50 kB, for tests that need thousands of files. */
export const LEAST_SIZE: ModelSize = { ...ODD_SIZE, width: 8, heads: 2, main: 1, hidden: 8, channels: [4, 4, 4, 4, 4, 4, 4], positional: [{ kernel: 3, groups: 2 }] };

export async function writeModel(path: string, size: ModelSize, change: (tensors: TensorToWrite[]) => TensorToWrite[] = (tensors) => tensors, container: string | null = 'model'): Promise<void> {
  await writeTorchFile(path, { tensors: change(seededTensors(size)), container });
}

/** The same tensor in another number format. Values are first rounded to that format by the caller's choice of `type`. */
export function storedAs(tensor: TensorToWrite, type: StorageType): TensorToWrite {
  return {
    ...tensor,
    type,
    make: () => {
      const values = new Float32Array(tensor.make().buffer as ArrayBuffer);
      switch (type) {
        case 'f64': return new Uint8Array(Float64Array.from(values).buffer);
        case 'bf16': return new Uint8Array(Uint16Array.from(values, (value) => bits(value) >>> 16).buffer);
        case 'f16': return new Uint8Array(Uint16Array.from(values, toHalf).buffer);
        default: return tensor.make();
      }
    },
  };
}

function bits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]!;
}

/** Truncating conversion for ordinary numbers: enough to make files that a reader must understand. */
function toHalf(value: number): number {
  const single = bits(value);
  const exponent = ((single >>> 23) & 0xff) - 127 + 15;
  const sign = (single >>> 16) & 0x8000;
  return exponent <= 0 ? sign : exponent >= 31 ? sign | 0x7bff : sign | (exponent << 10) | ((single >>> 13) & 0x3ff);
}
