/** A float32 matrix as NumPy's .npy, format 1.0, C order, always two-dimensional. `values.length` must be rows × columns. */
export function encodeNpy(values: Float32Array, rows: number, columns: number): Buffer {
  if (values.length !== rows * columns) throw new RangeError(`a (${rows}, ${columns}) matrix needs ${rows * columns} values, got ${values.length}`);
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  // The whole header ends with a newline and is a multiple of 64 bytes, so that data can be memory-mapped.
  const length = Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 10;
  const header = Buffer.alloc(10 + length, 0x20);
  header.write('\u0093NUMPY\u0001\u0000', 0, 'latin1');
  header.writeUInt16LE(length, 8);
  header.write(dictionary, 10, 'latin1');
  header.write('\n', 9 + length, 'latin1');
  const data = Buffer.alloc(values.length * 4);
  for (let i = 0; i < values.length; i++) data.writeFloatLE(values[i]!, i * 4);
  return Buffer.concat([header, data]);
}
