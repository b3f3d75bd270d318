import { UndertoneError } from './errors.js';

/** One window's stretch of the track. */
export interface TrackBlock {
  readonly segmentIndex: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** First row and number of rows in `logits`. */
  readonly frameOffset: number;
  readonly frameCount: number;
  /** Key of the speaker, or null. */
  readonly speaker: string | null;
}

/**
 * Frame logits of a whole analysis. Frame t of a block begins at `startSeconds + t * frameHopSeconds`; the mean of a
 * block's rows is that window's logits, which is why timelines, attribution and re-binning all come from this one blob.
 */
export interface FrameTrack {
  readonly frameHopSeconds: number;
  readonly labels: readonly string[];
  readonly blocks: readonly TrackBlock[];
  /** Row-major [frames, labels.length]. */
  readonly logits: Float32Array;
}

/** Tracks of parts of one analysis as one, in the order of their segments; null for none. */
export function mergeFrameTracks(tracks: readonly FrameTrack[]): FrameTrack | null {
  const [first] = tracks;
  if (first === undefined) return null;
  const logits = new Float32Array(tracks.reduce((total, track) => total + track.logits.length, 0));
  const blocks: TrackBlock[] = [];
  let rows = 0;
  for (const track of tracks) {
    logits.set(track.logits, rows * first.labels.length);
    for (const block of track.blocks) blocks.push({ ...block, frameOffset: block.frameOffset + rows });
    rows += track.logits.length / first.labels.length;
  }
  return { ...first, blocks: blocks.sort((a, b) => a.segmentIndex - b.segmentIndex), logits };
}

const MAGIC = 0x31465455; // "UTF1", little-endian

/** Layout: magic u32, header length u32 (padded so that the floats are aligned), JSON header, float32 little-endian rows. */
export function encodeFrameTrack(track: FrameTrack): Uint8Array {
  const { logits, ...header } = track;
  const json = Buffer.from(JSON.stringify(header), 'utf8');
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const bytes = Buffer.alloc(8 + headerBytes + logits.byteLength, 0x20);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(headerBytes, 4);
  json.copy(bytes, 8);
  Buffer.from(logits.buffer, logits.byteOffset, logits.byteLength).copy(bytes, 8 + headerBytes);
  return bytes;
}

/** Throws INTERNAL when the bytes are not a track: they were written by this platform and never by a caller. */
export function decodeFrameTrack(bytes: Buffer): FrameTrack {
  if (bytes.length < 8 || bytes.readUInt32LE(0) !== MAGIC) {
    throw new UndertoneError('INTERNAL', 'A stored frame track is damaged: it does not begin with its mark. Analyse the recording again.');
  }
  const headerBytes = bytes.readUInt32LE(4);
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerBytes)) as Omit<FrameTrack, 'logits'>;
  const body = bytes.subarray(8 + headerBytes);
  // A Buffer from the pool may begin at any offset; floats need one divisible by four.
  const aligned = body.byteOffset % 4 === 0 ? body : Buffer.from(Uint8Array.prototype.slice.call(body).buffer);
  return { ...header, logits: new Float32Array(aligned.buffer, aligned.byteOffset, Math.floor(aligned.byteLength / 4)) };
}
