import type { Moment, RuleSubject } from '../../src/domain/rule-subject.js';
import { parseRule } from '../../src/plugins/business-rules/parse-rule.js';
import { evaluateRule, prepareSubject, type RuleEvaluation } from '../../src/plugins/business-rules/evaluate-rule.js';
import type { RuleDefinition } from '../../src/plugins/business-rules/rule.schema.js';
import { EMOTIONS } from '../../src/domain/emotion.js';

export const SUBJECT_LABELS = ['angry', 'happy', 'neutral', 'sad', 'fearful'] as const;

/** `[start, end, label, speaker, changes]`: speaker `agent` is channel 0, `customer` channel 1. */
export type Said = readonly [startSeconds: number, endSeconds: number, label: string | null, speaker?: 'agent' | 'customer' | null, changes?: Partial<Moment>];

export function momentsOf(said: readonly Said[]): readonly Moment[] {
  return said.map(([startSeconds, endSeconds, label, speaker = null, changes = {}], index) => ({
    segmentId: `seg_${index}`, index, startSeconds, endSeconds, speechSeconds: endSeconds - startSeconds, gate: 'speech',
    speakerKey: speaker === null ? null : speaker === 'agent' ? 'channel-0' : 'channel-1', speakerRole: speaker, channel: speaker === null ? null : speaker === 'agent' ? 0 : 1,
    text: null, agreement: null, label, confidence: label === null ? null : 0.8, abstained: false, scores: SUBJECT_LABELS.map((name) => (name === label ? 0.8 : 0.05)), ...changes,
  }));
}

export function subjectOf(said: readonly Said[], changes: Partial<RuleSubject> = {}): RuleSubject {
  const moments = momentsOf(said);
  return {
    analysisId: 'ana_1', recordingId: 'rec_1', modelId: 'starter', labels: SUBJECT_LABELS, durationSeconds: Math.max(60, ...moments.map((moment) => moment.endSeconds)), recordedAt: null, language: null, tags: [],
    gate: { kind: 'speech', speechSeconds: 50, leftOutSeconds: 0, reason: '' }, quality: null, warnings: [], summary: null, moments, ...changes,
  };
}

export function ruleOf(when: object, changes: object = {}): RuleDefinition {
  return parseRule({ name: 'Trial', when, cooldownSeconds: 0, ...changes }, EMOTIONS);
}

export function fire(when: object, said: readonly Said[], changes: Partial<RuleSubject> = {}, rule: object = {}): RuleEvaluation {
  return evaluateRule(ruleOf(when, rule), prepareSubject(subjectOf(said, changes)));
}

/** `[start, end]` of each firing. */
export function times(evaluation: RuleEvaluation): readonly (readonly [number, number])[] {
  return evaluation.firings.map((firing) => [firing.startSeconds, firing.endSeconds] as const);
}
