import { EventEmitter, on } from 'node:events';
import { isUndertoneError } from '../../src/domain/errors.js';
import { parseRule } from '../../src/plugins/business-rules/parse-rule.js';
import { LABELS, type MockSegment } from './mock-answers.js';

interface StoredAlert { readonly id: string; readonly analysisId: string; readonly [field: string]: unknown; acknowledgedAt: string | null; acknowledgedBy: string | null; acknowledgeNote: string | null }
interface StoredRule { readonly id: string; version: number; definition: Record<string, unknown>; updatedAt: string; readonly history: { version: number; definition: unknown; note: string | null; createdBy: string; createdAt: string }[] }
interface Judged { readonly analysisId: string; readonly recordingId: string; readonly segments: readonly MockSegment[] }
interface Target { readonly id?: string; readonly definition?: Record<string, unknown> }

const TEMPLATES = [
  { id: 'anger', definition: { name: 'Anger', description: 'Anger in a voice that is not in doubt.', severity: 'critical', when: { label: { in: ['angry'] } } } },
  { id: 'calm-to-angry', definition: { name: 'Calm, then angry', when: { trajectory: { from: ['neutral'], to: ['angry'], withinSeconds: 60 } } } },
];

/** Rules in memory, checked by the real parser. Whatever a rule asks, it fires once for each analysis, at the first segment with a label that its text names. */
export class MockRules {
  readonly #rules: StoredRule[] = [];
  readonly #alerts: StoredAlert[] = [];
  readonly #events = new EventEmitter();

  constructor(private readonly analysisOf: (id: string) => unknown, private readonly judged: () => readonly Judged[]) {}

