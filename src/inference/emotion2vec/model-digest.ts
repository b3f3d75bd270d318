import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import onnxProto from 'onnx-proto';
import { UndertoneError } from '../../domain/errors.js';
import { readChunks, type ByteRange } from '../checkpoint/stored-bytes.js';

const { onnx } = onnxProto;
/** A graph without its weights has some hundred kilobytes; a model of one's own may keep up to 2 GB inside. */
const MAX_GRAPH_BYTES = 2 ** 31 - 1;

/**
 * SHA-256 (hex) of everything that decides a result: the bytes of the graph file, then those of each tensor that the graph
 * keeps outside, in the graph's order. Bytes of a checkpoint that no tensor uses (optimiser state) do not count.
 */
export async function modelDigest(folder: string, graphFile: string): Promise<string> {
  const hash = createHash('sha256');
  const graph = await readFile(join(folder, graphFile));
  if (graph.length > MAX_GRAPH_BYTES) throw modelError(`${graphFile} has more than 2 GB`);
  hash.update(graph);
  for (const [location, ranges] of externalRanges(graph)) {
    const file = await open(join(folder, location), 'r').catch((cause: unknown) => {
      throw modelError(`${location}, which ${graphFile} refers to, cannot be opened`, cause);
    });
    try {
      const { size } = await file.stat();
      for (const range of ranges) {
        if (range.offsetBytes + range.lengthBytes > size) throw modelError(`${location} ends before the weights that ${graphFile} refers to`);
        for await (const chunk of readChunks(file, range)) hash.update(chunk);
      }
    } finally {
      await file.close();
    }
  }
  return hash.digest('hex');
}

function externalRanges(graphBytes: Uint8Array): Map<string, ByteRange[]> {
  const ranges = new Map<string, ByteRange[]>();
  for (const tensor of decodeGraph(graphBytes).initializer ?? []) {
    if (tensor.dataLocation !== onnx.TensorProto.DataLocation.EXTERNAL) continue;
    const entries = new Map((tensor.externalData ?? []).map(({ key, value }) => [key, value]));
    const location = entries.get('location') ?? '';
    if (location === '' || location !== basename(location)) throw modelError('its graph refers to weights outside the model folder');
    const range = { offsetBytes: Number(entries.get('offset') ?? 0), lengthBytes: Number(entries.get('length')) };
    if (!Number.isSafeInteger(range.offsetBytes) || !Number.isSafeInteger(range.lengthBytes)) throw modelError('its graph refers to weights by a broken position');
    ranges.set(location, [...(ranges.get(location) ?? []), range]);
  }
  return ranges;
}

function decodeGraph(bytes: Uint8Array): onnxProto.onnx.IGraphProto {
  try {
    return onnx.ModelProto.decode(bytes).graph ?? {};
  } catch (cause) {
    throw modelError('its graph is not a readable ONNX file', cause);
  }
}

function modelError(found: string, cause?: unknown): UndertoneError {
  return new UndertoneError('MODEL_INVALID', `The model cannot be used: ${found}. Import or pull it again.`, {}, { cause });
}
