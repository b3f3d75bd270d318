import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { processRequest } from 'graphql-upload-ts';
import { isUndertoneError, UndertoneError } from '../domain/errors.js';
import { BodyGauge } from './body-gauge.js';
import { isMultipart } from './admission.js';

const MAX_FIELD_BYTES = 60 * 1024;

/** Multipart GraphQL requests: one file each. By now the key, the CSRF header and the announced length were checked. */
export function registerMultipart(app: FastifyInstance, maxUploadBytes: number): void {
  app.addContentTypeParser('multipart/form-data', (_request, payload, done) => done(null, payload));
  app.addHook('preValidation', async (request, reply) => {
    if (!isMultipart(request)) return;
    if (request.headers['content-encoding'] !== undefined) throw new UndertoneError('BAD_INPUT', 'The body must be sent without Content-Encoding.', { field: 'Content-Encoding' });
    const gauge = request.body;
    if (!(gauge instanceof BodyGauge)) throw new UndertoneError('BAD_INPUT', 'The multipart request has no body.');
    try {
      // One more byte than allowed: the parser reports a file that ends exactly at its limit as cut.
      request.body = await processRequest(asIncoming(gauge, request), reply.raw, { maxFieldSize: MAX_FIELD_BYTES, maxFileSize: maxUploadBytes + 1, maxFiles: 1 });
    } catch (error) {
      throw multipartFailure(error, gauge);
    }
  });
}

/** The parser reads a stream and its headers; it says IncomingMessage for what of it is these. */
function asIncoming(gauge: BodyGauge, { headers }: FastifyRequest): IncomingMessage {
  return Object.assign(gauge, { headers }) as unknown as IncomingMessage;
}

function multipartFailure(error: unknown, gauge: BodyGauge): Error {
  if (isUndertoneError(gauge.errored)) return gauge.errored;
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  // Its words name parts of the multipart request, not what is in them.
  return new UndertoneError('BAD_INPUT', `The multipart request was refused: ${error instanceof Error && status !== undefined ? error.message : 'it is malformed.'}`);
}
