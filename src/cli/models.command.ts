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
    `${printable(model.id)}${model.isDefault ? ' *' : ''}`, model.version, model.digest.slice(0, 12), `${(model.sizeBytes / 1e6).toFixed(1)} MB`, model.precision, String(model.embeddingDimension), model.calibrated ? 'yes' : 'no', model.license, model.labels.map(printable).join(' '),
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

export async function importModel(runtime: CliRuntime, terminal: Terminal, args: { readonly id: string; readonly checkpoint: string; readonly tokens: string | null; readonly precision: Precision | 'auto'; readonly replace: boolean; readonly acceptLicense: boolean }): Promise<number> {
  const models = await runtime.openModels();
  return say(terminal, 'Imported', await models.import({ ...args, signal: terminal.signal, onProgress: (message) => void terminal.err.write(`${printable(message)}\n`) }));
}

export async function pullModel(runtime: CliRuntime, terminal: Terminal, args: { readonly id: string; readonly precision: Precision | 'auto'; readonly acceptLicense: boolean }): Promise<number> {
  const models = await runtime.openModels();
  return say(terminal, 'Pulled', await models.pull({ ...args, signal: terminal.signal, onProgress: (message) => void terminal.err.write(`${printable(message)}\n`) }));
}

async function say(terminal: Terminal, verb: string, model: ModelListing): Promise<number> {
  await print(terminal.out, `${verb} ${printable(model.id)} ${model.version}: ${model.labels.length} labels, embedding ${model.embeddingDimension}, ${(model.sizeBytes / 1e6).toFixed(1)} MB, licence ${model.license}\n`);
  return 0;
}
