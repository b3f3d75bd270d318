import type { AnalysisOptions } from '../domain/analysis.js';
import type { RecordingRecord } from '../domain/records.js';
import type { LawService, VoiceDecision } from './law.service.js';
import type { OptOutCheck } from './opt-out.service.js';

/** Asked before anything is inferred: when an analysis is asked for, and again where the voices are judged. */
export interface JudgingPermission {
  /** SUBJECT_OPTED_OUT; LAW_PROHIBITED where no voice may be judged, and otherwise which ones may not. */
  permit(workspaceId: string, recording: Pick<RecordingRecord, 'id' | 'externalId'>, options: Pick<AnalysisOptions, 'speakers' | 'raw' | 'roles'>): Promise<VoiceDecision>;
}

export function createJudgingPermission(law: Pick<LawService, 'decide'>, optOuts: OptOutCheck): JudgingPermission {
  return {
    async permit(workspaceId, recording, options) {
      await optOuts.assertNotOptedOut(workspaceId, recording);
      return law.decide(workspaceId, options);
    },
  };
}
