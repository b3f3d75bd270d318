import { z } from 'zod';
import type { AnalysisWarning } from '../domain/analysis.js';
import type { JsonValue } from '../domain/json.js';
import type { SegmentAddition, StepResult } from './contract.js';

const MAX_RESULT_BYTES = 1024 * 1024;
const MAX_WARNINGS = 20;

const resultSchema = z.object({
  warnings: z.array(z.object({ code: z.string().max(80), message: z.string().max(1000) })).max(MAX_WARNINGS).default([]),
  segments: z.array(z.object({ index: z.number().int().min(0), text: z.string().max(20_000).optional(), agreement: z.number().min(0).max(1).optional() })).default([]),
  results: z.record(z.string().min(1).max(100), z.json()).default({}),
});

export interface TakenResult {
  readonly warnings: readonly AnalysisWarning[];
  readonly segments: readonly SegmentAddition[];
  readonly results: Readonly<Record<string, JsonValue>>;
}

/** What a step returned, as far as it is what the contract says; each part that is not is named as a fault. */
export function checkedResult(given: StepResult | undefined): { readonly taken: TakenResult; readonly faults: readonly string[] } {
  const parsed = resultSchema.safeParse(given ?? {});
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.join('.') ?? '';
    return { taken: { warnings: [], segments: [], results: {} }, faults: [`it returned something that the contract does not know${path === '' ? '' : ` (at ${path})`}`] };
  }
  const faults: string[] = [];
  const warnings = parsed.data.warnings.filter((warning): warning is AnalysisWarning => warning.code.startsWith('PLUGIN_'));
  if (warnings.length < parsed.data.warnings.length) faults.push('it gave a warning whose code does not begin with PLUGIN_');
  const results = Object.entries(parsed.data.results).filter(([, value]) => Buffer.byteLength(JSON.stringify(value)) <= MAX_RESULT_BYTES);
  if (results.length < Object.keys(parsed.data.results).length) faults.push('it returned a result of more than 1 MiB, which is not stored');
  const segments = parsed.data.segments.map(({ index, text, agreement }) => ({ index, ...(text === undefined ? {} : { text }), ...(agreement === undefined ? {} : { agreement }) }));
  return { taken: { warnings, segments, results: Object.fromEntries(results) }, faults };
}
