import type { Database, Transaction } from '../db/database.js';
import type { AlertRepository, RuleRepository, RuleScan } from '../db/repositories.js';
import { digestOf } from '../domain/audit.js';
import { isUndertoneError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import type { JsonObject } from '../domain/json.js';
import type { ActionOutcome, AlertRecord, RuleRecord } from '../domain/rule-records.js';
import { evaluateRule, prepareSubject, type Firing } from '../plugins/business-rules/evaluate-rule.js';
import { kindOf, ruleSchema, type ActionKind, type RuleAction, type RuleDefinition } from '../plugins/business-rules/rule.schema.js';
import type { PreparedSubject } from '../plugins/business-rules/subject.js';
import { rulePrincipal, type AuditSink } from './audit.js';
import type { FactOutbox } from './fact-outbox.js';

export interface RuleActionRequest {
  readonly alert: Pick<AlertRecord, 'id' | 'workspaceId' | 'ruleId' | 'ruleName' | 'severity' | 'analysisId' | 'recordingId' | 'segmentIds' | 'startSeconds' | 'endSeconds'>;
  /** What the rule gives the action: `{ priority }`, `{ id }`, `{ reason }`. */
  readonly input: JsonObject;
}
/** Runs in the transaction that marks the action as done: rows and jobs that it makes are made exactly once. A throw is another try. */
export type RuleActionHandler = (tx: Transaction, request: RuleActionRequest) => Promise<void>;
/** Parts of the platform that carry out actions. One that is not there makes the action UNAVAILABLE, which its alert says. */
export type RuleActionHandlers = Partial<Record<Exclude<ActionKind, 'alert' | 'tag'>, RuleActionHandler>>;

export interface RuleEngineParts {
  readonly database: Database;
  readonly rules: RuleRepository;
  readonly alerts: AlertRepository;
  readonly scan: RuleScan;
  readonly facts: FactOutbox;
  readonly audit: AuditSink;
  readonly handlers: RuleActionHandlers;
  /** After the commit. */
  readonly onActionDone: (alert: AlertRecord, kind: ActionKind) => void;
  readonly onBrokenRule: (ruleId: string) => void;
}

export interface RaiseOptions {
  /** For rules applied to what is long over: nobody is told, and only alert and tag are carried out unless `withActions`. */
  readonly isOfThePast: boolean;
  readonly withActions: boolean;
}

export interface RuleEngine {
  /** All enabled rules over one finished analysis. Safe to repeat: each firing is written once. */
  evaluate(workspaceId: string, analysisId: string, options: { readonly isLastAttempt: boolean }): Promise<void>;
  /** Writes the firings of one rule over one subject; answers how many were new. */
  raise(rule: RuleRecord, definition: RuleDefinition, subject: PreparedSubject, firings: readonly Firing[], options: RaiseOptions): Promise<number>;
  performActions(analysisId: string, isLastAttempt: boolean): Promise<void>;
  readonly availableActions: readonly ActionKind[];
}

export function createRuleEngine(parts: RuleEngineParts): RuleEngine {
  const { database, rules, alerts, scan, facts, handlers } = parts;

  function plan(action: RuleAction, options: RaiseOptions): ActionOutcome {
    const kind = kindOf(action);
    const input = action[kind] as JsonObject;
    if (kind === 'alert') return { kind, input, state: 'DONE', message: options.isOfThePast ? 'Applied to the past: shown, not announced.' : null };
    if (kind !== 'tag' && options.isOfThePast && !options.withActions) return { kind, input, state: 'DONE', message: 'Applied to the past without its actions.' };
    if (kind !== 'tag' && handlers[kind] === undefined) return { kind, input, state: 'UNAVAILABLE', message: `No part of this installation carries out the action "${kind}".` };
    return { kind, input, state: 'PENDING', message: null };
  }

  async function raise(rule: RuleRecord, definition: RuleDefinition, subject: PreparedSubject, firings: readonly Firing[], options: RaiseOptions): Promise<number> {
    let newCount = 0;
    for (const firing of firings) {
      const id = newId('alert');
      const fact = { kind: 'alert.raised', workspaceId: rule.workspaceId, alertId: id, ruleId: rule.id, analysisId: subject.analysisId, recordingId: subject.recordingId } as const;
      const actions = definition.actions.map((action) => plan(action, options));
      const isShown = definition.actions.some((action) => action.alert !== undefined);
      const isAnnounced = isShown && !options.isOfThePast;
      const { startSeconds, endSeconds, speakerKey, segmentIds, occurrenceKey, trace } = firing;
      const row = {
        id, workspaceId: rule.workspaceId, ruleId: rule.id, ruleVersion: rule.version, ruleName: definition.name, severity: definition.severity, analysisId: subject.analysisId, recordingId: subject.recordingId,
        startSeconds, endSeconds, speakerKey, segmentIds, occurrenceKey, trace, actions, isShown, isOfThePast: options.isOfThePast,
      };
      const isNew = await database.transaction(async (tx) => {
        if (!(await alerts.insert(tx, row, actions.some((action) => action.state === 'PENDING')))) return false;
        if (isAnnounced) await facts.put(tx, fact);
        return true;
      });
      if (!isNew) continue;
      newCount += 1;
      if (isAnnounced) facts.announce(fact);
    }
    return newCount;
  }

  /** Each action in a transaction of its own, so that one that fails neither loses the alert nor the others. */
  async function performActions(analysisId: string, isLastAttempt: boolean): Promise<void> {
    let failure: unknown = null;
    for (const alert of await alerts.listPending(analysisId)) {
      let { actions } = alert;
      for (const [index, action] of actions.entries()) {
        if (action.state !== 'PENDING') continue;
        const settled = (state: ActionOutcome['state'], message: string | null): readonly ActionOutcome[] => actions.map((one, i) => (i === index ? { ...one, state, message } : one));
        const store = (tx: Transaction, changed: readonly ActionOutcome[]): Promise<void> => alerts.setActions(tx, alert.id, changed, changed.some((one) => one.state === 'PENDING'));
        try {
          const done = settled('DONE', null);
          await database.transaction(async (tx) => {
            await carryOut(tx, alert, action);
            await store(tx, done);
          });
          actions = done;
          parts.onActionDone(alert, action.kind as ActionKind);
        } catch (error) {
          // What another try cannot change is told at once, in the words of the failure.
          const isHopeless = isUndertoneError(error) && !error.retryable;
          if (!isHopeless) failure = error;
          if (!isHopeless && !isLastAttempt) continue;
          actions = settled('FAILED', isHopeless ? error.message : 'It failed each time that it was tried; the log says why.');
          const failed = actions;
          await database.transaction((tx) => store(tx, failed));
        }
      }
    }
    if (failure !== null) throw failure instanceof Error ? failure : new Error('an action of a rule failed');
  }

  async function addTags(tx: Transaction, { workspaceId, recordingId, ruleId }: AlertRecord, tags: readonly string[]): Promise<void> {
    const changed = await alerts.addTags(tx, workspaceId, recordingId, tags);
    if (changed === null) return;
    await parts.audit.record(tx, rulePrincipal(workspaceId, ruleId), { action: 'recording.tagged', subjectKind: 'recording', subjectId: recordingId, beforeDigest: digestOf(changed.before), afterDigest: digestOf(changed.after) });
  }

  async function carryOut(tx: Transaction, alert: AlertRecord, { kind, input }: ActionOutcome): Promise<void> {
    if (kind === 'tag') return addTags(tx, alert, input['tags'] as string[]);
    const handler = handlers[kind as keyof RuleActionHandlers];
    if (handler === undefined) throw new Error(`no part carries out the action ${kind}`);
    return handler(tx, { alert, input });
  }

  return {
    raise, performActions,
    availableActions: ['alert', 'tag', ...(Object.keys(handlers) as ActionKind[])],

    async evaluate(workspaceId, analysisId, { isLastAttempt }) {
      const enabled = (await rules.list(workspaceId)).flatMap((rule) => {
        const parsed = ruleSchema.safeParse(rule.definition);
        // Only after a release that takes less than it was written for; the rest of the rules must not suffer.
        if (!parsed.success) parts.onBrokenRule(rule.id);
        return parsed.success && parsed.data.enabled ? [{ rule, definition: parsed.data }] : [];
      });
      if (enabled.length > 0) {
        for await (const [subject] of scan(workspaceId, { labels: null, wantText: true, analysisId })) {
          const prepared = prepareSubject(subject!);
          for (const { rule, definition } of enabled) {
            const { firings } = evaluateRule(definition, prepared);
            await raise(rule, definition, prepared, firings, { isOfThePast: false, withActions: true });
          }
        }
      }
      await performActions(analysisId, isLastAttempt);
    },
  };
}
