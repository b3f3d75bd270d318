import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UndertoneError } from '../domain/errors.js';
import { checkLabels, ManifestError, readManifest } from '../domain/evaluation-manifest.js';
import type { LabelCheck, Manifest, ManifestItem } from '../domain/evaluation-manifest.js';
import { folderManifest, locateFiles } from './eval-run.js';
import { painter, print, printable } from './terminal.js';
import type { Terminal } from './terminal.js';

/** How a manifest is read; the same for every command that takes one. */
export interface ManifestArguments {
  /** A CSV file, or a folder with a folder for each label. */
  readonly manifest: string;
  readonly split: string | null;
  readonly dataRoot: string | null;
  readonly columns: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

export interface LocatedManifest {
  readonly manifest: Manifest;
  readonly sha256: string;
  readonly unknown: LabelCheck['unknown'];
  /** Of the items whose label the model knows. */
  readonly paths: ReadonlyMap<ManifestItem, string>;
}

export interface ReadSource {
  readonly manifest: Manifest;
  readonly sha256: string;
  readonly defaultRoot: string;
}

/** BAD_INPUT with every fault of the manifest. */
export async function readSource(args: ManifestArguments, check: (manifest: Manifest) => void = () => undefined): Promise<ReadSource> {
  return asBadInput(args.manifest, async () => {
    const isFolder = await stat(args.manifest).then((found) => found.isDirectory(), () => false);
    const text = isFolder ? await folderManifest(args.manifest) : await readText(args.manifest);
    const manifest = readManifest(text, { columns: args.columns, labels: args.labels, split: args.split });
    check(manifest);
    return { manifest, sha256: createHash('sha256').update(text).digest('hex'), defaultRoot: isFolder ? args.manifest : dirname(args.manifest) };
  });
}

/** Parts what the model can answer from what it cannot, says so, and finds the files. BAD_INPUT. */
export async function locate(terminal: Terminal, { manifest, sha256, defaultRoot }: ReadSource, args: ManifestArguments, modelLabels: readonly string[]): Promise<LocatedManifest> {
  const { known, unknown } = checkLabels(manifest.items, modelLabels);
  await sayExclusions(terminal, manifest, unknown, modelLabels, args.labels);
  if (known.length === 0) throw new UndertoneError('BAD_INPUT', `None of the manifest's labels is one of the model's: ${modelLabels.join(', ')}. Map them with --map FROM=TO.`);
  return { manifest, sha256, unknown, paths: await asBadInput(args.manifest, () => locateFiles(known, resolve(args.dataRoot ?? defaultRoot))) };
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new UndertoneError('BAD_INPUT', `The manifest ${path} cannot be read: ${(error as Error).message}`, {}, { cause: error });
  });
  return bytes.toString('utf8');
}

async function asBadInput<T>(manifestPath: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw new UndertoneError('BAD_INPUT', `The manifest ${manifestPath} cannot be used:\n${error.problems.map((problem) => `  • ${problem}`).join('\n')}`, {}, { cause: error });
  }
}

async function sayExclusions(terminal: Terminal, manifest: Manifest, unknown: LabelCheck['unknown'], labels: readonly string[], mapping: Readonly<Record<string, string>>): Promise<void> {
  const paint = painter(terminal.err);
  for (const [from, to] of Object.entries(mapping)) await print(terminal.err, `label ${printable(from)} is taken as ${printable(to)}\n`);
  for (const warning of manifest.warnings) await print(terminal.err, `${paint('yellow', '⚠')} ${printable(warning)}\n`);
  for (const { label, count, suggestion } of unknown) {
    const hint = suggestion === null ? `the model knows ${labels.join(', ')}` : `did you mean \`${suggestion}\`? Then --map ${printable(label)}=${suggestion}`;
    await print(terminal.err, `${paint('yellow', '⚠')} ${count} items labelled \`${printable(label)}\` are left out: ${hint}\n`);
  }
}
