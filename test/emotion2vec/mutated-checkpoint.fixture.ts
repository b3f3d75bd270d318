import { readFile, writeFile } from 'node:fs/promises';
import { isUndertoneError } from '../../src/domain/errors.js';
import { readTensor } from '../../src/inference/checkpoint/tensor-data.js';
import { openCheckpoint } from '../../src/inference/checkpoint/torch-checkpoint.js';
import { inferConfig } from '../../src/inference/emotion2vec/config-inference.js';
import { seededRandom } from '../../src/inference/emotion2vec/speech-like-clip.js';

export interface FuzzReport {
  readonly refused: number;
  readonly accepted: number;
  /** Anything thrown that is not a CHECKPOINT_INVALID; must stay empty. */
  readonly faults: readonly string[];
  /** Processor time of the costliest file: wall time on a busy machine says nothing. */
  readonly costliestCpuMs: number;
  readonly largestRssBytes: number;
}

/**
 * Reads `count` seeded mutations of a checkpoint from its first byte to its last tensor: flipped bits, changed lengths,
 * swapped and repeated pieces, cuts, and pickle opcodes planted where they hurt. Most aim at the directory and the pickle,
 * which are a hundredth of the file.
 */
export async function fuzzCheckpoint(options: { source: string; scratch: string; count: number; seed: number }): Promise<FuzzReport> {
  const original = await readFile(options.source);
  const random = seededRandom(options.seed);
  const report = { refused: 0, accepted: 0, faults: [] as string[], costliestCpuMs: 0, largestRssBytes: 0 };
  for (let round = 0; round < options.count; round += 1) {
    await writeFile(options.scratch, mutate(original, random));
    const start = process.cpuUsage();
    try {
      await readWhole(options.scratch);
      report.accepted += 1;
    } catch (error) {
      if (isUndertoneError(error) && error.code === 'CHECKPOINT_INVALID') report.refused += 1;
      else report.faults.push(`round ${round}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
    const { user, system } = process.cpuUsage(start);
    report.costliestCpuMs = Math.max(report.costliestCpuMs, (user + system) / 1000);
    report.largestRssBytes = Math.max(report.largestRssBytes, process.memoryUsage.rss());
  }
  return report;
}

async function readWhole(path: string): Promise<void> {
  const checkpoint = await openCheckpoint(path);
  try {
    inferConfig(new Map([...checkpoint.tensors].map(([name, { shape }]) => [name, shape])));
    // Positions are all checked above; reading every tenth tensor shows that they hold, at a tenth of the time.
    const tensors = [...checkpoint.tensors.values()].filter((_, index) => index % 10 === 0);
    for (const tensor of tensors) await readTensor(checkpoint.file, tensor);
  } finally {
    await checkpoint.close();
  }
}

function mutate(original: Buffer, random: () => number): Buffer {
  const bytes = Buffer.from(original);
  const below = (limit: number): number => Math.floor(random() * limit);
  const rounds = 1 + below(4);
  // The pickle lies in the first part of a file and the zip directory in the last; weights between them fill the rest.
  const headBytes = Math.min(40_000, bytes.length / 3);
  const place = (): number => Math.floor(random() < 0.45 ? below(headBytes) : random() < 0.8 ? bytes.length - 1 - below(headBytes) : below(bytes.length));
  for (let round = 0; round < rounds; round += 1) {
    const at = Math.min(place(), bytes.length - 9);
    switch (below(7)) {
      case 0: bytes[at] = bytes[at]! ^ (1 << below(8)); break;
      case 1: bytes[at] = below(256); break;
      case 2: bytes.writeUInt32LE([0, 1, 0x7fffffff, 0x80000000, 0xffffffff, below(2 ** 32)][below(6)]!, at); break;
      case 3: bytes.copyWithin(at, place(), place()); break;
      case 4: bytes.fill(below(256), at, Math.min(bytes.length, at + below(64))); break;
      case 5: bytes[at] = '(.0]})tuRbQc2ljqrhJKMXBNG\x80\x81\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x93\x94\x95'.charCodeAt(below(41)); break;
      default: return bytes.subarray(0, below(bytes.length));
    }
  }
  return bytes;
}
