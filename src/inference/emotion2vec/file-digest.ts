import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** SHA-256 (hex) over the files' bytes one after another, in flat memory; `onFraction` gets 0 … 1. */
export async function digestOf(files: readonly string[], onFraction: (fraction: number) => void = () => undefined): Promise<{ readonly sha256: string; readonly sizeBytes: number }> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  const totalBytes = sizes.reduce((sum, size) => sum + size, 0);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for (const file of files) {
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      onFraction(sizeBytes / totalBytes);
    }
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}
