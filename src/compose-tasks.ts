import { archiveVerificationTask } from '../cron/archive-verification.task.js';
import { auditLogTask } from '../cron/audit-log.task.js';
import { databaseMaintenanceTask } from '../cron/database-maintenance.task.js';
import { diskWatermarkTask } from '../cron/disk-watermark.task.js';
import { evaluationTask } from '../cron/evaluation.task.js';
import { keyExpiryTask } from '../cron/key-expiry.task.js';
import { lostAnalysesTask } from '../cron/lost-analyses.task.js';
import { orphanSweepTask } from '../cron/orphan-sweep.task.js';
import { quotaReportTask } from '../cron/quota-report.task.js';
import { retentionTask } from '../cron/retention.task.js';
import { reviewClaimsTask } from '../cron/review-claims.task.js';
import { temporaryFilesTask } from '../cron/temporary-files.task.js';
import { usageReportTask } from '../cron/usage-report.task.js';
import { webhookLogTask } from '../cron/webhook-log.task.js';
import { webhookRedeliveryTask } from '../cron/webhook-redelivery.task.js';
import type { Retention } from './compose-retention.js';
import type { ScheduledTask } from './domain/scheduled-task.js';
import type { Settings } from './domain/settings.js';
import { createDiskWatermark } from './services/disk-watermark.js';
import type { Notices } from './services/fact-outbox.js';
import { DEFAULT_WORKSPACE_ID } from './services/key.service.js';
import type { MaintenanceService } from './services/maintenance.service.js';
import type { ReviewClaims } from './services/review-claims.js';
import type { UsageService } from './services/service-contracts.js';
import type { WebhookService } from './services/webhook-contracts.js';
import { sweepFoldersOfTheDead } from './temporary-folder.js';

export interface CoreTaskParts {
  readonly maintenance: MaintenanceService;
  readonly retention: Pick<Retention, 'sweep' | 'services' | 'run' | 'policies'>;
  readonly usage: UsageService;
  readonly evaluations: Parameters<typeof evaluationTask>[0];
  readonly reviewClaims: ReviewClaims;
  readonly webhooks: Pick<WebhookService, 'catchUp' | 'pruneLog'>;
  readonly settings: Pick<Settings, 'dataDir' | 'storageUrl' | 'lowDiskBytes'>;
  readonly freeBytes: () => Promise<number | null>;
  readonly notify: Notices;
}

/** What the core does on a schedule; plugins add to it. */
export function coreTasks({ maintenance, retention, usage, evaluations, reviewClaims, webhooks, settings, freeBytes, notify }: CoreTaskParts): readonly ScheduledTask[] {
  const { dataDir, storageUrl, lowDiskBytes } = settings;
  const watermark = createDiskWatermark({
    freeBytes, lowBytes: lowDiskBytes, holdsRecordings: storageUrl === null || storageUrl.startsWith('file:'), retention: retention.policies, run: retention.run, notify, operatorsWorkspaceId: DEFAULT_WORKSPACE_ID,
    async removeWaste(signal) {
      const { removedCount, abortedCount } = await maintenance.sweepOrphanBlobs(signal);
      return removedCount + abortedCount + (await sweepFoldersOfTheDead(dataDir));
    },
  });
  return [
    orphanSweepTask(maintenance), lostAnalysesTask(maintenance),
    retentionTask(retention.sweep), archiveVerificationTask(retention.services.archives), diskWatermarkTask(watermark),
    temporaryFilesTask((isDryRun) => sweepFoldersOfTheDead(dataDir, isDryRun)), keyExpiryTask(maintenance), databaseMaintenanceTask(maintenance),
    usageReportTask(usage), quotaReportTask(usage), evaluationTask(evaluations),
    reviewClaimsTask(reviewClaims), webhookRedeliveryTask(webhooks), webhookLogTask(webhooks), auditLogTask(retention.services.audit),
  ];
}
