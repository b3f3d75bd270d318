/** The candidate that somebody most probably meant, or null when none is near. Case does not count. */
export function nearestName(wanted: string, candidates: readonly string[]): string | null {
  const target = wanted.toLowerCase();
  let best: { readonly name: string; readonly distance: number } | null = null;
  for (const name of candidates) {
    const candidate = name.toLowerCase();
    // `anger` for `angry`, `sadness` for `sad`: a shared beginning says more than the count of edits.
    const isPrefix = candidate.length >= 3 && (target.startsWith(candidate) || candidate.startsWith(target)) && target.length >= 3;
    const distance = isPrefix ? 0.5 : editDistance(target, candidate);
    if (best === null || distance < best.distance) best = { name, distance };
  }
  if (best === null) return null;
  return best.distance <= Math.max(1, Math.floor(target.length / 2.5)) ? best.name : null;
}

/** Restricted Damerau–Levenshtein: insertions, deletions, substitutions and swaps of neighbours cost 1 each. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, beforeLast[j - 2]! + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
