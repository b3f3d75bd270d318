import type { Principal } from '../domain/principal.js';
import type { AnalysisRecord, EmbeddingRecord } from '../domain/records.js';
import { judgementsNoted } from './noted-judgements.js';
import { noting } from './noting.js';
import type { ReadLog } from './read-log.js';
import type { Services } from './service-contracts.js';

/** The use cases as callers from outside see them: whatever gives a recording, or what was found in it, away is noted. */
export function withReadsNoted(services: Services, reads: Pick<ReadLog, 'note'>): Services {
  const { recordings, analyses, speakers, transcripts, timelines, comparisons, embeddings, exports } = services;
  const ofAnalyses = (principal: Principal, records: readonly AnalysisRecord[]): void => reads.note(principal, 'analysis', { recordingIds: records.map(({ recordingId }) => recordingId) });
  const ofParts = (principal: Principal, parts: readonly { readonly analysisId: string }[]): void => reads.note(principal, 'analysis', { analysisIds: parts.map(({ analysisId }) => analysisId) });
  const oneEmbedding = (principal: Principal, answer: Promise<EmbeddingRecord | null>): Promise<EmbeddingRecord | null> => noting(answer, (embedding) => ofParts(principal, [embedding]));
  const exported = <T>(principal: Principal, analysisId: string, answer: Promise<T>): Promise<T> => noting(answer, () => reads.note(principal, 'export', { analysisIds: [analysisId] }));

  return {
    ...services,
    ...judgementsNoted(services, reads),
    recordings: {
      ...recordings,
      find: (principal, id) => noting(recordings.find(principal, id), (found) => reads.note(principal, 'recording', { recordingIds: [found.id] })),
      findMany: (principal, ids) => noting(recordings.findMany(principal, ids), (found) => reads.note(principal, 'recording', { recordingIds: found.map(({ id }) => id) })),
      list: (principal, page, filter, order) => noting(recordings.list(principal, page, filter, order), ({ items }) => reads.note(principal, 'recording', { recordingIds: items.map(({ id }) => id) })),
      waveform: (principal, id) => noting(recordings.waveform(principal, id), () => reads.note(principal, 'recording', { recordingIds: [id] })),
      openAudio: (principal, id, range) => noting(recordings.openAudio(principal, id, range), () => reads.note(principal, 'audio', { recordingIds: [id] })),
      audioUrl: (principal, id, link) => noting(recordings.audioUrl(principal, id, link), () => reads.note(principal, 'audio', { recordingIds: [id] })),
    },
    analyses: {
      ...analyses,
      find: (principal, id) => noting(analyses.find(principal, id), (found) => ofAnalyses(principal, [found])),
      findMany: (principal, ids) => noting(analyses.findMany(principal, ids), (found) => ofAnalyses(principal, found)),
      list: (principal, page, filter) => noting(analyses.list(principal, page, filter), ({ items }) => ofAnalyses(principal, items)),
      latestForRecordings: (principal, ids) => noting(analyses.latestForRecordings(principal, ids), (found) => ofAnalyses(principal, found)),
      wait: (principal, id, timeoutMs, signal) => noting(analyses.wait(principal, id, timeoutMs, signal), (ended) => ofAnalyses(principal, [ended])),
      segments: (principal, analysisId, page, filter) => noting(analyses.segments(principal, analysisId, page, filter), ({ items }) => ofParts(principal, items)),
      findSegment: (principal, id) => noting(analyses.findSegment(principal, id), (found) => ofParts(principal, [found])),
      findSegments: (principal, ids) => noting(analyses.findSegments(principal, ids), (found) => ofParts(principal, found)),
      speakers: (principal, ids) => noting(analyses.speakers(principal, ids), (found) => ofParts(principal, found)),
    },
    speakers: { ...speakers, conversations: (principal, ids) => noting(speakers.conversations(principal, ids), (found) => ofParts(principal, found)) },
    transcripts: {
      ...transcripts,
      find: (principal, ids) => noting(transcripts.find(principal, ids), (found) => reads.note(principal, 'transcript', { analysisIds: found.map(({ analysisId }) => analysisId) })),
    },
    timelines: {
      timeline: (principal, analysis, options) => noting(timelines.timeline(principal, analysis, options), () => ofAnalyses(principal, [analysis])),
      contributions: (principal, segment, options) => noting(timelines.contributions(principal, segment, options), () => ofParts(principal, [segment])),
    },
    comparisons: { ...comparisons, compare: (principal, a, b, binSeconds) => noting(comparisons.compare(principal, a, b, binSeconds), (compared) => ofAnalyses(principal, [compared.a, compared.b])) },
    embeddings: {
      find: (principal, id) => oneEmbedding(principal, embeddings.find(principal, id)),
      forAnalysis: (principal, id) => oneEmbedding(principal, embeddings.forAnalysis(principal, id)),
      forSegments: (principal, ids) => noting(embeddings.forSegments(principal, ids), (found) => ofParts(principal, found)),
      compare: (principal, a, b) => noting(embeddings.compare(principal, a, b), (compared) => ofParts(principal, [compared.a, compared.b])),
      similarSegments: (principal, target, first, filter) => noting(embeddings.similarSegments(principal, target, first, filter), (matches) => reads.note(principal, 'analysis', { recordingIds: matches.map(({ recordingId }) => recordingId) })),
    },
    exports: {
      report: (principal, id) => exported(principal, id, exports.report(principal, id)),
      csv: (principal, id) => exported(principal, id, exports.csv(principal, id)),
      svg: (principal, id) => exported(principal, id, exports.svg(principal, id)),
    },
  };
}
