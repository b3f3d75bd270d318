import type { NoticeSubject } from '../domain/notice.js';
import type { AlertRecord } from '../domain/rule-records.js';
import type { WebhookRecord } from '../domain/webhook.js';
import type { Notice } from '../plugins/contract.js';

const MEBIBYTE = 1024 * 1024;
const mebibytes = (bytes: number): string => `${Math.round(bytes / MEBIBYTE)} MiB`;

/** What is read when a notice is made; null where it is gone. */
export interface NoticeSources {
  alert(workspaceId: string, id: string): Promise<AlertRecord | null>;
  webhook(workspaceId: string, id: string): Promise<WebhookRecord | null>;
}

/** Ids, names of rules and figures: never what was said in a recording. Null when there is nothing to tell any more. */
export async function noticeOf(about: NoticeSubject, sources: NoticeSources): Promise<Notice | null> {
  const { workspaceId } = about;
  if (about.kind === 'key.ending') return { id: `${about.kind} ${about.keyId}`, workspaceId, severity: 'warning', title: 'An API key ends soon', text: `The key ${about.keyId} of the workspace ${workspaceId} ends at ${about.endsAt}. Make another one and put it in its place.` };
  if (about.kind === 'quota.near') return { id: `${about.kind} ${workspaceId}`, workspaceId, severity: 'warning', title: 'The storage quota is nearly used', text: `The workspace ${workspaceId} stores ${mebibytes(about.storedBytes)} of the ${mebibytes(about.maxBytes)} that it may. Uploads are refused beyond.` };
  if (about.kind === 'disk.low') return { id: `${about.kind} ${workspaceId}`, workspaceId, severity: 'critical', title: 'The disk is nearly full', text: `${mebibytes(about.freeBytes)} are free, less than the ${mebibytes(about.lowBytes)} of UNDERTONE_LOW_DISK_BYTES.` };
  if (about.kind === 'webhook.paused') {
    const webhook = await sources.webhook(workspaceId, about.webhookId);
    if (webhook?.state !== 'PAUSED') return null;
    return { id: `${about.kind} ${webhook.id} ${webhook.pausedAt?.toISOString() ?? ''}`, workspaceId, severity: 'warning', title: 'A webhook was paused', text: `The webhook ${webhook.id} of the workspace ${workspaceId} is not delivered to any more: ${webhook.pausedReason ?? ''} What happens is held; resumeWebhook delivers it.` };
  }
  const alert = await sources.alert(workspaceId, about.alertId);
  if (alert === null) return null;
  const { ruleName, severity, analysisId, recordingId, startSeconds, endSeconds } = alert;
  return {
    id: alert.id, workspaceId, severity, title: ruleName,
    text: `The rule "${ruleName}" fired from ${startSeconds.toFixed(1)} s to ${endSeconds.toFixed(1)} s of the recording ${recordingId} (analysis ${analysisId}, alert ${alert.id}, workspace ${workspaceId}).`,
  };
}
