export type StorageType = 'f32' | 'f16' | 'bf16' | 'f64' | 'i64';

export interface TensorToWrite {
  readonly name: string;
  readonly type: StorageType;
  readonly shape: readonly number[];
  readonly strides?: readonly number[];
  readonly offsetElements?: number;
  readonly storageElements?: number;
  make(): Uint8Array;
}

export interface ZipEntryToWrite {
  readonly name: string;
  make?(): Uint8Array;
  readonly holeBytes?: number;
}

export const pickle: {
  text(value: string): Buffer;
  integer(value: number): Buffer;
  global(module: string, name: string): Buffer;
  tuple(...items: Buffer[]): Buffer;
  dict(...pairs: Buffer[][]): Buffer;
  none: Buffer;
  false: Buffer;
  call(callee: Buffer, ...args: Buffer[]): Buffer;
  file(value: Buffer): Buffer;
};

export function pickledTensor(tensor: Omit<TensorToWrite, 'name' | 'make'> & { readonly key: number | string }): Buffer;
export function writeTorchFile(
  path: string,
  options: { readonly tensors: readonly TensorToWrite[]; readonly container?: string | null; readonly extraPairs?: readonly Buffer[][]; readonly folder?: string; readonly gapBytes?: number },
): Promise<void>;
export function writeStoredZip(path: string, entries: readonly ZipEntryToWrite[]): Promise<void>;
export function rowMajor(shape: readonly number[]): number[];
