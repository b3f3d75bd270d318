import { z } from 'zod';
import { UndertoneError } from '../domain/errors.js';
import type { UploadInput } from './service-contracts.js';

const optionalText = (maximum: number) => z.string().trim().min(1).max(maximum).nullish().transform((text) => text ?? null);

const uploadInputSchema = z.object({
  title: optionalText(300),
  externalId: optionalText(200),
  language: z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a BCP 47 tag such as "en" or "zh-CN"').nullish().transform((tag) => tag ?? null),
  tags: z.array(z.string().trim().min(1).max(64)).max(50).nullish().transform((tags) => [...new Set(tags ?? [])]),
  recordedAt: z.date().nullish().transform((date) => date ?? null),
  sha256: z.string().toLowerCase().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits').nullish().transform((digest) => digest ?? null),
});

/** What is looked for is compared with every row of the workspace. */
const searchedFor = z.object({ search: z.string().max(300).optional() });

/** BAD_INPUT for a text that no name holds. */
export function assertSearchable(filter: { readonly search?: string }): void {
  parseWith(searchedFor, filter);
}

export type ParsedUploadInput = z.infer<typeof uploadInputSchema>;

/** BAD_INPUT naming the field and what is allowed. */
export function parseUploadInput(input: UploadInput): ParsedUploadInput {
  return parseWith(uploadInputSchema, input);
}

export function parseWith<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const field = issue.path.join('.');
  throw new UndertoneError('BAD_INPUT', `The value of ${field} is not allowed: ${issue.message}.`, { field });
}

/** The last path component without control characters, at most 255 characters; names are labels here, never paths. */
export function safeFileName(name: string): string {
  const cleaned = name.replace(/\p{Cc}/gu, '').split(/[/\\]/).at(-1)?.trim() ?? '';
  return cleaned === '' ? 'recording' : cleaned.slice(-255);
}
