import { z } from 'zod';
import { parsePartManifest, partModelId, partSchema, type PartKind } from '../model-parts.js';

const manifestSchema = z.strictObject({
  id: partModelId,
  version: z.string().min(1),
  name: z.string().min(1),
  kind: z.literal('diarization'),
  segmentation: partSchema,
  embedding: partSchema,
  /** Distance (1 − cosine) up to which two voices are one, where nobody says how many there are. */
  clusterThreshold: z.number().min(0).max(2),
});

/**
 * `<data folder>/diarization/<id>/manifest.json`: a pair of models in the form that sherpa-onnx reads. Segmentation says
 * when somebody speaks (waveform [1, 1, window] → log-probabilities of sets of speakers [1, frames, classes]); the
 * embedding says how a voice sounds.
 */
export type DiarizationManifest = z.infer<typeof manifestSchema>;

export const DIARIZATION: PartKind<DiarizationManifest> = { name: 'diarization', schema: manifestSchema, partsOf: ({ segmentation, embedding }) => [segmentation, embedding] };

/** Throws MODEL_INVALID with all that differs. */
export function parseDiarizationManifest(text: string, folderName: string): DiarizationManifest {
  return parsePartManifest(DIARIZATION, text, folderName);
}
