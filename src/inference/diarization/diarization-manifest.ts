import { z } from 'zod';
import { UndertoneError } from '../../domain/errors.js';

const part = z.strictObject({
  /** Plain name inside the folder. */
  file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be a plain file name inside the folder'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower case hex digits'),
  sizeBytes: z.int().positive(),
  /** As its authors call it. */
  name: z.string().min(1),
  license: z.string().min(1),
});

const manifestSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'must be 1 to 64 of a-z, 0-9, ".", "_", "-"'),
  version: z.string().min(1),
  name: z.string().min(1),
  kind: z.literal('diarization'),
  segmentation: part,
  embedding: part,
  /** Distance (1 − cosine) up to which two voices are one, where nobody says how many there are. */
  clusterThreshold: z.number().min(0).max(2),
});

/**
 * `<data folder>/diarization/<id>/manifest.json`: a pair of models in the form that sherpa-onnx reads. Segmentation says
 * when somebody speaks (waveform [1, 1, window] → log-probabilities of sets of speakers [1, frames, classes]); the
 * embedding says how a voice sounds.
 */
export type DiarizationManifest = z.infer<typeof manifestSchema>;

/** Throws MODEL_INVALID with all that differs. */
export function parseDiarizationManifest(text: string, folderName: string): DiarizationManifest {
  const invalid = (differences: readonly string[]): UndertoneError =>
    new UndertoneError('MODEL_INVALID', `diarization/${folderName}/manifest.json is not valid: ${differences.join('; ')}. Remove the folder and pull the model again.`, { differences });
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw invalid(['it is not JSON']);
  }
  const parsed = manifestSchema.safeParse(raw);
  if (!parsed.success) throw invalid(parsed.error.issues.map((issue) => `${issue.path.join('.') || 'manifest'}: ${issue.message}`));
  if (parsed.data.id !== folderName) throw invalid([`id is "${parsed.data.id}" but the folder is "${folderName}"`]);
  return parsed.data;
}
