import { createHash } from 'node:crypto';
import { EventEmitter, on } from 'node:events';
import { Readable } from 'node:stream';
import { UndertoneError } from '../../src/domain/errors.js';
import { transparencyNotice } from '../../src/domain/law/judge.js';
import type { Conversation } from '../../src/domain/conversation.js';
import type { ModelManifest } from '../../src/domain/model.js';
import { roleAllows, type Principal, type Role } from '../../src/domain/principal.js';
import type { AnalysisRecord, ApiKeyRecord, EmbeddingRecord, Page, PageRequest, RecordingRecord, RoleChangeRecord, SegmentRecord, SpeakerRecord } from '../../src/domain/records.js';
import type { DeadLetterView } from '../../src/services/dead-letter.service.js';
import type { FleetModelStatus } from '../../src/services/model-directory.js';
import { createExportService } from '../../src/services/export.service.js';
import type { Services } from '../../src/services/service-contracts.js';
import { createSessionService } from '../../src/services/session.service.js';
import { FakeEvaluations, fakeEvaluations } from './fake-evaluations.js';
import { fakeReviews } from './fake-reviews.js';
import { fakeRules } from './fake-rules.js';
import { withoutRetention } from './fake-retention.js';
import { fakeKeys } from './fake-keys.js';
import { memorySessions } from './memory-sessions.js';
import { fakeFigures } from './fake-figures.js';
import { fakeSpeech, transcriptRows } from './fake-transcripts.js';
import { noAudit } from './no-audit.js';

export const LABELS = ['angry', 'happy', 'neutral', 'sad'] as const;
export const MANIFEST: ModelManifest = {
  id: 'starter', version: '1.0.0', name: 'Starter', kind: 'waveform-onnx', file: 'model.onnx', sha256: 'a'.repeat(64), sizeBytes: 10, sampleRateHz: 16_000, minSamples: 400,
  frameHopSamples: 320, frameReceptiveFieldSamples: 400, normalization: 'none', labels: LABELS, embeddingDimension: 3, maxWindowSeconds: 15, license: 'Apache-2.0', calibration: { temperature: 1.2 },
};

/** Everything in memory, with the permissions and errors that the contracts promise. `queries` counts what would reach a database. */
export class FakeWorld {
  readonly queries: string[] = [];
  readonly recordings = new Map<string, RecordingRecord>();
  readonly bytes = new Map<string, Buffer>();
  readonly analyses = new Map<string, AnalysisRecord>();
  readonly segments: SegmentRecord[] = [];
  readonly speakers: SpeakerRecord[] = [];
  /** By analysis id. */
  readonly conversations = new Map<string, Conversation>();
  readonly roleChanges: RoleChangeRecord[] = [];
  readonly transcripts = transcriptRows();
  readonly embeddings: EmbeddingRecord[] = [];
  readonly keys = new Map<string, ApiKeyRecord>();
  readonly events = new EventEmitter();
  /** Set to make the next call of a method fail in a way nobody expects. */
  fault: Error | null = null;
  /** What `upload` waits for before it looks at anything. */
  beforeUpload: (() => Promise<void>) | null = null;
  /** Bytes that `upload` has taken from streams so far, of finished and broken uploads. */
  receivedBytes = 0;
  /** Ends of uploads, for tests of what becomes of a broken one. */
  readonly uploadFailures: string[] = [];
  openSubscriptions = 0;
  /** What is free for uploads. */
  roomBytes = Infinity;
  readonly deadLetters: DeadLetterView[] = [];
  readonly evaluations = new FakeEvaluations();
  modelStatus: FleetModelStatus = { manifest: MANIFEST, state: { kind: 'unloaded', reason: 'never-loaded' }, provider: 'cpu', providerFallback: null, memoryBytes: null, queueLength: 0, isDefault: true, nodes: [] };
  readonly ruled = fakeRules();
  readonly reviewed = fakeReviews();
  readonly services: Services;
  private nextNumber = 1;

