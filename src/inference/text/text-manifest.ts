import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UndertoneError } from '../../domain/errors.js';
import { WORD_FEELINGS } from '../../domain/transcript.js';
import { digestFiles } from '../model-digest.js';

const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const textManifestSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
  kind: z.literal('text-classifier-onnx'),
  file: fileName, sha256,
  /** WordPiece, one piece a line. */
  vocab: fileName, vocabSha256: sha256,
  lowercase: z.boolean(),
  maxTokens: z.int().min(8).max(512),
  /** ISO 639 of the languages that it was made for. */
  languages: z.array(z.string().regex(/^[a-z]{2,3}$/)).min(1),
  /** In the order of the graph's outputs. */
  labels: z.array(z.string().min(1)).min(2).max(100),
  /** What each label says of feeling. */
  feelings: z.record(z.string(), z.enum([...WORD_FEELINGS, 'neutral'])),
  license: z.string().min(1), attribution: z.string().min(1),
}).superRefine(({ labels, feelings }, context) => {
  for (const label of labels) if (feelings[label] === undefined) context.addIssue({ code: 'custom', path: ['feelings', label], message: 'says nothing of this label' });
});

export type TextManifest = z.output<typeof textManifestSchema>;

/** The manifest of a folder. MODEL_INVALID with every fault. */
export function readTextManifest(folder: string): TextManifest {
  const invalid = (reason: string): UndertoneError => new UndertoneError('MODEL_INVALID', `The manifest.json of UNDERTONE_TEXT_MODEL is not valid: ${reason}. See docs/asr-cross-check.md.`);
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  } catch (error) {
    throw invalid((error as NodeJS.ErrnoException).code === 'ENOENT' ? 'it is not there' : 'it is no JSON that can be read');
  }
  const parsed = textManifestSchema.safeParse(raw);
  if (!parsed.success) throw invalid(parsed.error.issues.map((issue) => `${issue.path.join('.') || 'manifest'}: ${issue.message}`).join('; '));
  return parsed.data;
}

/** MODEL_INVALID when the bytes of graph or vocabulary are not the manifest's. */
export async function verifyTextModel(folder: string, { id, file, sha256: graph, vocab, vocabSha256 }: TextManifest): Promise<void> {
  for (const [name, wanted] of [[file, graph], [vocab, vocabSha256]] as const) {
    const actual = await digestFiles([join(folder, name)]).catch(() => null);
    if (actual?.sha256 !== wanted) throw new UndertoneError('MODEL_INVALID', `${name} of the text model "${id}" (${actual === null ? 'missing' : `SHA-256 ${actual.sha256}`}) is not that of its manifest (${wanted}).`);
  }
}
