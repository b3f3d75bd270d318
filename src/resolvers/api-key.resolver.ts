import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { ApiKeyRecord } from '../domain/records.js';
import { ApiKeyType, CreateApiKeyInput, type CreatedApiKey } from './api-key.type.js';
import type { Plain } from './plain.js';
import { orProblem } from './problem-of.js';
import type { Problem } from './problem.type.js';
import type { RequestContext } from './request-context.js';
import { CREATE_API_KEY, CreateApiKeyResult, REVOKE_API_KEY, RevokeApiKeyResult } from './results.type.js';

@Resolver(() => ApiKeyType)
export class ApiKeyResolver {
  @Query(() => [ApiKeyType], { description: 'The keys of this workspace; for admins.' })
  apiKeys(@Ctx() context: RequestContext): Promise<readonly ApiKeyRecord[]> {
    return context.services.keys.list(context.principal);
  }

  @Mutation(() => CreateApiKeyResult, { description: 'Makes a key. Its secret is in the answer and nowhere else.' })
  createApiKey(@Ctx() context: RequestContext, @Arg('input', () => CreateApiKeyInput, { description: 'The key to be made.' }) input: CreateApiKeyInput): Promise<Plain<CreatedApiKey> | Problem> {
    return orProblem(CREATE_API_KEY, () => context.services.keys.create(context.principal, { name: input.name, role: input.role, expiresAt: input.expiresAt ?? null }));
  }

  @Mutation(() => RevokeApiKeyResult, { description: 'Ends a key at once.' })
  revokeApiKey(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the key.' }) id: string): Promise<ApiKeyRecord | Problem> {
    return orProblem(REVOKE_API_KEY, () => context.services.keys.revoke(context.principal, id));
  }
}
