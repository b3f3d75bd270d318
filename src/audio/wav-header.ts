import type { FileHandle } from 'node:fs/promises';

export interface WavHeader {
  readonly encoding: 'pcm' | 'float' | 'other';
  readonly channels: number;
  readonly sampleRateHz: number;
  readonly bitsPerSample: number;
  readonly blockAlign: number;
  readonly dataOffset: number;
  readonly declaredDataBytes: number;
  /** Bytes of the data chunk that are really in the file. */
  readonly presentDataBytes: number;
  /** The size was never filled in (written into a pipe): the data goes on to the end of the file. */
  readonly openEnded: boolean;
}

const FORMAT_PCM = 1;
const FORMAT_FLOAT = 3;
const FORMAT_EXTENSIBLE = 0xfffe;
// Recorders that write into a pipe leave 0, 0xFFFFFFFF or, for careful readers' sake, something just under 2^31.
const OPEN_ENDED_FROM = 0x7fff_0000;
const MAX_CHUNKS = 64;
// KSDATAFORMAT_SUBTYPE: two bytes of format, then these fourteen.
const SUBTYPE_TAIL = Buffer.from('000000001000800000aa00389b71', 'hex');

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function encodingOf(format: Buffer): WavHeader['encoding'] {
  let tag = format.readUInt16LE(0);
  if (tag === FORMAT_EXTENSIBLE && format.length >= 40 && format.subarray(26, 40).equals(SUBTYPE_TAIL)) tag = format.readUInt16LE(24);
  return tag === FORMAT_PCM ? 'pcm' : tag === FORMAT_FLOAT ? 'float' : 'other';
}

/** The header of a RIFF/WAVE file; null when it is anything else (RF64 included) or has no `fmt ` and `data` in that order. */
export async function readWavHeader(file: FileHandle, fileBytes: number): Promise<WavHeader | null> {
  const riff = await readAt(file, 0, 12);
  if (riff.length < 12 || riff.toString('latin1', 0, 4) !== 'RIFF' || riff.toString('latin1', 8, 12) !== 'WAVE') return null;
  let format: Buffer | null = null;
  let position = 12;
  for (let chunk = 0; chunk < MAX_CHUNKS && position + 8 <= fileBytes; chunk++) {
    const head = await readAt(file, position, 8);
    if (head.length < 8) return null;
    const id = head.toString('latin1', 0, 4);
    const size = head.readUInt32LE(4);
    if (id === 'fmt ') {
      format = await readAt(file, position + 8, Math.min(size, 40));
      if (format.length < 16) return null;
    } else if (id === 'data') {
      if (format === null) return null;
      const rest = fileBytes - (position + 8);
      const openEnded = size === 0 || size >= OPEN_ENDED_FROM;
      return {
        encoding: encodingOf(format),
        channels: format.readUInt16LE(2),
        sampleRateHz: format.readUInt32LE(4),
        blockAlign: format.readUInt16LE(12),
        bitsPerSample: format.readUInt16LE(14),
        dataOffset: position + 8,
        declaredDataBytes: size,
        presentDataBytes: openEnded ? rest : Math.min(size, rest),
        openEnded,
      };
    }
    position += 8 + size + (size & 1);
  }
  return null;
}
