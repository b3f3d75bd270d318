import { createHash } from 'node:crypto';
import { z } from 'zod';
import { partModelId, partSchema, type ModelPart, type PartKind } from '../model-parts.js';

export const SPEECH_ENGINES = ['sense-voice', 'whisper', 'paraformer'] as const;
export type SpeechEngine = (typeof SPEECH_ENGINES)[number];

export const SPEECH_ROLES = ['model', 'encoder', 'decoder', 'tokens'] as const;
export type SpeechRole = (typeof SPEECH_ROLES)[number];

/** Which files each engine reads. */
export const FILES_OF_ENGINE: Readonly<Record<SpeechEngine, readonly SpeechRole[]>> = { 'sense-voice': ['model', 'tokens'], paraformer: ['model', 'tokens'], whisper: ['encoder', 'decoder', 'tokens'] };
export const FILE_NAMES: Readonly<Record<SpeechRole, string>> = { model: 'model.onnx', encoder: 'encoder.onnx', decoder: 'decoder.onnx', tokens: 'tokens.txt' };

const manifestSchema = z.strictObject({
  id: partModelId,
  version: z.string().min(1),
  name: z.string().min(1),
  kind: z.literal('speech'),
  engine: z.enum(SPEECH_ENGINES),
  /** BCP 47; empty: not known. */
  languages: z.array(z.string().min(2)),
  files: z.partialRecord(z.enum(SPEECH_ROLES), partSchema),
}).superRefine(({ engine, files }, context) => {
  const [needed, given] = [FILES_OF_ENGINE[engine], Object.keys(files)];
  if (needed.some((role) => !given.includes(role)) || given.length !== needed.length) context.addIssue({ code: 'custom', path: ['files'], message: `must be ${needed.join(', ')} for ${engine}` });
});

/** `<data folder>/speech/<id>/manifest.json`: a model that writes down what is said, in the form that sherpa-onnx reads. */
export type SpeechManifest = z.infer<typeof manifestSchema>;

export const SPEECH: PartKind<SpeechManifest> = { name: 'speech', schema: manifestSchema, partsOf: ({ engine, files }) => FILES_OF_ENGINE[engine].map((role) => files[role]!) };

/** SHA-256 over the digests of its files, in the order of their roles. */
export function digestOfSpeech(manifest: SpeechManifest): string {
  return createHash('sha256').update(SPEECH.partsOf(manifest).map(({ sha256 }: ModelPart) => sha256).join('\n')).digest('hex');
}
