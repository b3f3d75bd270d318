import { PickleError } from './pickle-values.js';

const utf8 = new TextDecoder('utf-8');

/** Reads little-endian fields of a buffer in order. Every read is checked against the end, so a lying length costs nothing. */
export class PickleCursor {
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    public position = 0,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    return this.view.getUint8(this.advance(1));
  }
  uint16(): number {
    return this.view.getUint16(this.advance(2), true);
  }
  uint32(): number {
    return this.view.getUint32(this.advance(4), true);
  }
  int32(): number {
    return this.view.getInt32(this.advance(4), true);
  }
  /** Lengths of 8 bytes. Above 2^53 the cursor could not hold it anyway. */
  uint64(): number {
    const value = this.view.getBigUint64(this.advance(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new PickleError(`it announces a length of ${value.toString()} bytes`);
    return Number(value);
  }
  float64(): number {
    return this.view.getFloat64(this.advance(8), false);
  }
  take(length: number): Uint8Array {
    const start = this.advance(length);
    return this.bytes.subarray(start, start + length);
  }
  text(length: number): string {
    return utf8.decode(this.take(length));
  }
  /** The rest of a line without its newline, for the text opcodes of protocol 0. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end < 0 || end - this.position > 4096) throw new PickleError('a line of it has no end within 4096 bytes');
    const text = this.text(end - this.position);
    this.position += 1;
    return text;
  }
  /** A signed little-endian integer of `length` bytes: a number where that is exact, else a bigint. */
  long(length: number): number | bigint {
    if (length > 64) throw new PickleError(`it holds an integer of ${length} bytes; at most 64 are read`);
    const digits = this.take(length);
    if (length === 0) return 0;
    const hex = Buffer.from(digits).reverse().toString('hex');
    const value = BigInt.asIntN(8 * length, BigInt(`0x${hex}`));
    const exact = Number(value);
    return Number.isSafeInteger(exact) ? exact : value;
  }

  private advance(length: number): number {
    const start = this.position;
    if (length < 0 || start + length > this.bytes.length) throw new PickleError(`it ends ${start + length - this.bytes.length} bytes too early`);
    this.position = start + length;
    return start;
  }
}
