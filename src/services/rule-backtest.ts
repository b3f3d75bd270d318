import type { RuleScan } from '../db/repositories.js';
import { UndertoneError } from '../domain/errors.js';
import type { Moment } from '../domain/rule-subject.js';
import { wilsonInterval } from '../domain/wilson-interval.js';
import { evaluateRule, prepareSubject, type Firing, type RuleEvaluation } from '../plugins/business-rules/evaluate-rule.js';
import { needsOf } from '../plugins/business-rules/rule-needs.js';
import type { RuleDefinition } from '../plugins/business-rules/rule.schema.js';
import type { PreparedSubject } from '../plugins/business-rules/subject.js';
import type { Backtest, BacktestPrecision, RuleRange } from './rule-contracts.js';

/** What people said of segments. Analyses without a review are simply not in it. */
export interface ReviewedLabels {
  /** By segment id. */
  forAnalyses(workspaceId: string, analysisIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

const MAX_EXAMPLES = 20;
/** One call reads at most this many segments; more are another call, from `nextAfter` on. */
export const MAX_SEGMENTS = 2_000_000;

export interface Scanned {
  readonly subject: PreparedSubject;
  readonly evaluation: RuleEvaluation;
}

/** One rule over what is stored, in order; `see` gets each analysis. Answers where it stopped: null when all was read. */
export async function scanWithRule(
  scan: RuleScan, workspaceId: string, rule: RuleDefinition, range: RuleRange, signal: AbortSignal, see: (batch: readonly Scanned[]) => Promise<void>, options: { readonly wantTrace: boolean; readonly allLabels?: boolean },
): Promise<{ readonly nextAfter: string | null }> {
  if (range.from !== null && range.to !== null && range.from >= range.to) throw new UndertoneError('BAD_INPUT', `from is ${range.from.toISOString()}, which is not before to, ${range.to.toISOString()}: nothing lies between.`, { field: 'to' });
  const { labels, wantText } = needsOf(rule);
  const source = scan(workspaceId, {
    labels: options.allLabels === true ? null : labels, wantText,
    ...(range.from === null ? {} : { from: range.from }), ...(range.to === null ? {} : { to: range.to }), ...(range.after === null ? {} : { after: range.after }),
  });
  let segments = 0;
  let last: string | null = null;
  for await (const batch of source) {
    signal.throwIfAborted();
    if (segments >= MAX_SEGMENTS) return { nextAfter: last };
    await see(batch.map((one) => {
      const subject = prepareSubject(one);
      segments += one.moments.length;
      return { subject, evaluation: evaluateRule(rule, subject, { wantTrace: options.wantTrace }) };
    }));
    last = batch.at(-1)!.analysisId;
  }
  return { nextAfter: null };
}

export interface BacktestParts {
  readonly scan: RuleScan;
  readonly reviewed: ReviewedLabels | null;
}

/** How often a rule would have fired, on what, and how often people agree. Writes nothing. */
export async function backtest({ scan, reviewed }: BacktestParts, workspaceId: string, rule: RuleDefinition, range: RuleRange, signal: AbortSignal): Promise<Backtest> {
  let analysisCount = 0;
  let segmentCount = 0;
  let firedAnalysisCount = 0;
  let firingCount = 0;
  let suppressedCount = 0;
  let recordingSeconds = 0;
  const examples: { subject: PreparedSubject; firing: Firing }[] = [];
  const counted = { right: 0, reviewed: 0 };
  const { nextAfter } = await scanWithRule(scan, workspaceId, rule, range, signal, async (batch) => {
    for (const { subject, evaluation } of batch) {
      analysisCount += 1;
      segmentCount += subject.moments[0]?.segmentId === null ? 0 : subject.moments.length;
      recordingSeconds += subject.durationSeconds;
      firingCount += evaluation.firings.length;
      suppressedCount += evaluation.suppressedCount;
      if (evaluation.firings.length > 0) firedAnalysisCount += 1;
      for (const firing of evaluation.firings) if (examples.length < MAX_EXAMPLES) examples.push({ subject, firing });
    }
    const fired = batch.filter(({ evaluation }) => evaluation.firings.length > 0);
    if (reviewed === null || fired.length === 0) return;
    const labels = await reviewed.forAnalyses(workspaceId, fired.map(({ subject }) => subject.analysisId));
    for (const { subject, evaluation } of fired) countAgreement(rule, subject, evaluation.firings, labels, counted);
  }, { wantTrace: false });
  return {
    analysisCount, segmentCount, firedAnalysisCount, firingCount, suppressedCount, nextAfter,
    firingsPerHour: recordingSeconds === 0 ? null : (firingCount / recordingSeconds) * 3600,
    // Explained only now, and only these: a trace costs more than the rule.
    examples: examples.map(({ subject, firing }) => ({ analysisId: subject.analysisId, recordingId: subject.recordingId, ...firing, trace: evaluateRule(rule, subject).firings.find((one) => one.occurrenceKey === firing.occurrenceKey)?.trace ?? [] })),
    precision: precisionOf(counted), precisionReason: reasonOf(reviewed, firingCount, counted.reviewed),
  };
}

/**
 * A firing is right when the rule fires there as well once each label that people gave stands in the model's place. Only
 * firings all of whose segments were reviewed count: a part that nobody heard proves nothing.
 */
function countAgreement(rule: RuleDefinition, subject: PreparedSubject, firings: readonly Firing[], labels: ReadonlyMap<string, string>, counted: { right: number; reviewed: number }): void {
  const judged = firings.filter(({ segmentIds }) => segmentIds.length > 0 && segmentIds.every((id) => labels.has(id)));
  if (judged.length === 0) return;
  const moments = subject.moments.map((moment) => asReviewed(moment, labels.get(moment.segmentId ?? ''), subject.labels));
  const people = evaluateRule({ ...rule, cooldownSeconds: 0, oncePer: 'occurrence' }, prepareSubject({ ...subject, moments }), { wantTrace: false }).firings;
  for (const firing of judged) {
    counted.reviewed += 1;
    if (people.some((one) => one.segmentIds.some((id) => firing.segmentIds.includes(id)))) counted.right += 1;
  }
}

function asReviewed(moment: Moment, label: string | undefined, labels: readonly string[]): Moment {
  return label === undefined ? moment : { ...moment, label, confidence: 1, abstained: false, scores: labels.map((name) => (name === label ? 1 : 0)) };
}

function precisionOf({ right, reviewed }: { readonly right: number; readonly reviewed: number }): BacktestPrecision | null {
  return reviewed === 0 ? null : { value: right / reviewed, ...wilsonInterval(right, reviewed), rightCount: right, reviewedCount: reviewed };
}

function reasonOf(reviewed: ReviewedLabels | null, firingCount: number, reviewedCount: number): string | null {
  if (reviewedCount > 0) return null;
  if (firingCount === 0) return 'The rule would not have fired: there is nothing to be right or wrong about.';
  return reviewed === null ? 'This installation keeps no reviewed labels.' : 'None of the firings has labels of people for all of its segments. Review some of them.';
}
