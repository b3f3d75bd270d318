import { z } from 'zod';
import type { AlertRepository } from '../db/repositories.js';
import { UndertoneError } from '../domain/errors.js';
import type { EventBus } from '../domain/events.js';
import { eventsOf } from './event-bus.js';
import { requireRole } from './permissions.js';
import { parseWith } from './recording-input.js';
import type { AlertService } from './rule-contracts.js';

const noteSchema = z.object({ note: z.string().trim().max(1000).nullable() });

export function createAlertService(alerts: AlertRepository, events: EventBus): AlertService {
  return {
    async list(principal, page, filter) {
      requireRole(principal, 'viewer');
      return alerts.list(principal.workspaceId, page, filter);
    },
    async find(principal, id) {
      requireRole(principal, 'viewer');
      return alerts.findById(principal.workspaceId, id);
    },
    async forAnalyses(principal, analysisIds) {
      requireRole(principal, 'viewer');
      return alerts.forAnalyses(principal.workspaceId, analysisIds);
    },
    async acknowledge(principal, id, note) {
      requireRole(principal, 'analyst');
      const parsed = parseWith(noteSchema, { note });
      const alert = await alerts.acknowledge(principal.workspaceId, id, principal.keyName, parsed.note);
      if (alert === null) throw new UndertoneError('NOT_FOUND', `There is no alert ${id.slice(0, 64)}.`, { id: id.slice(0, 64) });
      return alert;
    },
    async *raised(principal, { severity }, signal) {
      requireRole(principal, 'viewer');
      const { workspaceId } = principal;
      for await (const { alertId } of eventsOf(events, (event) => (event.kind === 'alert.raised' && event.workspaceId === workspaceId ? event : null), signal)) {
        const alert = await alerts.findById(workspaceId, alertId);
        if (alert !== null && (severity === null || alert.severity === severity)) yield alert;
      }
    },
  };
}
