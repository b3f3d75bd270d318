import { z } from 'zod';
import type { RuleRepository } from '../db/repositories.js';
import { digestOf } from '../domain/audit.js';
import { notFound, UndertoneError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import type { JsonObject } from '../domain/json.js';
import { nearestName } from '../domain/nearest-name.js';
import type { Principal } from '../domain/principal.js';
import type { RuleRecord } from '../domain/rule-records.js';
import { evaluateRule, explainRule, prepareSubject } from '../plugins/business-rules/evaluate-rule.js';
import { parseRule } from '../plugins/business-rules/parse-rule.js';
import { ruleJsonSchema, type RuleDefinition } from '../plugins/business-rules/rule.schema.js';
import { recording, type AuditSink } from './audit.js';
import { requireScope } from './permissions.js';
import { parseWith } from './recording-input.js';
import { backtest, scanWithRule, type BacktestParts } from './rule-backtest.js';
import type { RuleInput, RuleRange, RuleService, RuleTarget, RuleTemplate } from './rule-contracts.js';
import type { RuleEngine } from './rule-engine.js';
import { requireModels, type KnownModels } from './rule-models.js';
import { requireWebhooks, type KnownWebhook } from './rule-webhooks.js';

const MAX_RULES = 1000;
const noteSchema = z.object({ note: z.string().trim().max(500).nullish().transform((note) => (note === undefined || note === null || note === '' ? null : note)) });

export interface RuleServiceParts extends BacktestParts {
  readonly rules: RuleRepository;
  readonly audit: AuditSink;
  readonly alertCounts: (workspaceId: string, ruleIds: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  readonly engine: Pick<RuleEngine, 'raise' | 'performActions'>;
  readonly templates: readonly RuleTemplate[];
  /** Labels that some installed model gives. */
  readonly knownLabels: () => readonly string[];
  readonly models: KnownModels;
  readonly webhooks: (workspaceId: string) => Promise<readonly KnownWebhook[]>;
}

export function createRuleService(parts: RuleServiceParts): RuleService {
  const { rules, audit, engine, templates, scan } = parts;

  async function require(principal: Principal, id: string): Promise<RuleRecord> {
    const rule = await rules.findById(principal.workspaceId, id);
    if (rule === null) throw notFound('rule', id);
    return rule;
  }
  function definitionOf({ definition, template }: RuleInput): RuleDefinition {
    if ((definition == null) === (template == null)) throw new UndertoneError('BAD_INPUT', 'Give either definition or template, and not both.', { field: 'definition' });
    if (template == null) return parseRule(definition, parts.knownLabels());
    const found = templates.find((one) => one.id === template);
    if (found !== undefined) return parseRule(found.definition, parts.knownLabels());
    const ids = templates.map((one) => one.id);
    const near = nearestName(template, ids);
    throw new UndertoneError('BAD_INPUT', `There is no template "${template.slice(0, 64)}"${near === null ? '' : `; did you mean "${near}"?`} There are: ${ids.join(', ')}.`, { field: 'template' });
  }
  /** With all that it names: what it calls and waits for is there, and its author may have it done. */
  async function checkedDefinitionOf(principal: Principal, input: RuleInput): Promise<RuleDefinition> {
    const given = definitionOf(input);
    requireActions(principal, given);
    if (given.enabled) await requireModels(principal.workspaceId, given, parts.models);
    await requireWebhooks(given, () => parts.webhooks(principal.workspaceId));
    return given;
  }
  async function targetOf(principal: Principal, { id, definition }: RuleTarget): Promise<RuleDefinition> {
    if ((id == null) === (definition == null)) throw new UndertoneError('BAD_INPUT', 'Give either the id of a rule or a definition, and not both.', { field: 'id' });
    if (id != null) return parseRule((await require(principal, id)).definition, parts.knownLabels());
    const given = parseRule(definition, parts.knownLabels());
    await requireModels(principal.workspaceId, given, parts.models);
    return given;
  }
  const rangeOf = ({ from, to, after }: Partial<RuleRange>): RuleRange => ({ from: from ?? null, to: to ?? null, after: after ?? null });
  const authorOf = (principal: Principal, input: RuleInput): { name: string; note: string | null } => ({ name: principal.keyName, ...parseWith(noteSchema, { note: input.note }) });

  return {
    async list(principal) {
      requireScope(principal, 'rules:read');
      return rules.list(principal.workspaceId);
    },
    async find(principal, id) {
      requireScope(principal, 'rules:read');
      return rules.findById(principal.workspaceId, id);
    },
    async history(principal, id) {
      requireScope(principal, 'rules:read');
      return rules.history(principal.workspaceId, id);
    },
    async alertCounts(principal, ruleIds) {
      requireScope(principal, 'rules:read');
      return parts.alertCounts(principal.workspaceId, ruleIds);
    },

    async create(principal, input) {
      requireScope(principal, 'rules:write');
      const given = await checkedDefinitionOf(principal, input);
      const definition = plain(given);
      const author = authorOf(principal, input);
      if ((await rules.count(principal.workspaceId)) >= MAX_RULES) throw new UndertoneError('CONFLICT', `This workspace has ${MAX_RULES} rules, which is the most. Delete one that is not used.`);
      const id = newId('rule');
      return rules.insert({ id, workspaceId: principal.workspaceId, definition }, author, recording(audit, principal, { action: 'rule.made', subjectKind: 'rule', subjectId: id, afterDigest: digestOf(definition) }));
    },

    async update(principal, id, input) {
      requireScope(principal, 'rules:write');
      const given = await checkedDefinitionOf(principal, input);
      const definition = plain(given);
      const expectedVersion = input.expectedVersion ?? null;
      const updated = await rules.update(principal.workspaceId, id, { definition, expectedVersion }, authorOf(principal, input),
        (tx, before) => audit.record(tx, principal, { action: 'rule.changed', subjectKind: 'rule', subjectId: id, beforeDigest: digestOf(before), afterDigest: digestOf(definition) }));
      if (updated !== null) return updated;
      const { version } = await require(principal, id);
      throw new UndertoneError('CONFLICT', `The rule ${id} has version ${version}, not ${String(expectedVersion)}: somebody changed it meanwhile. Read it again.`, { version });
    },

    async delete(principal, id) {
      requireScope(principal, 'rules:write');
      if (!(await rules.delete(principal.workspaceId, id, recording(audit, principal, { action: 'rule.retired', subjectKind: 'rule', subjectId: id })))) throw notFound('rule', id);
      return { id };
    },

    templates(principal) {
      requireScope(principal, 'rules:read');
      return templates;
    },

    async test(principal, target, analysisId) {
      requireScope(principal, 'rules:read');
      requireScope(principal, 'analyses:read');
      const definition = await targetOf(principal, target);
      for await (const [subject] of scan(principal.workspaceId, { labels: null, wantText: true, analysisId })) {
        const prepared = prepareSubject(subject!);
        const { firings, suppressedCount } = evaluateRule(definition, prepared);
        return { firings, suppressedCount, trace: firings[0]?.trace ?? explainRule(definition, prepared) };
      }
      throw notFound('finished analysis', analysisId);
    },

    async backtest(principal, target, range, signal) {
      requireScope(principal, 'rules:write');
      requireScope(principal, 'analyses:read');
      return backtest(parts, principal.workspaceId, await targetOf(principal, target), rangeOf(range), signal);
    },

    async apply(principal, id, range, signal) {
      requireScope(principal, 'rules:write');
      requireScope(principal, 'analyses:read');
      const rule = await require(principal, id);
      const definition = parseRule(rule.definition, parts.knownLabels());
      const withActions = range.withActions ?? false;
      // Before it begins: what it writes it writes in many transactions, and each may be the last.
      await audit.record(null, principal, { action: 'rule.applied', subjectKind: 'rule', subjectId: id, afterDigest: digestOf(rule.definition) });
      let analysisCount = 0;
      let firingCount = 0;
      let newAlertCount = 0;
      const { nextAfter } = await scanWithRule(scan, principal.workspaceId, definition, rangeOf(range), signal, async (batch) => {
        analysisCount += batch.length;
        for (const { subject, evaluation: { firings } } of batch) {
          if (firings.length === 0) continue;
          firingCount += firings.length;
          newAlertCount += await engine.raise(rule, definition, subject, firings, { isOfThePast: true, withActions });
          await engine.performActions(subject.analysisId, false);
        }
      }, { wantTrace: true });
      return { rule, analysisCount, firingCount, newAlertCount, nextAfter };
    },

    schema: ruleJsonSchema,
  };
}

/** A rule does what its author may: who may not place a hold by hand may not have one placed. */
function requireActions(principal: Principal, { actions }: RuleDefinition): void {
  if (actions.some(({ hold }) => hold !== undefined)) requireScope(principal, 'holds:admin');
}

/** Undefined members would not survive being stored. */
function plain(definition: RuleDefinition): JsonObject {
  return JSON.parse(JSON.stringify(definition)) as JsonObject;
}
