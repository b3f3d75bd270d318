import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { UndertoneError } from '../domain/errors.js';
import type { RecordingRecord } from '../domain/records.js';
import type { RecordingService } from '../services/service-contracts.js';
import { parseByteRange, type ByteRange } from './byte-range.js';
import { leftSignal } from './left-signal.js';
import { principalOf } from './request-auth.js';

type UploadQuery = Partial<Record<'fileName' | 'title' | 'externalId' | 'language' | 'tag', string | string[]>>;

/** `PUT /recordings`: the raw bytes as the body, for large files; the same rules as `uploadRecording`. */
export function registerRecordingUpload(app: FastifyInstance, recordings: RecordingService, maxUploadBytes: number): void {
  void app.register((routes, _options, done) => {
    // The body is what it is, whatever the client calls it: no parser but ours here.
    routes.removeAllContentTypeParsers();
    routes.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload));
    routes.put<{ Querystring: UploadQuery }>('/recordings', { config: { maxBodyBytes: maxUploadBytes }, bodyLimit: maxUploadBytes }, async (request, reply) => {
      if (request.headers['content-encoding'] !== undefined) throw new UndertoneError('BAD_INPUT', 'The body must be the bytes of the file, without Content-Encoding.', { field: 'Content-Encoding' });
      if (request.body === undefined) throw new UndertoneError('UPLOAD_EMPTY', 'The request has no body. Send the bytes of the file.');
      const { fileName, title, externalId, language, tag } = request.query;
      const input = { title: oneOf('title', title), externalId: oneOf('externalId', externalId), language: oneOf('language', language), tags: tag === undefined ? [] : [tag].flat(), sha256: announcedSha256(request) };
      const file = { stream: request.body as Readable, fileName: oneOf('fileName', fileName) ?? 'recording' };
      const { recording, isNew } = await recordings.upload(principalOf(request), file, input, leftSignal(reply));
      return reply.code(isNew ? 201 : 200).header('Location', `/recordings/${recording.id}/audio`).send({ id: recording.id, sha256: recording.sha256, duplicate: !isNew });
    });
    done();
  });
}

/** How long a link of the storage is good for: long enough to begin a download and to seek in what plays. */
const DIRECT_LINK_SECONDS = 900;

/**
 * `GET /recordings/:id/audio`: the original bytes, with Range for seeking. A signed link or a key. With `directDownloads`
 * the bytes come from the storage itself where it can sign links, by a redirect.
 */
export function registerRecordingAudio(app: FastifyInstance, recordings: RecordingService, directDownloads: boolean): void {
  app.route<{ Params: { id: string } }>({
    method: ['GET', 'HEAD'],
    url: '/recordings/:id/audio',
    config: { access: 'signed', isStream: true },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const recording = await recordings.find(principal, request.params.id);
      if (recording === null) throw new UndertoneError('NOT_FOUND', 'There is no such recording.');
      // Our own page stays with us: its policy lets it play from nowhere else. A link is signed for GET alone.
      if (directDownloads && request.linkRange === null && request.method === 'GET' && request.headers['sec-fetch-site'] !== 'same-origin') {
        const url = await recordings.audioUrl(principal, recording.id, { expiresInSeconds: DIRECT_LINK_SECONDS, contentDisposition: attachment(recording.fileName) });
        if (url !== null) return reply.header('Cache-Control', 'private, no-store').redirect(url, 307);
      }
      const etag = `"${recording.sha256}"`;
      describe(reply, recording, etag);
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      const asked = request.headers['if-range'] === undefined || request.headers['if-range'] === etag ? parseByteRange(request.headers.range, recording.byteLength) : null;
      // A link with a range that cannot be read opens nothing rather than everything.
      const opened = request.linkRange === null ? null : (parseByteRange(request.linkRange, recording.byteLength) ?? 'unsatisfiable');
      const wanted = within(asked, opened);
      if (wanted === 'unsatisfiable') return reply.code(416).header('Content-Range', `bytes */${recording.byteLength}`).send();
      const { start, end } = wanted ?? { start: 0, end: recording.byteLength };
      void reply.code(wanted === null ? 200 : 206).header('Content-Length', end - start);
      if (wanted !== null) void reply.header('Content-Range', `bytes ${start}-${end - 1}/${recording.byteLength}`);
      const { stream, contentType } = await recordings.openAudio(principal, recording.id, { start, end });
      void reply.type(safeType(contentType));
      if (request.method === 'HEAD') {
        stream.destroy();
        return reply.send();
      }
      return reply.send(stream);
    },
  });
}

/** What is asked for of what a link opens; all of it where nothing is asked for, and nothing where the two have no byte in common. */
function within(asked: ByteRange | 'unsatisfiable' | null, opened: ByteRange | 'unsatisfiable' | null): ByteRange | 'unsatisfiable' | null {
  if (asked === null || opened === null) return asked ?? opened;
  if (asked === 'unsatisfiable' || opened === 'unsatisfiable') return 'unsatisfiable';
  const [start, end] = [Math.max(asked.start, opened.start), Math.min(asked.end, opened.end)];
  return start < end ? { start, end } : 'unsatisfiable';
}

function describe(reply: FastifyReply, recording: RecordingRecord, etag: string): void {
  void reply.headers({
    ETag: etag,
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, no-cache',
    'Content-Disposition': attachment(recording.fileName),
  });
}

/** Both forms of RFC 6266: plain for old readers, and the real name. Half surrogates have no UTF-8. */
function attachment(fileName: string): string {
  const wellFormed = fileName.replace(/[\ud800-\udfff]/gu, '_');
  const encoded = encodeURIComponent(wellFormed).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${wellFormed.replace(/[^\x20-\x7e]|["\\]/g, '_')}"; filename*=UTF-8''${encoded}`;
}

/** What was uploaded was never looked at as a page, and must not become one: only sound and film keep their type. */
function safeType(contentType: string): string {
  return /^(audio|video)\/[\w.+-]+$/.test(contentType) ? contentType : 'application/octet-stream';
}

function oneOf(name: string, value: string | string[] | undefined): string | null {
  if (Array.isArray(value)) throw new UndertoneError('BAD_INPUT', `\`${name}\` is given ${value.length} times; once is allowed.`, { field: name });
  return value ?? null;
}

/** `Content-SHA256: hex`, or `Repr-Digest`/`Digest` (RFC 9530, RFC 3230) with SHA-256 in base64; null without any. */
function announcedSha256(request: FastifyRequest): string | null {
  const hex = request.headers['content-sha256'];
  if (hex !== undefined) {
    if (typeof hex !== 'string' || !/^[0-9a-f]{64}$/i.test(hex)) throw new UndertoneError('BAD_INPUT', 'Content-SHA256 must be 64 hexadecimal digits.', { field: 'Content-SHA256' });
    return hex.toLowerCase();
  }
  const digest = [request.headers['content-digest'], request.headers['repr-digest'], request.headers['digest']].flat().find((value) => value !== undefined);
  const base64 = /sha-256=:?([A-Za-z0-9+/]{43}=):?/i.exec(digest ?? '')?.[1];
  return base64 === undefined ? null : Buffer.from(base64, 'base64').toString('hex');
}
