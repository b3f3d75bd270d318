import type { FastifyInstance } from 'fastify';
import type { RuleService } from '../services/rule-contracts.js';

/** `GET /schemas/rule.json`: JSON Schema of a business rule, for editors. Open: it says nothing about this installation. */
export function registerRuleSchema(app: FastifyInstance, rules: Pick<RuleService, 'schema'>): void {
  const text = JSON.stringify(rules.schema());
  app.get('/schemas/rule.json', { config: { access: 'public' } }, (_request, reply) => reply.type('application/schema+json').send(text));
}
