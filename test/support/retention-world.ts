import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { composeRetention, type Retention } from '../../src/compose-retention.js';
import { createAnalysisRepository } from '../../src/db/analysis.repository.js';
import { createDataKeyRepository } from '../../src/db/data-key.repository.js';
import type { Database } from '../../src/db/database.js';
import { createRecordingRepository } from '../../src/db/recording.repository.js';
import type { AnalysisRepository, RecordingRepository } from '../../src/db/repositories.js';
import { newMasterKey } from '../../src/domain/envelope.js';
import type { Fact } from '../../src/domain/events.js';
import { encodeFrameTrack } from '../../src/domain/frame-track.js';
import { newId } from '../../src/domain/ids.js';
import type { Transcript } from '../../src/domain/transcript.js';
import type { Principal } from '../../src/domain/principal.js';
import { createEventBus } from '../../src/services/event-bus.js';
import { createRecordingService } from '../../src/services/recording.service.js';
import type { RecordingService } from '../../src/services/service-contracts.js';
import { createVault, type Vault } from '../../src/services/vault.js';
import { createWorkspaceSecrets } from '../../src/services/workspace-secrets.js';
import type { BlobStore } from '../../src/storage/blob-store.js';
import { createFilesystemStore } from '../../src/storage/filesystem-store.js';
import { createSealedStore, type SealedStore } from '../../src/storage/sealed-store.js';
import { anOutcome, aSegment } from './outcome.js';
import { noAudit } from './no-audit.js';

export interface RetentionWorld {
  readonly retention: Retention;
  readonly recordings: RecordingRepository;
  readonly recordingService: RecordingService;
  readonly analyses: AnalysisRepository;
  readonly blobs: SealedStore;
  readonly vault: Vault;
  readonly database: Database;
}

const TRANSCRIPT: Transcript = {
  source: 'engine', engine: 'test', engineDigest: null, language: 'en', crossCheck: { lexicon: 'l', language: 'en', reason: null, agreement: 0.5, readings: [], contradictions: [] },
  words: [{ text: 'line\n"one"', startSeconds: 0, endSeconds: 1, confidence: 0.5, speaker: null, segmentIndex: 0 }],
};
const RING = newMasterKey();
export const ADMIN: Principal = { keyId: 'key_admin', keyName: 'admin', workspaceId: 'ws_1', role: 'admin' };

/** All of retention on a database, without models, queue or HTTP. Called again on the same folder it is the process after a restart. */
export async function openWorld(database: Database, dataDir: string, options: { readonly now?: () => number; readonly leaseMs?: number; readonly maxArchiveBytes?: number; readonly around?: (store: BlobStore) => BlobStore } = {}): Promise<RetentionWorld> {
  const { around, ...rest } = options;
  mkdirSync(dataDir, { recursive: true });
  const stored = await createFilesystemStore({ root: join(dataDir, 'blobs'), minFreeBytes: 0 });
  const dataKeys = createDataKeyRepository(database);
  const keyring = { current: () => RING, find: (id: string) => (id === RING.id ? RING : undefined) };
  const secrets = createWorkspaceSecrets(dataKeys, keyring);
  const vault = createVault({ database, dataKeys, keyring, secrets });
  const blobs = createSealedStore(around?.(stored) ?? stored, { keys: vault, temporaryDir: () => join(dataDir, 'opened') });
  const recordings = createRecordingRepository(database);
  const events = createEventBus((error) => { throw error as Error; });
  const facts = { put: () => Promise.resolve(), announce: (fact: Fact) => events.publish(fact) };
  const retention = await composeRetention({ database, recordings, facts, blobs, vault, secrets, ...rest });
  const recordingService = createRecordingService({ database, audit: noAudit, recordings, archives: retention.archives, blobs, vault, removal: retention.removal, intake: { assertOpen: () => undefined }, decodeAhead: { begin: () => undefined }, quota: { assertRoom: () => Promise.resolve() }, minFreeBytes: 0, maxUploadBytes: 1e9 });
  return { retention, recordings, recordingService, analyses: createAnalysisRepository(database), blobs, vault, database };
}

/** A recording with an analysis that has everything: two segments with text, vectors, a track. `ageDays` ago. */
export async function addRecording(world: RetentionWorld, principal: Principal, options: { readonly ageDays?: number; readonly externalId?: string; readonly tags?: readonly string[]; readonly bytes?: Buffer; readonly isAnalysed?: boolean; readonly nowMs?: number } = {}): Promise<string> {
  const { recording } = await world.recordingService.upload(principal, { stream: Readable.from([options.bytes ?? randomBytes(3000)]), fileName: 'call.wav' }, { externalId: options.externalId ?? null, tags: options.tags ?? [] });
  const { client } = world.database;
  if (options.isAnalysed ?? true) {
    const id = newId('analysis');
    await world.database.transaction((tx) => world.analyses.insert(tx, { id, workspaceId: principal.workspaceId, recordingId: recording.id, modelId: 'starter', raw: false, speakersMode: 'none', idempotencyKey: null, requestDigest: null }));
    await world.analyses.begin(id);
    const trackKey = `tracks/${id}`;
    const track = { frameHopSeconds: 0.02, labels: ['angry', 'happy', 'neutral', 'sad'], blocks: [], logits: Float32Array.from({ length: 400 }, (_, i) => i / 7) };
    await world.blobs.write(await world.vault.keyOf(recording), trackKey, encodeFrameTrack(track));
    await world.analyses.complete({
      analysisId: id, trackKey, peaks: Int8Array.of(-3, 3, -100, 99),
      outcome: anOutcome({ segments: [aSegment(0, { text: 'line one\nline two, "quoted"' }), aSegment(1)], speakers: [], transcript: TRANSCRIPT }),
    });
  }
  const then = new Date((options.nowMs ?? Date.now()) - (options.ageDays ?? 0) * 24 * 3600 * 1000);
  await client.recording.update({ where: { id: recording.id }, data: { createdAt: then } });
  await client.analysis.updateMany({ where: { recordingId: recording.id }, data: { createdAt: then, startedAt: then, finishedAt: then } });
  return recording.id;
}

/** Everything that there is of a recording, field by field, with the plain bytes of its blobs, as one text to compare; null when it is not there. */
export async function everythingOf(world: RetentionWorld, workspaceId: string, id: string): Promise<string | null> {
  const { client } = world.database;
  const recording = await client.recording.findFirst({ where: { id, workspaceId }, include: { analyses: { orderBy: { id: 'asc' }, include: { segments: { orderBy: { id: 'asc' } }, speakers: { orderBy: { id: 'asc' } }, transcript: true } } } });
  if (recording === null) return null;
  const embeddings = await client.$queryRaw<object[]>`SELECT e."id", e."segmentId", e."modelDigest", e."kind"::text AS kind, e."dimension", e."vector"::text AS vector FROM "Embedding" e JOIN "Analysis" a ON a."id" = e."analysisId" WHERE a."recordingId" = ${id} ORDER BY e."id"`;
  // As text: the order of labels in a `json` column is part of what must come back.
  const summaries = await client.$queryRaw<object[]>`SELECT "id", "summary"::text AS summary FROM "Analysis" WHERE "recordingId" = ${id} ORDER BY "id"`;
  const bytes = async (key: string): Promise<string> => (await buffer(await world.blobs.read(key))).toString('base64');
  const tracks = await Promise.all(recording.analyses.map(async ({ trackKey }) => (trackKey === null ? null : bytes(trackKey))));
  return JSON.stringify({ recording: { ...recording, byteLength: Number(recording.byteLength) }, embeddings, summaries, tracks, audio: await bytes(recording.blobKey) });
}
