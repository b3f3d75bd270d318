/** A batch twice as large must take less than this much of the time per clip, or it only makes everybody wait. */
const USEFUL_SHARE = 0.95;

/**
 * The largest batch worth running, found by trial: 1, 2, 4 … up to `most` clips. `runMs` runs that many and says how long
 * it took; where it throws (the device's memory is full) the batch before it stands.
 */
export async function largestUsefulBatch(most: number, runMs: (itemCount: number) => Promise<number>): Promise<number> {
  let best = 1;
  let bestMsPerItem = Infinity;
  for (let itemCount = 1; itemCount <= Math.max(1, most); itemCount *= 2) {
    let msPerItem: number;
    try {
      msPerItem = (await runMs(itemCount)) / itemCount;
    } catch {
      return best;
    }
    if (msPerItem > bestMsPerItem * USEFUL_SHARE) return best;
    best = itemCount;
    bestMsPerItem = msPerItem;
  }
  return best;
}
