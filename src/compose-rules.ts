import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { packageFolder } from './compose-analyzer.js';
import { createAlertRepository } from './db/alert.repository.js';
import type { Database } from './db/database.js';
import { createHoldRepository } from './db/hold.repository.js';
import { createRuleScan } from './db/rule-scan.js';
import { createRuleRepository } from './db/rule.repository.js';
import { createWebhookRepository } from './db/webhook.repository.js';
import { EMOTIONS } from './domain/emotion.js';
import type { EventBus } from './domain/events.js';
import type { JsonObject } from './domain/json.js';
import type { AuditSink } from './services/audit.js';
import { createAlertService } from './services/alert.service.js';
import { holdRecording } from './services/hold-action.js';
import type { FactOutbox } from './services/fact-outbox.js';
import type { ReviewedLabels } from './services/rule-backtest.js';
import type { AlertService, RuleService, RuleTemplate } from './services/rule-contracts.js';
import { createRuleEngine, type RuleActionHandlers, type RuleEngine, type RuleEngineParts } from './services/rule-engine.js';
import { createRuleService } from './services/rule.service.js';

export interface RulesParts {
  readonly database: Database;
  readonly audit: AuditSink;
  readonly events: EventBus;
  readonly facts: FactOutbox;
  /** Labels of the installed models. */
  readonly modelLabels: () => readonly string[];
  /** Ids of the models of all nodes. */
  readonly modelIds: () => readonly string[];
  /** What carries out `review` and `webhook`. */
  readonly handlers: RuleActionHandlers;
  readonly onActionDone: RuleEngineParts['onActionDone'];
  /** What people said of segments, where the installation keeps that. */
  readonly reviewed: ReviewedLabels | null;
}

export interface ComposedRules {
  readonly engine: RuleEngine;
  readonly rules: RuleService;
  readonly alerts: AlertService;
}

export function composeRules({ database, audit, events, facts, modelLabels, modelIds, handlers: others, onActionDone, reviewed }: RulesParts, log: Logger): ComposedRules {
  const rules = createRuleRepository(database);
  const alerts = createAlertRepository(database);
  const scan = createRuleScan(database);
  const webhooks = createWebhookRepository(database);
  const handlers: RuleActionHandlers = { hold: holdRecording(createHoldRepository(database), audit), ...others };
  const engine = createRuleEngine({
    database, rules, alerts, scan, facts, audit, handlers, onActionDone,
    onBrokenRule: (ruleId) => log.error({ ruleId }, 'a stored rule is not valid for this version and was left out; change it or delete it'),
  });
  return {
    engine,
    rules: createRuleService({
      rules, audit, engine, scan, reviewed, templates: readTemplates(),
      alertCounts: (workspaceId, ruleIds) => alerts.countByRule(workspaceId, ruleIds),
      webhooks: (workspaceId) => webhooks.list(workspaceId),
      models: { installed: modelIds, used: (workspaceId) => rules.modelsUsed(workspaceId) },
      knownLabels: () => [...new Set([...EMOTIONS, ...modelLabels()])],
    }),
    alerts: createAlertService(alerts, events, audit),
  };
}

/** The ready rules that come with Undertone, by name of their file. */
export function readTemplates(folder = join(packageFolder(), 'rules')): readonly RuleTemplate[] {
  return readdirSync(folder).filter((name) => name.endsWith('.json')).sort()
    .map((name) => ({ id: name.slice(0, -'.json'.length), definition: JSON.parse(readFileSync(join(folder, name), 'utf8')) as JsonObject }));
}
