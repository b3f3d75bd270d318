import { createHash } from 'node:crypto';
import { z } from 'zod';
import { faultOfRoleNames, ROLE_RULES } from '../domain/speaker-roles.js';
import { parseWith } from './recording-input.js';
import type { AnalyzeOptions } from './service-contracts.js';

/** More voices than this are beyond what clustering can tell apart. */
export const MAX_SPEAKERS = 20;

const analyzeOptionsSchema = z.object({
  model: z.string().min(1).max(100).nullish().transform((id) => id ?? null),
  raw: z.boolean().nullish().transform((raw) => raw ?? false),
  speakers: z.enum(['none', 'channels', 'auto']).nullish().transform((mode) => mode ?? 'none'),
  speakerCount: z.number().int().min(1).max(MAX_SPEAKERS).nullish().transform((count) => count ?? null),
  roles: z.object({ rule: z.enum(ROLE_RULES), names: z.array(z.string().trim()) }).nullish().transform((roles) => roles ?? null)
    .superRefine((roles, context) => {
      const fault = roles === null ? null : faultOfRoleNames(roles.names);
      if (fault !== null) context.addIssue({ code: 'custom', message: fault, path: ['names'] });
    }),
  idempotencyKey: z.string().min(1).max(200).nullish().transform((key) => key ?? null),
  priority: z.enum(['interactive', 'bulk']).default('interactive'),
});

export type ParsedAnalyzeOptions = z.infer<typeof analyzeOptionsSchema>;

export function parseAnalyzeOptions(options: AnalyzeOptions): ParsedAnalyzeOptions {
  return parseWith(analyzeOptionsSchema, options);
}

/** SHA-256 over what was asked for, so that a reused idempotency key with other arguments can be told apart. */
export function requestDigest(recordingId: string, modelId: string, options: ParsedAnalyzeOptions): string {
  // Only where they are given, so that keys used before these options existed keep their digest.
  const speakers = options.speakerCount === null && options.roles === null ? [] : [options.speakerCount, options.roles];
  return createHash('sha256').update(JSON.stringify([recordingId, modelId, options.raw, options.speakers, ...speakers])).digest('hex');
}
