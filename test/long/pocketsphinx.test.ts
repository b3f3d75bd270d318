import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { pocketsphinxTranscriber } from '../../src/plugins/asr-cross-check/pocketsphinx-transcriber.js';
import { describeTranscriber } from '../cross-check/transcriber.contract.js';

let root: string;
let samples: Float32Array;
/** Needs Debian's pocketsphinx, pocketsphinx-en-us and espeak-ng, which scripts/ci.mjs installs. A synthetic voice: what is heard of it says nothing of people. */
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ut-sphinx-real-'));
  const path = join(root, 'said.wav');
  execFileSync('espeak-ng', ['-v', 'en-us', '-s', '120', '-w', path, 'one two three four five']);
  const raw = execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-ac', '1', '-ar', '16000', '-f', 'f32le', '-'], { maxBuffer: 1 << 26 });
  samples = new Float32Array(new Uint8Array(raw).buffer);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describeTranscriber('pocketsphinx, the real one', { make: () => pocketsphinxTranscriber({ tempDir: join(root, 'temp'), timeoutMs: 120_000 }), spoken: () => samples, word: 'four' });
