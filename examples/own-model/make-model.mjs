// Writes a complete model folder that Undertone can use: a toy graph and its manifest. Take it as a pattern for your own.
//   node examples/own-model/make-model.mjs <data>/models/my-model
//   UNDERTONE_DATA_DIR=<data> npx undertone analyze samples/conversation.flac --model my-model
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;
const { FLOAT, INT64 } = onnx.TensorProto.DataType;
const { INT, INTS } = onnx.AttributeProto.AttributeType;
const [RECEPTIVE, HOP, DIMENSION, LABELS] = [400, 320, 8, ['calm', 'tense']];

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: node make-model.mjs <data>/models/my-model');

const node = (opType, input, output, attribute = []) => ({ opType, input, output: [output], attribute });
const ints = (name, values) => ({ name, type: INTS, ints: values });
const int = (name, value) => ({ name, type: INT, i: value });
const floats = (name, dims, valueAt) => ({ name, dims, dataType: FLOAT, floatData: Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => valueAt(i)) });
const longs = (name, values) => ({ name, dims: [values.length], dataType: INT64, int64Data: values });
const tensor = (name, elemType, dims) => ({ name, type: { tensorType: { elemType, shape: { dim: dims.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size })) } } } });

// Eight filters of 25 ms every 20 ms, bent; a linear head over each frame; the mean over frames. There is no input
// `lengths`, so Undertone gives it one clip at a time and nothing has to be masked.
const graph = {
  name: 'toy',
  node: [
    node('Unsqueeze', ['waveform', 'axis'], 'channel'),
    node('Conv', ['channel', 'filters'], 'filtered', [ints('kernel_shape', [RECEPTIVE]), ints('strides', [HOP])]),
    node('Tanh', ['filtered'], 'bent'),
    node('Transpose', ['bent'], 'frame_features', [ints('perm', [0, 2, 1])]),
    node('MatMul', ['frame_features', 'head'], 'frame_logits'),
    node('ReduceMean', ['frame_features'], 'embedding', [ints('axes', [1]), int('keepdims', 0)]),
    node('ReduceMean', ['frame_logits'], 'logits', [ints('axes', [1]), int('keepdims', 0)]),
    node('Shape', ['frame_features'], 'shape'),
    node('Gather', ['shape', 'axis'], 'frame_lengths'),
  ],
  initializer: [
    floats('filters', [DIMENSION, 1, RECEPTIVE], (i) => 0.05 * Math.sin(i * 0.37 + Math.floor(i / RECEPTIVE))),
    floats('head', [DIMENSION, LABELS.length], (i) => 2 * Math.cos(i * 1.3)),
    longs('axis', [1]),
  ],
  input: [tensor('waveform', FLOAT, [1, 'samples'])],
  output: [
    tensor('frame_features', FLOAT, [1, 'frames', DIMENSION]),
    tensor('frame_logits', FLOAT, [1, 'frames', LABELS.length]),
    tensor('embedding', FLOAT, [1, DIMENSION]),
    tensor('logits', FLOAT, [1, LABELS.length]),
    tensor('frame_lengths', INT64, [1]),
  ],
};
const bytes = onnx.ModelProto.encode(onnx.ModelProto.fromObject({ irVersion: 8, opsetImport: [{ domain: '', version: 17 }], graph })).finish();

mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'model.onnx'), bytes);
writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify({
  id: basename(folder), version: '1', name: 'My model', kind: 'waveform-onnx', file: 'model.onnx',
  sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length,
  sampleRateHz: 16_000, minSamples: RECEPTIVE, frameHopSamples: HOP, frameReceptiveFieldSamples: RECEPTIVE,
  normalization: 'zscore-f64', labels: LABELS, embeddingDimension: DIMENSION, maxWindowSeconds: 15,
  license: 'Apache-2.0',
}, null, 2)}\n`);
process.stdout.write(`Wrote ${folder}\n`);
