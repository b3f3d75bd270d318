import type { Database, Transaction } from '../../src/db/database.js';
import type { AlertRepository, RuleRepository } from '../../src/db/repositories.js';
import { EMOTIONS } from '../../src/domain/emotion.js';
import type { EventBus } from '../../src/domain/events.js';
import type { AlertRecord, RuleRecord, RuleVersionRecord } from '../../src/domain/rule-records.js';
import type { RuleSubject } from '../../src/domain/rule-subject.js';
import { createAlertService } from '../../src/services/alert.service.js';
import { createEventBus } from '../../src/services/event-bus.js';
import type { ReviewedLabels } from '../../src/services/rule-backtest.js';
import { createRuleEngine, type RuleActionHandlers } from '../../src/services/rule-engine.js';
import { createRuleService } from '../../src/services/rule.service.js';
import type { KnownWebhook } from '../../src/services/rule-webhooks.js';
import { noAudit } from './no-audit.js';

/** Rules and alerts in memory: real services over maps. `subjects` is what is "stored". */
export function fakeRules(options: { readonly events?: EventBus; readonly handlers?: RuleActionHandlers; readonly reviewed?: ReviewedLabels; readonly template?: object; readonly webhooks?: readonly KnownWebhook[] } = {}) {
  const events = options.events ?? createEventBus(() => undefined);
  const stored = new Map<string, RuleRecord>();
  const versions: RuleVersionRecord[] = [];
  const alertRows = new Map<string, AlertRecord>();
  const tags: { recordingId: string; tags: readonly string[] }[] = [];
  const subjects: { readonly workspaceId: string; readonly subject: RuleSubject }[] = [];
  const announced: string[] = [];
  const actionsDone: string[] = [];
  const mine = (workspaceId: string, id: string): RuleRecord | null => (stored.get(id)?.workspaceId === workspaceId ? stored.get(id)! : null);
  const keep = (rule: RuleRecord, by: { readonly name: string; readonly note: string | null }): RuleRecord => {
    stored.set(rule.id, rule);
    versions.unshift({ ruleId: rule.id, version: rule.version, definition: rule.definition, note: by.note, createdBy: by.name, createdAt: rule.updatedAt });
    return rule;
  };
  const rules: RuleRepository = {
    insert: (row, by) => Promise.resolve(keep({ ...row, version: 1, createdAt: new Date(), updatedAt: new Date() }, by)),
    update: (workspaceId, id, { definition, expectedVersion }, by) => {
      const rule = mine(workspaceId, id);
      return Promise.resolve(rule === null || (expectedVersion !== null && expectedVersion !== rule.version) ? null : keep({ ...rule, definition, version: rule.version + 1, updatedAt: new Date() }, by));
    },
    delete: (workspaceId, id) => Promise.resolve(mine(workspaceId, id) !== null && stored.delete(id)),
    findById: (workspaceId, id) => Promise.resolve(mine(workspaceId, id)),
    list: (workspaceId) => Promise.resolve([...stored.values()].filter((rule) => rule.workspaceId === workspaceId)),
    count: (workspaceId) => Promise.resolve([...stored.values()].filter((rule) => rule.workspaceId === workspaceId).length),
    modelsUsed: (workspaceId) => Promise.resolve(subjects.filter((one) => one.workspaceId === workspaceId).map(({ subject }) => subject.modelId)),
    history: (workspaceId, ruleId) => Promise.resolve(mine(workspaceId, ruleId) === null ? [] : versions.filter((version) => version.ruleId === ruleId)),
  };
  const shown = (workspaceId: string): AlertRecord[] => [...alertRows.values()].filter((alert) => alert.workspaceId === workspaceId && alert.isShown);
  const alerts: AlertRepository = {
    insert: (_tx, row) => {
      if ([...alertRows.values()].some((alert) => alert.ruleId === row.ruleId && alert.occurrenceKey === row.occurrenceKey)) return Promise.resolve(false);
      alertRows.set(row.id, { ...row, createdAt: new Date(), acknowledgedAt: null, acknowledgedBy: null, acknowledgeNote: null });
      return Promise.resolve(true);
    },
    setActions: (_tx, id, actions) => Promise.resolve(void alertRows.set(id, { ...alertRows.get(id)!, actions })),
    listPending: (analysisId) => Promise.resolve([...alertRows.values()].filter((alert) => alert.analysisId === analysisId && alert.actions.some((action) => action.state === 'PENDING'))),
    addTags: (_tx, _workspaceId, recordingId, added) => {
      tags.push({ recordingId, tags: added });
      return Promise.resolve({ before: [], after: added });
    },
    findById: (workspaceId, id) => Promise.resolve(alertRows.get(id)?.workspaceId === workspaceId ? alertRows.get(id)! : null),
    forAnalyses: (workspaceId, ids) => Promise.resolve(shown(workspaceId).filter((alert) => ids.includes(alert.analysisId))),
    list: (workspaceId, page, filter) => {
      const found = shown(workspaceId).filter((alert) => (filter.severity ?? alert.severity) === alert.severity && (filter.ruleId ?? alert.ruleId) === alert.ruleId).reverse();
      const items = found.slice(0, page.first);
      return Promise.resolve({ items, cursors: items.map((alert) => alert.id), hasNextPage: found.length > items.length, totalCount: found.length });
    },
    acknowledge: (workspaceId, id, by, note) => {
      const alert = alertRows.get(id);
      if (alert?.workspaceId !== workspaceId) return Promise.resolve(null);
      const acknowledged = alert.acknowledgedAt === null ? { ...alert, acknowledgedAt: new Date(), acknowledgedBy: by, acknowledgeNote: note } : alert;
      alertRows.set(id, acknowledged);
      return Promise.resolve(acknowledged);
    },
    countByRule: (workspaceId, ids) => Promise.resolve(new Map(ids.map((id) => [id, [...alertRows.values()].filter((alert) => alert.workspaceId === workspaceId && alert.ruleId === id).length]))),
  };
  const database = { transaction: (work: (tx: Transaction) => Promise<unknown>) => work({} as Transaction) } as Database;
  const engine = createRuleEngine({
    database, rules, alerts, handlers: options.handlers ?? {}, onActionDone: (_alert, kind) => void actionsDone.push(kind), onBrokenRule: () => undefined,
    scan: (workspaceId, { analysisId }) => batches(workspaceId, analysisId),
    audit: noAudit,
    facts: { put: () => Promise.resolve(), announce: (fact) => { announced.push(fact.kind); events.publish(fact); }, deliver: () => Promise.resolve() },
  });
  async function* batches(workspaceId: string, analysisId?: string): AsyncGenerator<readonly RuleSubject[]> {
    const found = subjects.filter((one) => one.workspaceId === workspaceId && (analysisId ?? one.subject.analysisId) === one.subject.analysisId).map((one) => one.subject);
    if (found.length > 0) yield await Promise.resolve(found);
  }
  const template = { id: 'anger', definition: { name: 'Anger', when: { label: { in: ['angry'] } }, ...options.template } };
  const service = createRuleService({
    rules, audit: noAudit, engine, reviewed: options.reviewed ?? null, templates: [template], knownLabels: () => EMOTIONS, webhooks: () => Promise.resolve(options.webhooks ?? []), models: { installed: () => ['starter', 'emotion2vec-plus-large'], used: (workspaceId) => rules.modelsUsed(workspaceId) },
    scan: (workspaceId, { analysisId }) => batches(workspaceId, analysisId), alertCounts: (workspaceId, ids) => alerts.countByRule(workspaceId, ids),
  });
  return { rules: service, alerts: createAlertService(alerts, events, noAudit), engine, alertRows, tags, subjects, announced, actionsDone, events };
}
