import type { Fact, FactKind } from './events.js';

/** The facts that people are told of by notifiers. */
export const NOTICED_FACTS = ['alert.raised', 'key.ending', 'quota.near', 'disk.low'] as const satisfies readonly FactKind[];
/** `webhook.paused` is no fact: nobody else acts on it. */
export type NoticeSubject = Fact<(typeof NOTICED_FACTS)[number]> | { readonly kind: 'webhook.paused'; readonly workspaceId: string; readonly webhookId: string };

/** Mildest first. */
export const NOTICE_SEVERITIES = ['info', 'warning', 'critical'] as const;
export type NoticeSeverity = (typeof NOTICE_SEVERITIES)[number];
