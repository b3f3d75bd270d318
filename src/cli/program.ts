import { Command, Option } from 'commander';
import { ROLES } from '../domain/principal.js';
import type { Role } from '../domain/principal.js';
import { SCOPES } from '../domain/scopes.js';
import type { Precision } from '../domain/model.js';
import type { RoleRule } from '../domain/speaker-roles.js';
import { addAudit } from './audit.grammar.js';
import { analyzeCommand } from './analyze.command.js';
import { anyDate, byteLength, futureDate, jsonOption, modelOption, nameList, rolesArgument, speakersArgument, verboseOption, wholeNumber, type SpeakersArgument } from './argument-parsers.js';
import type { CliRuntime } from './cli-runtime.js';
import { doctorCommand } from './doctor.command.js';
import { addCalibrate, addEval } from './eval-grammar.js';
import { createKey, listKeys, newEncryptionKey, revokeKey, rotateEncryption, rotateKey, showEncryption } from './keys.command.js';
import { importCommand } from './import.command.js';
import { importModel, listModels, pullModel, removeModel, verifyModel } from './models.command.js';
import type { SpeechFiles } from './models.command.js';
import { addRetention } from './retention.grammar.js';
import { backtestRule } from './rules.command.js';
import { migrateCommand, serveCommand, workerCommand } from './serve.command.js';
import { similarCommand } from './similar.command.js';
import { JURISDICTIONS, LEGAL_BASES, PURPOSES, SPEAKER_ROLES } from '../domain/law/purposes.js';
import { createWorkspace, lawOf, listWorkspaces, setWorkspace, type LawOptions } from './workspaces.command.js';
import type { Terminal } from './terminal.js';

export interface ProgramContext {
  readonly runtime: CliRuntime;
  readonly terminal: Terminal;
  readonly telemetryOff: boolean;
  /** Called by the command that ran. */
  readonly setExitCode: (code: number) => void;
}

/** The whole grammar of the `undertone` command. */
export function buildProgram(context: ProgramContext): Command {
  const program = new Command('undertone')
    .description('Self-hosted speech-emotion platform: recordings in, searchable emotions out.')
    .version(context.runtime.version, '-V, --version');
  program.commandsGroup('Serving:');
  program.command('serve').description('serve the API, the page and, unless --no-worker, the worker').option('--no-worker', 'take no jobs in this process')
    .action(run(context, ({ runtime, terminal }, options: { worker: boolean }) => serveCommand(runtime, terminal, { withWorker: options.worker })));
  program.command('worker').description('take jobs only (many of them against one PostgreSQL)')
    .addOption(new Option('--models <ids>', 'only jobs for these models, with commas between (default: all that are installed here)').argParser(nameList))
    .addOption(new Option('--concurrency <count>', 'recordings in work at once (default: UNDERTONE_WORKER_CONCURRENCY)').argParser(wholeNumber(1, 64)))
    .action(run(context, ({ runtime, terminal }, options: { models?: readonly string[]; concurrency?: number }) => workerCommand(runtime, terminal, { models: options.models ?? null, concurrency: options.concurrency ?? null })));
  program.command('migrate').description('bring the database up to date').action(run(context, ({ runtime, terminal }) => migrateCommand(runtime, terminal)));
  program.command('doctor').description('check what Undertone stands on and say how to mend it').addOption(jsonOption())
    .action(run(context, ({ runtime, terminal, telemetryOff }, options: { json?: true }) => doctorCommand(runtime, terminal, { json: options.json ?? false, telemetryOff })));
  program.commandsGroup('Recordings:');
  addAnalyze(program, context);
  addSimilar(program, context);
  addImport(program, context);
  program.commandsGroup('Models and keys:');
  addEval(program, context);
  addCalibrate(program, context);
  addModels(program, context);
  addKeys(program, context);
  addRules(program, context);
  addWorkspaces(program, context);
  program.commandsGroup('What is kept:');
  addRetention(program, context);
  addAudit(program, context);
  return program;
}

export type Action<Options> = (context: ProgramContext, options: Options, positional: readonly string[]) => Promise<number>;

/** Commander passes positional arguments, then options, then the command. */
export function run<Options>(context: ProgramContext, action: Action<Options>): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const options = args[args.length - 2] as Options;
    const positional = args.slice(0, -2).flat() as string[];
    context.setExitCode(await action(context, options, positional));
  };
}

const NO_SPEAKERS: SpeakersArgument = { mode: 'none', rttm: null };

