#!/usr/bin/env node
// Writes a checkpoint at the exact configuration of a published model with seeded made-up weights, for benchmarks:
//   node scripts/make-large-checkpoint.mjs OUT.pt [--size large|base] [--seed 1]
import { parseArgs } from 'node:util';
import { BASE, LARGE, seededTensors } from './model-shapes.mjs';
import { writeTorchFile } from './torch-file.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { size: { type: 'string', default: 'large' }, seed: { type: 'string', default: '1' } } });
const size = { large: LARGE, base: BASE }[values.size];
const seed = Number(values.seed);
if (positionals.length !== 1 || size === undefined || !Number.isInteger(seed)) {
  console.error('usage: make-large-checkpoint.mjs OUT.pt [--size large|base] [--seed INTEGER]');
  process.exit(2);
}
const tensors = seededTensors(size, seed);
await writeTorchFile(positionals[0], { tensors });
const parameters = tensors.reduce((sum, { shape }) => sum + shape.reduce((product, value) => product * value, 1), 0);
console.log(`${positionals[0]}: ${tensors.length} tensors, ${parameters} parameters, seed ${seed}`);