  constructor() {
    for (const [secret, role, workspaceId] of [['admin-key', 'admin', 'ws_1'], ['analyst-key', 'analyst', 'ws_1'], ['viewer-key', 'viewer', 'ws_1'], ['other-key', 'admin', 'ws_2']] as const) {
      this.addKey(secret, role, workspaceId);
    }
    this.services = fakeServices(this);
  }

  id(prefix: string): string {
    return `${prefix}_${String(this.nextNumber++).padStart(6, '0')}`;
  }

  addKey(secret: string, role: Role, workspaceId: string): ApiKeyRecord {
    const key: ApiKeyRecord = { id: `key_${secret}`, workspaceId, name: secret, role, prefix: secret.slice(0, 4), createdAt: new Date(0), expiresAt: null, lastUsedAt: null, revokedAt: null, scopes: [], allowedNetworks: [], previousSecretUntil: null };
    this.keys.set(secret, key);
    return key;
  }

  addRecording(changes: Partial<RecordingRecord> = {}, bytes: Buffer = Buffer.from('bytes of a recording')): RecordingRecord {
    const id = this.id('rec');
    const recording: RecordingRecord = {
      id, workspaceId: 'ws_1', sha256: createHash('sha256').update(bytes).digest('hex'), byteLength: bytes.length, blobKey: id, fileName: 'call.wav', title: null, externalId: null, language: null,
      tags: [], recordedAt: null, durationSeconds: null, quality: null, speechRegions: null, createdAt: new Date(1_700_000_000_000), ...changes,
    };
    this.recordings.set(recording.id, recording);
    this.bytes.set(recording.id, bytes);
    return recording;
  }

  addAnalysis(recording: RecordingRecord, changes: Partial<AnalysisRecord> = {}): AnalysisRecord {
    const analysis: AnalysisRecord = {
      id: this.id('ana'), workspaceId: recording.workspaceId, recordingId: recording.id, status: 'SUCCEEDED', progress: 1, attempt: 1, modelId: 'starter', modelVersion: '1.0.0', modelDigest: 'a'.repeat(64),
      modelLabels: LABELS, raw: false, speakersMode: 'none', speakerCount: null, roleRule: null, idempotencyKey: null, requestDigest: null, problem: null, gate: { kind: 'speech', speechSeconds: 4, leftOutSeconds: 1, reason: 'Speech.' }, warnings: [],
      summary: prediction('happy'), trackKey: null, createdAt: new Date(1_700_000_000_000), startedAt: null, finishedAt: null, ...changes,
    };
    this.analyses.set(analysis.id, analysis);
    return analysis;
  }

  addSegment(analysis: AnalysisRecord, changes: Partial<SegmentRecord> = {}): SegmentRecord {
    const index = this.segments.filter((segment) => segment.analysisId === analysis.id).length;
    const segment: SegmentRecord = {
      id: this.id('seg'), analysisId: analysis.id, index, startSeconds: index * 2, endSeconds: index * 2 + 2, speechSeconds: 2, gate: 'speech', speakerId: null, text: null, prediction: prediction('angry'), frameOffset: 0, frameCount: 100, ...changes,
    };
    this.segments.push(segment);
    this.addEmbedding(analysis, segment.id);
    return segment;
  }

  addEmbedding(analysis: AnalysisRecord, segmentId: string | null, values = Float32Array.of(1, -2.5, 3.25)): EmbeddingRecord {
    const embedding: EmbeddingRecord = { id: this.id('emb'), workspaceId: analysis.workspaceId, analysisId: analysis.id, segmentId, modelId: analysis.modelId, modelDigest: 'a'.repeat(64), kind: segmentId === null ? 'UTTERANCE' : 'SEGMENT', dimension: values.length, values };
    this.embeddings.push(embedding);
    return embedding;
  }

  /** A step of the worker. */
  progressed(analysisId: string, progress: number, status: AnalysisRecord['status']): void {
    const analysis = this.analyses.get(analysisId);
    if (analysis !== undefined) this.analyses.set(analysisId, { ...analysis, progress, status });
    this.events.emit('progress', analysisId);
  }
}

