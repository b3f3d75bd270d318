import { nearestName } from '../domain/nearest-name.js';
import { ruleRefused, visit } from '../plugins/business-rules/parse-rule.js';
import type { RuleFault } from '../plugins/business-rules/rule-faults.js';
import type { RuleDefinition } from '../plugins/business-rules/rule.schema.js';

export interface KnownModels {
  /** Of this node and of every other that lives. */
  readonly installed: () => readonly string[];
  /** That have judged something which the workspace still has: removed models, and those of imported results. */
  readonly used: (workspaceId: string) => Promise<readonly string[]>;
}

/**
 * BAD_INPUT where a condition names a model that is not there and has judged nothing: it would never be true, and nobody
 * would be told. Asked of rules that are enabled, as of webhooks: one for a model that comes later waits switched off.
 */
export async function requireModels(workspaceId: string, { when }: RuleDefinition, { installed, used }: KnownModels): Promise<void> {
  const named: { readonly id: string; readonly path: string }[] = [];
  visit(when, 'when', ({ model }, path) => model?.in.forEach((id, index) => named.push({ id, path: `${path}.model.in[${index}]` })));
  const here = installed();
  if (named.every(({ id }) => here.includes(id))) return;
  const known = [...new Set([...here, ...(await used(workspaceId))])].sort();
  const faults = named.filter(({ id }) => !known.includes(id)).map(({ id, path }): RuleFault => ({
    path, nearest: nearestName(id, known),
    message: `is "${id.slice(0, 64)}", a model that is not installed and has judged nothing here (known are ${known.join(', ')}); a rule for a model that comes later waits with "enabled": false`,
  }));
  if (faults.length > 0) throw ruleRefused(faults);
}
