import { visit } from './parse-rule.js';
import type { RuleDefinition } from './rule.schema.js';

/** What of a stored segment a rule looks at, so that the rest need not be read. */
export function needsOf(rule: RuleDefinition): { readonly labels: readonly string[]; readonly wantText: boolean } {
  const labels = new Set<string>();
  let wantText = false;
  visit(rule.when, 'when', ({ score, words }) => {
    if (score?.of === 'segment') labels.add(score.label);
    if (words !== undefined) wantText = true;
  });
  return { labels: [...labels], wantText };
}
