import type { EvaluatedItem } from '../../src/domain/evaluated-item.js';
import { buildReport, compareResults } from '../../src/domain/evaluation-report.js';
import { reportView } from '../../src/resolvers/evaluation.view.js';
import { LABELS } from './mock-answers.js';

interface Run { readonly id: string; readonly setId: string; readonly modelId: string; readonly results: readonly EvaluatedItem[]; readonly createdAt: string; progress: number; acceptedAt: string | null; readonly alarm: object | null }
interface StoredSet { readonly id: string; readonly name: string; readonly itemCount: number; readonly warnings: readonly string[]; readonly createdAt: string; isScheduled: boolean }

const OPTIONS = { resamples: 200, seed: 7 };
const STEP = 0.34;

/** Runs whose answers come from a formula and whose figures the real code works out. Each look at one moves it on. */
export class MockEvaluation {
  readonly #sets: StoredSet[] = [];
  readonly #runs: Run[] = [];

  /** A finished set with two runs, for lists and screenshots. */
  seed(): void {
    const set = this.#store('Calls of March', 240, ['Fewer than 5 items of “disgusted”: its figures say little.']);
    this.#begin(set, 'starter', 1.6, 1);
    this.#begin(set, 'emotion2vec-plus-base', 2.1, 1);
  }

  root() {
    return {
      evaluationSets: () => [...this.#sets].reverse().map(shownSet),
      evaluationRuns: ({ first = 20, setId }: { first?: number; setId?: string | null }) => {
        const nodes = this.#runs.filter((run) => setId == null || run.setId === setId).reverse().map((run) => ({ ...this.#shown(run), report: null }));
        return { nodes: nodes.slice(0, first), edges: [], totalCount: nodes.length, pageInfo: { hasNextPage: false, endCursor: null } };
      },
      evaluationRun: ({ id }: { id: string }) => this.#find(id, (run) => {
        run.progress = Math.min(1, run.progress + STEP);
        return this.#shown(run);
      }),
      compareEvaluationRuns: ({ a, b }: { a: string; b: string }) => {
        const [first, second] = [a, b].map((id) => this.#runs.find((run) => run.id === id)!) as [Run, Run];
        return { a: this.#shown(first), b: this.#shown(second), ...compareResults(first.results, second.results, [LABELS, LABELS], OPTIONS) };
      },
      createEvaluationSet: ({ input }: { input: { name: string; csv: string } }) => {
        const lines = input.csv.trim().split('\n');
        if (!lines[0]!.includes('label')) return { __typename: 'BadInputProblem', code: 'BAD_INPUT', message: 'The CSV has no column "label".', field: 'csv' };
        return shownSet(this.#store(input.name, lines.length - 1, ['Fewer than 20 items: the figures say little.']));
      },
      scheduleEvaluationSet: ({ id, scheduled }: { id: string; scheduled: boolean }) => {
        const set = this.#sets.find((each) => each.id === id)!;
        set.isScheduled = scheduled;
        return shownSet(set);
      },
      runEvaluation: ({ input }: { input: { setId: string; model?: string } }) => this.#shown(this.#begin(this.#sets.find(({ id }) => id === input.setId)!, input.model ?? 'starter', 1.6, 0)),
      cancelEvaluationRun: ({ id }: { id: string }) => this.#find(id, (run) => this.#shown(run)),
      acceptEvaluationRun: ({ id }: { id: string }) => this.#find(id, (run) => {
        run.acceptedAt = new Date().toISOString();
        return this.#shown(run);
      }),
    };
  }

