import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EMOTIONS, isUsableLabel, labelFromToken } from '../../domain/emotion.js';
import { UndertoneError } from '../../domain/errors.js';

const MAX_TOKENS_BYTES = 64 * 1024;

export interface ModelLabels {
  /** In the order of the head's rows. */
  readonly labels: readonly string[];
  /** Those of `unuse_*` rows: their logits count as −inf and the scores of the others are renormalised. */
  readonly maskedLabels: readonly string[];
  /** Where they come from, for the report of the import. */
  readonly source: string;
}

/**
 * Labels for a head of `classCount` rows: from the given tokens.txt, else from one beside the checkpoint, else the nine
 * that are published. Throws TOKENS_INVALID.
 */
export async function readLabels(classCount: number, checkpointPath: string, tokensPath?: string): Promise<ModelLabels> {
  const beside = join(dirname(checkpointPath), 'tokens.txt');
  const path = tokensPath ?? ((await isFile(beside)) ? beside : undefined);
  if (path !== undefined) return { ...parseTokens(await readTokens(path), classCount), source: path };
  if (classCount !== EMOTIONS.length) throw tokensError(`the head has ${classCount} rows, and without a tokens.txt only the nine published labels are known`);
  return { labels: EMOTIONS, maskedLabels: [], source: 'the nine published labels' };
}

export function parseTokens(text: string, classCount: number): Pick<ModelLabels, 'labels' | 'maskedLabels'> {
  if (text.trim() === '') throw tokensError('it is empty');
  const lines = text.replace(/^\uFEFF/, '').replace(/(\r?\n)+$/, '').split(/\r?\n/);
  if (lines.length !== classCount) throw tokensError(`it has ${lines.length} labels where the head has ${classCount} rows`);
  const labels = lines.map(labelFromToken);
  const empty = labels.findIndex((label) => label === '');
  if (empty >= 0) throw tokensError(`line ${empty + 1} is empty`);
  const odd = labels.findIndex((label) => !isUsableLabel(label));
  if (odd >= 0) throw tokensError(`line ${odd + 1} is no label: at most 100 letters without control characters are, and "__proto__" is not`);
  const repeated = labels.findIndex((label, index) => labels.indexOf(label) !== index);
  if (repeated >= 0) throw tokensError(`line ${repeated + 1} repeats the label of line ${labels.indexOf(labels[repeated]!) + 1}`);
  const maskedLabels = labels.filter((label) => label.startsWith('unuse_'));
  if (maskedLabels.length === labels.length) throw tokensError('every label is marked `unuse_`');
  return { labels, maskedLabels };
}

async function readTokens(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw new UndertoneError('TOKENS_INVALID', `${path} cannot be opened (${cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'}). Give the path of the model's tokens.txt.`, {}, { cause });
  });
  try {
    const buffer = Buffer.alloc(MAX_TOKENS_BYTES + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0).catch((cause: unknown) => {
      throw new UndertoneError('TOKENS_INVALID', `${path} cannot be read. Give the path of the model's tokens.txt.`, {}, { cause });
    });
    if (bytesRead > MAX_TOKENS_BYTES) throw tokensError(`it has more than ${MAX_TOKENS_BYTES} bytes`);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then((information) => information.isFile(), () => false);
}

function tokensError(found: string): UndertoneError {
  return new UndertoneError('TOKENS_INVALID', `The labels do not fit the model: ${found}. tokens.txt holds one label a line, in the order of the head; \`unuse_…\` marks a row that must never win.`);
}
