import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from 'vitest';
import type { DecodeOptions } from '../../../src/audio/audio-decoder.js';

const run = promisify(execFile);

/** Signals are made in code so that every level and frequency is known. */
export function tone(frequencyHz: number, seconds: number, rateHz: number, amplitude = 0.5): Float32Array {
  return Float32Array.from({ length: Math.round(seconds * rateHz) }, (_, i) => amplitude * Math.sin((2 * Math.PI * frequencyHz * i) / rateHz));
}

/** Deterministic noise in [-1, 1). */
export function uniformNoise(length: number, seed: number): Float32Array {
  let state = seed >>> 0 || 1;
  return Float32Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) / 2 ** 31) - 1;
  });
}

export interface WavShape {
  readonly rateHz: number;
  readonly channels?: number;
  readonly encoding?: 's16' | 'f32';
  /** What the header says, when it is to lie. */
  readonly declaredDataBytes?: number;
}

/** Interleaved samples as a WAV file. */
export function wavBytes(interleaved: Float32Array, { rateHz, channels = 1, encoding = 's16', declaredDataBytes }: WavShape): Buffer {
  const width = encoding === 's16' ? 2 : 4;
  const data = Buffer.alloc(interleaved.length * width);
  interleaved.forEach((x, i) => (encoding === 's16' ? data.writeInt16LE(Math.max(-32768, Math.min(32767, Math.round(x * 32768))), 2 * i) : data.writeFloatLE(x, 4 * i)));
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(Math.min(0xffffffff, 36 + (declaredDataBytes ?? data.length)), 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(encoding === 's16' ? 1 : 3, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(rateHz, 24);
  header.writeUInt32LE(Math.min(0xffffffff, rateHz * channels * width), 28);
  header.writeUInt16LE(channels * width, 32);
  header.writeUInt16LE(width * 8, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(declaredDataBytes ?? data.length, 40);
  return Buffer.concat([header, data]);
}

export interface Workspace {
  readonly folder: string;
  readonly tempDir: string;
  path(name: string): string;
  put(name: string, bytes: Buffer | string): Promise<string>;
  ffmpeg(...args: string[]): Promise<void>;
  options(more?: Partial<DecodeOptions>): DecodeOptions;
  /** Names of what a decode left in its temporary folder. */
  leftovers(): Promise<string[]>;
}

/** A folder of its own for one test file, removed at its end. */
export function useWorkspace(): Workspace {
  const workspace = { folder: '', tempDir: '' };
  beforeAll(async () => {
    workspace.folder = await mkdtemp(join(tmpdir(), 'undertone-audio-'));
    workspace.tempDir = await mkdtemp(join(workspace.folder, 'spill-'));
  });
  afterAll(async () => {
    await rm(workspace.folder, { recursive: true, force: true });
  });
  return {
    get folder() {
      return workspace.folder;
    },
    get tempDir() {
      return workspace.tempDir;
    },
    path: (name) => join(workspace.folder, name),
    async put(name, bytes) {
      const path = join(workspace.folder, name);
      await writeFile(path, bytes);
      return path;
    },
    async ffmpeg(...args) {
      await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args], { cwd: workspace.folder });
    },
    options: (more = {}) => ({ maxSeconds: 7200, timeoutMs: 20_000, tempDir: workspace.tempDir, ...more }),
    leftovers: () => readdir(workspace.tempDir),
  };
}

/** Root mean square of samples [from, to). */
export function rms(samples: Float32Array, from = 0, to = samples.length): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += samples[i]! ** 2;
  return Math.sqrt(sum / (to - from));
}
