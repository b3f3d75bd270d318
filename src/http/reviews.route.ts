import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { UndertoneError } from '../domain/errors.js';
import { REVIEW_CSV_HEADER, reviewCsv, reviewJson } from '../domain/review-export.js';
import type { ReviewItemRecord } from '../domain/review.js';
import type { ReviewFiguresService } from '../services/review-figures.service.js';
import { principalOf } from './request-auth.js';

type Range = Partial<Record<'after' | 'before', string | string[]>>;
type Pages = AsyncIterable<readonly ReviewItemRecord[]>;

/** `GET /reviews.csv` and `/reviews.json`: settled reviews, streamed; `after` and `before` by the time of settling. A signed link or a key. */
export function registerReviewExports(app: FastifyInstance, figures: Pick<ReviewFiguresService, 'export'>): void {
  const register = (extension: string, contentType: string, write: (pages: Pages) => AsyncGenerator<string>): void => {
    app.get<{ Querystring: Range }>(`/reviews.${extension}`, { config: { access: 'signed', isStream: true } }, (request, reply) => {
      const { after, before } = request.query;
      const pages = figures.export(principalOf(request), { after: timeOf('after', after), before: timeOf('before', before) });
      return reply.type(contentType).headers({ 'Content-Disposition': `attachment; filename="reviews.${extension}"`, 'Cache-Control': 'private, no-store' }).send(Readable.from(write(pages)));
    });
  };
  register('csv', 'text/csv; charset=utf-8', csv);
  register('json', 'application/json; charset=utf-8', json);
}

async function* csv(pages: Pages): AsyncGenerator<string> {
  yield `${REVIEW_CSV_HEADER}\n`;
  for await (const page of pages) yield page.map(reviewCsv).join('');
}

/** One item a line, so that it can be read by lines as well. */
async function* json(pages: Pages): AsyncGenerator<string> {
  let before = '[\n';
  for await (const page of pages) {
    yield page.map((item, index) => `${index === 0 ? before : ',\n'}${JSON.stringify(reviewJson(item))}`).join('');
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}

function timeOf(name: string, value: string | string[] | undefined): Date | null {
  if (value === undefined) return null;
  const at = typeof value === 'string' ? new Date(value) : new Date(NaN);
  if (Number.isNaN(at.getTime())) throw new UndertoneError('BAD_INPUT', `\`${name}\` must be one time such as 2026-01-31T00:00:00Z.`, { field: name });
  return at;
}
