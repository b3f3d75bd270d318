// Writes checkpoints in PyTorch's zip format without PyTorch, for tests and benchmarks. Tensors are made and written one
// at a time, so a checkpoint of any size costs the memory of its largest tensor.
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

const STORAGE = { f32: ['FloatStorage', 4], f16: ['HalfStorage', 2], bf16: ['BFloat16Storage', 2], f64: ['DoubleStorage', 8], i64: ['LongStorage', 8] };
const ALIGNMENT = 64;

/** Opcodes of a protocol 2 pickle, as torch.save uses them. */
export const pickle = {
  text: (value) => Buffer.concat([Buffer.from('X'), uint32(Buffer.byteLength(value)), Buffer.from(value)]),
  integer: (value) =>
    value >= 0 && value < 256 ? Buffer.from([0x4b, value])
    : value >= -(2 ** 31) && value < 2 ** 31 ? Buffer.concat([Buffer.from('J'), int32(value)])
    : Buffer.concat([Buffer.from([0x8a, 8]), int64(value)]),
  global: (module, name) => Buffer.from(`c${module}\n${name}\n`),
  tuple: (...items) => Buffer.concat([Buffer.from('('), ...items, Buffer.from('t')]),
  dict: (...pairs) => Buffer.concat([Buffer.from('}('), ...pairs.flat(), Buffer.from('u')]),
  none: Buffer.from('N'),
  false: Buffer.from([0x89]),
  call: (callee, ...args) => Buffer.concat([callee, pickle.tuple(...args), Buffer.from('R')]),
  file: (value) => Buffer.concat([Buffer.from([0x80, 2]), value, Buffer.from('.')]),
};

/** Pickle of one tensor whose storage is the entry `data/<key>`. */
export function pickledTensor({ key, type, shape, strides = rowMajor(shape), offsetElements = 0, storageElements }) {
  const id = pickle.tuple(pickle.text('storage'), pickle.global('torch', STORAGE[type][0]), pickle.text(String(key)), pickle.text('cpu'), pickle.integer(storageElements ?? product(shape)));
  const storage = Buffer.concat([id, Buffer.from('Q')]);
  const sizes = (values) => pickle.tuple(...values.map(pickle.integer));
  return pickle.call(pickle.global('torch._utils', '_rebuild_tensor_v2'), storage, pickle.integer(offsetElements), sizes(shape), sizes(strides), pickle.false, pickle.call(pickle.global('collections', 'OrderedDict')));
}

/**
 * Writes `tensors` (each `{name, type, shape, make(): Uint8Array}` and optionally strides, offsetElements,
 * storageElements) under `container` (null: at the top level), beside a few other keys as training leaves them.
 */
export async function writeTorchFile(path, { tensors, container = 'model', extraPairs = [], folder = 'archive', gapBytes = 0 }) {
  const state = pickle.dict(...tensors.map((tensor, key) => [pickle.text(tensor.name), pickledTensor({ ...tensor, key })]));
  const root = container === null ? state : pickle.dict([pickle.text('args'), pickle.none], ...extraPairs, [pickle.text(container), state]);
  const entries = [
    { name: `${folder}/data.pkl`, make: () => pickle.file(root) },
    { name: `${folder}/byteorder`, make: () => Buffer.from('little') },
    // A hole in the file, as large as wanted and without cost on the disk: what follows lies beyond it.
    ...(gapBytes > 0 ? [{ name: `${folder}/data/gap`, holeBytes: gapBytes }] : []),
    ...tensors.map((tensor, key) => ({ name: `${folder}/data/${key}`, make: tensor.make })),
    { name: `${folder}/version`, make: () => Buffer.from('3\n') },
  ];
  await writeStoredZip(path, entries);
}

/** A zip without compression, every entry's bytes on a 64-byte boundary as torch has them; zip64 where it must be. */
export async function writeStoredZip(path, entries) {
  const file = await open(path, 'w');
  const directory = [];
  let position = 0;
  const put = async (bytes) => {
    for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
    position += bytes.length;
  };
  try {
    for (const { name, make, holeBytes } of entries) {
      const data = make?.();
      const size = holeBytes ?? data.length;
      const crc = data === undefined ? 0 : crc32(data) >>> 0;
      const isLarge = size > 0xffff_fffe;
      const nameBytes = Buffer.from(name);
      const sizes = isLarge ? Buffer.concat([uint16(1), uint16(16), int64(size), int64(size)]) : Buffer.alloc(0);
      const bare = position + 30 + nameBytes.length + sizes.length + 4;
      const padding = Buffer.alloc((ALIGNMENT - (bare % ALIGNMENT)) % ALIGNMENT, 0x5a);
      const extra = Buffer.concat([sizes, Buffer.from('FB'), uint16(padding.length), padding]);
      const shown = isLarge ? 0xffff_ffff : size;
      const offset = position;
      await put(Buffer.concat([uint32(0x04034b50), uint16(isLarge ? 45 : 20), uint16(0), uint16(0), uint32(0), uint32(crc), uint32(shown), uint32(shown), uint16(nameBytes.length), uint16(extra.length), nameBytes, extra]));
      if (data === undefined) position += size;
      else await put(data);
      directory.push(centralEntry({ nameBytes, crc, size, offset }));
    }
    const start = position;
    for (const entry of directory) await put(entry);
    await put(endOfDirectory(directory.length, position - start, start));
  } finally {
    await file.close();
  }
}

function centralEntry({ nameBytes, crc, size, offset }) {
  const isLarge = size > 0xffff_fffe || offset > 0xffff_fffe;
  const wide = isLarge ? Buffer.concat([uint16(1), uint16(24), int64(size), int64(size), int64(offset)]) : Buffer.alloc(0);
  const shown = (value) => uint32(isLarge ? 0xffff_ffff : value);
  return Buffer.concat([uint32(0x02014b50), uint16(45), uint16(isLarge ? 45 : 20), uint16(0), uint16(0), uint32(0), uint32(crc), shown(size), shown(size), uint16(nameBytes.length), uint16(wide.length), uint16(0), uint16(0), uint16(0), uint32(0), shown(offset), nameBytes, wide]);
}

function endOfDirectory(count, size, start) {
  const end = (shownStart) => Buffer.concat([uint32(0x06054b50), uint16(0), uint16(0), uint16(count), uint16(count), uint32(size), uint32(shownStart), uint16(0)]);
  if (start + size <= 0xffff_fffe) return end(start);
  const record = Buffer.concat([uint32(0x06064b50), int64(44), uint16(45), uint16(45), uint32(0), uint32(0), int64(count), int64(count), int64(size), int64(start)]);
  const locator = Buffer.concat([uint32(0x07064b50), uint32(0), int64(start + size), uint32(1)]);
  return Buffer.concat([record, locator, end(0xffff_ffff)]);
}

export function rowMajor(shape) {
  return shape.map((_, axis) => product(shape.slice(axis + 1)));
}
function product(values) {
  return values.reduce((result, value) => result * value, 1);
}
function uint16(value) {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}
function uint32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
function int32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
function int64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes;
}