function addAnalyze(program: Command, context: ProgramContext): void {
  interface Options { model?: string; raw?: true; speakers: SpeakersArgument; speakerCount?: number; roles?: RoleRule; rttm?: string; json?: true; csv?: true; plot?: string; out?: string; frames?: true; verbose?: true }
  program.command('analyze').description('analyse files and print what was found; works beside a running server').argument('<file...>', 'audio or video files')
    .addOption(modelOption())
    .option('--raw', 'no gate, no voice activity, no windows: the model\'s own answer about the samples as they are')
    .addOption(new Option('--speakers <how>', 'how speakers are told apart: none, channels, auto (by voice; needs a diarization model), rttm:FILE (your own diarization)').argParser(speakersArgument).default(NO_SPEAKERS, 'none'))
    .addOption(new Option('--speaker-count <count>', 'with --speakers auto: how many there are (default: estimated)').argParser(wholeNumber(1, 20)))
    .addOption(new Option('--roles <rule>', 'left=agent,right=customer, or first-speaker:NAME,NAME or talk-time:NAME,NAME').argParser(rolesArgument))
    .option('--rttm <file>', 'write who speaks when (several files: all into one)')
    .addOption(new Option('--json', 'one JSON object a line for each file').conflicts('csv'))
    .option('--csv', 'one line for each file and segment')
    .option('--plot <file.svg>', 'draw waveform, speech, speakers, emotions and warnings (several files: FILE-NAME.svg)')
    .option('--out <dir>', 'write an outputs_YYYYMMDD_HHMMSS folder for each file')
    .option('--frames', 'with --out: result_frame.json and one embedding row a frame')
    .addOption(verboseOption())
    .addHelpText('after', '\nExit codes: 0 done, 1 a file failed (the others are still done), 2 bad usage.')
    .action(run(context, ({ runtime, terminal }, options: Options, files) => analyzeCommand(runtime, terminal, {
      files, model: options.model ?? null, raw: options.raw ?? false, speakers: options.speakers, speakerCount: options.speakerCount ?? null, roles: options.roles ?? null, rttm: options.rttm ?? null, format: options.json ? 'json' : options.csv ? 'csv' : 'text',
      plot: options.plot ?? null, out: options.out ?? null, frames: options.frames ?? false, verbose: options.verbose ?? false,
    })));
}

function addSimilar(program: Command, context: ProgramContext): void {
  interface Options { in: string; model?: string; first: number; json?: true; verbose?: true }
  program.command('similar').description('find what sounds most like FILE in a folder').argument('<file>', 'audio or video file')
    .requiredOption('--in <dir>', 'folder that is searched, with all below it').addOption(modelOption())
    .addOption(new Option('--first <count>', 'how many').argParser(wholeNumber(1, 10_000)).default(10)).addOption(jsonOption()).addOption(verboseOption())
    .action(run(context, ({ runtime, terminal }, options: Options, [file = '']) => similarCommand(runtime, terminal, { file, folder: options.in, model: options.model ?? null, first: options.first, json: options.json ?? false, verbose: options.verbose ?? false })));
}

function addImport(program: Command, context: ProgramContext): void {
  interface Options { model: string; json?: true; verbose?: true }
  program.command('import').description('take over the outputs_YYYYMMDD_HHMMSS folders of the common Emotion2Vec+ web page, with their dates').argument('<outputs-dir>', 'the folder that holds them')
    .option('--model <id>', 'the model that made them', 'emotion2vec-plus-large').addOption(jsonOption()).addOption(verboseOption())
    .action(run(context, ({ runtime, terminal }, options: Options, [directory = '']) => importCommand(runtime, terminal, { directory, model: options.model, json: options.json ?? false, verbose: options.verbose ?? false })));
}

