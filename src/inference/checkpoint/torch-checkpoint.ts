import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { isUndertoneError } from '../../domain/errors.js';
import { checkpointError } from './checkpoint-error.js';
import { readLegacyTensors } from './legacy-checkpoint.js';
import { PickleError } from './pickle-values.js';
import { readRange } from './stored-bytes.js';
import { readZipTensors } from './zip-checkpoint.js';
import type { TensorRef } from './tensor-ref.js';

/** A checkpoint whose tensors are located. `file` stays open for reading them; the caller closes it. */
export interface Checkpoint {
  readonly path: string;
  readonly format: 'zip' | 'legacy';
  readonly sizeBytes: number;
  readonly tensors: ReadonlyMap<string, TensorRef>;
  readonly file: FileHandle;
  close(): Promise<void>;
}

/**
 * Locates the model's tensors in a PyTorch file. Reads the directory and the pickle only (about 60 MB of memory for a
 * file of any size) and runs nothing of what they hold. Throws CHECKPOINT_INVALID.
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  // Without O_NONBLOCK a named pipe that nobody writes to is waited on for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw checkpointError(`${path} cannot be opened (${cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'})`, { cause, advice: 'Give the path of a readable model.pt.' });
  });
  try {
    const information = await file.stat();
    if (!information.isFile()) throw checkpointError(`${path} is not a file`, { advice: 'Give the path of a model.pt.' });
    const { format, tensors } = await locateTensors(path, file, information.size);
    return { path, format, sizeBytes: information.size, tensors, file, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function locateTensors(path: string, file: FileHandle, sizeBytes: number): Promise<{ format: 'zip' | 'legacy'; tensors: Map<string, TensorRef> }> {
  const head = await readRange(file, { offsetBytes: 0, lengthBytes: Math.min(16, sizeBytes) });
  try {
    if (head.length >= 4 && head.readUInt32LE(0) === 0x04034b50) return { format: 'zip', tensors: await readZipTensors(path, file, sizeBytes) };
    if (head[0] === 0x80) return { format: 'legacy', tensors: await readLegacyTensors(file, sizeBytes) };
  } catch (error) {
    if (error instanceof PickleError) throw checkpointError(`its pickle is refused: ${error.message}`, { cause: error });
    if (isUndertoneError(error)) throw error;
    throw checkpointError('it is damaged', { cause: error });
  }
  throw checkpointError(`it is neither a zip nor a pickle (${sizeBytes} bytes, starting with ${head.toString('hex') || 'nothing'})`);
}
