/** How far back a missed firing is looked for; a task that fires less often than this is not made up for. */
const LOOK_BACK_MINUTES = 8 * 24 * 60;
const MINUTE_MS = 60_000;

/** The newest minute at or before `now` at which a schedule fires, or null. A few thousand steps at most, at start only. */
export function previousFiring(schedule: { match(date: Date): boolean }, now: Date): Date | null {
  const start = Math.floor(now.getTime() / MINUTE_MS) * MINUTE_MS;
  for (let back = 0; back < LOOK_BACK_MINUTES; back++) {
    const minute = new Date(start - back * MINUTE_MS);
    if (schedule.match(minute)) return minute;
  }
  return null;
}
