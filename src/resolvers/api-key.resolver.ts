import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { ApiKeyRecord } from '../domain/records.js';
import { scopesOf } from '../domain/scopes.js';
import { ApiKeyType, CreateApiKeyInput, type CreatedApiKey } from './api-key.type.js';
import type { Plain } from './plain.js';
import { orProblem } from './problem-of.js';
import type { Problem } from './problem.type.js';
import type { RequestContext } from './request-context.js';
import { CREATE_API_KEY, CreateApiKeyResult, REVOKE_API_KEY, RevokeApiKeyResult, ROTATE_API_KEY, RotateApiKeyResult } from './results.type.js';

const DEFAULT_OVERLAP_SECONDS = 24 * 3600;

@Resolver(() => ApiKeyType)
export class ApiKeyResolver {
  @Query(() => [ApiKeyType], { description: 'The keys of this workspace; for admins.' })
  apiKeys(@Ctx() context: RequestContext): Promise<readonly ApiKeyRecord[]> {
    return context.services.keys.list(context.principal);
  }

  @Mutation(() => CreateApiKeyResult, { description: 'Makes a key. Its secret is in the answer and nowhere else.' })
  createApiKey(@Ctx() context: RequestContext, @Arg('input', () => CreateApiKeyInput, { description: 'The key to be made.' }) input: CreateApiKeyInput): Promise<Plain<CreatedApiKey> | Problem> {
    return orProblem(CREATE_API_KEY, () => context.services.keys.create(context.principal, { name: input.name, role: input.role, expiresAt: input.expiresAt ?? null, scopes: input.scopes ?? null, allowedNetworks: input.allowedNetworks ?? null }));
  }

  @Mutation(() => RotateApiKeyResult, { description: 'Gives a key another secret, which is in the answer and nowhere else; the one before works on for a while.' })
  rotateApiKey(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the key.' }) id: string,
    @Arg('overlapSeconds', () => Int, { nullable: true, defaultValue: DEFAULT_OVERLAP_SECONDS, description: 'How long both secrets work; 0 ends the one before at once, 30 days is the most.' }) overlapSeconds: number | null,
  ): Promise<Plain<CreatedApiKey> | Problem> {
    return orProblem(ROTATE_API_KEY, () => context.services.keys.rotate(context.principal, id, overlapSeconds ?? DEFAULT_OVERLAP_SECONDS));
  }

  @FieldResolver(() => [String], { description: 'What exactly it may do, for example `recordings:read`.' })
  scopes(@Root() key: ApiKeyRecord): readonly string[] {
    return key.scopes.length === 0 ? scopesOf({ role: key.role }) : key.scopes;
  }

  @Mutation(() => RevokeApiKeyResult, { description: 'Ends a key at once.' })
  revokeApiKey(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the key.' }) id: string): Promise<ApiKeyRecord | Problem> {
    return orProblem(REVOKE_API_KEY, () => context.services.keys.revoke(context.principal, id));
  }
}
