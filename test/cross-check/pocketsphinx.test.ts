import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCtm, pocketsphinxTranscriber } from '../../src/plugins/asr-cross-check/pocketsphinx-transcriber.js';
import { describeTranscriber, pcmOf } from './transcriber.contract.js';

const never = new AbortController().signal;
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ut-sphinx-'));
  mkdirSync(join(root, 'model'));
  writeFileSync(join(root, 'model', 'en-us.lm.bin'), '');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A program in the place of the real one, which takes the same arguments. The real one is tried in the long suite. */
function program(name: string, body: string): string {
  const path = join(root, name);
  writeFileSync(path, `#!/bin/sh\nwhile [ $# -gt 0 ]; do case "$1" in -ctm) ctm=$2;; -cepdir) dir=$2;; esac; shift; done\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}
/** Hears a word where the samples are not all zero. */
const HEARS = 'if /usr/bin/tr -d "\\000" < "$dir/segment.raw" | /usr/bin/head -c 1 | /bin/grep -q .; then printf "segment 1 0.10 0.30 <sil> 1.0\\nsegment 1 0.10 0.30 hello(2) 0.9\\nsegment 1 0.50 0.20 there 0.5\\n" > "$ctm"; fi';
const make = (body: string, timeoutMs = 30_000) => pocketsphinxTranscriber({ tempDir: join(root, 'temp'), timeoutMs, programs: [program(`p${Math.abs(body.length)}-${timeoutMs}`, body)], modelDir: join(root, 'model') });
const loud = (): Float32Array => Float32Array.from({ length: 16_000 }, (_, i) => Math.sin(i / 7) / 2);

describeTranscriber('pocketsphinx', { make: () => make(HEARS), spoken: loud, word: 'hello' });

describe('pocketsphinx', () => {
  it('gives words with times and confidence, and leaves no samples behind', async () => {
    expect((await make(HEARS).transcribe(pcmOf(loud()), { language: 'en-US' }, never)).words).toEqual([
      { text: 'hello', startSeconds: 0.1, endSeconds: 0.4, confidence: 0.9 }, { text: 'there', startSeconds: 0.5, endSeconds: 0.7, confidence: 0.5 },
    ]);
    expect(readdirSync(join(root, 'temp'))).toEqual([]);
  });

  it.each([
    ['hangs', 'exec /bin/sleep 60', 300, 'did not end within 300 ms'],
    ['fails', 'exit 3', 20_000, 'ended with the status 3'],
  ])('that %s is a failure that says so', async (_what, body, timeoutMs, expected) => {
    await expect(make(body, timeoutMs).transcribe(pcmOf(loud()), { language: null }, never)).rejects.toMatchObject({ code: 'TRANSCRIBER_FAILED', message: expect.stringContaining(expected) as string });
    expect(readdirSync(join(root, 'temp'))).toEqual([]);
  });

  it('refuses a recording in another language, and says how it is installed where it is not', async () => {
    await expect(make(HEARS).transcribe(pcmOf(loud()), { language: 'de' }, never)).rejects.toMatchObject({ code: 'TRANSCRIBER_FAILED' });
    const none = pocketsphinxTranscriber({ tempDir: root, timeoutMs: 1000, programs: [join(root, 'none')] });
    expect(none.unavailable!()).toContain('apt-get install pocketsphinx pocketsphinx-en-us');
    await expect(none.transcribe(pcmOf(loud()), { language: null }, never)).rejects.toMatchObject({ code: 'TRANSCRIBER_FAILED' });
  });

  it('is read from lines of CTM, and whatever else they hold is passed over', () => {
    expect(parseCtm('a 1 0.5 0.5 [NOISE] 1\n\nnonsense\na 1 x 1 word 1\na 1 1 1 read(3) 2\n')).toEqual([{ text: 'read', startSeconds: 1, endSeconds: 2, confidence: null }]);
  });
});
