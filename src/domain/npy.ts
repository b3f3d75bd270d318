import { UndertoneError } from './errors.js';

/**
 * NumPy's `.npy` format, version 1.0, for little-endian float32 in row-major order. Always 2-D: readers that get (D,)
 * in one place and (1, D) in another are a mistake seen in the field.
 */
export function encodeNpy(values: Float32Array, rows: number, columns: number): Buffer {
  if (values.length !== rows * columns) throw new RangeError(`${values.length} values do not make ${rows} rows of ${columns}.`);
  const magic = Buffer.from('\x93NUMPY\x01\x00', 'latin1');
  const description = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  // Magic, two bytes of length and the header together are a multiple of 64, the header ends in a newline.
  const unpadded = magic.length + 2 + description.length + 1;
  const header = Buffer.from(`${description}${' '.repeat((64 - (unpadded % 64)) % 64)}\n`, 'latin1');
  const headerLength = Buffer.alloc(2);
  headerLength.writeUInt16LE(header.length);
  return Buffer.concat([magic, headerLength, header, littleEndianBytes(values)]);
}

/** The same numbers as float32, least significant byte first, whatever the machine. */
export function littleEndianBytes(values: Float32Array): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 4);
  values.forEach((value, index) => bytes.writeFloatLE(value, index * 4));
  return bytes;
}

export interface NpyMatrix {
  readonly rows: number;
  readonly columns: number;
  /** [rows, columns] row-major. */
  readonly values: Float32Array;
}

/**
 * Reads float32 or float64 in row-major order; (D,) is one row of D. BAD_INPUT naming what is wrong: a header that lies
 * about its size must not become memory.
 */
export function decodeNpy(bytes: Buffer): NpyMatrix {
  const refuse = (why: string): never => {
    throw new UndertoneError('BAD_INPUT', `The .npy file cannot be used: ${why}. Write it with numpy.save of a float32 array of one or two dimensions.`);
  };
  if (bytes.length < 10 || bytes.toString('latin1', 0, 6) !== '\x93NUMPY') return refuse('it does not begin as one');
  const wide = bytes[6]! > 1;
  const start = wide ? 12 : 10;
  if (bytes.length < start) return refuse('it ends in its header');
  const dataStart = start + (wide ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8));
  const header = bytes.toString('latin1', start, Math.min(dataStart, bytes.length));
  const type = /'descr':\s*'([^']{1,8})'/.exec(header)?.[1];
  if (type !== '<f4' && type !== '<f8') return refuse(`its numbers are ${type ?? 'of no named type'}, not <f4 or <f8`);
  if (!/'fortran_order':\s*False/.test(header)) return refuse('its order is not row-major');
  const shape = (/'shape':\s*\(([\d, ]*)\)/.exec(header)?.[1] ?? '').split(',').map((part) => part.trim()).filter((part) => part !== '').map(Number);
  if (shape.length < 1 || shape.length > 2 || shape.some((size) => size < 1)) return refuse(`its shape is (${shape.join(', ')})`);
  const [rows, columns] = shape.length === 1 ? [1, shape[0]!] : [shape[0]!, shape[1]!];
  const width = type === '<f4' ? 4 : 8;
  if (bytes.length - dataStart !== rows * columns * width) return refuse(`a shape of ${rows} × ${columns} needs ${rows * columns * width} bytes, it has ${Math.max(0, bytes.length - dataStart)}`);
  const values = new Float32Array(rows * columns);
  for (let i = 0; i < values.length; i++) values[i] = width === 4 ? bytes.readFloatLE(dataStart + 4 * i) : bytes.readDoubleLE(dataStart + 8 * i);
  if (values.some((value) => !Number.isFinite(value))) return refuse('it holds values that are not finite numbers');
  return { rows, columns, values };
}
