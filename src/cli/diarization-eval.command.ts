import { UndertoneError } from '../domain/errors.js';
import { diarizationError, speakerCounts, sumOfErrors, type DiarizationError } from '../domain/diarization-error.js';
import type { RttmFiles } from '../domain/rttm.js';
import type { SpokenStretch } from '../domain/speaker-turns.js';
import { readRttmFile } from './rttm-file.js';
import { painter, print, printable, table } from './terminal.js';
import type { Terminal } from './terminal.js';

/** How it is counted: exactly and with the usual collar, with and without overlapped speech. */
const WAYS = [0, 0.25].flatMap((collarSeconds) => [true, false].map((scoresOverlap) => ({ collarSeconds, scoresOverlap })));

interface ScoredWay {
  readonly collarSeconds: number;
  readonly scoresOverlap: boolean;
  readonly overall: Omit<DiarizationError, 'mapping'>;
  readonly files: readonly (DiarizationError & { readonly file: string; readonly speakers: { readonly reference: number; readonly hypothesis: number } })[];
}

/** How far one diarization is from another, recording by recording and in all. */
export async function diarizationEvalCommand(terminal: Terminal, args: { readonly reference: string; readonly hypothesis: string; readonly json: boolean }): Promise<number> {
  const reference = await readRttmFile(args.reference);
  const hypothesis = await readRttmFile(args.hypothesis);
  const pairs = pairsOf(reference, hypothesis);
  const ways = WAYS.map((options): ScoredWay => {
    const files = pairs.map(({ file, of, against }) => ({ file, ...diarizationError(of, against, options), speakers: speakerCounts(of, against) }));
    return { ...options, overall: sumOfErrors(files), files };
  });
  if (args.json) await print(terminal.out, `${JSON.stringify({ reference: args.reference, hypothesis: args.hypothesis, scores: ways })}\n`);
  else await print(terminal.out, ways.map((way) => wayText(way, painter(terminal.out))).join('\n'));
  return 0;
}

interface Pair {
  readonly file: string;
  readonly of: readonly SpokenStretch[];
  readonly against: readonly SpokenStretch[];
}

/** By name; one recording against one needs no name. What the hypothesis says nothing of is missed; what only it has is not scored. */
function pairsOf(reference: RttmFiles, hypothesis: RttmFiles): Pair[] {
  const [onlyReference] = reference;
  const [onlyHypothesis] = hypothesis;
  if (reference.size === 1 && hypothesis.size === 1) return [{ file: onlyReference![0], of: onlyReference![1], against: onlyHypothesis![1] }];
  const pairs = [...reference].map(([file, of]) => ({ file, of, against: hypothesis.get(file) ?? [] }));
  if (pairs.some(({ against }) => against.length > 0)) return pairs;
  throw new UndertoneError('BAD_INPUT', `The two files have no recording in common: the reference has ${names(reference)}, the hypothesis ${names(hypothesis)}. The second column names it.`);
}

function names(files: RttmFiles): string {
  const all = [...files.keys()];
  return `${all.slice(0, 5).map(printable).join(', ')}${all.length > 5 ? ` and ${all.length - 5} more` : ''}`;
}

function wayText({ collarSeconds, scoresOverlap, overall, files }: ScoredWay, paint: ReturnType<typeof painter>): string {
  const title = `collar ${collarSeconds} s, ${scoresOverlap ? 'overlapped speech scored' : 'overlapped speech left out'}`;
  const row = (name: string, error: Omit<DiarizationError, 'mapping'>, speakers: string): string[] =>
    [name, percent(error.rate), percent(share(error.missedSeconds, error)), percent(share(error.falseAlarmSeconds, error)), percent(share(error.confusionSeconds, error)), error.totalSeconds.toFixed(1), speakers];
  const rows = [
    ['recording', 'DER', 'missed', 'false alarm', 'confusion', 'speech s', 'speakers (found)'],
    ...files.map((each) => row(printable(each.file), each, `${each.speakers.reference} (${each.speakers.hypothesis})`)),
    ...(files.length > 1 ? [row('all', overall, '')] : []),
  ];
  return `${paint('bold', title)}\n${table(rows, [1, 2, 3, 4, 5])}`;
}

function share(seconds: number, { totalSeconds }: Pick<DiarizationError, 'totalSeconds'>): number | null {
  return totalSeconds > 0 ? seconds / totalSeconds : null;
}

function percent(value: number | null): string {
  return value === null ? '–' : `${(100 * value).toFixed(1)} %`;
}
