import type { FastifyInstance } from 'fastify';
import { UndertoneError } from '../domain/errors.js';
import type { Principal } from '../domain/principal.js';
import type { ExportService } from '../services/export.service.js';
import { principalOf } from './request-auth.js';

type Form = 'json' | 'csv' | 'svg';
const TYPES: Readonly<Record<Form, string>> = { json: 'application/json; charset=utf-8', csv: 'text/csv; charset=utf-8', svg: 'image/svg+xml; charset=utf-8' };

/** `GET /analyses/ID.json|csv|svg`: a finished analysis as a file. A signed link or a key. */
export function registerAnalysisExports(app: FastifyInstance, exports: ExportService): void {
  const forms: Readonly<Record<Form, (principal: Principal, id: string) => Promise<string | null>>> = {
    json: async (principal, id) => {
      const report = await exports.report(principal, id);
      return report && JSON.stringify(report);
    },
    csv: (principal, id) => exports.csv(principal, id),
    svg: (principal, id) => exports.svg(principal, id),
  };
  app.get<{ Params: { file: string } }>('/analyses/:file', { config: { access: 'signed' } }, async (request, reply) => {
    const [, id, form] = /^([\w-]+)\.(json|csv|svg)$/.exec(request.params.file) ?? [];
    const text = id === undefined ? null : await forms[form as Form](principalOf(request), id);
    if (text === null) throw new UndertoneError('NOT_FOUND', 'There is no such analysis. The address is /analyses/ID.json, .csv or .svg.');
    return reply
      .type(TYPES[form as Form])
      // A picture is looked at where it is linked; the others are files for other programs.
      .header('Content-Disposition', `${form === 'svg' ? 'inline' : 'attachment'}; filename="${id}.${form}"`)
      .send(text);
  });
}
