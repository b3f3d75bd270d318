import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled, ApolloServerPluginInlineTraceDisabled, ApolloServerPluginLandingPageDisabled, ApolloServerPluginSchemaReportingDisabled, ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Kind, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import { stringifyWithColumns } from '../domain/number-column.js';
import { formatGraphQLError, withoutSuggestions } from './graphql-errors.js';
import type { RateLimiter } from '../services/rate-limiter.js';
import type { HttpLimits } from './http-limits.js';
import { leftSignal } from './left-signal.js';
import type { Metrics } from './metrics.js';
import { registerMultipart } from './multipart.js';
import { measureOperation } from './operation-limits.js';
import { principalOf } from './request-auth.js';
import type { CreateContext } from './subscriptions.js';
import type { TrustedDocuments } from './trusted-documents.js';

export interface GraphQLRouteOptions {
  readonly schema: GraphQLSchema;
  readonly createContext: CreateContext;
  readonly signPath: (request: FastifyRequest) => (path: string, range?: string | null) => string;
  readonly introspection: boolean;
  readonly maxUploadBytes: number;
  readonly limits: HttpLimits;
  readonly metrics: Metrics;
  readonly limiter: RateLimiter;
  readonly trusted: TrustedDocuments | null;
}

/** `/graphql` over HTTP, in a scope of its own, so that its body parsers are nobody else's. */
export async function registerGraphQL(app: FastifyInstance, options: GraphQLRouteOptions): Promise<void> {
  const { schema, limits } = options;
  const apollo = new ApolloServer<object>({
    schema,
    introspection: options.introspection,
    hideSchemaDetailsFromClientErrors: !options.introspection,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    nodeEnv: 'production',
    parseOptions: { maxTokens: limits.queryTokens },
    logger: quietLogger(app),
    formatError: (formatted, error) => {
      const shown = formatGraphQLError(formatted, error, app.log);
      return options.introspection ? shown : withoutSuggestions(shown);
    },
    stringifyResult: (result) => `${stringifyWithColumns(result)}\n`,
    plugins: [
      timing(options.metrics),
      // Nothing is reported to anybody, whatever variables the environment has; no page that loads scripts from elsewhere.
      ApolloServerPluginUsageReportingDisabled(), ApolloServerPluginSchemaReportingDisabled(), ApolloServerPluginInlineTraceDisabled(), ApolloServerPluginCacheControlDisabled(), ApolloServerPluginLandingPageDisabled(),
    ],
  });
  await apollo.start();
  app.addHook('onClose', () => apollo.stop());

  const handler = fastifyApolloHandler(apollo, {
    context: (request, reply) => Promise.resolve(options.createContext({ principal: principalOf(request), signPath: options.signPath(request), signal: leftSignal(reply) })),
  });
  await app.register((scope, _options, registered) => {
    registerMultipart(scope, options.maxUploadBytes);
    scope.addHook('preHandler', (request, _reply, done) => {
      const { query, variables } = trustedOperationOf(request, options.trusted);
      const measured = measureOperation(schema, limits, query, variables);
      if (measured !== null) options.limiter.take(principalOf(request).keyId, 'queryCost', measured.cost);
      done();
    });
    scope.route({ method: ['GET', 'POST'], url: '/graphql', handler });
    registered();
  });
}

/** In trusted mode the document of a POST is put in the place of its digest; a GET has it in its address already. */
function trustedOperationOf(request: FastifyRequest, trusted: TrustedDocuments | null): ReturnType<typeof operationOf> {
  const sent = operationOf(request);
  if (trusted === null) return sent;
  const isPost = request.method === 'POST';
  const query = trusted.pick(isPost ? sent : { query: sent.query });
  if (!isPost) return sent;
  const rest = Object.entries(request.body as object).filter(([name]) => name !== 'extensions');
  request.body = { ...Object.fromEntries(rest), query };
  return { ...sent, query };
}

/** Where the operation is, over POST (a JSON object) and GET (parameters; variables as JSON). */
function operationOf(request: FastifyRequest): { readonly query?: unknown; readonly variables?: unknown; readonly extensions?: unknown } {
  const source = request.method === 'GET' ? request.query : request.body;
  if (typeof source !== 'object' || source === null) return {};
  const { query, variables, extensions } = source as { query?: unknown; variables?: unknown; extensions?: unknown };
  return { query, extensions, variables: typeof variables === 'string' ? parsedOrNothing(variables) : variables };
}

function parsedOrNothing(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // Apollo answers it: what is not JSON has no variables to count.
    return undefined;
  }
}

function timing(metrics: Metrics): ApolloServerPlugin<object> {
  return {
    requestDidStart: () => {
      const startedMs = performance.now();
      return Promise.resolve({
        willSendResponse: ({ operation, response }) => {
          const failed = response.body.kind === 'single' && response.body.singleResult.errors !== undefined;
          metrics.observeOperation(labelOf(operation), failed, (performance.now() - startedMs) / 1000);
          return Promise.resolve();
        },
      });
    },
  };
}

/** By the schema alone: a name that a client has chosen would be read by every workspace. Only an operation that has been validated comes here. */
function labelOf(operation: OperationDefinitionNode | undefined): string {
  if (operation === undefined) return 'none';
  const [first, ...others] = operation.selectionSet.selections;
  return first?.kind === Kind.FIELD && others.length === 0 ? first.name.value : 'several';
}

/** Apollo's own words may quote what failed; they are for debugging only. */
function quietLogger(app: FastifyInstance): { debug: (text: string) => void; info: (text: string) => void; warn: (text: string) => void; error: (text: string) => void } {
  const debug = (text: string): void => app.log.debug({ text }, 'apollo');
  return { debug, info: debug, warn: debug, error: debug };
}
