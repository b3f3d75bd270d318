import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { DecodedAudio } from '../audio/audio-decoder.js';
import type { AnalysisRepository } from '../db/repositories.js';
import type { AnalysisOutcome, PredictionResult } from '../domain/analysis.js';
import { newId } from '../domain/ids.js';
import type { NpyMatrix } from '../domain/npy.js';
import type { Principal } from '../domain/principal.js';
import { weightedMean } from '../domain/scores.js';
import type { SoundClassifier, SpeechProbability } from '../inference/emotion-inference.js';
import { recording, type AuditSink } from './audit.js';
import { listen, type Heard } from './listening.js';
import type { OutputsResult } from './outputs-result.js';
import { requireScope } from './permissions.js';
import type { ImportService, OutputsFolder, RecordingService } from './service-contracts.js';

/** Nobody knows which weights made them: embeddings that were imported compare among themselves and with nothing else. */
const UNKNOWN_WEIGHTS = 'imported';

export interface ImportServiceParts {
  readonly recordings: Pick<RecordingService, 'upload'>;
  readonly analyses: Pick<AnalysisRepository, 'findByIdempotencyKey' | 'importCompleted'>;
  readonly decode: (path: string, signal: AbortSignal) => Promise<DecodedAudio>;
  readonly speech: SpeechProbability & SoundClassifier;
  readonly audit: AuditSink;
}

export function createImportService({ recordings, analyses, decode, speech, audit }: ImportServiceParts): ImportService {
  async function hear(path: string, signal: AbortSignal): Promise<Heard> {
    const decoded = await decode(path, signal);
    try {
      return await listen(speech, decoded, [{ speaker: null, pcm: decoded.pcm }], { raw: true, speakers: 'none', maxWindowSeconds: Infinity, priority: 'bulk', signal, onProgress: () => undefined });
    } finally {
      await decoded.pcm.dispose();
    }
  }

  return {
    async importOutputs(principal: Principal, folder: OutputsFolder, signal: AbortSignal) {
      requireScope(principal, 'recordings:import');
      const idempotencyKey = keyOf(folder);
      const existing = await analyses.findByIdempotencyKey(principal.workspaceId, idempotencyKey);
      if (existing !== null) return { isNew: false, recordingId: existing.recordingId, analysisId: existing.id };
      const heard = await hear(folder.audioPath, signal);
      // Only now, when everything of the folder could be read: one that is refused leaves nothing behind.
      const { recording: stored } = await recordings.upload(
        principal, { stream: createReadStream(folder.audioPath), fileName: 'processed_audio.wav' }, { title: folder.name, tags: ['imported'], recordedAt: folder.at }, signal,
      );
      const id = newId('analysis', folder.at.getTime());
      const row = { id, workspaceId: principal.workspaceId, recordingId: stored.id, modelId: folder.model, raw: true, speakersMode: 'none' as const, idempotencyKey };
      const isNew = await analyses.importCompleted(row, { outcome: outcomeOf(folder, heard), trackKey: null, peaks: heard.peaks }, folder.at,
        recording(audit, principal, { action: 'analysis.imported', subjectKind: 'analysis', subjectId: id, afterDigest: createHash('sha256').update(folder.resultBytes).digest('hex') }));
      if (isNew) return { isNew, recordingId: stored.id, analysisId: id };
      const first = await analyses.findByIdempotencyKey(principal.workspaceId, idempotencyKey);
      return { isNew, recordingId: stored.id, analysisId: first?.id ?? id };
    },
  };
}

/** The same folder again is the same analysis, wherever it lies. */
function keyOf({ name, resultBytes, model }: OutputsFolder): string {
  return `import:${createHash('sha256').update(JSON.stringify([name, model])).update(resultBytes).digest('hex')}`;
}

function outcomeOf({ model, result, embedding }: OutputsFolder, heard: Heard): AnalysisOutcome {
  const labels = Object.keys(result.scores);
  const prediction = predictionOf(result);
  const vector = prediction === null || embedding === null ? null : meanRow(embedding);
  return {
    options: { modelId: model, raw: true, speakers: 'none' },
    model: { id: model, version: UNKNOWN_WEIGHTS, digest: UNKNOWN_WEIGHTS, labels },
    durationSeconds: heard.durationSeconds, quality: heard.quality, speechRegions: [], gate: heard.gate,
    warnings: [
      { code: 'IMPORTED', message: 'The scores were made outside Undertone and taken over as they were: nothing was checked for speech, and which weights made them is not known.' },
      { code: 'UNCALIBRATED', message: 'The confidence is what the imported file says; it is not calibrated.' },
      ...heard.warnings.filter(({ code }) => code !== 'RAW'),
    ],
    summary: prediction,
    segments: [{ index: 0, startSeconds: 0, endSeconds: heard.durationSeconds, speechSeconds: heard.durationSeconds, gate: 'bypassed', speaker: null, prediction, embedding: vector, frameCount: 0 }],
    speakers: [],
    conversation: null,
    embedding: vector,
  };
}

function predictionOf({ label, confidence, scores }: OutputsResult): PredictionResult | null {
  return label === null ? null : { label, confidence, calibrated: false, abstained: false, predictionSet: [], scores, logits: [] };
}

/** One row, or the mean of a row for each frame: what the model calls the embedding of the utterance. */
function meanRow({ rows, columns, values }: NpyMatrix): Float32Array | null {
  return weightedMean(Array.from({ length: rows }, (_, row) => values.subarray(row * columns, (row + 1) * columns)), new Array<number>(rows).fill(1));
}
