import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { AnalysisRecord, RecordingRecord, SegmentRecord } from '../domain/records.js';
import type { ReviewPolicy } from '../domain/review-policy.js';
import type { ReviewItemView } from '../services/review-contracts.js';
import { AnalysisType } from './analysis.type.js';
import { pageRequest, present } from './page-request.js';
import { toConnection, type Connection } from './page.type.js';
import { orProblem } from './problem-of.js';
import type { Problem } from './problem.type.js';
import { RecordingType } from './recording.type.js';
import type { RequestContext } from './request-context.js';
import {
  AssignReviewResult, ClaimReviewResult, DismissReviewResult, EnqueueReviewResult, ReleaseReviewResult, ResolveReviewResult, REVIEW, SetReviewPolicyResult, SkipReviewResult, UndoReviewResult,
} from './review-results.type.js';
import { EnqueueReviewInput, ResolveReviewInput, ReviewFilterInput, ReviewPolicyInput } from './review.input.js';
import { ReviewItemConnection, ReviewItemType, ReviewPolicyType } from './review.type.js';
import { SegmentType } from './segment.type.js';

@Resolver(() => ReviewItemType)
export class ReviewResolver {
  @Query(() => ReviewItemConnection, { description: 'What people are asked to listen to: the most urgent first, then the oldest. Only what waits for answers unless the filter says otherwise.' })
  async reviewQueue(
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20, description: 'How many; at most `capabilities.maxPageSize`.' }) first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor of the item before the page.' }) after: string | null,
    @Arg('filter', () => ReviewFilterInput, { nullable: true, description: 'Conditions.' }) filter: ReviewFilterInput | null,
  ): Promise<Connection<ReviewItemView>> {
    return toConnection(await context.services.reviews.queue(context.principal, pageRequest(context.settings.maxPageSize, first, 20, after), present(filter)));
  }

  @Query(() => ReviewItemType, { nullable: true, description: 'One review item, or null when there is none that you may see.' })
  reviewItem(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the item.' }) id: string): Promise<ReviewItemView | null> {
    return context.services.reviews.find(context.principal, id);
  }

  @Query(() => ReviewPolicyType, { description: 'What this workspace sends to review by itself.' })
  reviewPolicy(@Ctx() context: RequestContext): Promise<ReviewPolicy> {
    return context.services.reviews.policy(context.principal);
  }

  @Mutation(() => SetReviewPolicyResult, { description: 'Changes what is sent to review by itself, for analyses that end from now on.' })
  setReviewPolicy(@Ctx() context: RequestContext, @Arg('input', () => ReviewPolicyInput, { description: 'What changes.' }) input: ReviewPolicyInput): Promise<ReviewPolicy | Problem> {
    return orProblem(REVIEW, () => context.services.reviews.setPolicy(context.principal, input));
  }

  @Mutation(() => EnqueueReviewResult, { description: 'Sends a segment or an analysis to review. One that is there already gets the reason as well; a settled one is opened again where more answers are asked for.' })
  enqueueReview(@Ctx() context: RequestContext, @Arg('input', () => EnqueueReviewInput, { description: 'What, and how.' }) input: EnqueueReviewInput): Promise<ReviewItemView | Problem> {
    return orProblem(REVIEW, () => context.services.reviews.enqueue(context.principal, input));
  }

  @Mutation(() => ClaimReviewResult, { description: 'Takes an item: nobody else may take the place until the claim expires. Again, the time begins anew.' })
  claimReview(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the item.' }) id: string): Promise<ReviewItemView | Problem> {
    return orProblem(REVIEW, () => context.services.reviews.claim(context.principal, id));
  }

  @Mutation(() => ClaimReviewResult, { nullable: true, description: 'Takes the most urgent item that is free, those assigned to you first; null where there is none.' })
  claimNextReview(@Ctx() context: RequestContext, @Arg('filter', () => ReviewFilterInput, { nullable: true, description: 'Only of these.' }) filter: ReviewFilterInput | null): Promise<ReviewItemView | Problem | null> {
    return orProblem(REVIEW, () => context.services.reviews.claimNext(context.principal, present(filter)));
  }

  @Mutation(() => ReleaseReviewResult, { description: 'Gives a claimed item back.' })
  releaseReview(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the item.' }) id: string,
    @Arg('keyId', () => ID, { nullable: true, description: "Another's claim, for admins." }) keyId: string | null,
  ): Promise<ReviewItemView | Problem> {
    return orProblem(REVIEW, () => context.services.reviews.release(context.principal, id, keyId ?? null));
  }

  @Mutation(() => AssignReviewResult, { description: 'Says who may claim an item. Claims of others end.' })
  assignReview(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the item.' }) id: string,
    @Arg('keyIds', () => [ID], { description: 'Ids of keys that may review; an empty list: any.' }) keyIds: string[],
  ): Promise<ReviewItemView | Problem> {
    return orProblem(REVIEW, () => context.services.reviews.assign(context.principal, id, keyIds));
  }

  @Mutation(() => ResolveReviewResult, { description: 'Says what it is, with or without a claim while a place is free. With the last answer that it needs the item is resolved; at a tie it waits for one more person. The prediction is never changed.' })
  resolveReview(@Ctx() context: RequestContext, @Arg('input', () => ResolveReviewInput, { description: 'The answer.' }) input: ResolveReviewInput): Promise<ReviewItemView | Problem> {
    return orProblem(REVIEW, () => context.services.reviews.resolve(context.principal, input));
  }

  @Mutation(() => SkipReviewResult, { description: 'Leaves an item to others; `claimNextReview` offers it to you no more.' })
  skipReview(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the item.' }) id: string,
    @Arg('note', () => String, { nullable: true, description: 'What is to be said with it.' }) note: string | null,
  ): Promise<ReviewItemView | Problem> {
    return orProblem(REVIEW, () => context.services.reviews.skip(context.principal, id, note ?? null));
  }

  @Mutation(() => DismissReviewResult, { description: 'Takes an item out of the queue: nobody needs to look.' })
  dismissReview(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the item.' }) id: string,
    @Arg('reason', () => String, { description: 'Why, at most 500 characters.' }) reason: string,
  ): Promise<ReviewItemView | Problem> {
    return orProblem(REVIEW, () => context.services.reviews.dismiss(context.principal, id, reason));
  }

  @Mutation(() => UndoReviewResult, { description: 'Takes back your last word on an item (an answer, a skip, a dismissal). The item is open again where answers are missing.' })
  undoReview(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the item.' }) id: string,
    @Arg('decisionId', () => ID, { nullable: true, description: "A certain decision; another's is for admins." }) decisionId: string | null,
  ): Promise<ReviewItemView | Problem> {
    return orProblem(REVIEW, () => context.services.reviews.undo(context.principal, id, decisionId ?? null));
  }

  @FieldResolver(() => Boolean, { nullable: true, description: 'Whether people say what the model said; null until it is resolved, and where the model said nothing.' })
  agreesWithModel(@Root() { label, modelLabel }: ReviewItemView): boolean | null {
    return label === null || modelLabel === null ? null : label === modelLabel;
  }

  @FieldResolver(() => String, { description: 'A path of this server to listen to the recording by, which needs no header and ends soon.' })
  audioUrl(@Ctx() context: RequestContext, @Root() { recordingId }: ReviewItemView): string {
    return context.signPath(`/recordings/${encodeURIComponent(recordingId)}/audio`);
  }

  @FieldResolver(() => RecordingType, { nullable: true, description: 'The recording; null while `isHidden`, because its analyses say what the model said.' })
  async recording(@Ctx() context: RequestContext, @Root() { isHidden, recordingId }: ReviewItemView): Promise<RecordingRecord | null> {
    return isHidden ? null : context.loaders.recordings.load(recordingId);
  }

  @FieldResolver(() => AnalysisType, { nullable: true, description: 'The analysis; null while `isHidden`.' })
  async analysis(@Ctx() context: RequestContext, @Root() { isHidden, analysisId }: ReviewItemView): Promise<AnalysisRecord | null> {
    return isHidden ? null : context.loaders.analyses.load(analysisId);
  }

  @FieldResolver(() => SegmentType, { nullable: true, description: 'The segment; null for an analysis as a whole, and while `isHidden`.' })
  async segment(@Ctx() context: RequestContext, @Root() { isHidden, segmentId }: ReviewItemView): Promise<SegmentRecord | null> {
    return isHidden || segmentId === null ? null : context.loaders.segments.load(segmentId);
  }
}

@Resolver(() => AnalysisType)
export class AnalysisReviewsResolver {
  @FieldResolver(() => [ReviewItemType], { description: 'What people were asked about it and its segments, in the order of time.' })
  async reviews(@Ctx() context: RequestContext, @Root() analysis: AnalysisRecord): Promise<readonly ReviewItemView[]> {
    return context.loaders.reviews.load(analysis.id);
  }
}

@Resolver(() => SegmentType)
export class SegmentReviewsResolver {
  @FieldResolver(() => [ReviewItemType], { description: 'What people were asked about this segment: one item, or none.' })
  async reviews(@Ctx() context: RequestContext, @Root() segment: SegmentRecord): Promise<readonly ReviewItemView[]> {
    return (await context.loaders.reviews.load(segment.analysisId)).filter(({ segmentId }) => segmentId === segment.id);
  }
}
