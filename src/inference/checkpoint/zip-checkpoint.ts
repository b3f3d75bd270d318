import type { FileHandle } from 'node:fs/promises';
import { checkpointError } from './checkpoint-error.js';
import { unpickle } from './pickle-reader.js';
import { stateDictOf } from './state-dict.js';
import { placeTensor } from './storage-layout.js';
import type { ByteRange } from './stored-bytes.js';
import type { TensorRef } from './tensor-ref.js';
import { ZipArchive } from './zip-archive.js';

/** The published file's pickle has about 100 kB; a longer one holds something else than a model. */
const MAX_PICKLE_BYTES = 16 * 1024 * 1024;

/** Tensors of a zip written by torch.save since 1.6. Entries of other storages are not even located. */
export async function readZipTensors(path: string, file: FileHandle, sizeBytes: number): Promise<Map<string, TensorRef>> {
  const archive = await ZipArchive.open(path, sizeBytes);
  try {
    const folder = archive.rootFolder();
    if (archive.sizeOf(`${folder}byteorder`) !== null) {
      const order = (await archive.readSmall(file, `${folder}byteorder`, 16)).toString('latin1').trim();
      if (order !== 'little') throw checkpointError('its weights are big-endian', { advice: 'Load and save it with torch on an x86 or ARM machine.' });
    }
    const pickle = await archive.readSmall(file, `${folder}data.pkl`, MAX_PICKLE_BYTES);
    const state = stateDictOf(unpickle(pickle).value);
    const ranges = new Map<string, ByteRange>();
    const tensors = new Map<string, TensorRef>();
    for (const [name, tensor] of state) {
      const { key } = tensor.storage;
      const range = ranges.get(key) ?? (await archive.locate(`${folder}data/${key}`));
      ranges.set(key, range);
      tensors.set(name, placeTensor(name, tensor, range));
    }
    return tensors;
  } finally {
    archive.close();
  }
}
