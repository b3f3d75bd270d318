import type { FileHandle } from 'node:fs/promises';
import { checkpointError } from './checkpoint-error.js';
import { unpickle } from './pickle-reader.js';
import type { StorageReference } from './pickle-values.js';
import { stateDictOf } from './state-dict.js';
import { placeTensor, STORAGE_ELEMENT_BYTES } from './storage-layout.js';
import { readRange, type ByteRange } from './stored-bytes.js';
import type { TensorRef } from './tensor-ref.js';

/** 0x1950a86a20f9469cfc6c, torch's mark at the start of its format before 1.6. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;
/** Five pickles, then the storages. The pickles of the published model would take ~150 kB. */
const MAX_HEAD_BYTES = 16 * 1024 * 1024;

/** Tensors of torch's old format: magic, version, system, object and storage keys, then `count, bytes` for each key. */
export async function readLegacyTensors(file: FileHandle, sizeBytes: number): Promise<Map<string, TensorRef>> {
  const head = await readRange(file, { offsetBytes: 0, lengthBytes: Math.min(MAX_HEAD_BYTES, sizeBytes) });
  const magic = unpickle(head);
  if (magic.value !== MAGIC) throw checkpointError('it is a pickle, but not one that torch.save wrote');
  const version = unpickle(head, magic.endOffset);
  if (version.value !== PROTOCOL_VERSION) throw checkpointError(`it is in torch's old format, of a version other than ${PROTOCOL_VERSION}`);
  const system = unpickle(head, version.endOffset);
  if (!(system.value instanceof Map) || system.value.get('little_endian') !== true) throw checkpointError('its weights are not little-endian');
  const object = unpickle(head, system.endOffset);
  const keys = unpickle(head, object.endOffset);
  const state = stateDictOf(object.value);
  const ranges = await locateStorages(file, sizeBytes, keys, object.storages);
  const tensors = new Map<string, TensorRef>();
  for (const [name, tensor] of state) {
    const range = ranges.get(tensor.storage.key);
    if (range === undefined) throw checkpointError(`${name} refers to a storage that the file does not list`);
    tensors.set(name, placeTensor(name, tensor, range));
  }
  return tensors;
}

async function locateStorages(file: FileHandle, sizeBytes: number, keys: { value: unknown; endOffset: number }, storages: ReadonlyMap<string, StorageReference>): Promise<Map<string, ByteRange>> {
  if (!Array.isArray(keys.value)) throw checkpointError('its list of storages is not a list');
  const ranges = new Map<string, ByteRange>();
  let position = keys.endOffset;
  for (const key of keys.value as readonly unknown[]) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (typeof key !== 'string' || storage === undefined || ranges.has(key)) throw checkpointError('its list of storages does not fit its tensors');
    const count = await readCount(file, position);
    const lengthBytes = storage.elementCount * STORAGE_ELEMENT_BYTES[storage.storageType]!;
    if (count !== BigInt(storage.elementCount)) throw checkpointError(`storage ${ranges.size} announces another size than its tensor`);
    const range = { offsetBytes: position + 8, lengthBytes };
    position += 8 + lengthBytes;
    if (position > sizeBytes) throw checkpointError(`it ends in the middle of storage ${ranges.size} of ${keys.value.length}, so the file is cut off`);
    ranges.set(key, range);
  }
  return ranges;
}

async function readCount(file: FileHandle, offsetBytes: number): Promise<bigint> {
  const bytes = await readRange(file, { offsetBytes, lengthBytes: 8 });
  return bytes.readBigInt64LE(0);
}
