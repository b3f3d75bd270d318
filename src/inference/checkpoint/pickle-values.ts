/** A class or function that a pickle names. It is a name and nothing else: it is never looked up or called. */
export class PickleGlobal {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}
  get path(): string {
    return `${this.module}.${this.name}`;
  }
}

/** What a pickle would have made by calling a known global that this reader has no use for. Its arguments are dropped. */
export class InertObject {
  constructor(readonly type: PickleGlobal) {}
}

/** A tensor's backing array as the pickle describes it: nothing of it has been read. */
export interface StorageReference {
  readonly kind: 'storage';
  /** Torch's name of the class, for example `FloatStorage`. */
  readonly storageType: string;
  /** Name of the entry `data/KEY` in the archive, or the key in the list of a legacy file. */
  readonly key: string;
  readonly elementCount: number;
}

/** One tensor of the pickle: a view of a storage. Counts are in elements. */
export class PickleTensor {
  constructor(
    readonly storage: StorageReference,
    readonly offsetElements: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
    /** `float32` and so on where the pickle names it itself (untyped storages), else null. */
    readonly dtypeName: string | null,
  ) {}
}

/** A pickle that is broken, too large or asks for something that is refused. The checkpoint reader adds the advice. */
export class PickleError extends Error {
  override readonly name = 'PickleError';
}

/** Printable, short and quoted: names come from a hostile file and end in a terminal. */
export function quoted(text: string): string {
  const shown = text.length > 120 ? `${text.slice(0, 120)}…` : text;
  return `"${shown.replace(/[^\x20-\x7e…]/g, '?')}"`;
}
