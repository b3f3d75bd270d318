/**
 * pgvector's binary form: int16 dimension, int16 zero, then float32, all big-endian. About five times smaller than
 * text and exact; PostgreSQL takes it wherever a Buffer is bound to a parameter that is cast to `vector`.
 */
export function encodeVector(values: Float32Array): Buffer {
  const buffer = Buffer.alloc(vectorByteLength(values));
  writeVector(buffer, 0, values);
  return buffer;
}

/** The answer of `vector_send(…)` as [dimension]. */
export function decodeVector(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(view.getInt16(0));
  for (let i = 0; i < values.length; i++) values[i] = view.getFloat32(4 + 4 * i);
  return values;
}

/** Binary `vector[]`, one-dimensional. `elementOid` is `'vector'::regtype::oid` of this database. */
export function encodeVectorArray(vectors: readonly Float32Array[], elementOid: number): Buffer {
  const total = vectors.reduce((sum, values) => sum + 4 + vectorByteLength(values), 20);
  const buffer = Buffer.alloc(total);
  buffer.writeInt32BE(vectors.length === 0 ? 0 : 1, 0);
  buffer.writeInt32BE(0, 4);
  buffer.writeUInt32BE(elementOid, 8);
  buffer.writeInt32BE(vectors.length, 12);
  buffer.writeInt32BE(1, 16);
  let offset = 20;
  for (const values of vectors) {
    offset = buffer.writeInt32BE(vectorByteLength(values), offset);
    offset = writeVector(buffer, offset, values);
  }
  return vectors.length === 0 ? buffer.subarray(0, 12) : buffer;
}

function vectorByteLength(values: Float32Array): number {
  return 4 + 4 * values.length;
}

function writeVector(buffer: Buffer, offset: number, values: Float32Array): number {
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  view.setInt16(offset, values.length);
  for (let i = 0; i < values.length; i++) view.setFloat32(offset + 4 + 4 * i, values[i]!);
  return offset + vectorByteLength(values);
}
