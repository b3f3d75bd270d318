/** Interactive work (somebody waits) overtakes bulk work (a batch, a re-run). */
export const PRIORITIES = ['interactive', 'bulk'] as const;
export type Priority = (typeof PRIORITIES)[number];
