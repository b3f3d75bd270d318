/** A stretch for which a file has a time but no sound: whoever recorded paused, was muted, or packets were lost. */
export interface TimestampHole {
  /** From the first sound on, in the audio as it was decoded. */
  readonly startSeconds: number;
  readonly seconds: number;
}

/** Shorter ones are jitter of the clock that stamped the packets; they are filled when they add up to this. */
const MIN_HOLE_SECONDS = 0.1;
/** More are filled as well, and not named: the log that they are told in has an end. */
export const MAX_NAMED_HOLES = 500;

// Variables of the expression: 0 where the next sample belongs, 1 what corrects the file's clock, 2 whether it has begun,
// 3 the time of this piece by the corrected clock, 4 how late that is, 5 the first time, 6 holes so far. In samples.
const CONTINUOUS_CLOCK = [
  'if(eq(ld(2),0),st(2,1)+st(0,PTS*TB*SR)+st(5,PTS*TB*SR))',
  'st(3,if(isnan(PTS),ld(0),PTS*TB*SR+ld(1)))',
  'st(4,ld(3)-ld(0))',
  `if(gt(ld(4),${MIN_HOLE_SECONDS}*SR),if(lt(ld(6),${MAX_NAMED_HOLES}),print((ld(0)-ld(5))/SR,32)+print(ld(4)/SR,32));st(6,ld(6)+1);st(0,ld(3)))`,
  // A clock that jumps back (recordings joined end to end) is set right, and no sound is dropped for it.
  `if(lt(ld(4),-${MIN_HOLE_SECONDS}*SR),st(1,ld(1)-ld(4)))`,
  'st(4,ld(0))',
  'st(0,ld(0)+NB_SAMPLES)',
  'round(ld(4)/SR/TB)',
].join(';');

/**
 * Filters that put silence where the file's clock says that time went by without sound. What has no holes reaches the
 * resampler with a clock that is continuous to the sample, and comes out bit-identical.
 */
export const FILL_HOLES = `asetpts='${CONTINUOUS_CLOCK}',aresample=async=1:min_hard_comp=${MIN_HOLE_SECONDS / 2}`;

/** The holes that a run of `FILL_HOLES` has named in its log, in order: start and length, a number a line. */
export function holesIn(log: string): TimestampHole[] {
  const numbers = [...log.matchAll(/^(?:\[Eval @ 0x[0-9a-f]+\] )?\[info\] (-?\d+\.\d{6})$/gm)].map(([, number]) => Number(number));
  return Array.from({ length: Math.floor(numbers.length / 2) }, (_, i) => ({ startSeconds: numbers[2 * i]!, seconds: numbers[2 * i + 1]! }));
}

/** Without what lies behind the last sound: at the end some versions name a last time that is none, and nothing is filled there. */
export function holesInside(holes: readonly TimestampHole[], decodedSeconds: number): TimestampHole[] {
  return holes.filter(({ startSeconds }) => startSeconds < decodedSeconds - MIN_HOLE_SECONDS / 2);
}
