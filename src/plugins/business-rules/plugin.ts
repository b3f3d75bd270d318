import { z } from 'zod';
import { definePlugin, PLUGIN_API_VERSION, type AnyPluginFactory } from '../contract.js';

/** What the plugin stands on; the platform gives it. */
export interface RuleEvaluator {
  evaluate(workspaceId: string, analysisId: string, options: { readonly isLastAttempt: boolean }): Promise<void>;
}

const settingsSchema = z.strictObject({
  /** Time for all rules over one analysis, writing included. */
  evaluateTimeoutMs: z.number().int().min(1000).max(3_600_000).default(300_000),
});

/**
 * Checks the rules of a workspace over every analysis once it is committed. By the queue, so that a process killed in
 * between costs no alert. Turned off, rules are kept and can be tried, but nothing is checked by itself.
 */
export function businessRules(evaluator: RuleEvaluator): AnyPluginFactory {
  return definePlugin({
    settings: settingsSchema,
    create: ({ evaluateTimeoutMs }) => ({
      name: 'business-rules',
      apiVersion: PLUGIN_API_VERSION,
      version: '1.0.0',
      register(host) {
        host.listenDurably('analysis.completed', {
          id: 'evaluate', deadlineMs: evaluateTimeoutMs,
          run: ({ workspaceId, analysisId }, { isLastAttempt }) => evaluator.evaluate(workspaceId, analysisId, { isLastAttempt }),
        });
      },
    }),
  });
}
