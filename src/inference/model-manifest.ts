import { readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import process from 'node:process';
import { z } from 'zod';
import type { Calibration } from '../domain/calibration.js';
import { isUsableLabel } from '../domain/emotion.js';
import { UndertoneError } from '../domain/errors.js';
import type { ModelManifest } from '../domain/model.js';
import { labelledDigest } from './model-digest.js';

const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be a plain file name inside the model folder');
const count = z.int().positive();
const share = z.number().min(0).max(1);

const manifestSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'must be 1 to 64 of a-z, 0-9, ".", "_", "-"'),
  version: z.string().min(1),
  name: z.string().min(1),
  kind: z.literal('waveform-onnx'),
  file: fileName,
  weightFiles: z.array(fileName).optional(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower case hex digits'),
  digest: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower case hex digits').optional(),
  sizeBytes: count,
  // Everything before the model works at 16 kHz; another rate would be fed wrongly without a sound.
  sampleRateHz: z.literal(16_000),
  minSamples: count,
  frameHopSamples: count,
  frameReceptiveFieldSamples: count,
  normalization: z.enum(['none', 'zscore-f64']),
  labels: z.array(z.string().refine(isUsableLabel, 'must be labels of 1 to 100 letters without control characters')).min(2).refine((labels) => new Set(labels).size === labels.length, 'must not repeat a label'),
  maskedLabels: z.array(z.string()).optional(),
  embeddingDimension: count,
  maxWindowSeconds: z.number().positive(),
  license: z.string().min(1),
  attribution: z.string().optional(),
  precision: z.enum(['f32', 'int8']).optional(),
  // Not strict: a calibration written by a later version keeps what this one understands.
  calibration: z.object({
    temperature: z.number().positive(), bias: z.record(z.string(), z.number()).optional(), coverage: share.optional(), setThreshold: share.optional(),
    abstainBelow: share.optional(), risk: share.optional(), unfamiliarBelow: z.number().min(-1).max(1).optional(), itemCount: count.optional(), speakerCount: count.optional(),
  }).optional(),
  quantization: z.object({ argmaxAgreement: z.number(), maxScoreDifference: z.number(), embeddingCosine: z.number(), clipCount: z.int().nonnegative() }).optional(),
  session: z
    .strictObject({
      graphOptimization: z.enum(['disabled', 'basic', 'extended', 'all']).optional(),
      disablePrepacking: z.boolean().optional(),
      maxBatchItems: count.optional(),
    })
    .optional(),
});

/** Checks the text of a `manifest.json` that lies in a folder called `folderName`. Throws MODEL_INVALID with all that differs. */
export function parseManifest(text: string, folderName: string): ModelManifest {
  const invalid = (differences: readonly string[]): UndertoneError =>
    new UndertoneError('MODEL_INVALID', `models/${folderName}/manifest.json is not valid: ${differences.join('; ')}.`, { differences });
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw invalid([`it is not JSON (${error instanceof Error ? error.message : String(error)})`]);
  }
  const parsed = manifestSchema.safeParse(raw);
  if (!parsed.success) throw invalid(parsed.error.issues.map((issue) => `${issue.path.join('.') || 'manifest'}: ${issue.message}`));
  const manifest = parsed.data;
  const unknownMasks = (manifest.maskedLabels ?? []).filter((label) => !manifest.labels.includes(label));
  const differences = [
    ...(manifest.id === folderName ? [] : [`id is "${manifest.id}" but the folder is "${folderName}"`]),
    ...(manifest.digest === undefined || manifest.digest === labelledDigest(withoutUndefined(manifest) as ModelManifest) ? [] : ['digest: does not fit the labels; import the checkpoint again with its tokens.txt']),
    ...unknownMasks.map((label) => `maskedLabels: "${label}" is not among labels`),
  ];
  if (differences.length > 0) throw invalid(differences);
  return withoutUndefined(manifest) as ModelManifest;
}

function withoutUndefined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined));
}

/** Replaces the calibration of a model's manifest: written beside it and renamed, so that no reader sees half. */
export async function writeCalibration(folder: string, calibration: Calibration): Promise<void> {
  const path = join(folder, 'manifest.json');
  const manifest = { ...(JSON.parse(await readFile(path, 'utf8')) as ModelManifest), calibration };
  parseManifest(JSON.stringify(manifest), basename(folder));
  const beside = `${path}.${process.pid}.new`;
  await writeFile(beside, `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(beside, path);
}
