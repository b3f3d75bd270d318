interface Delivery { readonly id: string; readonly event: string; state: string; readonly attempts: { at: string; outcome: string; statusCode: number | null; durationMs: number }[]; readonly createdAt: string }
interface Hook { readonly id: string; readonly url: string; readonly name: string | null; readonly events: readonly string[]; readonly query: string | null; readonly signing: string; state: string; readonly deliveries: Delivery[]; readonly createdAt: string }

/** Webhooks in memory. The first try of everything fails, the second comes through. */
export class MockWebhooks {
  readonly #hooks: Hook[] = [];

  root() {
    const on = (id: string, change: (hook: Hook) => unknown) => {
      const hook = this.#hooks.find((each) => each.id === id);
      if (!hook) return { __typename: 'NotFoundProblem', code: 'NOT_FOUND', message: 'There is no such webhook.', id };
      return change(hook);
    };
    return {
      webhooks: () => this.#hooks.map((hook) => shown(hook)),
      webhook: ({ id }: { id: string }) => on(id, (hook) => shown(hook)),
      createWebhook: ({ input }: { input: Pick<Hook, 'url' | 'events' | 'signing'> & { name?: string; query?: string } }) => {
        if (!input.url.startsWith('https:')) return { __typename: 'BadInputProblem', code: 'BAD_INPUT', message: 'The address must begin with https.', field: 'url' };
        const hook: Hook = { id: `whk_${this.#hooks.length + 1}`, url: input.url, events: input.events, signing: input.signing, name: input.name ?? null, query: input.query ?? null, state: 'ACTIVE', deliveries: [], createdAt: new Date().toISOString() };
        this.#hooks.push(hook);
        return { ...shown(hook), secret: 'whsec_only_once' };
      },
      pauseWebhook: ({ id }: { id: string }) => on(id, (hook) => ((hook.state = 'PAUSED'), shown(hook))),
      resumeWebhook: ({ id }: { id: string }) => on(id, (hook) => ((hook.state = 'ACTIVE'), shown(hook))),
      rotateWebhookSecret: ({ id }: { id: string }) => on(id, (hook) => ({ ...shown(hook), secret: 'whsec_another' })),
      // A rule calls the one of this name.
      deleteWebhook: ({ id, evenIfCalled }: { id: string; evenIfCalled?: boolean }) => on(id, (hook) => (hook.name === 'Called' && evenIfCalled !== true ? { __typename: 'ConflictProblem', code: 'CONFLICT', message: 'One enabled rule calls this webhook: “Anger”.' } : this.#remove(hook))),
      testWebhook: ({ id }: { id: string }) => on(id, (hook) => {
        const delivery: Delivery = { id: `whd_${hook.id}_${hook.deliveries.length}`, event: 'webhook.test', state: 'FAILED', attempts: [], createdAt: new Date().toISOString() };
        attempt(delivery, 'REFUSED_STATUS', 500);
        hook.deliveries.unshift(delivery);
        return sent(delivery, hook.id);
      }),
      redeliverWebhook: ({ deliveryId }: { deliveryId: string }) => {
        const hook = this.#hooks.find(({ deliveries }) => deliveries.some(({ id }) => id === deliveryId))!;
        const delivery = hook.deliveries.find(({ id }) => id === deliveryId)!;
        attempt(delivery, 'DELIVERED', 204);
        delivery.state = 'DELIVERED';
        return sent(delivery, hook.id);
      },
    };
  }

  #remove(hook: Hook) {
    this.#hooks.splice(this.#hooks.indexOf(hook), 1);
    return { __typename: 'DeletedWebhook', id: hook.id };
  }
}

function attempt(delivery: Delivery, outcome: string, statusCode: number): void {
  delivery.attempts.push({ at: new Date(Date.now() + delivery.attempts.length).toISOString(), outcome, statusCode, durationMs: 41 });
}

function sent(delivery: Delivery, webhookId: string) {
  return { __typename: 'WebhookDelivery', ...delivery, webhookId, attemptCount: delivery.attempts.length, nextAttemptAt: null, endedAt: null };
}

function shown(hook: Hook) {
  const nodes = hook.deliveries.map((delivery) => sent(delivery, hook.id));
  return {
    __typename: 'Webhook', ...hook, secret: null, pausedReason: null, pausedAt: null, failureCount: 0, lastDeliveredAt: null, updatedAt: hook.createdAt, keys: [],
    deliveries: { nodes, edges: [], totalCount: nodes.length, pageInfo: { hasNextPage: false, endCursor: null } },
  };
}
