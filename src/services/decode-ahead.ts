import type { DecodedAudio } from '../audio/audio-decoder.js';

/** Longer uploads gain nothing that anybody would notice, and their samples are not held for nothing. */
const MAX_BYTES = 8 * 1024 * 1024;
/** Nobody came: the request was refused, or another worker took the job. */
const KEPT_MS = 10_000;

/**
 * Decodes a clip that is to be analysed at once while the database still writes down that it is there: on a warm server
 * the two take about as long as each other. Bounded, and only ever a head start: what is not taken is thrown away.
 */
export interface DecodeAhead {
  /** Begins; does nothing when there is no room. Never throws. */
  begin(sha256: string, path: string, byteLength: number): void;
  /** Hands the samples over, with the duty to dispose of them; null when this clip was not begun. May reject: decode again then. */
  take(sha256: string): Promise<DecodedAudio> | null;
}

interface Begun {
  readonly decoded: Promise<DecodedAudio>;
  readonly timer: NodeJS.Timeout;
}

export interface DecodeAheadParts {
  readonly decode: (path: string, signal: AbortSignal) => Promise<DecodedAudio>;
  /** At most this many clips at a time. */
  readonly slots: number;
}

export function createDecodeAhead({ decode, slots }: DecodeAheadParts): DecodeAhead {
  const begun = new Map<string, Begun>();
  return {
    begin(sha256, path, byteLength) {
      if (begun.size >= slots || byteLength > MAX_BYTES || begun.has(sha256)) return;
      const abort = new AbortController();
      const decoded = decode(path, abort.signal);
      const timer = setTimeout(() => {
        begun.delete(sha256);
        abort.abort();
        decoded.then(({ pcm }) => pcm.dispose()).catch(() => undefined);
      }, KEPT_MS);
      // Whoever takes it hears of a failure; until then it must not bring the process down.
      decoded.catch(() => undefined);
      begun.set(sha256, { decoded, timer: timer.unref() });
    },
    take(sha256) {
      const found = begun.get(sha256);
      if (found === undefined) return null;
      begun.delete(sha256);
      clearTimeout(found.timer);
      return found.decoded;
    },
  };
}