function addModels(program: Command, context: ProgramContext): void {
  const models = program.command('models').description('list, import, pull, verify and remove models');
  const precision = (): Option => new Option('--precision <kind>', 'weights of the made graph; auto: int8 where it is faithful to float32 on trial clips').choices(['f32', 'int8', 'auto']).default('f32');
  const accept = (): Option => new Option('--accept-license', 'accept the model\'s licence');
  const clips = (): Option => new Option('--clips <folder>', 'recordings on which int8 is compared with float32 (default: made-up speech)');
  const replace = (): Option => new Option('--replace', 'take the place of an installed model of this id');
  models.command('list').description('installed models').addOption(jsonOption()).action(run(context, ({ runtime, terminal }, options: { json?: true }) => listModels(runtime, terminal, { json: options.json ?? false })));
  interface Made { precision: Precision | 'auto'; replace?: true; clips?: string }
  interface Import extends Made { id: string; checkpoint?: string; segmentation?: string; embedding?: string; tokens?: string; engine?: SpeechFiles['engine']; model?: string; encoder?: string; decoder?: string }
  models.command('import').description('build a model from an Emotion2Vec+ checkpoint on this machine, or take in a pair of models for --speakers auto, or one that writes down what is said').requiredOption('--id <id>', 'name for it here').option('--checkpoint <model.pt>', 'the checkpoint')
    .addOption(new Option('--segmentation <model.onnx>', 'diarization: says when somebody speaks (pyannote, as sherpa-onnx publishes it)').conflicts('checkpoint')).addOption(new Option('--embedding <model.onnx>', 'diarization: says how a voice sounds').conflicts('checkpoint'))
    .addOption(new Option('--engine <kind>', 'speech: what the files are, in the form of sherpa-onnx').choices(['sense-voice', 'whisper', 'paraformer']).conflicts(['checkpoint', 'segmentation', 'embedding'])).option('--model <model.onnx>', 'speech: of sense-voice and paraformer').option('--encoder <encoder.onnx>', 'speech: of whisper').option('--decoder <decoder.onnx>', 'speech: of whisper')
    .option('--tokens <tokens.txt>', 'labels, one a line (default: tokens.txt beside the checkpoint, else the usual nine); of a speech model its vocabulary').addOption(replace()).addOption(precision()).addOption(clips())
    .action(run(context, ({ runtime, terminal }, options: Import) => importModel(runtime, terminal, { id: options.id, checkpoint: options.checkpoint ?? null, segmentation: options.segmentation ?? null, embedding: options.embedding ?? null, tokens: options.tokens ?? null, speech: options.engine === undefined ? null : { engine: options.engine, model: options.model ?? null, encoder: options.encoder ?? null, decoder: options.decoder ?? null }, precision: options.precision, replace: options.replace ?? false, clips: options.clips ?? null })));
  models.command('pull').description('download a published model and install it: emotion2vec-plus-large, -base, -seed; diarization-en, diarization-zh-en; sense-voice, paraformer-zh, whisper-tiny, -base, -small').argument('<id>').addOption(replace()).addOption(precision()).addOption(clips()).addOption(accept())
    .action(run(context, ({ runtime, terminal }, options: Made & { acceptLicense?: true }, [id = '']) => pullModel(runtime, terminal, { id, precision: options.precision, acceptLicense: options.acceptLicense ?? false, replace: options.replace ?? false, clips: options.clips ?? null })));
  models.command('verify').description('compare a model\'s files with its manifest').argument('<id>').action(run(context, ({ runtime, terminal }, _options, [id = '']) => verifyModel(runtime, terminal, id)));
  models.command('remove').description('delete a model\'s folder').argument('<id>').action(run(context, ({ runtime, terminal }, _options, [id = '']) => removeModel(runtime, terminal, id)));
}

