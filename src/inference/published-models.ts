/** Where a published model can be had. */
export type ModelSource = 'huggingface' | 'modelscope';

export interface PublishedFile {
  /** Names it has been published under, tried in order. */
  readonly names: readonly string[];
  readonly sizeBytes?: number;
  /** Hex. Without it the digest that the server announces is held against the bytes. */
  readonly sha256?: string;
}

export interface PublishedModel {
  readonly id: string;
  /** Its own name, which the licence asks to keep. */
  readonly name: string;
  readonly license: string;
  readonly licenseUrl: string;
  readonly repositories: Readonly<Record<ModelSource, { readonly path: string; readonly revision: string }>>;
  readonly checkpoint: PublishedFile;
  readonly tokens: PublishedFile;
}

const LICENSE = { license: 'FunASR MODEL_LICENSE 1.1', licenseUrl: 'https://github.com/modelscope/FunASR/blob/main/MODEL_LICENSE' };
const TOKENS: PublishedFile = { names: ['tokens.txt'] };

function published(size: 'large' | 'base' | 'seed', revision: string, checkpoint: PublishedFile): PublishedModel {
  return {
    id: `emotion2vec-plus-${size}`,
    name: `Emotion2Vec+ ${size}`,
    ...LICENSE,
    repositories: {
      huggingface: { path: `emotion2vec/emotion2vec_plus_${size}`, revision },
      modelscope: { path: `iic/emotion2vec_plus_${size}`, revision: 'master' },
    },
    checkpoint,
    tokens: TOKENS,
  };
}

/** What `models pull` knows. Size and digest are pinned where they were known when this was written: for large. */
export const PUBLISHED_MODELS: readonly PublishedModel[] = [
  published('large', '6c303ba987b86b93193de93e34bb2b077a6bedc4', {
    names: ['model.pt'],
    sizeBytes: 1_945_790_254,
    sha256: 'be501a01f26fcdc7663a062dff86af839afbaef7c4de32f5e42d7e1ad2784da4',
  }),
  published('base', 'main', { names: ['model.pt', 'emotion2vec_base.pt'] }),
  published('seed', 'main', { names: ['model.pt', 'emotion2vec_base.pt'] }),
];

const DEFAULT_HOSTS: Readonly<Record<ModelSource, string>> = { huggingface: 'https://huggingface.co', modelscope: 'https://www.modelscope.cn' };

/** Address of a file; `host` is a mirror's, such as `https://hf-mirror.com`. */
export function fileUrl(model: PublishedModel, source: ModelSource, fileName: string, host = DEFAULT_HOSTS[source]): string {
  const { path, revision } = model.repositories[source];
  const folder = source === 'huggingface' ? path : `models/${path}`;
  return `${host.replace(/\/+$/, '')}/${folder}/resolve/${revision}/${fileName}`;
}
