import { readFileSync } from 'node:fs';

/** Of /proc: USER_HZ, which Linux has fixed at 100. */
const MS_PER_TICK = 10;

/** Processor time of a process with all its threads, user and system together, in milliseconds; its children are not in it. */
export function processorMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name stands in parentheses and may hold anything; user and system time are the 12th and 13th field after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}
