import { z } from 'zod';
import { definePlugin, PLUGIN_API_VERSION, type AnyPluginFactory } from '../contract.js';

/** What the plugin stands on; the platform gives it. */
export interface ReviewConsiderer {
  consider(workspaceId: string, analysisId: string): Promise<unknown>;
}

const settingsSchema = z.strictObject({
  /** Time to look at one analysis and to write its items. */
  considerTimeoutMs: z.number().int().min(1000).max(3_600_000).default(60_000),
});

/**
 * Sends what the workspace's policy names to people, over every analysis once it is committed. By the queue, so that a
 * process killed in between costs no item. Turned off, the queue stays and takes what comes by rules and by hand.
 */
export function humanReview(considerer: ReviewConsiderer): AnyPluginFactory {
  return definePlugin({
    settings: settingsSchema,
    create: ({ considerTimeoutMs }) => ({
      name: 'human-review',
      apiVersion: PLUGIN_API_VERSION,
      version: '1.0.0',
      register(host) {
        host.listenDurably('analysis.completed', {
          id: 'consider', deadlineMs: considerTimeoutMs,
          run: async ({ workspaceId, analysisId }) => { await considerer.consider(workspaceId, analysisId); },
        });
      },
    }),
  });
}
