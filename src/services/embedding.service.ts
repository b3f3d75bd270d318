import type { EmbeddingRepository } from '../db/repositories.js';
import { notFound, UndertoneError } from '../domain/errors.js';
import type { Principal } from '../domain/principal.js';
import type { EmbeddingRecord } from '../domain/records.js';
import { cosineSimilarity, euclideanDistance } from '../domain/vectors.js';
import { requireScope } from './permissions.js';
import type { EmbeddingService } from './service-contracts.js';

export function createEmbeddingService(embeddings: EmbeddingRepository): EmbeddingService {
  async function require(principal: Principal, id: string): Promise<EmbeddingRecord> {
    const found = await embeddings.findById(principal.workspaceId, id);
    if (found === null) throw notFound('embedding', id);
    return found;
  }

  async function ofSegment(principal: Principal, id: string): Promise<EmbeddingRecord> {
    const [found] = await embeddings.findForSegments(principal.workspaceId, [id]);
    if (found === undefined) throw new UndertoneError('NOT_FOUND', `There is no embedding for a segment ${id.slice(0, 64)}. A segment that the gate left out has none.`, { id: id.slice(0, 64) });
    return found;
  }

  async function ofAnalysis(principal: Principal, id: string): Promise<EmbeddingRecord> {
    const found = await embeddings.findForAnalysis(principal.workspaceId, id);
    if (found === null) throw new UndertoneError('NOT_FOUND', `There is no embedding for an analysis ${id.slice(0, 64)}. One without speech, or not finished yet, has none.`, { id: id.slice(0, 64) });
    return found;
  }

  return {
    async find(principal, id) {
      requireScope(principal, 'analyses:read');
      return embeddings.findById(principal.workspaceId, id);
    },
    async forAnalysis(principal, analysisId) {
      requireScope(principal, 'analyses:read');
      return embeddings.findForAnalysis(principal.workspaceId, analysisId);
    },
    async forSegments(principal, segmentIds) {
      requireScope(principal, 'analyses:read');
      return embeddings.findForSegments(principal.workspaceId, segmentIds);
    },

    async compare(principal, aId, bId) {
      requireScope(principal, 'analyses:read');
      const a = await require(principal, aId);
      const b = await require(principal, bId);
      if (a.modelDigest !== b.modelDigest || a.dimension !== b.dimension) {
        throw new UndertoneError('EMBEDDINGS_INCOMPARABLE', `Embedding ${a.id} is of model ${a.modelId}, ${b.id} of ${b.modelId} (or of another version of it); a distance between them means nothing. Analyse both recordings with one model.`, { modelA: a.modelId, modelB: b.modelId });
      }
      return { a, b, cosineSimilarity: cosineSimilarity(a.values, b.values), euclideanDistance: euclideanDistance(a.values, b.values) };
    },

    async similarSegments(principal, target, first, filter) {
      requireScope(principal, 'analyses:read');
      const given = [target.segmentId, target.embeddingId, target.analysisId].filter((id) => id != null);
      if (given.length !== 1) {
        throw new UndertoneError('BAD_INPUT', `similarSegments takes exactly one of segmentId, embeddingId and analysisId; ${given.length} were given.`, { field: 'to' });
      }
      const embedding = target.segmentId != null ? await ofSegment(principal, target.segmentId)
        : target.embeddingId != null ? await require(principal, target.embeddingId)
          : await ofAnalysis(principal, target.analysisId!);
      return embeddings.similarSegments(principal.workspaceId, embedding, first, filter);
    },
  };
}
