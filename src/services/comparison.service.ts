import { compareScores, compareTimelines } from '../domain/analysis-comparison.js';
import { notFound, UndertoneError } from '../domain/errors.js';
import type { Principal } from '../domain/principal.js';
import type { AnalysisRecord } from '../domain/records.js';
import { requireScope } from './permissions.js';
import type { AnalysisService, ComparisonService, TimelineService } from './service-contracts.js';

export function createComparisonService(analyses: Pick<AnalysisService, 'find' | 'request'>, timelines: Pick<TimelineService, 'timeline'>): ComparisonService {
  async function require(principal: Principal, id: string): Promise<AnalysisRecord> {
    const analysis = await analyses.find(principal, id);
    if (analysis === null) throw notFound('analysis', id);
    return analysis;
  }

  return {
    async compare(principal, aId, bId, binSeconds) {
      requireScope(principal, 'analyses:read');
      const a = await require(principal, aId);
      const b = await require(principal, bId);
      if (a.recordingId !== b.recordingId) throw new UndertoneError('BAD_INPUT', 'The two analyses are of different recordings; compare two of the same one, for example after reanalyze.', { field: 'b' });
      for (const { id, status } of [a, b]) {
        if (status !== 'SUCCEEDED') throw new UndertoneError('CONFLICT', `The analysis ${id} is ${status}; only finished ones can be compared.`, { id, status });
      }
      const options = { binSeconds, fromSeconds: null, toSeconds: null, speakerId: null };
      const [timelineA, timelineB] = [await timelines.timeline(principal, a, options), await timelines.timeline(principal, b, options)];
      return {
        a, b, binSeconds,
        sameLabel: a.summary === null || b.summary === null ? null : a.summary.label === b.summary.label,
        scores: compareScores(a.summary?.scores ?? {}, b.summary?.scores ?? {}),
        ...compareTimelines(timelineA, timelineB),
      };
    },

    async reanalyze(principal, analysisId, model) {
      requireScope(principal, 'analyses:write');
      const { recordingId, raw, speakersMode, speakerCount, roleRule } = await require(principal, analysisId);
      return analyses.request(principal, recordingId, { model, raw, speakers: speakersMode, speakerCount, roles: roleRule, priority: 'bulk' });
    },
  };
}
