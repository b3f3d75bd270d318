import type { Socket } from 'node:net';
import { UndertoneError } from '../domain/errors.js';
import { errorBody } from './fault-log.js';

/**
 * What Node's parser refuses before there is a request: it has no route and no reply. The answer has the form of every
 * other; then the connection is over, for nobody knows where the next request would begin.
 */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, known] = refusalOf(error.code);
  const body = JSON.stringify(errorBody(known));
  if (socket.writable) socket.write(`HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n${body}`);
  socket.destroySoon();
}

function refusalOf(code: string | undefined): readonly [string, UndertoneError] {
  if (code === 'HPE_HEADER_OVERFLOW') return ['431 Request Header Fields Too Large', new UndertoneError('BAD_INPUT', 'The headers of the request are larger than 16 KiB. Send fewer or shorter ones.')];
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return ['408 Request Timeout', new UndertoneError('UPLOAD_ABORTED', 'The request did not come within the time that is allowed. Send it again.')];
  return ['400 Bad Request', new UndertoneError('BAD_INPUT', 'This is no valid HTTP request.')];
}
