import { z } from 'zod';
import type { CalibrationRepository } from '../db/calibration.repository.js';
import type { EvaluationRepository } from '../db/evaluation.repository.js';
import { calibrationVersion, type AppliedCalibration } from '../domain/calibration.js';
import { digestOf } from '../domain/audit.js';
import { notFound, UndertoneError } from '../domain/errors.js';
import { calibrationItems } from '../domain/evaluated-item.js';
import { crossValidate, fitCalibration, MIN_CALIBRATION_ITEMS, MIN_SCOPED_ITEMS } from '../domain/fit-calibration.js';
import { newId } from '../domain/ids.js';
import { resultDigest, type ModelManifest } from '../domain/model.js';
import { manifestItem } from './evaluation.service.js';
import { recording, type AuditSink } from './audit.js';
import { requireScope } from './permissions.js';
import { parseWith } from './recording-input.js';
import type { CalibrationService } from './evaluation-contracts.js';

/** Which calibration a recording's confidences follow. */
export interface CalibrationChoice {
  /** The channel's before the language's before the workspace's; null: the model's own. */
  chooseFor(workspaceId: string, manifest: Pick<ModelManifest, 'sha256' | 'digest'>, about: { readonly language: string | null; readonly channel: string | null }): Promise<AppliedCalibration | null>;
}

/** A recording's channel is its tag `channel:phone`: recordings have no field for it. */
export function channelOf(tags: readonly string[]): string | null {
  return tags.find((tag) => tag.startsWith('channel:'))?.slice('channel:'.length) ?? null;
}

const inputSchema = z.object({
  runId: z.string().min(1).max(64),
  scope: z.enum(['workspace', 'language', 'channel']).nullish().transform((scope) => scope ?? 'workspace'),
  value: z.string().trim().min(1).max(64).nullish(),
  coverage: z.number().gt(0).lt(1).nullish().transform((share) => share ?? 0.9),
  risk: z.number().gt(0).lt(1).nullish().transform((share) => share ?? 0.3),
  withBias: z.boolean().nullish().transform((bias) => bias ?? false),
}).refine(({ scope, value }) => (scope === 'workspace') === (value == null), { message: 'a language or channel must be named, and nothing for the workspace', path: ['value'] });

export type CalibrateInput = z.input<typeof inputSchema>;

export function createCalibrationService({ evaluations, calibrations, audit }: { readonly evaluations: EvaluationRepository; readonly calibrations: CalibrationRepository; readonly audit: AuditSink }): CalibrationService & CalibrationChoice {
  return {
    async chooseFor(workspaceId, manifest, { language, channel }) {
      const scopes = [...(channel === null ? [] : [`channel:${channel}`]), ...(language === null ? [] : [`language:${language}`]), 'workspace'];
      const [best] = await calibrations.findInForce(workspaceId, resultDigest(manifest), scopes);
      return best === undefined ? null : { ...best.values, version: best.version, scope: best.scope };
    },

    async list(principal, modelId) {
      requireScope(principal, 'evaluations:read');
      return calibrations.list(principal.workspaceId, modelId);
    },

    async calibrate(principal, input) {
      requireScope(principal, 'evaluations:admin');
      const { runId, scope, value, coverage, risk, withBias } = parseWith(inputSchema, input);
      const run = await evaluations.findRun(principal.workspaceId, runId);
      if (run === null) throw notFound('evaluation run', runId);
      if (run.status !== 'SUCCEEDED' || run.modelDigest === null) throw new UndertoneError('CONFLICT', `The evaluation run ${runId} is ${run.status}; a calibration is fitted on a run that succeeded.`, { status: run.status });
      const answers = await evaluations.answers(runId);
      const results = (await evaluations.items(principal.workspaceId, run.setId)).flatMap((item) => {
        const result = answers.get(item.index);
        return result === undefined || (scope !== 'workspace' && item[scope] !== value) ? [] : [{ item: manifestItem(item), ...result }];
      });
      const items = calibrationItems(results, run.modelLabels);
      const needed = scope === 'workspace' ? MIN_CALIBRATION_ITEMS : MIN_SCOPED_ITEMS;
      if (items.length < needed) throw new UndertoneError('BAD_INPUT', `The run has ${items.length} judged items to calibrate by; at least ${needed} are needed for a ${scope}. Use a larger evaluation set${scope === 'workspace' ? '' : ', or calibrate the workspace as a whole'}.`, { field: 'runId' });
      const options = { coverage, risk, withBias };
      const values = fitCalibration(items, run.modelLabels, options);
      const id = newId('calibration');
      return calibrations.insert({
        id, workspaceId: principal.workspaceId, modelId: run.modelId, modelDigest: run.modelDigest, scope: scope === 'workspace' ? scope : `${scope}:${value!}`,
        version: calibrationVersion(values), values, figures: crossValidate(items, run.modelLabels, options), runId,
      }, recording(audit, principal, { action: 'calibration.made', subjectKind: 'calibration', subjectId: id, afterDigest: digestOf(values) }));
    },

    async retire(principal, id) {
      requireScope(principal, 'evaluations:admin');
      const retired = await calibrations.retire(principal.workspaceId, id, recording(audit, principal, { action: 'calibration.retired', subjectKind: 'calibration', subjectId: id }));
      if (retired === null) throw new UndertoneError('NOT_FOUND', `There is no calibration ${id.slice(0, 64)} in force.`, { id: id.slice(0, 64) });
      return retired;
    },
  };
}
