import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UndertoneError } from '../domain/errors.js';
import { SOUND_KINDS } from './emotion-inference.js';
import { digestFiles } from './model-digest.js';

/** `kind` in the manifest of a model that tells sounds apart and knows no emotions. */
export const GATE_KIND = 'sound-gate-onnx';

const gateSchema = z.strictObject({
  id: z.literal('gate'),
  version: z.string().min(1),
  kind: z.literal(GATE_KIND),
  file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.int().positive(),
  sampleRateHz: z.literal(16_000),
  kinds: z.tuple([z.literal(SOUND_KINDS[0]), z.literal(SOUND_KINDS[1]), z.literal(SOUND_KINDS[2]), z.literal(SOUND_KINDS[3])]),
  license: z.string().min(1),
  attribution: z.string().min(1),
});

export interface GateModel {
  readonly version: string;
  /** Absolute path of the graph. */
  readonly file: string;
  /** Throws MODEL_INVALID when the bytes are not the manifest's. */
  verify(): Promise<void>;
}

/** The gate of the last folder that has one, so that a newer one in the data folder wins. Throws MODEL_INVALID when there is none, or none that is usable. */
export function findGate(modelDirs: readonly string[]): GateModel {
  const folder = modelDirs.map((dir) => join(dir, 'gate')).findLast((each) => existsSync(join(each, 'manifest.json')));
  if (folder === undefined) throw new UndertoneError('MODEL_INVALID', 'The bundled gate (models/gate) is not there: nothing can tell speech from music. Install the package again.');
  const manifest = readManifest(folder);
  const file = join(folder, manifest.file);
  return {
    version: manifest.version,
    file,
    async verify() {
      const actual = await digestFiles([file]).catch(() => null);
      if (actual?.sha256 === manifest.sha256) return;
      throw new UndertoneError('MODEL_INVALID', `The gate's graph (${actual === null ? 'missing' : `SHA-256 ${actual.sha256}`}) is not that of its manifest (${manifest.sha256}). Install it again.`);
    },
  };
}

function readManifest(folder: string): z.infer<typeof gateSchema> {
  const invalid = (reason: string): UndertoneError => new UndertoneError('MODEL_INVALID', `models/gate/manifest.json is not valid: ${reason}. Install it again.`);
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
  const parsed = gateSchema.safeParse(raw);
  if (!parsed.success) throw invalid(parsed.error.issues.map((issue) => `${issue.path.join('.') || 'manifest'}: ${issue.message}`).join('; '));
  return parsed.data;
}
