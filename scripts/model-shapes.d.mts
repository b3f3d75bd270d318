import type { TensorToWrite } from './torch-file.mjs';

export interface ModelSize {
  readonly width: number;
  readonly heads: number;
  readonly prenet: number;
  readonly main: number;
  readonly hidden: number;
  readonly extraTokens: number;
  readonly classes: number;
  readonly channels: readonly number[];
  readonly kernels: readonly number[];
  readonly positional: readonly { readonly kernel: number; readonly groups: number }[];
}

export const LARGE: ModelSize;
export const BASE: ModelSize;
export function modelShapes(size: ModelSize): [string, number[]][];
export function seededTensors(size: ModelSize, seed?: number): TensorToWrite[];
