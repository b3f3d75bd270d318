import { createPublicKey, type KeyObject } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UndertoneError } from '../domain/errors.js';
import { checkStream } from '../services/archive-reader.js';
import type { RetentionReport } from '../services/retention-report.js';
import type { CliRuntime } from './cli-runtime.js';
import { withServices } from './with-services.js';
import { print, printable, table, type Terminal } from './terminal.js';

interface Output {
  readonly json: boolean;
}

/** What the next run would do; `isShort`: what would go at most while the disk is nearly full. */
export function previewRetention(runtime: CliRuntime, terminal: Terminal, { json, isShort }: Output & { readonly isShort: boolean }): Promise<number> {
  return withServices(runtime, async ({ services, operator }) => {
    await printReport(terminal, await services.retention.preview(operator, isShort), json);
    return 0;
  });
}

/** Does it, until done or interrupted. 1 when something went wrong. */
export function runRetention(runtime: CliRuntime, terminal: Terminal, args: Output & { readonly isDryRun: boolean; readonly timeoutSeconds: number }): Promise<number> {
  return withServices(runtime, async ({ services, operator }) => {
    const report = await services.retention.run(operator, { isDryRun: args.isDryRun, timeoutMs: args.timeoutSeconds * 1000, signal: terminal.signal });
    await printReport(terminal, report, args.json);
    return report.problems.length === 0 ? 0 : 1;
  });
}

/**
 * An archive of this installation by its id, with every member opened; or a file anywhere, with nothing but the public key.
 * 1 when it is not good.
 */
export async function verifyArchive(runtime: CliRuntime, terminal: Terminal, args: Output & { readonly archive: string; readonly publicKey: string | null }): Promise<number> {
  if (!existsSync(args.archive)) {
    return withServices(runtime, async ({ services, operator }) => {
      const { problems } = await services.archives.verify(operator, args.archive);
      return say(terminal, args, { archiveId: args.archive, isSigned: true, problems });
    });
  }
  const keys = args.publicKey === null ? null : [readPublicKey(args.publicKey)];
  const { manifest, problems } = await checkStream(createReadStream(args.archive), keys);
  if (keys === null) await print(terminal.err, 'No --public-key: this says that the file is whole, and not who wrote it.\n');
  return say(terminal, args, { archiveId: manifest?.archiveId ?? null, isSigned: keys !== null && problems.length === 0, problems });
}

export function restoreArchive(runtime: CliRuntime, terminal: Terminal, args: Output & { readonly archive: string; readonly recording: string | null }): Promise<number> {
  return withServices(runtime, async ({ services, operator }) => {
    const { restoredRecordingIds, unchangedRecordingIds, refused } = await services.archives.restore(operator, args.archive, args.recording);
    if (args.json) await print(terminal.out, `${JSON.stringify({ restoredRecordingIds, unchangedRecordingIds, refused })}\n`);
    else {
      await print(terminal.out, `${restoredRecordingIds.length} restored, ${unchangedRecordingIds.length} were all there, ${refused.length} refused\n`);
      for (const one of refused) await print(terminal.out, `${one.recordingId}  ${one.code}  ${printable(one.message)}\n`);
    }
    return refused.length === 0 ? 0 : 1;
  });
}

export function exportArchive(runtime: CliRuntime, terminal: Terminal, args: { readonly archive: string; readonly out: string }): Promise<number> {
  return withServices(runtime, async ({ services, operator }) => {
    const { archive, stream } = await services.archives.open(operator, args.archive);
    await pipeline(stream, createWriteStream(args.out, { flags: 'wx', mode: 0o600 }));
    await print(terminal.err, `Wrote ${archive.id} (${archive.format}). Its members are encrypted; undertone retention unpack opens them.\n`);
    return 0;
  });
}

/** Plain files below a folder: what an archive holds, for people and other programs. 1 when the archive is not good. */
export function unpackArchive(runtime: CliRuntime, terminal: Terminal, args: Output & { readonly archive: string; readonly recording: string | null; readonly out: string }): Promise<number> {
  return withServices(runtime, async ({ services, operator }) => {
    const report = await services.archives.unpack(operator, args.archive, args.recording, async (path, bytes) => {
      const target = join(args.out, path);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await pipeline(bytes, createWriteStream(target, { flags: 'wx', mode: 0o600 }));
    });
    if (args.json) await print(terminal.out, `${JSON.stringify(report)}\n`);
    else {
      await print(terminal.out, `${report.recordingIds.length} recordings opened${report.erasedRecordingIds.length === 0 ? '' : `, ${report.erasedRecordingIds.length} were erased and cannot be`}. These files are not encrypted any more.\n`);
      for (const problem of report.problems) await print(terminal.out, `${printable(problem)}\n`);
    }
    return report.problems.length === 0 ? 0 : 1;
  });
}

/** PEM on stdout: all that somebody else needs to check an archive. */
export function printPublicKeys(runtime: CliRuntime, terminal: Terminal): Promise<number> {
  return withServices(runtime, async ({ services, operator }) => {
    for (const { publicKey } of await services.archives.publicKeys(operator)) await print(terminal.out, publicKey.export({ format: 'pem', type: 'spki' }) as string);
    return 0;
  });
}

function readPublicKey(path: string): KeyObject {
  try {
    return createPublicKey(readFileSync(path));
  } catch (error) {
    throw new UndertoneError('BAD_INPUT', 'The file of --public-key is no public key in PEM; `undertone retention public-key` prints one.', { field: 'public-key' }, { cause: error });
  }
}

async function say(terminal: Terminal, { json }: Output, result: { readonly archiveId: string | null; readonly isSigned: boolean; readonly problems: readonly string[] }): Promise<number> {
  if (json) await print(terminal.out, `${JSON.stringify({ ok: result.problems.length === 0, ...result })}\n`);
  else await print(terminal.out, result.problems.length === 0 ? `${result.archiveId ?? 'The file'} is good\n` : result.problems.map((problem) => `${printable(problem)}\n`).join(''));
  return result.problems.length === 0 ? 0 : 1;
}

async function printReport(terminal: Terminal, report: RetentionReport, json: boolean): Promise<void> {
  if (json) return print(terminal.out, `${JSON.stringify(report)}\n`);
  const rows = report.policies.map(({ policy, recordingCount, byteLength, oldestAt }) => [printable(policy.name), policy.kind, policy.action, String(recordingCount), String(byteLength), oldestAt.toISOString().slice(0, 10)]);
  await print(terminal.out, table([['policy', 'kind', 'action', 'recordings', 'bytes', 'oldest'], ...rows], [3, 4]));
  const done = report.isDryRun ? 'Nothing was changed.' : `${report.archivedRecordingCount} archived, ${report.deletedRecordingCount} deleted, ${report.freedBytes} bytes freed${report.isComplete ? '' : '; time ran out, run it again'}.`;
  await print(terminal.out, `${report.dueRecordingCount} due, ${report.heldCount} kept by a hold, ${report.busyCount} busy. ${done}\n${report.problems.map((problem) => `${printable(problem)}\n`).join('')}`);
}