  #store(name: string, itemCount: number, warnings: readonly string[]): StoredSet {
    const set = { id: `evs_${this.#sets.length + 1}`, name, itemCount, warnings, isScheduled: false, createdAt: new Date().toISOString() };
    this.#sets.push(set);
    return set;
  }

  #begin(set: StoredSet, modelId: string, sureness: number, progress: number): Run {
    const run: Run = { id: `evr_${this.#runs.length + 1}`, setId: set.id, modelId, results: answers(set.itemCount, sureness, this.#runs.length), createdAt: new Date().toISOString(), progress, acceptedAt: null, alarm: null };
    this.#runs.push(run);
    return run;
  }

  #find<Found>(id: string, found: (run: Run) => Found) {
    const run = this.#runs.find((each) => each.id === id);
    return run ? found(run) : null;
  }

  #shown(run: Run) {
    const set = this.#sets.find(({ id }) => id === run.setId)!;
    const report = async () => reportView(await buildReport({
      manifest: { columnOf: {} as never, warnings: set.warnings }, manifestPath: '', manifestSha256: '', split: null, model: { id: run.modelId, version: '1.0.0', digest: 'a'.repeat(64), labels: LABELS }, raw: false,
      labelMapping: {}, unknownLabels: [], results: run.results, groupBy: null, now: new Date(), ...OPTIONS,
    }));
    const withAudio = async () => {
      const view = await report();
      return { ...view, mostConfidentMistakes: view.mostConfidentMistakes.map((mistake) => ({ ...mistake, audioUrl: `/audio/${mistake.recordingId}` })) };
    };
    const isDone = run.progress >= 1;
    return {
      __typename: 'EvaluationRun', ...run, set: shownSet(set), modelVersion: '1.0.0', modelDigest: null, raw: false, split: null, status: isDone ? 'SUCCEEDED' : 'RUNNING', problem: null, startedAt: null, finishedAt: null,
      report: isDone ? withAudio : null, html: '<!doctype html>', json: '{}', csv: 'recording,label\n',
    };
  }
}

function shownSet(set: StoredSet) {
  return { __typename: 'EvaluationSet', ...set, version: 'b'.repeat(64), labelMapping: LABELS.slice(0, 4).map((label) => ({ from: label, to: label })) };
}

/** Three uniform numbers of a hash: near enough to a normal one. */
function noise(index: number, column: number, seed: number): number {
  const uniform = (salt: number): number => {
    const value = Math.sin(index * 12.9898 + column * 78.233 + seed * 37.719 + salt * 4.1414) * 43_758.5453;
    return value - Math.floor(value) - 0.5;
  };
  return 2 * (uniform(1) + uniform(2) + uniform(3));
}

/** Right about as often as such models are, surer where they are right; the same each time. */
function answers(count: number, sureness: number, seed: number): EvaluatedItem[] {
  return Array.from({ length: count }, (_, index): EvaluatedItem => {
    const truth = index % LABELS.length;
    const logits = LABELS.map((_label, column) => sureness * (noise(index, column, seed) + (column === truth ? 1.3 : 0) + (column === 4 ? 0.3 : 0)));
    const powers = logits.map(Math.exp);
    const sum = powers.reduce((a, b) => a + b, 0);
    const best = logits.indexOf(Math.max(...logits));
    const confidence = powers[best]! / sum;
    const language = index % 4 === 0 ? 'de' : 'en';
    const item = { line: index + 2, path: `rec_${index}`, label: LABELS[truth]!, speaker: `speaker ${index % 24}`, split: null, columns: {}, language, gender: index % 2 === 0 ? 'female' : 'male', channel: null, quality: null, votes: null };
    return {
      item, sha256: null, durationSeconds: 1.5 + (index % 9), gate: 'speech', problem: null, calibrationVersion: 'starter-1', conditions: { snrDb: 6 + (index % 30), effectiveBandwidthHz: index % 5 === 0 ? 3400 : 7800, integratedLoudnessLufs: -22 },
      answer: { label: LABELS[best]!, confidence, calibrated: true, abstained: confidence < 0.4, predictionSet: [LABELS[best]!], scores: Object.fromEntries(LABELS.map((label, column) => [label, powers[column]! / sum])), logits },
    };
  });
}
