import { UndertoneError } from '../domain/errors.js';
import type { Precision } from '../domain/model.js';
import type { CliRuntime, ModelListing } from './cli-runtime.js';
import { painter, print, printable, table } from './terminal.js';
import type { Terminal } from './terminal.js';

export async function listModels(runtime: CliRuntime, terminal: Terminal, args: { readonly json: boolean }): Promise<number> {
  const models = await (await runtime.openModels()).list();
  if (args.json) {
    await print(terminal.out, models.map((model) => `${JSON.stringify(model)}\n`).join(''));
    return 0;
  }
  const rows = models.map((model) => [
    `${printable(model.id)}${model.isDefault ? ' *' : ''}`, model.version, model.digest.slice(0, 12), `${(model.sizeBytes / 1e6).toFixed(1)} MB`, model.kind === undefined ? model.precision : '–', model.kind === undefined ? String(model.embeddingDimension) : '–', model.kind === undefined ? (model.calibrated ? 'yes' : 'no') : '–', model.license, model.kind === undefined ? model.labels.map(printable).join(' ') : '(tells voices apart)',
  ]);
  await print(terminal.out, table([['id (* default)', 'version', 'digest', 'size', 'precision', 'embedding', 'calibrated', 'licence', 'labels'], ...rows], [3, 5]));
  return 0;
}

export async function verifyModel(runtime: CliRuntime, terminal: Terminal, id: string): Promise<number> {
  const { ok, details } = await (await runtime.openModels()).verify(id);
  const paint = painter(terminal.out);
  await print(terminal.out, `${ok ? paint('green', '✓') : paint('red', '✗')} ${printable(id)}${ok ? ' is as its manifest says' : ' differs from its manifest'}\n${details.map((detail) => `  ${printable(detail)}\n`).join('')}`);
  return ok ? 0 : 1;
}

export async function removeModel(runtime: CliRuntime, terminal: Terminal, id: string): Promise<number> {
  await (await runtime.openModels()).remove(id);
  await print(terminal.out, `Removed ${printable(id)}. Stored results keep the model's id, version and digest.\n`);
  return 0;
}

export async function importModel(runtime: CliRuntime, terminal: Terminal, args: { readonly id: string; readonly checkpoint: string | null; readonly segmentation: string | null; readonly embedding: string | null; readonly tokens: string | null; readonly precision: Precision | 'auto'; readonly replace: boolean; readonly acceptLicense: boolean }): Promise<number> {
  const models = await runtime.openModels();
  const { id, replace, checkpoint, segmentation, embedding } = args;
  if (segmentation !== null && embedding !== null) return say(terminal, 'Imported', await models.importDiarization({ id, segmentation, embedding, replace }));
  if (checkpoint === null) throw new UndertoneError('BAD_INPUT', 'Give --checkpoint for an emotion model, or --segmentation and --embedding together for a diarization model.');
  return say(terminal, 'Imported', await models.import({ ...args, checkpoint, signal: terminal.signal, onProgress: (message) => void terminal.err.write(`${printable(message)}\n`) }));
}

export async function pullModel(runtime: CliRuntime, terminal: Terminal, args: { readonly id: string; readonly precision: Precision | 'auto'; readonly acceptLicense: boolean }): Promise<number> {
  const models = await runtime.openModels();
  return say(terminal, 'Pulled', await models.pull({ ...args, signal: terminal.signal, onProgress: (message) => void terminal.err.write(`${printable(message)}\n`) }));
}

async function say(terminal: Terminal, verb: string, model: ModelListing): Promise<number> {
  if (model.kind === 'diarization') {
    await print(terminal.out, `${verb} ${printable(model.id)}: ${printable(model.name)}, ${(model.sizeBytes / 1e6).toFixed(1)} MB, licence ${model.license}. Use it with --speakers auto.\n`);
    return 0;
  }
  await print(terminal.out, `${verb} ${printable(model.id)} ${model.version}: ${model.labels.length} labels, embedding ${model.embeddingDimension}, ${(model.sizeBytes / 1e6).toFixed(1)} MB, licence ${model.license}\n`);
  return 0;
}
