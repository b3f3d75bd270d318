import { quantile, type ResampleOptions } from './bootstrap.js';
import { alphaWithInterval, kappaWithInterval, observedAgreement, pairsOf, type AgreementFigure, type RatedUnit } from './rater-agreement.js';
import { answersOf, type ReviewItemRecord } from './review.js';
import { wilsonInterval } from './wilson-interval.js';

export interface Reviewer {
  readonly keyId: string;
  readonly keyName: string;
}

/** Two who labelled the same items. */
export interface PairAgreement {
  readonly itemCount: number;
  /** Share of items with the same label; null without any. */
  readonly observed: number | null;
  readonly kappa: AgreementFigure;
}

export interface ReviewAgreement {
  readonly itemCount: number;
  readonly answerCount: number;
  /** Over everybody, with gaps. */
  readonly alpha: AgreementFigure;
  /** The pairs with the most items in common first. */
  readonly pairs: readonly (PairAgreement & { readonly a: Reviewer; readonly b: Reviewer })[];
  readonly reviewers: readonly (Reviewer & { readonly answerCount: number; readonly medianSpentSeconds: number | null; readonly withModel: PairAgreement })[];
  /** What people came to, held against what the model said. */
  readonly model: PairAgreement & { readonly low: number | null; readonly high: number | null };
}

/** Somebody's key can hardly be this. */
const MODEL = '\u0000model';
const PEOPLE = '\u0000people';
const MOST_PAIRS = 45;

/** Agreement over settled items. `unseenOnly`: only answers that were given without a look at the model's. */
export function reviewAgreement(items: readonly ReviewItemRecord[], { unseenOnly, ...options }: ResampleOptions & { readonly unseenOnly: boolean }): ReviewAgreement {
  const people = new Map<string, { readonly keyName: string; answerCount: number; readonly spent: number[] }>();
  const units: RatedUnit[] = [];
  for (const item of items) {
    const labels = new Map<string, string>();
    for (const { keyId, keyName, label, sawModelAnswer, spentSeconds } of answersOf(item.decisions)) {
      if (label === null || (unseenOnly && sawModelAnswer)) continue;
      labels.set(keyId, label);
      const known = people.get(keyId) ?? { keyName, answerCount: 0, spent: [] };
      known.answerCount += 1;
      if (spentSeconds !== null) known.spent.push(spentSeconds);
      people.set(keyId, known);
    }
    if (labels.size > 0) units.push({ cluster: item.recordingId, labels: new Map([...labels, ...(item.label === null ? [] : [[PEOPLE, item.label] as const]), ...(item.modelLabel === null ? [] : [[MODEL, item.modelLabel] as const])]) });
  }
  const ids = [...people.keys()].sort();
  const between = (a: string, b: string): PairAgreement => {
    const pairs = pairsOf(units, a, b);
    return { itemCount: pairs.length, observed: observedAgreement(pairs), kappa: kappaWithInterval(units, a, b, options) };
  };
  const reviewer = (keyId: string): Reviewer => ({ keyId, keyName: people.get(keyId)!.keyName });
  const common = ids.flatMap((a, i) => ids.slice(i + 1).map((b) => ({ a, b, count: pairsOf(units, a, b).length }))).filter(({ count }) => count > 0);
  const withModel = between(PEOPLE, MODEL);
  const { low, high } = wilsonInterval(Math.round((withModel.observed ?? 0) * withModel.itemCount), withModel.itemCount);
  return {
    itemCount: units.length, answerCount: [...people.values()].reduce((sum, { answerCount }) => sum + answerCount, 0),
    alpha: alphaWithInterval(units.map(({ cluster, labels }) => ({ cluster, labels: new Map([...labels].filter(([keyId]) => keyId !== MODEL && keyId !== PEOPLE)) })), options),
    pairs: common.sort((x, y) => y.count - x.count || (x.a < y.a ? -1 : 1)).slice(0, MOST_PAIRS).map(({ a, b }) => ({ a: reviewer(a), b: reviewer(b), ...between(a, b) })),
    reviewers: ids.map((keyId) => ({ ...reviewer(keyId), answerCount: people.get(keyId)!.answerCount, medianSpentSeconds: medianOf(people.get(keyId)!.spent), withModel: between(keyId, MODEL) })),
    model: { ...withModel, low: withModel.itemCount === 0 ? null : low, high: withModel.itemCount === 0 ? null : high },
  };
}

function medianOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : quantile(Float64Array.from(values).sort(), 0.5);
}
