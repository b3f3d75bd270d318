import { createHash } from 'node:crypto';
import { EventEmitter, on } from 'node:events';
import { LABELS, model, peaksOf, qualityOf, segmentsOf, summaryOf, timelineOf, warningsOf } from './mock-answers.js';
import { MockEvaluation } from './mock-evaluation.js';
import { MockReviews } from './mock-reviews.js';
import { MockRules } from './mock-rules.js';
import { MockSpeakers } from './mock-speakers.js';
import { MockWebhooks } from './mock-webhooks.js';
import { MockTranscripts } from './mock-transcripts.js';
import { wavSeconds } from './wave-file.js';

interface StoredRecording { readonly id: string; readonly fileName: string; readonly wav: Buffer; readonly sha256: string; readonly createdAt: string; readonly seed: number; readonly withSpeakers: boolean; analyzed: boolean }
interface StoredAnalysis { readonly id: string; readonly recording: StoredRecording; readonly createdAt: string; status: string; progress: number }
interface Page { readonly first?: number; readonly after?: string | null }

const PROGRESS_STEPS = 5;
const STEP_MS = 120;

/** Recordings and analyses in memory, with a clock that moves every analysis along. */
export class MockPlatform {
  readonly #recordings: StoredRecording[] = [];
  readonly #analyses: StoredAnalysis[] = [];
  readonly #events = new EventEmitter();
  readonly #speakers = new MockSpeakers();
  readonly rules = new MockRules((id) => this.#analysis(this.#analyses.find((each) => each.id === id)), () => this.#analyses.filter(({ status }) => status === 'SUCCEEDED').map(({ id, recording }) => ({ analysisId: id, recordingId: recording.id, segments: this.#segments(recording) })));
  readonly evaluation = new MockEvaluation();
  readonly #transcripts = new MockTranscripts();
  readonly #webhooks = new MockWebhooks();
  readonly #reviews = new MockReviews((segmentId) => this.#analyses.flatMap(({ id, recording }) => this.#segments(recording).map((segment) => ({ segment, recordingId: recording.id, analysisId: id }))).find(({ segment }) => segment.id === segmentId));
  #modelState = 'READY';
  #linkCount = 0;

  constructor() {
    this.#events.setMaxListeners(0);
  }

  /** A finished recording, for lists and screenshots. */
  seed(fileName: string, wav: Buffer, createdAt: Date, withSpeakers = false): string {
    const recording = this.#store(fileName, wav, createdAt, withSpeakers);
    recording.analyzed = true;
    this.#analyses.push({ id: `ana_${recording.id}`, recording, createdAt: createdAt.toISOString(), status: 'SUCCEEDED', progress: 1 });
    return recording.id;
  }

  /** One that is being analysed and gets no further by itself, only by `advance`; 1 ends it. */
  seedRunning(fileName: string, wav: Buffer, progress: number): { readonly recordingId: string; readonly advance: (progress: number) => void } {
    const recording = this.#store(fileName, wav, new Date());
    const analysis: StoredAnalysis = { id: `ana_${recording.id}`, recording, createdAt: recording.createdAt, status: 'RUNNING', progress };
    this.#analyses.push(analysis);
    const advance = (next: number): void => {
      analysis.progress = next;
      if (next === 1) {
        analysis.status = 'SUCCEEDED';
        recording.analyzed = true;
      }
      this.#events.emit(analysis.id);
    };
    return { recordingId: recording.id, advance };
  }

  audio(recordingId: string): Buffer | null {
    return this.#recordings.find((recording) => recording.id === recordingId)?.wav ?? null;
  }

  root() {
    return {
      viewer: { keyId: 'key_1', keyName: 'first admin', role: 'admin', workspaceId: 'ws_1' },
      capabilities: {
        version: '0.1.0', maxUploadBytes: 2_000_000_000, maxAudioSeconds: 14_400, maxPageSize: 100, audioFormats: ['wav', 'mp3'], labels: LABELS, defaultModel: 'starter', diarization: false, transcription: false, limits: [],
      },
      models: () => [model(this.#modelState)],
      recordings: ({ filter, ...page }: Page & { filter?: { search?: string } }) => {
        const found = this.#recordings.filter((each) => each.fileName.includes(filter?.search ?? '')).sort((a, b) => b.createdAt.localeCompare(a.createdAt));
        return connection(found.map((each) => this.#recording(each)), page);
      },
      recording: ({ id }: { id: string }) => this.#find(id),
      analysis: ({ id }: { id: string }) => this.#analysis(this.#analyses.find((each) => each.id === id)),
      similarSegments: ({ to }: { to: { segmentId: string } }) => this.#similar(to.segmentId),
      uploadRecording: ({ file }: { file: { fileName: string; bytes: Buffer } }) => this.#upload(file),
      analyzeRecording: ({ input }: { input: { recordingId: string } }) => this.#analyze(input.recordingId),
      cancelAnalysis: ({ id }: { id: string }) => this.#cancel(id),
      setSpeakerRole: (change: { speakerId: string; role: string | null; reason: string }) => this.#speakers.setRole(change),
      ...this.rules.root(),
      ...this.evaluation.root(),
      ...this.#reviews.root(),
      importTranscript: ({ input }: { input: { analysisId: string; content: string } }) => this.#transcripts.import(this.#analyses.find(({ id }) => id === input.analysisId)!.recording.id, input),
      ...this.#webhooks.root(),
      loadModel: () => this.#setModel('READY'),
      unloadModel: () => this.#setModel('UNLOADED'),
    };
  }

  subscriptions() {
    return { analysisProgress: ({ id }: { id: string }) => this.#progress(id), modelStateChanged: () => this.#modelStates(), alertRaised: () => this.rules.raised(), reviewQueueChanged: () => this.#reviews.changes() };
  }

  async *#progress(id: string) {
    const events: AsyncIterator<unknown> = on(this.#events, id);
    const analysis = this.#analyses.find((each) => each.id === id);
    while (analysis) {
      yield { analysisProgress: { analysisId: id, status: analysis.status, progress: analysis.progress, analysis: null } };
      if (analysis.progress === 1) return;
      await events.next();
    }
  }

  async *#modelStates() {
    const events: AsyncIterator<unknown> = on(this.#events, 'model');
    for (;;) {
      await events.next();
      yield { modelStateChanged: model(this.#modelState) };
    }
  }

  #segments(recording: StoredRecording) {
    const segments = segmentsOf(recording.id, wavSeconds(recording.wav), recording.seed);
    return recording.withSpeakers ? this.#speakers.assign(recording.id, segments) : this.#transcripts.into(recording.id, segments);
  }

  #store(fileName: string, wav: Buffer, createdAt: Date, withSpeakers = false): StoredRecording {
    const sha256 = createHash('sha256').update(wav).digest('hex');
    const recording = { id: `rec_${sha256.slice(0, 12)}`, fileName, wav, sha256, createdAt: createdAt.toISOString(), seed: this.#recordings.length * 1.7, withSpeakers, analyzed: false };
    this.#recordings.push(recording);
    return recording;
  }

  #upload({ fileName, bytes }: { fileName: string; bytes: Buffer }) {
    if (bytes.toString('latin1', 0, 4) !== 'RIFF') return { __typename: 'UploadProblem', code: 'NOT_AUDIO', message: 'The content is not audio, whatever its name says. Send WAV, MP3, FLAC, Ogg or M4A.' };
    const earlier = this.#recordings.find((each) => each.sha256 === createHash('sha256').update(bytes).digest('hex'));
    return { ...this.#recording(earlier ?? this.#store(fileName, bytes, new Date())), duplicate: earlier !== undefined };
  }

  #analyze(recordingId: string) {
    const recording = this.#recordings.find((each) => each.id === recordingId);
    if (!recording) return { __typename: 'NotFoundProblem', code: 'NOT_FOUND', message: 'No such recording.' };
    const analysis: StoredAnalysis = { id: `ana_${this.#analyses.length}_${recordingId}`, recording, createdAt: new Date().toISOString(), status: 'QUEUED', progress: 0 };
    this.#analyses.push(analysis);
    const timer = setInterval(() => {
      if (analysis.status === 'CANCELLED') {
        clearInterval(timer);
        return;
      }
      analysis.progress = Math.min(1, analysis.progress + 1 / PROGRESS_STEPS + 1e-9);
      analysis.status = analysis.progress === 1 ? 'SUCCEEDED' : 'RUNNING';
      if (analysis.progress === 1) {
        recording.analyzed = true;
        clearInterval(timer);
      }
      this.#events.emit(analysis.id);
    }, STEP_MS);
    return this.#analysis(analysis);
  }

  #cancel(id: string) {
    const analysis = this.#analyses.find((each) => each.id === id);
    if (!analysis || analysis.progress === 1) return { __typename: 'ConflictProblem', code: 'CONFLICT', message: 'The analysis has ended already.' };
    analysis.status = 'CANCELLED';
    analysis.progress = 1;
    this.#events.emit(id);
    return this.#analysis(analysis);
  }

  #setModel(state: string) {
    this.#modelState = state;
    this.#events.emit('model');
    return model(state);
  }

  #find(id: string) {
    const found = this.#recordings.find((each) => each.id === id);
    return found ? this.#recording(found) : null;
  }

  #recording(recording: StoredRecording): Record<string, unknown> {
    const { id, fileName, wav, sha256, createdAt, analyzed, seed } = recording;
    const own = (): StoredAnalysis[] => this.#analyses.filter((each) => each.recording === recording).reverse();
    const segments = segmentsOf(id, wavSeconds(wav), seed).filter((segment) => segment.gate === 'SPEECH');
    return {
      __typename: 'Recording', id, sha256, byteLength: wav.length, fileName, title: null, externalId: null, language: null, tags: [], recordedAt: null, createdAt, duplicate: false,
      durationSeconds: wavSeconds(wav), quality: analyzed ? qualityOf(wav) : null, audioUrl: () => `/audio/${id}?link=${++this.#linkCount}`, waveform: analyzed ? () => peaksOf(wav, 0.02) : null,
      speechRegions: analyzed ? { startSeconds: segments.map((each) => each.startSeconds), endSeconds: segments.map((each) => each.endSeconds) } : null,
      analyses: (page: Page) => connection(own().map((each) => this.#analysis(each)), page),
      latestAnalysis: () => this.#analysis(own()[0]),
    };
  }

  #analysis(analysis: StoredAnalysis | undefined): Record<string, unknown> | null {
    if (!analysis) return null;
    const { id, recording, createdAt, status, progress } = analysis;
    const isDone = status === 'SUCCEEDED';
    const all = this.#segments(recording);
    // As the real one: what is finished of a running analysis can be read.
    const segments = isDone ? all : status === 'RUNNING' ? all.slice(0, Math.floor(all.length * progress)) : [];
    const talk = isDone && recording.withSpeakers ? this.#speakers.conversation(recording.id, all, wavSeconds(recording.wav)) : null;
    return {
      __typename: 'Analysis', id, recording: () => this.#recording(recording), status, progress, problem: null, model: model(this.#modelState), modelVersion: '1.0.0', modelDigest: null,
      raw: false, speakersMode: recording.withSpeakers ? 'CHANNELS' : 'NONE', createdAt, startedAt: null, finishedAt: null, summary: isDone ? summaryOf(segments) : null, speakers: talk?.speakers ?? [], conversation: talk?.conversation ?? null, alerts: () => this.rules.alertsOf(id), transcript: () => this.#transcripts.of(recording.id, id), warnings: isDone ? warningsOf() : [],
      gate: isDone ? { kind: 'SPEECH', speechSeconds: 40, leftOutSeconds: 4.4, leftOut: [{ kind: 'MUSIC', seconds: 3.1 }, { kind: 'SILENCE', seconds: 1.3 }], reason: '40.0 s of speech; 4.4 s without speech are left out.' } : null, embedding: null,
      segments: (page: Page) => connection(segments.map((segment) => ({ ...segment, reviews: () => this.#reviews.of(segment.id) })), page), timeline: ({ binSeconds }: { binSeconds: number }) => timelineOf(segments, binSeconds, recording.seed),
    };
  }

  #similar(segmentId: string) {
    return this.#recordings
      .flatMap((recording) => segmentsOf(recording.id, wavSeconds(recording.wav), recording.seed).map((segment) => ({ segment, recording })))
      .filter(({ segment }) => segment.id !== segmentId && segment.gate === 'SPEECH')
      .slice(0, 8)
      .map(({ segment, recording }, index) => ({
        segment, recording: this.#recording(recording), analysis: this.#analysis(this.#analyses.find((each) => each.recording === recording)), similarity: 0.97 - index * 0.031,
      }));
  }
}

function connection<Node>(all: readonly Node[], { first = 20, after }: Page) {
  const from = after ? Number(after) : 0;
  const nodes = all.slice(from, from + first);
  return {
    nodes, edges: nodes.map((node, index) => ({ cursor: String(from + index + 1), node })), totalCount: all.length,
    pageInfo: { hasNextPage: from + nodes.length < all.length, endCursor: nodes.length > 0 ? String(from + nodes.length) : null },
  };
}
