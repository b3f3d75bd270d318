import { createInterface } from 'node:readline/promises';
import { isUndertoneError, UndertoneError } from '../domain/errors.js';
import type { Precision } from '../domain/model.js';
import type { CliRuntime, ModelListing } from './cli-runtime.js';
import { faithfulness } from './model-text.js';
import { painter, print, printable, table } from './terminal.js';
import type { Terminal } from './terminal.js';

export async function listModels(runtime: CliRuntime, terminal: Terminal, args: { readonly json: boolean }): Promise<number> {
  const opened = await runtime.openModels();
  const [models, unusable] = [await opened.list(), await opened.unusable()];
  if (args.json) {
    await print(terminal.out, [...models, ...unusable].map((model) => `${JSON.stringify(model)}\n`).join(''));
    return 0;
  }
  const rows = models.map((model) => [
    `${printable(model.id)}${model.isDefault ? ' *' : ''}`, model.version, model.digest.slice(0, 12), megabytes(model.sizeBytes), model.state, ...(model.kind !== undefined ? ['–', '–', '–', model.license, model.kind === 'diarization' ? '(tells voices apart)' : '(writes down what is said)'] : [model.precision, String(model.embeddingDimension), model.calibrated ? 'yes' : 'no', model.license, model.labels.map(printable).join(' ')]),
  ]);
  const others = unusable.map(({ id, state, sizeBytes }) => [printable(id), '-', '-', megabytes(sizeBytes), state, '-', '-', '-', '-', '-']);
  await print(terminal.out, table([['id (* default)', 'version', 'digest', 'size', 'state', 'precision', 'embedding', 'calibrated', 'licence', 'labels'], ...rows, ...others], [3, 6]));
  await print(terminal.out, unusable.map(({ problem }) => `${printable(problem)}\n`).join(''));
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

/** Files of a model that writes down what is said; its vocabulary is `--tokens`. */
export interface SpeechFiles {
  readonly engine: 'sense-voice' | 'whisper' | 'paraformer';
  readonly model: string | null;
  readonly encoder: string | null;
  readonly decoder: string | null;
}

export async function importModel(runtime: CliRuntime, terminal: Terminal, args: { readonly id: string; readonly checkpoint: string | null; readonly segmentation: string | null; readonly embedding: string | null; readonly tokens: string | null; readonly speech: SpeechFiles | null; readonly precision: Precision | 'auto'; readonly replace: boolean; readonly clips: string | null }): Promise<number> {
  const models = await runtime.openModels();
  const { id, replace, checkpoint, segmentation, embedding, speech, tokens } = args;
  if (speech !== null) {
    const { engine, ...files } = speech;
    const paths = Object.fromEntries(Object.entries({ ...files, tokens }).filter((entry): entry is [string, string] => entry[1] !== null));
    return say(terminal, 'Imported', await models.importSpeech({ id, engine, paths, replace }));
  }
  if (segmentation !== null && embedding !== null) return say(terminal, 'Imported', await models.importDiarization({ id, segmentation, embedding, replace }));
  if (checkpoint === null) throw new UndertoneError('BAD_INPUT', 'Give --checkpoint for an emotion model, --segmentation and --embedding together for a diarization model, or --engine with its files for a speech model.');
  return say(terminal, 'Imported', await models.import({ ...args, checkpoint, signal: terminal.signal, onProgress: (message) => void terminal.err.write(`${printable(message)}\n`) }));
}

export async function pullModel(runtime: CliRuntime, terminal: Terminal, args: { readonly id: string; readonly precision: Precision | 'auto'; readonly acceptLicense: boolean; readonly replace: boolean; readonly clips: string | null }): Promise<number> {
  const models = await runtime.openModels();
  const pull = async (acceptLicense: boolean): Promise<ModelListing> => models.pull({ ...args, acceptLicense, signal: terminal.signal, onProgress: (message) => void terminal.err.write(`${printable(message)}\n`) });
  try {
    return await say(terminal, 'Pulled', await pull(args.acceptLicense));
  } catch (error) {
    if (!isUndertoneError(error) || error.code !== 'LICENSE_NOT_ACCEPTED' || !(await agrees(terminal, error.message))) throw error;
    return say(terminal, 'Pulled', await pull(true));
  }
}

/** Asks a person; a script has nobody to ask and uses the option. */
async function agrees(terminal: Terminal, message: string): Promise<boolean> {
  const { in: input, err } = terminal;
  if (input?.isTTY !== true) return false;
  const asked = createInterface({ input, output: err });
  try {
    return /^y(es)?$/i.test((await asked.question(`${printable(message)}\nAccept it now? [y/N] `, { signal: terminal.signal })).trim());
  } finally {
    asked.close();
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

async function say(terminal: Terminal, verb: string, model: ModelListing): Promise<number> {
  if (model.kind !== undefined) {
    await print(terminal.out, `${verb} ${printable(model.id)}: ${printable(model.name)}, ${megabytes(model.sizeBytes)}, licence ${model.license}. ${model.kind === 'diarization' ? 'Use it with --speakers auto' : 'It writes down what is said from now on, unless UNDERTONE_TRANSCRIBER says otherwise'}.\n`);
    return 0;
  }
  await print(terminal.out, `${verb} ${printable(model.id)} ${model.version}: ${model.labels.length} labels, embedding ${model.embeddingDimension}, ${megabytes(model.sizeBytes)}, ${model.precision}${faithfulness(model)}, licence ${model.license}\n`);
  return 0;
}
