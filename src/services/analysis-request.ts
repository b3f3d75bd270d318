import { createHash } from 'node:crypto';
import { z } from 'zod';
import { parseWith } from './recording-input.js';
import type { AnalyzeOptions } from './service-contracts.js';

const analyzeOptionsSchema = z.object({
  model: z.string().min(1).max(100).nullish().transform((id) => id ?? null),
  raw: z.boolean().nullish().transform((raw) => raw ?? false),
  speakers: z.enum(['none', 'channels', 'auto']).nullish().transform((mode) => mode ?? 'none'),
  idempotencyKey: z.string().min(1).max(200).nullish().transform((key) => key ?? null),
  priority: z.enum(['interactive', 'bulk']).default('interactive'),
});

export type ParsedAnalyzeOptions = z.infer<typeof analyzeOptionsSchema>;

export function parseAnalyzeOptions(options: AnalyzeOptions): ParsedAnalyzeOptions {
  return parseWith(analyzeOptionsSchema, options);
}

/** SHA-256 over what was asked for, so that a reused idempotency key with other arguments can be told apart. */
export function requestDigest(recordingId: string, modelId: string, options: ParsedAnalyzeOptions): string {
  return createHash('sha256').update(JSON.stringify([recordingId, modelId, options.raw, options.speakers])).digest('hex');
}
