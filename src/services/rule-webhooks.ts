import { UndertoneError } from '../domain/errors.js';
import { nearestName } from '../domain/nearest-name.js';
import type { RuleRecord } from '../domain/rule-records.js';
import { ruleRefused } from '../plugins/business-rules/parse-rule.js';
import type { RuleFault } from '../plugins/business-rules/rule-faults.js';
import type { RuleDefinition } from '../plugins/business-rules/rule.schema.js';

export interface KnownWebhook {
  readonly id: string;
  readonly name: string | null;
}

/**
 * BAD_INPUT where an action calls a webhook that is not there: the rule would fire and nobody be told. A rule that is
 * switched off may name what is gone: it could not be switched off otherwise.
 */
export async function requireWebhooks({ enabled, actions }: RuleDefinition, known: () => Promise<readonly KnownWebhook[]>): Promise<void> {
  if (!enabled || !actions.some(({ webhook }) => webhook !== undefined)) return;
  const webhooks = await known();
  const faults = actions.flatMap(({ webhook }, index): readonly RuleFault[] => {
    if (webhook === undefined || webhooks.some(({ id }) => id === webhook.id)) return [];
    const message = `names no webhook of this workspace${webhooks.length === 0 ? ', which has none' : ''}`;
    return [{ path: `actions[${index}].webhook.id`, message, nearest: nearestWebhook(webhook.id, webhooks) }];
  });
  if (faults.length > 0) throw ruleRefused(faults);
}

/** The id of the webhook that was most probably meant: people know it by its name as well. */
function nearestWebhook(wanted: string, webhooks: readonly KnownWebhook[]): string | null {
  const byId = nearestName(wanted, webhooks.map(({ id }) => id));
  if (byId !== null) return byId;
  const name = nearestName(wanted, webhooks.flatMap((one) => one.name ?? []));
  return webhooks.find((one) => one.name !== null && one.name === name)?.id ?? null;
}

const SHOWN_RULES = 5;

/** CONFLICT that names the rules which would fire from then on and tell nobody. Without `mayName`: how many they are. */
export function requireUncalled(webhookId: string, rules: readonly RuleRecord[], mayName: boolean): void {
  const callers = rules.map(({ definition }) => definition as unknown as RuleDefinition).filter(({ enabled, actions }) => enabled && actions.some(({ webhook }) => webhook?.id === webhookId));
  if (callers.length === 0) return;
  const names = callers.slice(0, SHOWN_RULES).map(({ name }) => `“${name}”`).join(', ');
  const more = callers.length > SHOWN_RULES ? ` and ${callers.length - SHOWN_RULES} more` : '';
  throw new UndertoneError('CONFLICT', `${callers.length === 1 ? 'One enabled rule calls' : `${callers.length} enabled rules call`} this webhook${mayName ? `: ${names}${more}` : ''}. Change or switch off what calls it, or delete it with \`evenIfCalled: true\`: the alerts will then say that the webhook is not there.`, { ruleCount: callers.length });
}
