import type { FastifyBaseLogger } from 'fastify';
import { GraphQLError, NoSchemaIntrospectionCustomRule, specifiedRules, validate, type ExecutionArgs, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import { CloseCode, makeServer, type Context, type Server, type SubscribePayload } from 'graphql-ws';
import { UndertoneError } from '../domain/errors.js';
import { callerOf } from '../domain/networks.js';
import type { Principal } from '../domain/principal.js';
import type { KeyService } from '../services/key-contracts.js';
import { graphqlErrorBody } from './fault-log.js';
import { formatGraphQLError, withoutSuggestions } from './graphql-errors.js';
import type { HttpLimits } from './http-limits.js';
import type { RateLimiter } from '../services/rate-limiter.js';
import { measureOperation } from './operation-limits.js';
import { bearerOf, unauthenticated } from './request-auth.js';
import type { CookieSessions } from './session-cookie.js';
import type { TrustedDocuments } from './trusted-documents.js';
import type { Turns } from './turns.js';

/** Makes what resolvers get; from src/resolvers, handed in by compose. */
export type CreateContext = (call: { readonly principal: Principal; readonly signPath: (path: string, range?: string | null) => string; readonly signal: AbortSignal }) => object;

export interface SubscriptionOptions {
  readonly schema: GraphQLSchema;
  readonly createContext: CreateContext;
  readonly keys: Pick<KeyService, 'authenticate'>;
  readonly sessions: Pick<CookieSessions, 'authenticate'>;
  readonly signPath: (path: string, principal: Principal, range?: string | null) => string;
  readonly introspection: boolean;
  readonly limits: HttpLimits;
  readonly limiter: RateLimiter;
  readonly turns: Turns;
  readonly trusted: TrustedDocuments | null;
  readonly log: FastifyBaseLogger;
}

/** What belongs to one socket. The secrets stay here, so that a key or session that ends meanwhile stops working. */
export interface SocketSession {
  secret: string | null;
  /** Of the cookie that this server's own page came with; counts where no key is sent. */
  readonly cookieSecret: string | null;
  readonly address: string;
  readonly left: AbortController;
  /** Once its key is known. False, and the socket is closing, where the key or its workspace has its share of sockets. */
  readonly admit: (principal: Principal) => boolean;
}

type SocketContext = Context<Record<string, unknown>, SocketSession>;

/** The graphql-transport-ws protocol under the rules of HTTP: key, limits, validation, introspection, masked errors. */
export function subscriptionServer(options: SubscriptionOptions): Server<SocketSession> {
  const { schema, limits, log } = options;
  const rules = options.introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  const formatted = (error: GraphQLError): GraphQLFormattedError => {
    const shown = formatGraphQLError(error.toJSON(), error, log);
    return options.introspection ? shown : withoutSuggestions(shown);
  };

  const turnOf = new WeakMap<ExecutionArgs, () => void>();

  return makeServer<Record<string, unknown>, SocketSession>({
    connectionInitWaitTimeout: limits.socketInitTimeoutMs,
    onConnect: async (context) => {
      context.extra.secret = secretOf(context.connectionParams);
      const principal = await socketPrincipal(context.extra, options);
      if (principal !== null) return context.extra.admit(principal);
      if (context.extra.secret !== null) options.limiter.spend(callerOf(context.extra.address), 'failedKeys', 1);
      return false;
    },
    onSubscribe: async (context, _id, payload) => {
      try {
        return await admit(context, payload);
      } catch (error) {
        return [refusal(error)];
      }
    },
    // A query is answered by now, and a subscription begun: what it tells later takes no turn.
    onOperation: (_context, _id, _payload, args) => turnOf.get(args)?.(),
    onNext: (_context, _id, _payload, _args, result) => (result.errors === undefined ? undefined : { ...result, errors: result.errors.map(formatted) }),
    onError: (_context, _id, _payload, errors) => errors.map(formatted),
  });

  async function admit(context: SocketContext, payload: SubscribePayload): Promise<ExecutionArgs | readonly GraphQLError[]> {
    if (Object.keys(context.subscriptions).length > limits.operationsPerSocket) {
      throw new UndertoneError('RATE_LIMITED', `This connection already runs ${limits.operationsPerSocket} operations. End one first.`, { limit: limits.operationsPerSocket, retryAfterMs: 1000 });
    }
    const principal = await socketPrincipal(context.extra, options);
    if (principal === null) throw unauthenticated(true);
    options.limiter.take(principal.keyId, 'requests');
    const endTurn = (await options.turns.take(principal.keyId, context.extra.left.signal)) ?? (() => undefined);
    try {
      const admitted = planned(context, payload, principal);
      if (Array.isArray(admitted)) endTurn();
      else turnOf.set(admitted as ExecutionArgs, endTurn);
      return admitted;
    } catch (error) {
      endTurn();
      throw error;
    }
  }

  function planned(context: SocketContext, payload: SubscribePayload, principal: Principal): ExecutionArgs | readonly GraphQLError[] {
    const query = options.trusted === null ? payload.query : options.trusted.pick(payload);
    const measured = measureOperation(schema, limits, query, payload.variables);
    if (measured === null) throw new UndertoneError('BAD_INPUT', 'The query has a syntax error.', { field: 'query' });
    options.limiter.take(principal.keyId, 'queryCost', measured.cost);
    const { document } = measured;
    const faults = validate(schema, document, rules);
    if (faults.length > 0) return faults;
    const { left } = context.extra;
    const contextValue = options.createContext({ principal, signPath: (path, range) => options.signPath(path, principal, range), signal: left.signal });
    return { schema, document, contextValue, operationName: payload.operationName, variableValues: payload.variables };
  }
}

/** An error of ours among GraphQL's: `formatGraphQLError` finds it again as the original one. */
function refusal(error: unknown): GraphQLError {
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, { originalError, ...(error instanceof UndertoneError && { extensions: graphqlErrorBody(error).extensions }) });
}

/** Asked anew for every operation. */
export async function socketPrincipal({ secret, cookieSecret, address }: SocketSession, { keys, sessions }: Pick<SubscriptionOptions, 'keys' | 'sessions'>): Promise<Principal | null> {
  if (secret !== null) return keys.authenticate(secret, address);
  return cookieSecret === null ? null : sessions.authenticate(cookieSecret, address);
}

/** `{ "Authorization": "Bearer KEY" }` (in any case) or `{ "apiKey": "KEY" }`. */
function secretOf(parameters: Readonly<Record<string, unknown>> | undefined): string | null {
  const entries = Object.entries(parameters ?? {});
  const header = entries.find(([name]) => name.toLowerCase() === 'authorization')?.[1];
  const plain = entries.find(([name]) => name.toLowerCase() === 'apikey')?.[1];
  return bearerOf(header) ?? (typeof plain === 'string' ? bearerOf(`Bearer ${plain}`) : null);
}

export const CLOSE_FORBIDDEN = CloseCode.Forbidden;
