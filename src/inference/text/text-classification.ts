import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UndertoneError } from '../../domain/errors.js';
import type { FeelingShares } from '../../domain/transcript.js';
import { softmax } from '../../domain/scores.js';
import type { TextAnswer, TextItem } from '../host-protocol.js';
import type { HostPool } from '../pool/host-pool.js';
import { sherpaPool, type SherpaPoolOptions } from '../sherpa-pool.js';
import { readTextManifest, verifyTextModel, type TextManifest } from './text-manifest.js';
import { parseVocabulary, wordPieceIds, type Vocabulary } from './word-piece.js';

export interface TextClassificationOptions extends SherpaPoolOptions {
  /** Holds `manifest.json`, the graph and the vocabulary. */
  readonly folder: string;
  /** Of one text. */
  readonly timeoutMs: number;
}

/** What texts say of feeling, by a classifier of the user's own in a process of its own. */
export class TextClassification {
  readonly manifest: TextManifest;
  readonly #vocabulary: Vocabulary;
  readonly #pool: HostPool<TextItem, TextAnswer>;

  /** Reads manifest and vocabulary; the graph is verified and loaded by the first text. MODEL_INVALID. */
  constructor(private readonly options: TextClassificationOptions) {
    const { folder } = options;
    this.manifest = readTextManifest(folder);
    const { id, file, vocab, labels } = this.manifest;
    try {
      this.#vocabulary = parseVocabulary(readFileSync(join(folder, vocab), 'utf8'));
    } catch (error) {
      throw new UndertoneError('MODEL_INVALID', `${vocab} of the text model "${id}" cannot be used: ${error instanceof Error ? error.message.replaceAll(folder, '…') : 'unknown reason'}.`, {}, { cause: error });
    }
    this.#pool = sherpaPool({
      ...options, name: `The text model "${id}"`, entry: 'text-host', beforeLoad: () => verifyTextModel(folder, this.manifest),
      load: { kind: 'text', file: join(folder, file), labelCount: labels.length, session: { provider: 'cpu', threadCount: options.threadCount, graphOptimization: 'all', disablePrepacking: false } },
    });
  }

  /** Names the model in what is stored of a comparison. */
  get name(): string {
    return `${this.manifest.id}@${this.manifest.sha256.slice(0, 12)}`;
  }

  get languages(): readonly string[] {
    return this.manifest.languages;
  }

  /** Shares of the feelings; what is missing to 1 is neutral. */
  async read(text: string, signal: AbortSignal): Promise<FeelingShares> {
    const { labels, feelings, lowercase, maxTokens } = this.manifest;
    const ids = wordPieceIds(text, this.#vocabulary, { lowercase, maxTokens });
    const { logits } = await this.#pool.submit({ ids }, ids.length, { priority: 'bulk', deadlineMs: this.options.timeoutMs, signal });
    const shares: Partial<Record<keyof FeelingShares, number>> = {};
    softmax(logits).forEach((probability, index) => {
      const feeling = feelings[labels[index]!]!;
      if (feeling !== 'neutral') shares[feeling] = (shares[feeling] ?? 0) + probability;
    });
    return shares;
  }

  stop(): Promise<void> {
    return this.#pool.stop();
  }
}
