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
