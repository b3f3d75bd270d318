import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { diarizationError } from '../../src/domain/diarization-error.js';
import type { PcmSource } from '../../src/domain/pcm.js';
import { installDiarization, pullDiarization } from '../../src/inference/diarization/install-diarization.js';
import { installedDiarizations, readDiarization, verifyDiarization } from '../../src/inference/diarization/diarization-models.js';
import { VoiceSeparation } from '../../src/inference/diarization/voice-separation.js';
import { inOrderOfAppearance } from '../../src/plugins/diarization/diarization.plugin.js';
import { codeOf } from './inference-bench.js';
import { tinyEmbedding, tinySegmentation, tones, type Tone } from './tiny-diarization.js';

let root: string;
let files: { readonly segmentationPath: string; readonly embeddingPath: string };
const opened: VoiceSeparation[] = [];
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'ut-voices-'));
  files = { segmentationPath: join(root, 'segmentation-source.onnx'), embeddingPath: join(root, 'embedding-source.onnx') };
  writeFileSync(files.segmentationPath, tinySegmentation());
  writeFileSync(files.embeddingPath, tinyEmbedding());
  await installDiarization({ id: 'tiny', directory: join(root, 'installed'), ...files });
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function separation(changes: Partial<ConstructorParameters<typeof VoiceSeparation>[0]> = {}): VoiceSeparation {
  const made = new VoiceSeparation({ directory: join(root, 'installed'), modelId: null, tempDir: join(root, 'temp'), threadCount: 1, idleUnloadMs: 60_000, ...changes });
  opened.push(made);
  return made;
}

function pcmOf(samples: Float32Array): PcmSource {
  return { sampleCount: samples.length, read: (from, to) => Promise.resolve(samples.slice(from, to)), dispose: () => Promise.resolve() };
}

const SPOKEN: readonly Tone[] = [
  { voice: 'high', startSeconds: 1, endSeconds: 5 }, { voice: 'low', startSeconds: 6, endSeconds: 11 }, { voice: 'high', startSeconds: 12, endSeconds: 18 }, { voice: 'low', startSeconds: 16, endSeconds: 22 },
];
const OPTIONS = { speakerCount: null, signal: new AbortController().signal };

describe('telling voices apart', () => {
  it.each([['estimated', null], ['given', 2]])('finds who speaks when, overlaps too, with the number of speakers %s', async (_how, speakerCount) => {
    const found = inOrderOfAppearance(await separation().separate(pcmOf(tones(24, SPOKEN)), { ...OPTIONS, speakerCount }));
    const error = diarizationError(SPOKEN.map(({ voice, ...when }) => ({ speaker: voice, ...when })), found, { collarSeconds: 0.25, scoresOverlap: true });
    expect(error.mapping).toEqual({ high: 'speaker-1', low: 'speaker-2' });
    expect(error.rate).toBeLessThan(0.05);
  });

  it('keeps to the number that is given, even where it is wrong', async () => {
    const found = await separation().separate(pcmOf(tones(24, SPOKEN)), { ...OPTIONS, speakerCount: 1 });
    expect(new Set(found.map(({ speaker }) => speaker)).size).toBe(1);
  });

  it('finds nobody in silence', async () => {
    expect(await separation().separate(pcmOf(tones(12, [])), OPTIONS)).toEqual([]);
  });

  it('takes recordings that are shorter than its window, and leaves no samples behind', async () => {
    const voices = separation();
    expect(await voices.separate(pcmOf(tones(3, [{ voice: 'low', startSeconds: 0.5, endSeconds: 2.5 }])), OPTIONS)).toHaveLength(1);
    expect(readdirSync(join(root, 'temp'))).toEqual([]);
  });

  it('gives up at its deadline, ends the run by ending its process, and serves the next one', async () => {
    const voices = separation({ deadlineMs: (seconds) => (seconds > 60 ? 20 : 60_000) });
    await voices.separate(pcmOf(tones(2, [])), OPTIONS);
    expect(await codeOf(voices.separate(pcmOf(tones(600, SPOKEN)), OPTIONS))).toBe('INFERENCE_TIMEOUT');
    expect(await voices.separate(pcmOf(tones(24, SPOKEN)), OPTIONS)).not.toEqual([]);
  });

  it('stops when it is aborted', async () => {
    const stop = new AbortController();
    const running = separation().separate(pcmOf(tones(24, SPOKEN)), { speakerCount: null, signal: stop.signal });
    stop.abort();
    await expect(running).rejects.toThrow(/abort/);
  });

  it('says what to do where no model is installed, and finds one that comes later', async () => {
    const directory = join(root, 'later');
    const voices = separation({ directory });
    expect(voices.unavailable()).toContain('undertone models pull diarization-en');
    expect(await codeOf(voices.separate(pcmOf(tones(3, [])), OPTIONS))).toBe('MODEL_UNKNOWN');
    await installDiarization({ id: 'came', directory, ...files });
    expect(voices.unavailable()).toBeNull();
    expect(separation({ directory, modelId: 'other' }).unavailable()).toContain('"other"');
  });

  it('does not load files that were changed', async () => {
    const directory = join(root, 'changed');
    await installDiarization({ id: 'spoilt', directory, ...files });
    const path = join(directory, 'spoilt', 'embedding.onnx');
    const bytes = readFileSync(path);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path, bytes);
    expect(await codeOf(verifyDiarization(readDiarization(directory, 'spoilt')))).toBe('MODEL_INVALID');
    expect(await codeOf(separation({ directory }).separate(pcmOf(tones(3, [])), OPTIONS))).toBe('MODEL_LOAD_FAILED');
  });
});