  root() {
    return {
      rules: () => this.#rules.map((rule) => this.#shown(rule)),
      rule: ({ id }: { id: string }) => this.#find(id, (rule) => this.#shown(rule), null),
      ruleTemplates: () => TEMPLATES,
      createRule: ({ input }: { input: { definition: Record<string, unknown>; note?: string } }) => this.#checked(input.definition, () => {
        const rule: StoredRule = { id: `rul_${this.#rules.length + 1}`, version: 0, definition: {}, updatedAt: '', history: [] };
        this.#rules.push(rule);
        return this.#write(rule, input);
      }),
      updateRule: ({ id, input }: { id: string; input: { definition: Record<string, unknown>; note?: string } }) => this.#find(id, (rule) => this.#checked(input.definition, () => this.#write(rule, input)), notFound(id)),
      deleteRule: ({ id }: { id: string }) => this.#find(id, (rule) => {
        this.#rules.splice(this.#rules.indexOf(rule), 1);
        return { __typename: 'DeletedRule', id };
      }, notFound(id)),
      backtestRule: ({ rule }: { rule: Target }) => this.#backtest(rule),
      applyRule: ({ id }: { id: string }) => this.#find(id, (rule) => this.#apply(rule), notFound(id)),
      alerts: ({ first = 20, filter }: { first?: number; filter?: { acknowledged?: boolean; severity?: string } }) => {
        const nodes = this.#alerts.filter((alert) => (filter?.acknowledged ?? alert.acknowledgedAt !== null) === (alert.acknowledgedAt !== null) && (filter?.severity ?? alert['severity']) === alert['severity']).reverse();
        return { nodes: nodes.slice(0, first), edges: [], totalCount: nodes.length, pageInfo: { hasNextPage: false, endCursor: null } };
      },
      acknowledgeAlert: ({ id, note }: { id: string; note: string | null }) => {
        const alert = this.#alerts.find((each) => each.id === id);
        if (!alert) return notFound(id);
        Object.assign(alert, { acknowledgedAt: new Date().toISOString(), acknowledgedBy: 'first admin', acknowledgeNote: note });
        return alert;
      },
    };
  }

  alertsOf(analysisId: string): readonly StoredAlert[] {
    return this.#alerts.filter((alert) => alert.analysisId === analysisId);
  }

  listenerCount(): number {
    return this.#events.listenerCount('alert');
  }

  async *raised() {
    for await (const [alert] of on(this.#events, 'alert') as AsyncIterable<[StoredAlert]>) yield { alertRaised: alert };
  }

  #find<Found>(id: string, found: (rule: StoredRule) => Found, missing: Found | ReturnType<typeof notFound> | null) {
    const rule = this.#rules.find((each) => each.id === id);
    return rule ? found(rule) : missing;
  }

  #checked(definition: Record<string, unknown>, done: () => unknown): unknown {
    try {
      parseRule(definition, LABELS);
    } catch (error) {
      if (!isUndertoneError(error)) throw error;
      return { __typename: 'BadInputProblem', code: error.code, message: error.message, field: error.details['field'] };
    }
    return done();
  }

  #write(rule: StoredRule, { definition, note = null }: { definition: Record<string, unknown>; note?: string | null }) {
    Object.assign(rule, { definition, version: rule.version + 1, updatedAt: new Date().toISOString() });
    rule.history.unshift({ version: rule.version, definition, note, createdBy: 'first admin', createdAt: rule.updatedAt });
    return this.#shown(rule);
  }

  #shown(rule: StoredRule) {
    const parsed = parseRule(rule.definition, LABELS);
    return { __typename: 'Rule', ...rule, createdAt: rule.updatedAt, name: parsed.name, description: parsed.description, enabled: parsed.enabled, severity: parsed.severity.toUpperCase(), firingCount: this.#alerts.filter((alert) => alert['ruleId'] === rule.id).length };
  }

  #firings({ definition }: { definition: Record<string, unknown> }) {
    const text = JSON.stringify(definition['when']);
    return this.judged().flatMap(({ analysisId, recordingId, segments }) => {
      const segment = segments.find(({ prediction }) => text.includes(`"${prediction.label}"`));
      if (!segment) return [];
      const trace = [{ path: 'when.label', condition: 'label', asked: 'the label is one of those', seen: segment.prediction.label, result: true, atSeconds: segment.startSeconds }, { path: 'when.words', condition: 'words', asked: 'any of “refund” is said', seen: null, result: null, atSeconds: segment.startSeconds }];
      return [{ analysisId, recordingId, startSeconds: segment.startSeconds, endSeconds: segment.endSeconds, speakerKey: null, segmentIds: [segment.id], trace }];
    });
  }

  #backtest({ id, definition }: Target) {
    const target = definition ?? this.#rules.find((rule) => rule.id === id)?.definition;
    if (!target) return notFound(id ?? '');
    return this.#checked(target, () => {
      const examples = this.#firings({ definition: target });
      const judged = this.judged();
      return {
        __typename: 'RuleBacktest', analysisCount: judged.length, segmentCount: judged.reduce((sum, { segments }) => sum + segments.length, 0), firedAnalysisCount: examples.length, firingCount: examples.length, suppressedCount: 0,
        firingsPerHour: 12.5, precision: { value: 0.75, low: 0.3, high: 0.95, rightCount: 3, reviewedCount: 4 }, precisionReason: null, nextAfter: null, examples,
      };
    });
  }

  #apply(rule: StoredRule) {
    const parsed = parseRule(rule.definition, LABELS);
    const fresh = this.#firings(rule).filter(({ analysisId }) => !this.#alerts.some((alert) => alert.analysisId === analysisId && alert['ruleId'] === rule.id));
    for (const firing of fresh) {
      const alert: StoredAlert = {
        __typename: 'Alert', id: `alr_${this.#alerts.length + 1}`, ...firing, analysis: () => this.analysisOf(firing.analysisId), ruleId: rule.id, rule: () => this.#shown(rule), ruleName: parsed.name, ruleVersion: rule.version, severity: parsed.severity.toUpperCase(),
        isOfThePast: true, createdAt: new Date().toISOString(), acknowledgedAt: null, acknowledgedBy: null, acknowledgeNote: null, actions: [{ kind: 'alert', state: 'DONE', message: null, input: {} }, { kind: 'tag', state: 'DONE', message: null, input: {} }],
      };
      this.#alerts.push(alert);
      this.#events.emit('alert', alert);
    }
    return { __typename: 'RuleApplication', rule: this.#shown(rule), analysisCount: this.judged().length, firingCount: this.#firings(rule).length, newAlertCount: fresh.length, nextAfter: null };
  }
}

function notFound(id: string) {
  return { __typename: 'NotFoundProblem', code: 'NOT_FOUND', message: 'There is no such thing.', id };
}
