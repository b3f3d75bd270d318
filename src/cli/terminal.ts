import type { Readable, Writable } from 'node:stream';

/** Where a command writes. Results go to `out` and nothing else does; everything said to people goes to `err`. */
export interface Terminal {
  readonly out: OutputStream;
  readonly err: OutputStream;
  readonly in?: Readable & { readonly isTTY?: boolean };
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
}

export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number; hasColors?: () => boolean };

/** Thrown when the reader of stdout has gone (`| head`): the command ends quietly with 0, as `cat` would. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

/** Writes and waits for a slow reader, so that a long list does not pile up in memory. */
export async function print(stream: OutputStream, text: string): Promise<void> {
  if (stream.destroyed || stream.errored != null) throw new OutputClosed();
  await new Promise<void>((resolve, reject) => {
    stream.write(text, (error) => {
      if (error == null) resolve();
      else reject((error as NodeJS.ErrnoException).code === 'EPIPE' ? new OutputClosed() : error);
    });
  });
}

/** Ends the process's interest in a broken pipe: `print` reports it, the stream's own event must not crash. */
export function tolerateClosedPipes(...streams: readonly OutputStream[]): void {
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

const STYLES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39] } as const;
export type Style = keyof typeof STYLES;

/** Colours only where the stream is a terminal that has them (NO_COLOR is honoured by Node). */
export function painter(stream: OutputStream): (style: Style, text: string) => string {
  const hasColors = stream.isTTY === true && (stream.hasColors?.() ?? false);
  return (style, text) => (hasColors ? `\u001B[${STYLES[style][0]}m${text}\u001B[${STYLES[style][1]}m` : text);
}

/** Terminals act on control characters; file names and labels come from other people. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}|\p{Bidi_C}/gu, '\uFFFD');
}

/** Columns of width `widths`; cells longer than theirs are left whole. */
export function tableRow(cells: readonly string[], widths: readonly number[], alignRight: readonly number[] = []): string {
  return cells.map((cell, i) => (alignRight.includes(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join('  ').trimEnd();
}

export function table(rows: readonly (readonly string[])[], alignRight: readonly number[] = []): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  return rows.map((row) => `${tableRow(row, widths, alignRight)}\n`).join('');
}
