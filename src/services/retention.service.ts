import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Database } from '../db/database.js';
import type { RetentionRepository } from '../db/retention-repositories.js';
import { notFound, UndertoneError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import type { Principal } from '../domain/principal.js';
import { DATA_KINDS, deletes, RETENTION_ACTIONS, REVIEW_STATES, whenShort, type RetentionPolicyRecord } from '../domain/retention.js';
import type { AuditSink } from './audit.js';
import { requireScope } from './permissions.js';
import { parseWith } from './recording-input.js';
import { dueRecordings, isDestructive, ReportTally, type RetentionReport } from './retention-report.js';
import type { RetentionRun } from './retention-run.js';

const names = z.array(z.string().trim().min(1).max(64)).max(50).nullish().transform((list) => [...new Set(list ?? [])]);
const policySchema = z.object({
  id: z.string().max(64).nullish().transform((id) => id ?? null),
  name: z.string().trim().min(1).max(100),
  kind: z.enum(DATA_KINDS),
  action: z.enum(RETENTION_ACTIONS),
  keepDays: z.number().int().min(0).max(36_500),
  keepDaysWhenShort: z.number().int().min(0).max(36_500).nullish().transform((value) => value ?? null),
  priority: z.number().int().min(-1000).max(1000).nullish().transform((value) => value ?? 0),
  isEnabled: z.boolean().nullish().transform((value) => value ?? true),
  tags: names, labels: names,
  reviewStates: z.array(z.enum(REVIEW_STATES)).max(3).nullish().transform((list) => [...new Set(list ?? [])]),
  includeExisting: z.boolean().nullish().transform((value) => value ?? false),
  confirmation: z.string().max(64).nullish().transform((value) => value ?? null),
}).refine(({ keepDays, keepDaysWhenShort }) => keepDaysWhenShort === null || keepDaysWhenShort <= keepDays, { path: ['keepDaysWhenShort'], error: 'a full disk can only make the days fewer: at most keepDays' })
  .refine(({ action, keepDaysWhenShort }) => keepDaysWhenShort === null || deletes(action), { path: ['keepDaysWhenShort'], error: 'only a policy that deletes makes room' });
export type RetentionPolicyInput = z.input<typeof policySchema>;

/** A change that would delete something was not made: this is what it would do, and what to repeat it with. */
export interface RetentionConfirmation {
  readonly confirmation: string;
  readonly preview: RetentionReport;
  /** What it would do at most, while space runs short; null where a full disk changes nothing. */
  readonly previewWhenShort: RetentionReport | null;
}

export interface RetentionService {
  policies(principal: Principal): Promise<readonly RetentionPolicyRecord[]>;
  /** What would happen now under the policies as they are; with `isShort` what a full disk would bring forward, too. */
  preview(principal: Principal, isShort?: boolean): Promise<RetentionReport>;
  /**
   * Makes a policy, or changes the one of that id. One that deletes is first answered with what it would do and with a
   * confirmation; repeated with that it is stored. CONFIRMATION_NEEDED when what it would do has changed since.
   */
  setPolicy(principal: Principal, input: RetentionPolicyInput): Promise<RetentionPolicyRecord | RetentionConfirmation>;
  deletePolicy(principal: Principal, id: string): Promise<{ readonly id: string }>;
  /** Dry: the preview. Otherwise archives and deletes what is due, until done or out of time. */
  run(principal: Principal, options: { readonly isDryRun: boolean; readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<RetentionReport>;
}

export interface RetentionServiceParts {
  readonly database: Database;
  readonly retention: RetentionRepository;
  readonly run: RetentionRun;
  readonly audit: AuditSink;
  readonly now?: () => number;
}

/** How long a caller of the API waits; the schedule goes on where this stopped. */
const CALL_MS = 60_000;

export function createRetentionService({ database, retention, run, audit, now = Date.now }: RetentionServiceParts): RetentionService {
  async function previewOf(workspaceId: string, policies: readonly RetentionPolicyRecord[]): Promise<RetentionReport> {
    const at = new Date(now());
    const tally = new ReportTally();
    for await (const seen of dueRecordings(retention, workspaceId, policies, at)) tally.add(seen);
    return tally.report({ isDryRun: true, at });
  }

  return {
    async policies(principal) {
      requireScope(principal, 'retention:read');
      return retention.policies(principal.workspaceId);
    },

    async preview(principal, isShort = false) {
      requireScope(principal, 'retention:read');
      const policies = await retention.policies(principal.workspaceId);
      return previewOf(principal.workspaceId, isShort ? whenShort(policies) : policies);
    },

    async setPolicy(principal, input) {
      requireScope(principal, 'retention:admin');
      const { confirmation, includeExisting, id, ...given } = parseWith(policySchema, input);
      const { workspaceId } = principal;
      const existing = await retention.policies(workspaceId);
      const before = id === null ? null : existing.find((policy) => policy.id === id) ?? null;
      if (id !== null && before === null) throw notFound('retention policy', id);
      if (existing.some((policy) => policy.name === given.name && policy.id !== id)) throw new UndertoneError('CONFLICT', 'Another policy has this name. Choose another, or change that one by its id.', { field: 'name' });
      const at = new Date(now());
      // A change never reaches further back than it was told to: what the policy left alone before stays so.
      const appliesFrom = includeExisting ? null : before === null ? at : before.appliesFrom ?? (before.kind === given.kind ? null : at);
      const policy: RetentionPolicyRecord = { ...given, id: id ?? newId('retentionPolicy'), workspaceId, appliesFrom, createdAt: before?.createdAt ?? at, updatedAt: at };
      if (isDestructive(policy)) {
        const policies = [...existing.filter((one) => one.id !== id), policy];
        const preview = await previewOf(workspaceId, policies);
        const previewWhenShort = policy.keepDaysWhenShort === null ? null : await previewOf(workspaceId, whenShort(policies));
        const expected = confirmationOf(principal, { ...given, id, includeExisting }, previewWhenShort ?? preview);
        if (confirmation === null) return { confirmation: expected, preview, previewWhenShort };
        if (confirmation !== expected) throw new UndertoneError('CONFIRMATION_NEEDED', 'What this policy would do is not what was shown with that confirmation: the policy or the recordings have changed. Ask again without `confirmation`, look, and repeat.', { field: 'confirmation' });
      }
      return database.transaction(async (tx) => {
        const stored = await retention.savePolicy(tx, policy);
        await audit.record(tx, principal, { action: before === null ? 'policy.made' : 'policy.changed', subjectKind: 'retention-policy', subjectId: policy.id, beforeDigest: before && digestOf(before), afterDigest: digestOf(stored) });
        return stored;
      });
    },

    async deletePolicy(principal, id) {
      requireScope(principal, 'retention:admin');
      await database.transaction(async (tx) => {
        const removed = await retention.deletePolicy(tx, principal.workspaceId, id);
        if (removed === null) throw notFound('retention policy', id);
        await audit.record(tx, principal, { action: 'policy.deleted', subjectKind: 'retention-policy', subjectId: id, beforeDigest: digestOf(removed) });
      });
      return { id };
    },

    async run(principal, { isDryRun, timeoutMs = CALL_MS, signal }) {
      requireScope(principal, 'retention:admin');
      if (isDryRun) return previewOf(principal.workspaceId, await retention.policies(principal.workspaceId));
      // What it does is written down as the schedule's; this says who set it going.
      await audit.record(null, principal, { action: 'retention.requested', subjectKind: 'workspace', subjectId: principal.workspaceId });
      return run(principal.workspaceId, { deadlineMs: now() + timeoutMs, signal: signal ?? new AbortController().signal });
    },
  };
}

function digestOf(policy: RetentionPolicyRecord): string {
  return createHash('sha256').update(JSON.stringify({ ...policy, createdAt: null, updatedAt: null })).digest('hex');
}

/** Bound to the caller, the change and what was shown: nothing need be stored, and nothing else passes for it. */
function confirmationOf(principal: Principal, change: object, { policies, heldCount }: RetentionReport): string {
  const shown = policies.map(({ policy, recordingCount }) => [policy.name, policy.kind, policy.action, recordingCount]);
  return createHash('sha256').update(JSON.stringify([principal.workspaceId, change, shown, heldCount])).digest('hex').slice(0, 24);
}
