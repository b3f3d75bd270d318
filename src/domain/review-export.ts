import { csvLine } from './csv.js';
import type { ReviewDecisionRecord, ReviewItemRecord } from './review.js';

export const REVIEW_CSV_HEADER = csvLine([
  'review_id', 'recording_id', 'analysis_id', 'segment_id', 'start_seconds', 'end_seconds', 'reasons', 'model_label', 'model_confidence', 'model_abstained', 'status', 'label', 'disputed', 'settled_at', 'settled_by', 'dismiss_reason',
  'decision_id', 'reviewer_id', 'reviewer', 'decision', 'decision_label', 'free_label', 'final', 'saw_model_answer', 'note', 'spent_seconds', 'decided_at', 'undone_at',
]);

/** One line a decision, those that were taken back included; an item without any has one line. */
export function reviewCsv(item: ReviewItemRecord): string {
  const of = [
    item.id, item.recordingId, item.analysisId, item.segmentId, item.startSeconds, item.endSeconds, item.reasons.map(({ kind }) => kind).join(' '), item.modelLabel, item.modelConfidence, String(item.modelAbstained),
    item.status, item.label, String(item.isDisputed), timeOf(item.settledAt), item.settledBy, item.dismissReason,
  ];
  const rows = item.decisions.length === 0 ? [of.concat(Array.from({ length: 12 }, () => null))] : item.decisions.map((decision) => [...of, ...decisionColumns(decision)]);
  return rows.map((row) => `${csvLine(row)}\n`).join('');
}

function decisionColumns({ id, keyId, keyName, kind, label, isFreeLabel, isFinal, sawModelAnswer, note, spentSeconds, createdAt, undoneAt }: ReviewDecisionRecord): (string | number | null)[] {
  return [id, keyId, keyName, kind, label, String(isFreeLabel), String(isFinal), String(sawModelAnswer), note, spentSeconds, timeOf(createdAt), timeOf(undoneAt)];
}

/** The same as an object, with its decisions and reasons in full. */
export function reviewJson({ workspaceId: _workspaceId, claims: _claims, labels: _labels, ...shown }: ReviewItemRecord): object {
  return shown;
}

function timeOf(at: Date | null): string | null {
  return at?.toISOString() ?? null;
}
