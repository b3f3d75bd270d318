import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const FIXTURES = join(import.meta.dirname, '../fixtures/emotion2vec');
export const TINY = join(FIXTURES, 'tinyA');
export const CLIPS = ['s0_5', 's1', 's3_3', 'n400_one_frame', 'n719_one_frame', 'n720_two_frames', 'n7999', 'n16001', 'n23456', 'silence_1s', 'quiet_dc_1s', 'clipped_1s'] as const;

/** Float32 contents of a .npy file of version 1, row-major. */
export function readNpy(path: string): { shape: number[]; values: Float32Array } {
  const bytes = readFileSync(path);
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, start);
  const type = /'descr': '([^']+)'/.exec(header)?.[1];
  if (type !== '<f4' || !header.includes("'fortran_order': False")) throw new Error(`${path} is not row-major float32: ${header}`);
  const shape = /'shape': \(([^)]*)\)/.exec(header)![1]!.split(',').filter((size) => size.trim() !== '').map(Number);
  return { shape, values: new Float32Array(Uint8Array.prototype.slice.call(bytes, start).buffer) };
}

export function readWave(name: string): Float32Array {
  return readNpy(join(FIXTURES, 'wav', `${name}.npy`)).values;
}

export function golden(name: string, kind: 'frames' | 'utterance' | 'logits' | 'scores' | 'scores_ms'): Float32Array {
  return readNpy(join(TINY, `${name}.${kind}.npy`)).values;
}

/** Largest absolute difference; infinite when the lengths differ. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let index = 0; index < actual.length; index += 1) {
    const difference = Math.abs(actual[index]! - expected[index]!);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
