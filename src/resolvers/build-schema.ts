import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import { buildSchemaSync, getMetadataStorage, type ClassType } from 'type-graphql';
import { UndertoneError } from '../domain/errors.js';
import { AlertResolver, AnalysisAlertsResolver } from './alert.resolver.js';
import { AnalysisFieldsResolver } from './analysis-fields.resolver.js';
import { AnalysisResolver } from './analysis.resolver.js';
import { ApiKeyResolver } from './api-key.resolver.js';
import { ArchiveResolver } from './archive.resolver.js';
import { AuditResolver } from './audit.resolver.js';
import { ComparisonResolver } from './comparison.resolver.js';
import { DeadLetterResolver } from './dead-letter.resolver.js';
import { EmbeddingResolver } from './embedding.resolver.js';
import { CalibrationResolver } from './calibration.resolver.js';
import { EvaluationResolver, EvaluationMistakeResolver, EvaluationRunResolver } from './evaluation.resolver.js';
import { ErasureResolver, HoldResolver } from './hold.resolver.js';
import { ModelResolver } from './model.resolver.js';
import { NodeResolver } from './node.resolver.js';
import { OptOutResolver } from './opt-out.resolver.js';
import { RecordingResolver } from './recording.resolver.js';
import { ReviewAgreementResolver } from './review-agreement.resolver.js';
import { ReviewQueueResolver } from './review-queue.resolver.js';
import { AnalysisReviewsResolver, ReviewResolver, SegmentReviewsResolver } from './review.resolver.js';
import { RuleResolver } from './rule.resolver.js';
import { RetentionResolver } from './retention.resolver.js';
import { PredictionResolver, SegmentResolver, SimilarSegmentResolver } from './segment.resolver.js';
import { SpeakerResolver } from './speaker.resolver.js';
import { TaskResolver, TaskRunResolver } from './task.resolver.js';
import { StatisticsResolver } from './statistics.resolver.js';
import { TimelineSeriesResolver } from './timeline.resolver.js';
import { TranscriptResolver, TranscriptFieldsResolver, ContradictionResolver } from './transcript.resolver.js';
import { UsageResolver } from './usage.resolver.js';
import { ViewerResolver } from './viewer.resolver.js';
import { WebhookResolver } from './webhook.resolver.js';

const CORE_RESOLVERS: readonly ClassType[] = [
  RetentionResolver, ArchiveResolver, HoldResolver, ErasureResolver, AuditResolver, TaskResolver, TaskRunResolver, OptOutResolver,
  ViewerResolver, RecordingResolver, AnalysisResolver, AnalysisFieldsResolver, SegmentResolver, PredictionResolver, SimilarSegmentResolver, SpeakerResolver, TranscriptResolver, TranscriptFieldsResolver, ContradictionResolver, TimelineSeriesResolver, EmbeddingResolver, ComparisonResolver, ModelResolver, NodeResolver, DeadLetterResolver, ApiKeyResolver, StatisticsResolver, UsageResolver, RuleResolver, AlertResolver, AnalysisAlertsResolver,
  ReviewResolver, ReviewQueueResolver, ReviewAgreementResolver, AnalysisReviewsResolver, SegmentReviewsResolver, EvaluationResolver, EvaluationRunResolver, EvaluationMistakeResolver, CalibrationResolver, WebhookResolver,
];

/** Every subscription has a source of its own; the library asks for a bus all the same. */
const NO_BUS = {
  publish: (): void => undefined,
  subscribe: (): never => {
    throw new Error('Subscriptions name their source with `subscribe`.');
  },
};

/**
 * The executable schema of the core and of the resolver classes that plugins add. PLUGIN_INVALID where a field is
 * defined twice: the library would let one override the other silently.
 */
export function buildApiSchema(extraResolvers: readonly ClassType[] = []): GraphQLSchema {
  const resolvers = [...CORE_RESOLVERS, ...extraResolvers];
  refuseCollisions(resolvers);
  try {
    // No global middleware: one costs twenty times on long lists. No validation: the services parse their input.
    return describeRoots(buildSchemaSync({ resolvers: resolvers as [ClassType, ...ClassType[]], validate: false, pubSub: NO_BUS }));
  } catch (error) {
    if (extraResolvers.length === 0) throw error;
    throw new UndertoneError('PLUGIN_INVALID', `The GraphQL types of the plugins do not fit the core: ${error instanceof Error ? error.message : String(error)}`, {}, { cause: error });
  }
}

/** The library makes the root types itself and has no place for what they are. */
function describeRoots(schema: GraphQLSchema): GraphQLSchema {
  const roots = [
    [schema.getQueryType(), 'What can be read. What a key may not see is null or missing from lists.'],
    [schema.getMutationType(), 'What can be done. Failures that a caller can act on are members of the result, with a code.'],
    [schema.getSubscriptionType(), 'What is told as it happens, over WebSocket (graphql-ws) on the same path.'],
  ] as const;
  for (const [type, description] of roots) if (type) type.description = description;
  return schema;
}

/** The object types of the core: all that there are before any plugin is loaded. */
const CORE_TYPES: ReadonlySet<unknown> = new Set(getMetadataStorage().objectTypes.map((type) => type.target));

function refuseCollisions(resolvers: readonly ClassType[]): void {
  const owners = new Map<string, unknown>();
  for (const { field, owner } of definitions(resolvers)) {
    const other = owners.get(field);
    if (other !== undefined && other !== owner) throw new UndertoneError('PLUGIN_INVALID', `The GraphQL field ${field} is defined twice. Rename the plugin's one.`, { field });
    owners.set(field, owner);
  }
}

/** Every field that a resolver class defines, and those that the core's object types declare themselves. */
function definitions(resolvers: readonly ClassType[]): { readonly field: string; readonly owner: unknown }[] {
  const metadata = getMetadataStorage();
  const typeOfResolver = new Map<unknown, () => unknown>(metadata.resolverClasses.map((resolver) => [resolver.target, resolver.getObjectType]));
  const nameOfType = new Map<unknown, string>(metadata.objectTypes.map((type) => [type.target, type.name]));
  const fieldsOf = (typeName: (target: unknown) => string | undefined, handlers: readonly { readonly target: unknown; readonly schemaName: string }[]): { field: string; owner: unknown }[] =>
    handlers.filter((handler) => resolvers.includes(handler.target as ClassType)).map((handler) => ({ field: `${typeName(handler.target) ?? ''}.${handler.schemaName}`, owner: handler.target }));
  return [
    ...metadata.fields.filter((field) => CORE_TYPES.has(field.target)).map((field) => ({ field: `${nameOfType.get(field.target) ?? ''}.${field.schemaName}`, owner: field.target })),
    ...fieldsOf(() => 'Query', metadata.queries),
    ...fieldsOf(() => 'Mutation', metadata.mutations),
    ...fieldsOf(() => 'Subscription', metadata.subscriptions),
    ...fieldsOf((target) => nameOfType.get(typeOfResolver.get(target)?.()), metadata.fieldResolvers),
  ];
}