function addKeys(program: Command, context: ProgramContext): void {
  interface OfWorkspace { workspace?: string }
  const workspace = (): Option => new Option('--workspace <id>', 'the workspace whose keys these are (default: the first one)');
  const workspaceId = (options: OfWorkspace): string | null => options.workspace ?? null;
  const keys = program.command('keys').description('API keys, and the keys that stored data is encrypted under');
  keys.command('create').description('make a key; the secret is printed once').requiredOption('--name <name>', 'what it is for').addOption(new Option('--role <role>', 'what it may do').choices([...ROLES]).default('analyst'))
    .addOption(new Option('--expires <date>', 'when it ends to work').argParser(futureDate)).addOption(workspace())
    .addOption(new Option('--scope <scope...>', 'of what the role may do, only this').choices([...SCOPES])).option('--network <cidr...>', 'refuse it from everywhere else, such as 10.0.0.0/8')
    .action(run(context, ({ runtime, terminal }, options: OfWorkspace & { name: string; role: Role; expires?: Date; scope?: string[]; network?: string[] }) => createKey(runtime, terminal, { name: options.name, role: options.role, expiresAt: options.expires ?? null, scopes: options.scope ?? null, allowedNetworks: options.network ?? null, workspaceId: workspaceId(options) })));
  keys.command('list').description('all keys, without their secrets').addOption(jsonOption()).addOption(workspace())
    .action(run(context, ({ runtime, terminal }, options: OfWorkspace & { json?: true }) => listKeys(runtime, terminal, { json: options.json ?? false, workspaceId: workspaceId(options) })));
  keys.command('rotate').description('give a key another secret; the one before works on for a while').argument('<id>').addOption(workspace())
    .addOption(new Option('--overlap <seconds>', 'how long both secrets work').argParser(wholeNumber(0, 30 * 24 * 3600)).default(24 * 3600))
    .action(run(context, ({ runtime, terminal }, options: OfWorkspace & { overlap: number }, [id = '']) => rotateKey(runtime, terminal, { id, overlapSeconds: options.overlap, workspaceId: workspaceId(options) })));
  keys.command('revoke').description('refuse a key from now on').argument('<id>').addOption(workspace())
    .action(run(context, ({ runtime, terminal }, options: OfWorkspace, [id = '']) => revokeKey(runtime, terminal, { id, workspaceId: workspaceId(options) })));
  keys.command('encryption').description('the keys that stored data is encrypted under').addOption(jsonOption()).action(run(context, ({ runtime, terminal }, options: { json?: true }) => showEncryption(runtime, terminal, { json: options.json ?? false })));
  keys.command('rotate-encryption').description('add a key and wrap every data key with it; recordings are not rewritten').addOption(jsonOption()).action(run(context, ({ runtime, terminal }, options: { json?: true }) => rotateEncryption(runtime, terminal, { json: options.json ?? false })));
  keys.command('new-encryption-key').description('print a key for UNDERTONE_KEY_FILE or UNDERTONE_WORKSPACE_KEY').action(run(context, ({ terminal }) => newEncryptionKey(terminal)));
}

function addWorkspaces(program: Command, context: ProgramContext): void {
  const workspaces = program.command('workspaces').description('list and create workspaces, and say what each may store');
  const quota = (): Option => new Option('--quota <size>', 'uploaded audio that it may keep, such as 500GB; none: as much as the disk takes').argParser(byteLength);
  const quotaOf = (options: { quota?: number | 'none' }): number | null => (typeof options.quota === 'number' ? options.quota : null);
  workspaces.command('list').description('all workspaces with their quotas').addOption(jsonOption()).action(run(context, ({ runtime, terminal }, options: { json?: true }) => listWorkspaces(runtime, terminal, { json: options.json ?? false })));
  workspaces.command('create').description('make a workspace; its id is printed').requiredOption('--name <name>', 'what it is called').addOption(quota())
    .action(run(context, ({ runtime, terminal }, options: { name: string; quota?: number | 'none' }) => createWorkspace(runtime, terminal, { name: options.name, maxStoredBytes: quotaOf(options) })));
  workspaces.command('set').description('change the quota of a workspace, or what it states of its purpose and law').argument('<id>').addOption(quota())
    .addOption(new Option('--purpose <purpose>', 'what its analyses are for').choices(PURPOSES)).addOption(new Option('--jurisdiction <place>', 'whose law holds').choices(JURISDICTIONS))
    .addOption(new Option('--legal-basis <basis>', 'on what the processing stands').choices(LEGAL_BASES)).addOption(new Option('--speaker-role <role>', 'who is heard').choices(SPEAKER_ROLES))
    .addOption(new Option('--law-override <reason>', 'put a prohibition aside, with your reason; none: it holds again'))
    .action(run(context, ({ runtime, terminal }, options: LawOptions & { quota?: number | 'none' }, [id = '']) => setWorkspace(runtime, terminal, { id, ...(options.quota === undefined ? {} : { maxStoredBytes: quotaOf(options) }), law: lawOf(options) })));
}

function addRules(program: Command, context: ProgramContext): void {
  const rules = program.command('rules').description('try business rules on what is stored');
  rules.command('backtest').description('how often a rule would have fired, on what, and how often people agree; writes nothing').argument('<rule>', 'id of a stored rule (rul_…), or a JSON file')
    .addOption(new Option('--from <date>', 'analyses asked for from this time on').argParser(anyDate)).addOption(new Option('--to <date>', 'analyses asked for before this time').argParser(anyDate)).addOption(jsonOption())
    .action(run(context, ({ runtime, terminal }, options: { from?: Date; to?: Date; json?: true }, [rule = '']) => backtestRule(runtime, terminal, { rule, from: options.from ?? null, to: options.to ?? null, json: options.json ?? false })));
}
