import type { FastifyInstance } from 'fastify';
import { UndertoneError } from '../domain/errors.js';
import { encodeNpy } from '../domain/npy.js';
import type { EmbeddingService } from '../services/service-contracts.js';
import { principalOf } from './request-auth.js';

/** `GET /embeddings/:id.npy`: a NumPy file, always 2-D. A signed link or a key. */
export function registerEmbeddingFile(app: FastifyInstance, embeddings: Pick<EmbeddingService, 'find'>): void {
  app.get<{ Params: { file: string } }>('/embeddings/:file', { config: { access: 'signed' } }, async (request, reply) => {
    const id = /^([\w-]+)\.npy$/.exec(request.params.file)?.[1];
    const embedding = id === undefined ? null : await embeddings.find(principalOf(request), id);
    if (embedding === null) throw new UndertoneError('NOT_FOUND', 'There is no such embedding. The address is /embeddings/ID.npy.');
    return reply
      .type('application/octet-stream')
      .header('Content-Disposition', `attachment; filename="${embedding.id}.npy"`)
      .send(encodeNpy(embedding.values, 1, embedding.dimension));
  });
}
