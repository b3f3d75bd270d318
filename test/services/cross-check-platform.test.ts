import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { composePlatform, type Platform } from '../../src/compose.js';
import { readSettings } from '../../src/config.js';
import type { Principal } from '../../src/domain/principal.js';
import { DEFAULT_WORKSPACE_ID } from '../../src/services/key.service.js';
import { writeTextModel } from '../inference/tiny-text.js';

const admin: Principal = { keyId: 'k', keyName: 'k', workspaceId: DEFAULT_WORKSPACE_ID, role: 'admin' };
const PAGE = { first: 200, after: null };

/** Says the same of every segment, as a plugin of one's own might. */
const CANNED = `export default () => ({
  name: 'canned', apiVersion: 1,
  register({ addTranscriber }) {
    addTranscriber({ id: 'canned', concurrency: 3, transcribe: async (pcm) => ({ language: 'en', engineDigest: 'd1', words: [
      { text: 'I', startSeconds: 0, endSeconds: 0.1, confidence: 0.9 }, { text: 'am', startSeconds: 0.1, endSeconds: 0.2, confidence: null }, { text: 'happy', startSeconds: 0.2, endSeconds: 99, confidence: 0.5 } ] }) });
  },
});`;

describe('words and voice on the whole platform', () => {
  let dataDir: string;
  let platform: Platform;
  let recordingId: string;
  let analysisId: string;

  const analyze = async (): Promise<string> => {
    const { id } = await platform.services.analyses.request(admin, recordingId, { speakers: 'channels' });
    expect((await platform.services.analyses.wait(admin, id, 60_000)).problem).toBeNull();
    return id;
  };
  const segmentsOf = async (id: string) => (await platform.services.analyses.segments(admin, id, PAGE, {})).items;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'undertone-words-'));
    await writeFile(join(dataDir, 'canned.mjs'), CANNED);
    await writeFile(join(dataDir, 'plugins.json'), JSON.stringify([{ use: './canned.mjs' }]));
    // Its graph is not the one of its manifest: what needs it goes on without it.
    const textModel = writeTextModel(join(dataDir, 'text-model'), { sha256: 'a'.repeat(64), languages: ['en'] });
    platform = await composePlatform(readSettings({ UNDERTONE_DATA_DIR: dataDir, UNDERTONE_TEXT_MODEL: textModel, UNDERTONE_LOG_LEVEL: 'error', UNDERTONE_PLUGINS_FILE: join(dataDir, 'plugins.json') }, '/nonexistent'), pino({ level: 'error' }));
    await platform.startWorker();
    recordingId = (await platform.services.recordings.upload(admin, { stream: createReadStream('samples/conversation.flac'), fileName: 'a.flac' }, {})).recording.id;
    analysisId = await analyze();
  }, 120_000);
  afterAll(async () => {
    await platform.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('are written down by the transcriber of a plugin, segment by segment, and compared', async () => {
    expect(platform.asr.facts()).toMatchObject({ transcriber: 'canned', reason: null, languages: ['en', 'zh'] });
    const [transcript] = await platform.services.transcripts.find(admin, [analysisId]);
    const spoken = (await segmentsOf(analysisId)).filter(({ gate }) => gate === 'speech');
    expect(spoken.length).toBeGreaterThan(1);
    expect(transcript).toMatchObject({ source: 'engine', engine: 'canned', engineDigest: 'd1', language: 'en', crossCheck: { language: 'en', reason: null } });
    expect(transcript!.words).toHaveLength(3 * spoken.length);
    expect(transcript!.crossCheck!.readings).toHaveLength(spoken.length);
    const speakers = await platform.services.analyses.speakers(admin, [analysisId]);
    for (const { index, startSeconds, endSeconds, text, agreement, speakerId } of spoken) {
      expect({ text, agreement }).toEqual({ text: 'I am happy', agreement: expect.any(Number) as number });
      const own = transcript!.words.filter(({ segmentIndex }) => segmentIndex === index);
      expect(own.every((word) => word.startSeconds >= startSeconds - 0.001 && word.endSeconds <= endSeconds + 0.001)).toBe(true);
      expect(new Set(own.map(({ speaker }) => speaker))).toEqual(new Set([speakers.find(({ id }) => id === speakerId)?.key ?? null]));
    }
  });

  it('change nothing of what the model said', async () => {
    const [{ summary }, analyzer] = [(await platform.services.analyses.find(admin, analysisId))!, platform.analyzer];
    const alone = await analyzer.pipeline.analyze({ path: 'samples/conversation.flac', options: { modelId: analyzer.inference.defaultModelId, raw: false, speakers: 'channels' }, priority: 'bulk', signal: new AbortController().signal });
    expect(summary!.scores).toEqual(alone.outcome.summary!.scores);
  });

  it('make way for a transcript that is imported, which rules then see', async () => {
    await platform.services.rules.create(admin, { definition: { name: 'Death', when: { words: { anyOf: ['passed away'], of: 'segment' } }, actions: [{ alert: {} }] } });
    const before = await segmentsOf(analysisId);
    const [first] = before.filter(({ gate }) => gate === 'speech');
    const time = (seconds: number): string => new Date(Math.round(seconds * 1000)).toISOString().slice(11, 23).replace('.', ',');
    const content = `1\n${time(first!.startSeconds + 0.1)} --> ${time(first!.endSeconds - 0.1)}\nMy mother passed away\n`;
    const imported = await platform.services.transcripts.import(admin, { analysisId, content, language: 'en-GB' });
    expect(imported).toMatchObject({ source: 'import', engine: 'srt', language: 'en-GB', crossCheck: { readings: [{ segmentIndex: first!.index }] } });
    const after = await segmentsOf(analysisId);
    expect(after.map(({ text }) => text)).toEqual(before.map(({ index }) => (index === first!.index ? 'My mother passed away' : null)));
    expect(after.map(({ prediction }) => prediction)).toEqual(before.map(({ prediction }) => prediction));
    await vi.waitFor(async () => expect((await platform.services.alerts.forAnalyses(admin, [analysisId])).map(({ ruleName }) => ruleName)).toEqual(['Death']), { timeout: 20_000 });
  });

  it('are stored though the text model is broken, and each comparison says so once, by the name of the plugin', async () => {
    const failures = async () => (await platform.services.analyses.find(admin, analysisId))!.warnings.filter(({ code }) => code === 'PLUGIN_WORDS_MODEL_FAILED');
    for (const text of ['My mother is dead', 'My mother passed away']) {
      const { words, crossCheck } = await platform.services.transcripts.import(admin, { analysisId, content: `1\n00:00:00,500 --> 00:00:02,000\n${text}\n`, language: 'en' });
      expect(words).toHaveLength(4);
      expect(crossCheck).toMatchObject({ lexicon: expect.not.stringContaining('tiny-text') as string, reason: null });
      expect(await failures()).toMatchObject([{ message: expect.stringContaining('asr-cross-check') as string }]);
    }
  });

  it('stay as they are when a transcript does not fit', async () => {
    const before = await platform.services.transcripts.find(admin, [analysisId]);
    await expect(platform.services.transcripts.import(admin, { analysisId, content: '1\n00:00:01,000 --> 10:00:02,000\nx\n' })).rejects.toMatchObject({ code: 'BAD_INPUT', message: expect.stringContaining('it is of another recording') as string });
    expect(await platform.services.transcripts.find(admin, [analysisId])).toEqual(before);
  });

  it('leave a trace of the import without a word of it', async () => {
    const { items } = await platform.services.audit.list(admin, PAGE);
    expect(items.find(({ action }) => action === 'transcript.imported')).toMatchObject({ subjectKind: 'analysis', subjectId: analysisId, afterDigest: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  });
});
