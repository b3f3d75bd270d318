import { z } from 'zod';
import type { AlertRepository } from '../db/repositories.js';
import { digestOf } from '../domain/audit.js';
import { notFound } from '../domain/errors.js';
import type { EventBus } from '../domain/events.js';
import { recording, type AuditSink } from './audit.js';
import { eventsOf } from './event-bus.js';
import { requireScope } from './permissions.js';
import { parseWith } from './recording-input.js';
import type { AlertService } from './rule-contracts.js';

const noteSchema = z.object({ note: z.string().trim().max(1000).nullable() });

export function createAlertService(alerts: AlertRepository, events: EventBus, audit: AuditSink): AlertService {
  return {
    async list(principal, page, filter) {
      requireScope(principal, 'alerts:read');
      return alerts.list(principal.workspaceId, page, filter);
    },
    async find(principal, id) {
      requireScope(principal, 'alerts:read');
      return alerts.findById(principal.workspaceId, id);
    },
    async forAnalyses(principal, analysisIds) {
      requireScope(principal, 'alerts:read');
      return alerts.forAnalyses(principal.workspaceId, analysisIds);
    },
    async acknowledge(principal, id, note) {
      requireScope(principal, 'alerts:write');
      const parsed = parseWith(noteSchema, { note });
      const alert = await alerts.acknowledge(principal.workspaceId, id, principal.keyName, parsed.note, recording(audit, principal, { action: 'alert.acknowledged', subjectKind: 'alert', subjectId: id, afterDigest: digestOf(parsed) }));
      if (alert === null) throw notFound('alert', id);
      return alert;
    },
    async *raised(principal, { severity }, signal) {
      requireScope(principal, 'alerts:read');
      const { workspaceId } = principal;
      for await (const { alertId } of eventsOf(events, (event) => (event.kind === 'alert.raised' && event.workspaceId === workspaceId ? event : null), signal)) {
        const alert = await alerts.findById(workspaceId, alertId);
        if (alert !== null && (severity === null || alert.severity === severity)) yield alert;
      }
    },
  };
}