/** Scores in an order that is not the model's, as they come back from a database. */
export function prediction(label: string): NonNullable<SegmentRecord['prediction']> {
  return { label, confidence: 0.7, calibrated: true, abstained: false, predictionSet: [label], scores: { sad: 0.1, neutral: 0.1, happy: 0.3, angry: 0.5 }, logits: [2, 1.5, 0.4, 0.41] };
}

function pageOf<T extends { readonly id: string }>(items: readonly T[], page: PageRequest): Page<T> {
  const from = page.after === null ? 0 : items.findIndex((item) => `c:${item.id}` === page.after) + 1;
  if (page.after !== null && from === 0) throw new UndertoneError('BAD_CURSOR', '`after` is not a cursor of this list. Start again without it.', { field: 'after' });
  const shown = items.slice(from, from + page.first);
  return { items: shown, cursors: shown.map((item) => `c:${item.id}`), hasNextPage: from + page.first < items.length, totalCount: items.length };
}

function fakeServices(world: FakeWorld): Services {
  const need = (principal: Principal, role: Role): void => {
    if (!roleAllows(principal.role, role)) throw new UndertoneError('FORBIDDEN', `This needs the role ${role}; the key has ${principal.role}.`, { neededRole: role });
  };
  const query = (name: string): void => {
    world.queries.push(name);
    const { fault } = world;
    world.fault = null;
    if (fault !== null) throw fault;
  };
  const mine = <T extends { readonly workspaceId: string }>(principal: Principal, item: T | undefined): T | null => (item?.workspaceId === principal.workspaceId ? item : null);
  const recordingOf = (principal: Principal, id: string): RecordingRecord => {
    const recording = mine(principal, world.recordings.get(id));
    if (recording === null) throw new UndertoneError('NOT_FOUND', `There is no recording ${id}.`, { id });
    return recording;
  };
  const analysisOf = (principal: Principal, id: string): AnalysisRecord => {
    const analysis = mine(principal, world.analyses.get(id));
    if (analysis === null) throw new UndertoneError('NOT_FOUND', `There is no analysis ${id}.`, { id });
    return analysis;
  };
  const knownModel = (id: string): void => {
    if (id !== 'starter') throw new UndertoneError('MODEL_UNKNOWN', `There is no model ${id}; installed: starter.`, { installed: ['starter'] });
  };
  const takeDeadLetter = async (principal: Principal, id: string): Promise<DeadLetterView> => {
    need(principal, 'admin');
    const at = world.deadLetters.findIndex((letter) => letter.id === id && letter.workspaceId === principal.workspaceId);
    if (at === -1) throw new UndertoneError('NOT_FOUND', 'There is no such dead letter.', { id });
    return Promise.resolve(world.deadLetters.splice(at, 1)[0]!);
  };
  const core: Omit<Services, 'exports' | 'sessions'> = {
    ...withoutRetention(),
    recordings: {
      assertRoom: (announcedBytes) => (announcedBytes > world.roomBytes ? Promise.reject(new UndertoneError('STORAGE_FULL', 'No room.', { freeBytes: world.roomBytes })) : Promise.resolve()),
      upload: async (principal, file, input) => {
        await world.beforeUpload?.();
        need(principal, 'analyst');
        const chunks: Buffer[] = [];
        try {
          for await (const chunk of file.stream as AsyncIterable<Buffer>) {
            world.receivedBytes += chunk.length;
            chunks.push(chunk);
          }
        } catch (error) {
          world.uploadFailures.push(error instanceof UndertoneError ? error.code : String(error));
          throw error;
        }
        query('recordings.upload');
        const bytes = Buffer.concat(chunks);
        if (bytes.length === 0) throw new UndertoneError('UPLOAD_EMPTY', 'The file has no bytes.', { receivedBytes: 0 });
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        if (input.sha256 != null && input.sha256 !== sha256) throw new UndertoneError('UPLOAD_DIGEST_MISMATCH', 'The bytes have another SHA-256.', { receivedBytes: bytes.length });
        const known = [...world.recordings.values()].find((recording) => recording.sha256 === sha256 && recording.workspaceId === principal.workspaceId);
        if (known !== undefined) return { recording: known, isNew: false };
        const recording = world.addRecording({ workspaceId: principal.workspaceId, fileName: file.fileName, title: input.title ?? null, tags: input.tags ?? [], externalId: input.externalId ?? null }, bytes);
        return { recording, isNew: true };
      },
      find: (principal, id) => {
        query('recordings.find');
        return Promise.resolve(mine(principal, world.recordings.get(id)));
      },
      findMany: async (principal, ids) => {
        query('recordings.findMany');
        return Promise.resolve(ids.flatMap((id) => mine(principal, world.recordings.get(id)) ?? []).reverse());
      },
      list: async (principal, page, filter, order) => {
        query('recordings.list');
        const items = [...world.recordings.values()].filter((recording) => mine(principal, recording) !== null && (filter.tag === undefined || recording.tags.includes(filter.tag)));
        return Promise.resolve(pageOf(order.direction === 'desc' ? items.reverse() : items, page));
      },
      waveform: (principal, id) => Promise.resolve(mine(principal, world.recordings.get(id)) && { bucketSeconds: 0.1, minimum: [-5, -9], maximum: [4, 12] }),
      openAudio: async (principal, id, range) => {
        query('recordings.openAudio');
        const recording = recordingOf(principal, id);
        const bytes = world.bytes.get(id) ?? Buffer.alloc(0);
        return Promise.resolve({ stream: Readable.from([bytes.subarray(range?.start ?? 0, range?.end ?? bytes.length)]), byteLength: bytes.length, contentType: 'audio/wav', recording });
      },
      audioUrl: (principal, id, { expiresInSeconds }) => Promise.resolve(mine(principal, world.recordings.get(id)) && `https://bucket.example/${id}?expires=${expiresInSeconds}`),
      delete: async (principal, id) => {
        need(principal, 'admin');
        recordingOf(principal, id);
        world.recordings.delete(id);
        return Promise.resolve({ id });
      },
    },
    analyses: {
      request: async (principal, recordingId, options) => {
        need(principal, 'analyst');
        query('analyses.request');
        const recording = recordingOf(principal, recordingId);
        knownModel(options.model ?? 'starter');
        if (options.idempotencyKey === 'used') throw new UndertoneError('IDEMPOTENCY_KEY_REUSED', 'This idempotency key was used with other arguments.');
        if (options.idempotencyKey === 'full') throw new UndertoneError('INFERENCE_OVERLOADED', 'The queue is full.', { retryAfterMs: 2500 });
        return Promise.resolve(world.addAnalysis(recording, { status: 'QUEUED', progress: 0, raw: options.raw ?? false, speakersMode: options.speakers ?? 'none' }));
      },
      wait: async (principal, id) => {
        const analysis = analysisOf(principal, id);
        const notAudio = world.bytes.get(analysis.recordingId)?.toString() === 'not audio';
        world.analyses.set(id, notAudio ? { ...analysis, status: 'FAILED', problem: { code: 'NOT_AUDIO', message: 'Not audio.' } } : { ...analysis, status: 'SUCCEEDED', progress: 1 });
        return Promise.resolve(analysisOf(principal, id));
      },
      find: (principal, id) => Promise.resolve(mine(principal, world.analyses.get(id))),
      findMany: async (principal, ids) => {
        query('analyses.findMany');
        return Promise.resolve(ids.flatMap((id) => mine(principal, world.analyses.get(id)) ?? []).reverse());
      },
      latestForRecordings: async (principal, ids) => {
        query('analyses.latestForRecordings');
        return Promise.resolve(ids.flatMap((id) => [...world.analyses.values()].filter((analysis) => analysis.recordingId === id && mine(principal, analysis) !== null).slice(-1)));
      },
      list: async (principal, page, filter) => {
        query('analyses.list');
        const items = [...world.analyses.values()].filter((analysis) => mine(principal, analysis) !== null && (filter.recordingId === undefined || analysis.recordingId === filter.recordingId) && (filter.modelId === undefined || analysis.modelId === filter.modelId));
        return Promise.resolve(pageOf(items.reverse(), page));
      },
      cancel: async (principal, id) => {
        need(principal, 'analyst');
        const analysis = analysisOf(principal, id);
        if (analysis.status === 'SUCCEEDED') throw new UndertoneError('CONFLICT', 'The analysis has ended.');
        return Promise.resolve({ ...analysis, status: 'CANCELLED' as const });
      },
      segments: async (principal, analysisId, page, filter) => {
        query('analyses.segments');
        analysisOf(principal, analysisId);
        return Promise.resolve(pageOf(world.segments.filter((segment) => segment.analysisId === analysisId && (filter.speakerId === undefined || segment.speakerId === filter.speakerId)), page));
      },
      findSegment: (_principal, id) => Promise.resolve(world.segments.find((segment) => segment.id === id) ?? null),
      findSegments: (_principal, ids) => {
        query('analyses.findSegments');
        return Promise.resolve(world.segments.filter((segment) => ids.includes(segment.id)));
      },
      speakers: async (_principal, ids) => {
        query('analyses.speakers');
        return Promise.resolve(world.speakers.filter((speaker) => ids.includes(speaker.analysisId)));
      },
      allowances: () => Promise.resolve([{ name: 'keyAudioMinutes', limit: 60, remaining: 12.5, unit: 'minutes of audio an hour', resetMs: 3600_000 }]),
      progress: async function* (principal, id, signal) {
        analysisOf(principal, id);
        const event = (): { kind: 'analysis.progress'; workspaceId: string; analysisId: string; status: AnalysisRecord['status']; progress: number } => {
          const { status, progress } = analysisOf(principal, id);
          return { kind: 'analysis.progress', workspaceId: principal.workspaceId, analysisId: id, status, progress };
        };
        world.openSubscriptions++;
        try {
          const changes = on(world.events, 'progress', { signal });
          yield event();
          for await (const [changedId] of changes as AsyncIterable<[string]>) {
            if (changedId !== id) continue;
            yield event();
            if (['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(event().status)) return;
          }
        } finally {
          world.openSubscriptions--;
        }
      },
    },
    ...fakeSpeech(world, { need, query, mine }),
    timelines: {
      timeline: (_principal, _analysis, { binSeconds }) => {
        const startSeconds = Array.from({ length: Math.round(2500 / binSeconds) }, (_, index) => index * binSeconds);
        return Promise.resolve({ binSeconds, labels: LABELS, startSeconds, values: LABELS.map((_, row) => startSeconds.map((second) => (second % 7) / 10 + row / 100)) });
      },
      contributions: (_principal, segment, { label }) => Promise.resolve([{ startSeconds: segment.startSeconds, endSeconds: segment.endSeconds, value: label === null ? 2 : 1 }]),
    },
    comparisons: {
      compare: (principal, aId, bId, binSeconds) => {
        const [a, b] = [analysisOf(principal, aId), analysisOf(principal, bId)];
        return Promise.resolve({ a, b, binSeconds, sameLabel: true, scores: [{ label: 'angry', scoreA: 0.25, scoreB: 0.5, difference: 0.25 }], agreement: 0.5, startSeconds: [0, binSeconds], labelsA: ['angry', 'sad'], labelsB: ['angry', 'happy'] });
      },
      reanalyze: (principal, id, model) => {
        need(principal, 'analyst');
        const { recordingId, raw } = analysisOf(principal, id);
        knownModel(model);
        return Promise.resolve(world.addAnalysis(recordingOf(principal, recordingId), { status: 'QUEUED', progress: 0, raw }));
      },
    },
    embeddings: {
      find: (principal, id) => Promise.resolve(mine(principal, world.embeddings.find((embedding) => embedding.id === id))),
      forAnalysis: (principal, id) => Promise.resolve(mine(principal, world.embeddings.find((embedding) => embedding.analysisId === id && embedding.segmentId === null))),
      forSegments: async (principal, ids) => {
        query('embeddings.forSegments');
        return Promise.resolve(world.embeddings.filter((embedding) => embedding.segmentId !== null && ids.includes(embedding.segmentId) && mine(principal, embedding) !== null));
      },
      compare: async (principal, a, b) => {
        const [first, second] = [a, b].map((id) => mine(principal, world.embeddings.find((embedding) => embedding.id === id)));
        if (first == null || second == null) throw new UndertoneError('NOT_FOUND', 'There is no such embedding.');
        if (first.modelId !== second.modelId) throw new UndertoneError('EMBEDDINGS_INCOMPARABLE', 'The embeddings come from different models.');
        return Promise.resolve({ a: first, b: second, cosineSimilarity: 1, euclideanDistance: 0 });
      },
      similarSegments: async (principal, target, first) => {
        if (Object.values(target).filter((value) => value != null).length !== 1) throw new UndertoneError('BAD_INPUT', 'Give exactly one of segmentId, embeddingId and analysisId.', { field: 'to' });
        const segments = world.segments.filter((segment) => mine(principal, world.analyses.get(segment.analysisId)) !== null).slice(0, first);
        return Promise.resolve(segments.map((segment) => ({ segment, analysisId: segment.analysisId, recordingId: world.analyses.get(segment.analysisId)?.recordingId ?? '', similarity: 0.9 })));
      },
    },
    models: {
      list: () => [world.modelStatus],
      find: (_principal, id) => (id === 'starter' ? world.modelStatus : null),
      load: async (principal, id) => {
        need(principal, 'admin');
        knownModel(id);
        world.modelStatus = { ...world.modelStatus, state: { kind: 'ready', loadMs: 42, pid: 1 } };
        world.events.emit('model', world.modelStatus);
        return Promise.resolve(world.modelStatus);
      },
      unload: async (principal, id) => {
        need(principal, 'admin');
        knownModel(id);
        world.modelStatus = { ...world.modelStatus, state: { kind: 'unloaded', reason: 'requested' } };
        world.events.emit('model', world.modelStatus);
        return Promise.resolve(world.modelStatus);
      },
      nodes: () => [{ id: 'node_1', roles: ['api', 'worker'], host: 'here', version: '1', concurrency: 2, defaultModelId: 'starter', models: [], isDraining: false, startedAt: new Date(0), heartbeatAt: new Date(0) }],
      stateChanges: async function* (_principal, signal) {
        world.openSubscriptions++;
        try {
          for await (const [status] of on(world.events, 'model', { signal }) as AsyncIterable<[FleetModelStatus]>) yield status;
        } finally {
          world.openSubscriptions--;
        }
      },
    },
    ...fakeEvaluations(world),
    ...fakeFigures(world),
    law: {
      decide: () => Promise.resolve({ leftOut: [], overridden: null }),
      transparencyNotice: () => Promise.resolve(transparencyNotice({ purpose: null, jurisdiction: null })),
    },
    deadLetters: {
      list: async (principal) => {
        need(principal, 'admin');
        return Promise.resolve({ items: world.deadLetters, cursors: world.deadLetters.map(({ id }) => id), hasNextPage: false, totalCount: world.deadLetters.length });
      },
      retry: (principal, id) => takeDeadLetter(principal, id),
      discard: (principal, id) => takeDeadLetter(principal, id),
    },
    keys: fakeKeys(world),
    rules: world.ruled.rules,
    alerts: world.ruled.alerts,
    reviews: world.reviewed.service,
    reviewFigures: world.reviewed.figures,
  };
  return { ...core, exports: createExportService(core), sessions: createSessionService(memorySessions(), core.keys, noAudit) };
}
