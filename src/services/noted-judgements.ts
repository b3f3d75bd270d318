import type { Principal } from '../domain/principal.js';
import { noting, notingEach } from './noting.js';
import type { ReadLog } from './read-log.js';
import type { Services } from './service-contracts.js';

type Judging = Pick<Services, 'alerts' | 'rules' | 'reviews' | 'reviewFigures' | 'statistics' | 'evaluations'>;
interface OfRecording { readonly recordingId: string }

/**
 * What others made of analyses: alerts, reviews and evaluations name recordings; statistics, backtests and agreement are
 * figures over many, and are noted as a read of the workspace's figures.
 */
export function judgementsNoted({ alerts, rules, reviews, reviewFigures, statistics, evaluations }: Judging, reads: Pick<ReadLog, 'note'>): Judging {
  const ofRecordings = (principal: Principal, parts: readonly OfRecording[]): void => reads.note(principal, 'analysis', { recordingIds: parts.map(({ recordingId }) => recordingId) });
  const ofFigures = (principal: Principal): void => reads.note(principal, 'statistics', { isOfWorkspace: true });
  const one = <T extends OfRecording | null>(principal: Principal, answer: Promise<T>): Promise<T> => noting(answer, (found) => ofRecordings(principal, [found]));
  const many = <T extends readonly OfRecording[]>(principal: Principal, answer: Promise<T>): Promise<T> => noting(answer, (found) => ofRecordings(principal, found));

  return {
    alerts: {
      find: (principal, id) => one(principal, alerts.find(principal, id)),
      forAnalyses: (principal, ids) => many(principal, alerts.forAnalyses(principal, ids)),
      list: (principal, page, filter) => noting(alerts.list(principal, page, filter), ({ items }) => ofRecordings(principal, items)),
      acknowledge: (principal, id, note) => one(principal, alerts.acknowledge(principal, id, note)),
      raised: (principal, filter, signal) => notingEach(alerts.raised(principal, filter, signal), (alert) => ofRecordings(principal, [alert])),
    },
    rules: {
      ...rules,
      test: (principal, target, analysisId) => noting(rules.test(principal, target, analysisId), () => reads.note(principal, 'analysis', { analysisIds: [analysisId] })),
      backtest: (principal, target, range, signal) => noting(rules.backtest(principal, target, range, signal), ({ examples }) => {
        ofFigures(principal);
        ofRecordings(principal, examples);
      }),
    },
    reviews: {
      ...reviews,
      find: (principal, id) => one(principal, reviews.find(principal, id)),
      forAnalyses: (principal, ids) => many(principal, reviews.forAnalyses(principal, ids)),
      queue: (principal, page, filter) => noting(reviews.queue(principal, page, filter), ({ items }) => ofRecordings(principal, items)),
      changes: (principal, signal) => notingEach(reviews.changes(principal, signal), ({ item }) => ofRecordings(principal, item === null ? [] : [item])),
      enqueue: (principal, input) => one(principal, reviews.enqueue(principal, input)),
      claim: (principal, id) => one(principal, reviews.claim(principal, id)),
      claimNext: (principal, filter) => one(principal, reviews.claimNext(principal, filter)),
      resolve: (principal, input) => one(principal, reviews.resolve(principal, input)),
    },
    reviewFigures: {
      agreement: (principal, filter) => noting(reviewFigures.agreement(principal, filter), () => ofFigures(principal)),
      export: (principal, range) => notingEach(reviewFigures.export(principal, range), (items) => reads.note(principal, 'export', { recordingIds: items.map(({ recordingId }) => recordingId) })),
    },
    statistics: { statistics: (principal, ...range) => noting(statistics.statistics(principal, ...range), () => ofFigures(principal)) },
    evaluations: {
      ...evaluations,
      findRun: (principal, id) => noting(evaluations.findRun(principal, id), ({ report }) => { if (report !== null) ofFigures(principal); }),
      results: (principal, id) => noting(evaluations.results(principal, id), (found) => reads.note(principal, 'analysis', { recordingIds: found.map(({ item }) => item.path) })),
      compareRuns: (principal, a, b) => noting(evaluations.compareRuns(principal, a, b), () => ofFigures(principal)),
    },
  };
}
