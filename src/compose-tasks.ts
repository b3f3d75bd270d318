import { archiveVerificationTask } from '../cron/archive-verification.task.js';
import { databaseMaintenanceTask } from '../cron/database-maintenance.task.js';
import { evaluationTask } from '../cron/evaluation.task.js';
import { keyExpiryTask } from '../cron/key-expiry.task.js';
import { lostAnalysesTask } from '../cron/lost-analyses.task.js';
import { orphanSweepTask } from '../cron/orphan-sweep.task.js';
import { retentionTask } from '../cron/retention.task.js';
import { temporaryFilesTask } from '../cron/temporary-files.task.js';
import { usageReportTask } from '../cron/usage-report.task.js';
import { webhookLogTask } from '../cron/webhook-log.task.js';
import { webhookRedeliveryTask } from '../cron/webhook-redelivery.task.js';
import type { Retention } from './compose-retention.js';
import type { ScheduledTask } from './domain/scheduled-task.js';
import type { MaintenanceService } from './services/maintenance.service.js';
import { sweepFoldersOfTheDead } from './temporary-folder.js';

/** What the core does on a schedule; plugins add to it. */
export function coreTasks({ maintenance, retention, usage, evaluations, webhooks, dataDir }: { readonly maintenance: MaintenanceService; readonly retention: Pick<Retention, 'sweep' | 'services'>; readonly usage: Parameters<typeof usageReportTask>[0]; readonly evaluations: Parameters<typeof evaluationTask>[0]; readonly webhooks: Parameters<typeof webhookRedeliveryTask>[0] & Parameters<typeof webhookLogTask>[0]; readonly dataDir: string }): readonly ScheduledTask[] {
  return [
    orphanSweepTask(maintenance), lostAnalysesTask(maintenance),
    retentionTask(retention.sweep), archiveVerificationTask(retention.services.archives),
    temporaryFilesTask(() => sweepFoldersOfTheDead(dataDir)), keyExpiryTask(maintenance), databaseMaintenanceTask(maintenance), usageReportTask(usage), evaluationTask(evaluations),
    webhookRedeliveryTask(webhooks), webhookLogTask(webhooks),
  ];
}
