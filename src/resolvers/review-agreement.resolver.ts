import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import type { AgreementFigure as Figure } from '../domain/rater-agreement.js';
import type { PairAgreement as Pair, ReviewAgreement } from '../domain/review-agreement.js';
import { present } from './page-request.js';
import type { Plain } from './plain.js';
import type { RequestContext } from './request-context.js';
import { ReviewAgreementFilterInput, ReviewAgreementType, ReviewExports, type AgreementFigure, type PairAgreement } from './review-agreement.type.js';

@Resolver()
export class ReviewAgreementResolver {
  @Query(() => ReviewAgreementType, { description: 'How far reviewers agree with each other and with the model.' })
  async reviewAgreement(@Ctx() context: RequestContext, @Arg('filter', () => ReviewAgreementFilterInput, { nullable: true, description: 'Only these items and answers.' }) filter: ReviewAgreementFilterInput | null): Promise<Plain<ReviewAgreementType>> {
    return agreementView(await context.services.reviewFigures.agreement(context.principal, present(filter)));
  }

  @Query(() => ReviewExports, { description: 'Where settled reviews can be downloaded.' })
  reviewExports(@Ctx() context: RequestContext): Plain<ReviewExports> {
    return { csvUrl: context.signPath('/reviews.csv'), jsonUrl: context.signPath('/reviews.json') };
  }
}

function agreementView(agreement: ReviewAgreement & { readonly isComplete: boolean }): Plain<ReviewAgreementType> {
  return {
    ...agreement, alpha: figureView(agreement.alpha),
    pairs: agreement.pairs.map(({ a, b, ...pair }) => ({ ...pairView(pair), aKeyId: a.keyId, aName: a.keyName, bKeyId: b.keyId, bName: b.keyName })),
    reviewers: agreement.reviewers.map((reviewer) => ({ ...reviewer, withModel: pairView(reviewer.withModel) })),
    model: { ...agreement.model, ...pairView(agreement.model) },
  };
}

function pairView({ itemCount, observed, kappa }: Pair): Plain<PairAgreement> {
  return { itemCount, observed, kappa: figureView(kappa) };
}

function figureView({ value, interval }: Figure): Plain<AgreementFigure> {
  return { value, low: interval?.low ?? null, high: interval?.high ?? null };
}
