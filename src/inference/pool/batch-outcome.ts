import { UndertoneError } from '../../domain/errors.js';
import type { HostAnswers, ItemAnswer } from '../host-protocol.js';
import { HostEnded } from './host-process.js';
import { gaveUp } from './pool-failures.js';
import type { PoolRequest } from './pool-request.js';

/** Tries of one request whose host ended, or whose run threw, before its caller is told. */
const TRIES = 2;

type Batch<Item, Answer> = readonly PoolRequest<Item, Answer>[];

/** Each request gets its own answer or its own refusal. */
export function deliver<Item, Answer>(batch: Batch<Item, Answer>, { answers }: HostAnswers): void {
  batch.forEach((request, i) => {
    const answer = answers[i] as ItemAnswer<Answer>;
    if (answer.ok) request.succeed(answer.value);
    else request.fail(new UndertoneError(answer.code, answer.message));
  });
}

/**
 * After a batch that came to nothing: `retry` gets each request that still waits and has a try left, to run alone, so
 * that the one clip that kills its host takes nobody with it twice. The others fail.
 */
export function recover<Item, Answer>(batch: Batch<Item, Answer>, error: unknown, name: string, retry: (request: PoolRequest<Item, Answer>) => void): void {
  const waiting = batch.filter((request) => !request.settled);
  // Where a neighbour's deadline killed the host, those beside it did nothing wrong: their tries stay.
  const blameless = error instanceof HostEnded && waiting.length < batch.length;
  for (const request of waiting) {
    request.alone = true;
    if (!blameless) request.failureCount += 1;
    if (request.failureCount < TRIES) retry(request);
    else request.fail(gaveUp(name, request.failureCount, error));
  }
}
