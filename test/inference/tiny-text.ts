import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import onnxProto from 'onnx-proto';
import { floats, longs, node, value } from './tiny-model.js';

const { onnx } = onnxProto;
const { FLOAT, INT64 } = onnx.TensorProto.DataType;

const LABELS = ['sadness', 'joy', 'neutral'] as const;
const PIECES = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'the', 'dog', '##s', 'died', 'great', '.', '我', '难', '过', 'cafe', 'hund', 'gestorben', 'Dog'] as const;
/** What each piece adds to the label of its feeling; the rest speaks for none. */
const MEANT: Partial<Record<(typeof PIECES)[number], number>> = { died: 0, gestorben: 0, 难: 0, great: 1 };
export const VOCABULARY = PIECES.join('\n');

/** A real classifier: the logits are the sum of what its pieces say, where the mask lets them. */
function textGraph(): Uint8Array {
  const table = Float32Array.from({ length: PIECES.length * LABELS.length }, (_, i) => {
    const meant = MEANT[PIECES[Math.floor(i / LABELS.length)]!];
    return meant === undefined ? (i % LABELS.length === 2 ? 0.2 : 0) : i % LABELS.length === meant ? 6 : 0;
  });
  const graph = onnx.GraphProto.create({
    name: 'tiny-text',
    node: [
      node({ op: 'Gather', inputs: ['table', 'input_ids'], outputs: ['said'] }),
      node({ op: 'Cast', inputs: ['attention_mask'], outputs: ['mask'], int: { to: FLOAT } }),
      node({ op: 'Unsqueeze', inputs: ['mask', 'last'], outputs: ['mask_of_each'] }),
      node({ op: 'Mul', inputs: ['said', 'mask_of_each'], outputs: ['masked'] }),
      node({ op: 'ReduceSum', inputs: ['masked', 'second'], outputs: ['logits'], int: { keepdims: 0 } }),
    ],
    initializer: [floats('table', [PIECES.length, LABELS.length], table), longs('last', [1], [2]), longs('second', [1], [1])],
    input: [value('input_ids', INT64, ['batch', 'pieces']), value('attention_mask', INT64, ['batch', 'pieces'])],
    output: [value('logits', FLOAT, ['batch', LABELS.length])],
  });
  return onnx.ModelProto.encode(onnx.ModelProto.create({ irVersion: 8, producerName: 'undertone-test', opsetImport: [{ domain: '', version: 17 }], graph })).finish();
}

const sha256 = (content: Uint8Array | string): string => createHash('sha256').update(content).digest('hex');

/** Writes a folder for UNDERTONE_TEXT_MODEL, with changes of its manifest where they are wanted. */
export function writeTextModel(folder: string, changes: Readonly<Record<string, unknown>> = {}): string {
  mkdirSync(folder, { recursive: true });
  const graph = textGraph();
  writeFileSync(join(folder, 'model.onnx'), graph);
  writeFileSync(join(folder, 'vocab.txt'), VOCABULARY);
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({
    id: 'tiny-text', kind: 'text-classifier-onnx', file: 'model.onnx', sha256: sha256(graph), vocab: 'vocab.txt', vocabSha256: sha256(VOCABULARY), lowercase: true, maxTokens: 16, languages: ['en', 'de'],
    labels: LABELS, feelings: { sadness: 'sad', joy: 'happy', neutral: 'neutral' }, license: 'Apache-2.0', attribution: 'made by a test', ...changes,
  }));
  return folder;
}