describe('installing a pair of models', () => {
  it('records what they are, and refuses the same name twice', async () => {
    expect(installedDiarizations(join(root, 'installed')).map(({ manifest }) => [manifest.id, manifest.segmentation.sha256])).toEqual([['tiny', createHash('sha256').update(readFileSync(files.segmentationPath)).digest('hex')]]);
    expect(await codeOf(installDiarization({ id: 'tiny', directory: join(root, 'installed'), ...files }))).toBe('CONFLICT');
  });

  it('refuses files that the native code cannot load, and leaves nothing of them', async () => {
    const directory = join(root, 'refused');
    const notOnnx = join(root, 'not.onnx');
    writeFileSync(notOnnx, 'this is no model');
    expect(await codeOf(installDiarization({ id: 'bad', directory, ...files, embeddingPath: notOnnx }))).toBe('MODEL_INVALID');
    // The two swapped: valid graphs of the wrong contract.
    expect(await codeOf(installDiarization({ id: 'bad', directory, segmentationPath: files.embeddingPath, embeddingPath: files.segmentationPath }))).toBe('MODEL_INVALID');
    expect(await codeOf(installDiarization({ id: 'bad', directory, ...files, segmentationPath: join(root, 'none') }))).toBe('BAD_INPUT');
    expect(readdirSync(directory)).toEqual([]);
  });

  describe('from a server', () => {
    let server: Server;
    let base: string;
    beforeAll(async () => {
      server = createServer((request, response) => {
        const found = { '/seg.onnx': files.segmentationPath, '/emb.onnx': files.embeddingPath }[request.url ?? ''];
        if (found === undefined) response.writeHead(404).end();
        else response.end(readFileSync(found));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(() => new Promise((resolve) => server.close(resolve)));

    const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
    const catalogOf = (embeddingDigest: string) => [{
      id: 'published', version: '1', name: 'Published', clusterThreshold: 0.5,
      segmentation: { name: 'Seg', license: 'MIT', urls: [`${base}/gone.onnx`, `${base}/seg.onnx`], sha256: digest(files.segmentationPath) },
      embedding: { name: 'Emb', license: 'Apache-2.0', urls: [`${base}/emb.onnx`], sha256: embeddingDigest },
    }];

    it('they are fetched, held against the published digests and installed', async () => {
      const directory = join(root, 'pulled');
      const manifest = await pullDiarization({ id: 'published', directory, catalog: catalogOf(digest(files.embeddingPath)), download: { attempts: 1 } });
      expect(manifest).toMatchObject({ id: 'published', segmentation: { license: 'MIT' }, embedding: { license: 'Apache-2.0' } });
      await expect(verifyDiarization(readDiarization(directory, 'published'))).resolves.toBeUndefined();
      expect(existsSync(join(directory, '.downloads', 'published'))).toBe(false);
    });

    it('other bytes than were published are refused', async () => {
      const directory = join(root, 'mispulled');
      expect(await codeOf(pullDiarization({ id: 'published', directory, catalog: catalogOf('0'.repeat(64)), download: { attempts: 1 } }))).toBe('MODEL_DOWNLOAD_FAILED');
      expect(installedDiarizations(directory)).toEqual([]);
      expect(await codeOf(pullDiarization({ id: 'unheard-of', directory }))).toBe('MODEL_UNKNOWN');
    });
  });
});
