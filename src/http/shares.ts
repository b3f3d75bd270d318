/** How many of something each caller holds, up to a limit. */
export interface Shares {
  isFull(caller: string): boolean;
  /** False, and nothing is taken, where the caller has its share already. */
  take(caller: string): boolean;
  giveBack(caller: string): void;
}

export function createShares(limit: number): Shares {
  const held = new Map<string, number>();
  const countOf = (caller: string): number => held.get(caller) ?? 0;
  return {
    isFull: (caller) => countOf(caller) >= limit,
    take(caller) {
      if (countOf(caller) >= limit) return false;
      held.set(caller, countOf(caller) + 1);
      return true;
    },
    giveBack(caller) {
      if (countOf(caller) > 1) held.set(caller, countOf(caller) - 1);
      else held.delete(caller);
    },
  };
}
