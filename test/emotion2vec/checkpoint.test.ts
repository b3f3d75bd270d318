import { execFileSync } from 'node:child_process';
import { copyFile, mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededTensors } from '../../scripts/model-shapes.mjs';
import { pickle, pickledTensor, writeStoredZip, writeTorchFile, type TensorToWrite } from '../../scripts/torch-file.mjs';
import { UndertoneError } from '../../src/domain/errors.js';
import { halfToFloat, readTensor } from '../../src/inference/checkpoint/tensor-data.js';
import { openCheckpoint } from '../../src/inference/checkpoint/torch-checkpoint.js';
import { TINY } from './npy.fixture.js';
import { ODD_SIZE, storedAs, writeModel } from './small-model.fixture.js';

let folder: string;
let nextFile = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'undertone-checkpoint-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const freshPath = (): string => join(folder, `${(nextFile += 1)}.pt`);

async function refusal(path: string): Promise<UndertoneError> {
  const opened = await openCheckpoint(path).catch((error: unknown) => error);
  expect(opened).toBeInstanceOf(UndertoneError);
  expect((opened as UndertoneError).code).toBe('CHECKPOINT_INVALID');
  return opened as UndertoneError;
}

async function withPickle(value: Buffer): Promise<string> {
  const path = freshPath();
  await writeStoredZip(path, [{ name: 'archive/data.pkl', make: () => pickle.file(value) }]);
  return path;
}

const ones = (name: string, shape: readonly number[]): TensorToWrite => ({ name, type: 'f32', shape, make: () => new Uint8Array(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1).buffer) });

async function allValues(path: string): Promise<Map<string, Float32Array>> {
  const checkpoint = await openCheckpoint(path);
  const values = new Map<string, Float32Array>();
  for (const [name, tensor] of checkpoint.tensors) values.set(name, await readTensor(checkpoint.file, tensor));
  await checkpoint.close();
  return values;
}

describe('a checkpoint in the published layout', () => {
  it('gives the same 89 tensors from the zip, without optimiser state, and from the legacy format', async () => {
    const [zip, bare, legacy] = await Promise.all(['model.pt', 'model_no_optim.pt', 'model_legacy_format.pt'].map((name) => allValues(join(TINY, name))));
    expect(zip!.size).toBe(89);
    expect([...bare!.keys()].sort()).toEqual([...zip!.keys()].sort());
    for (const [name, values] of zip!) {
      expect(bare!.get(name), name).toEqual(values);
      expect(legacy!.get(name), name).toEqual(values);
    }
  });

  it.each(['model', 'state_dict', 'model_state_dict', null])('is found under %s', async (container) => {
    const path = freshPath();
    await writeModel(path, ODD_SIZE, undefined, container);
    const checkpoint = await openCheckpoint(path);
    expect(checkpoint.tensors.size).toBe(seededTensors(ODD_SIZE).length);
    await checkpoint.close();
  });

  it.each([['model', 'state_dict'], ['state_dict', 'model'], ['model', 'model_state_dict']])('is found under %s and there under %s', async (outer, inner) => {
    const path = freshPath();
    const weight = pickledTensor({ key: 0, type: 'f32', shape: [2], storageElements: 2 });
    const tree = pickle.dict([pickle.text('steps'), pickle.integer(3)], [pickle.text(outer), pickle.dict([pickle.text(inner), pickle.dict([pickle.text('proj.bias'), weight])])]);
    await writeStoredZip(path, [{ name: 'archive/data.pkl', make: () => pickle.file(tree) }, { name: 'archive/data/0', make: () => new Uint8Array(Float32Array.of(3, 4).buffer) }]);
    expect([...(await allValues(path)).get('proj.bias')!]).toEqual([3, 4]);
  });

  it('loses any number of `module.` prefixes', async () => {
    const path = freshPath();
    await writeTorchFile(path, { tensors: [ones('module.module.proj.weight', [2, 3])] });
    expect([...(await allValues(path)).keys()]).toEqual(['proj.weight']);
  });

  it('is refused when a name occurs with and without `module.`', async () => {
    const path = freshPath();
    await writeTorchFile(path, { tensors: [ones('module.a', [1]), ones('a', [1])] });
    expect((await refusal(path)).message).toContain('"a" twice');
  });
});

describe('weights', () => {
  it.each([['f16', 2 ** -9], ['bf16', 2 ** -7], ['f64', 0]] as const)('stored as %s read as float32 to its precision', async (type, tolerance) => {
    const path = freshPath();
    const plain = seededTensors(ODD_SIZE).slice(0, 12);
    await writeTorchFile(path, { tensors: plain.map((tensor) => storedAs(tensor, type)) });
    const values = await allValues(path);
    for (const tensor of plain) {
      const expected = new Float32Array(tensor.make().buffer as ArrayBuffer);
      values.get(tensor.name)!.forEach((value, index) => expect(Math.abs(value - expected[index]!)).toBeLessThanOrEqual(Math.abs(expected[index]!) * tolerance + (tolerance > 0 ? 1e-4 : 0)));
    }
  });

  it('with strides of a transposed view come out row by row', async () => {
    const path = freshPath();
    const make = (): Uint8Array => new Uint8Array(Float32Array.of(9, 0, 1, 2, 3, 4, 5).buffer);
    await writeTorchFile(path, { tensors: [{ name: 'view', type: 'f32', shape: [2, 3], strides: [1, 2], offsetElements: 1, storageElements: 7, make }] });
    expect([...(await allValues(path)).get('view')!]).toEqual([0, 2, 4, 1, 3, 5]);
  });

  it('that repeat one number (torch\'s expand) come out at their full length', async () => {
    const path = freshPath();
    await writeTorchFile(path, { tensors: [{ name: 'norm', type: 'f32', shape: [6], strides: [0], storageElements: 1, make: () => new Uint8Array(Float32Array.of(1.5).buffer) }] });
    expect([...(await allValues(path)).get('norm')!]).toEqual([1.5, 1.5, 1.5, 1.5, 1.5, 1.5]);
  });

  it('of whole numbers are refused with what is read', async () => {
    const path = freshPath();
    await writeTorchFile(path, { tensors: [{ name: 'steps', type: 'i64', shape: [1], make: () => new Uint8Array(8) }] });
    expect((await refusal(path)).message).toMatch(/steps is stored as LongStorage; weights are read as float32, float16, bfloat16 or float64/);
  });

  it.each([
    ['reaches past its storage', { shape: [2, 2], storageElements: 4, offsetElements: 1 }],
    ['repeats its elements beyond the size of its storage', { shape: [1000, 1000, 1000], strides: [0, 0, 0], storageElements: 4 }],
    ['has sizes whose product is not a number any more', { shape: [2 ** 30, 2 ** 30, 2 ** 30], strides: [0, 0, 0], storageElements: 4 }],
  ])('that %s are refused', async (_, layout) => {
    const path = freshPath();
    await writeTorchFile(path, { tensors: [{ name: 'odd', type: 'f32', ...layout, make: () => new Uint8Array(16) }] });
    expect((await refusal(path)).message).toContain('odd reaches outside its storage of 16 bytes');
  });

  it('in half precision cover subnormal numbers and infinities', () => {
    expect([0x0001, 0x8001, 0x3c00, 0xfbff, 0x7c00, 0xfc00].map(halfToFloat)).toEqual([2 ** -24, -(2 ** -24), 1, -65504, Infinity, -Infinity]);
    expect(halfToFloat(0x7e00)).toBeNaN();
  });
});

describe('a pickle', () => {
  it.each([['os', 'system'], ['builtins', 'eval'], ['posix', 'system'], ['torch', 'load'], ['torch.hub', 'load']])('that names %s.%s is refused by that name and runs nothing', async (module, name) => {
    const marker = join(folder, 'executed');
    const call = pickle.call(pickle.global(module, name), pickle.text(`touch ${marker}`));
    const { message } = await refusal(await withPickle(pickle.dict([pickle.text('args'), call])));
    expect(message).toContain(`unknown global "${module}.${name}"`);
    await expect(readFile(marker)).rejects.toThrow('ENOENT');
  });

  it('with a hostile name shows it in printable characters only', async () => {
    const { message } = await refusal(await withPickle(pickle.global('a\u001b[31mb', 'c'.repeat(5000))));
    expect(message).toMatch(/^[\x20-\x7e…]+$/);
    expect(message.length).toBeLessThan(700);
  });

  it('may hold what training leaves beside the weights', async () => {
    const path = freshPath();
    const namespace = Buffer.concat([pickle.call(pickle.global('argparse', 'Namespace')), pickle.dict([pickle.text('lr'), pickle.none]), Buffer.from('b')]);
    const scalar = pickle.call(pickle.global('numpy.core.multiarray', 'scalar'), pickle.call(pickle.global('numpy', 'dtype'), pickle.text('f8')), pickle.none);
    const recent = pickle.call(pickle.global('collections', 'deque'), pickle.tuple(), pickle.integer(100));
    await writeTorchFile(path, { tensors: [ones('a', [1])], extraPairs: [[pickle.text('ns'), namespace], [pickle.text('best'), scalar], [pickle.text('recent'), recent]] });
    expect((await allValues(path)).size).toBe(1);
  });

  it('may hold the configuration of a training run as omegaconf writes it', async () => {
    const path = freshPath();
    const built = (module: string, name: string, state: Buffer): Buffer => Buffer.concat([pickle.global(module, name), pickle.tuple(), Buffer.from([0x81]), state, Buffer.from('b')]);
    const metadata = built('omegaconf.base', 'ContainerMetadata', pickle.dict([pickle.text('ref_type'), pickle.global('typing', 'Any')], [pickle.text('key_type'), pickle.global('__builtin__', 'unicode')]));
    const node = built('omegaconf.nodes', 'AnyNode', pickle.dict([pickle.text('_val'), pickle.integer(3)]));
    const config = built('omegaconf.dictconfig', 'DictConfig', pickle.dict([pickle.text('_metadata'), metadata], [pickle.text('_content'), pickle.dict([pickle.text('seed'), node])]));
    await writeTorchFile(path, { tensors: [ones('a', [1])], extraPairs: [[pickle.text('cfg'), config]] });
    expect((await allValues(path)).size).toBe(1);
  });

  it.each([
    ['that training code hung attributes on', '_rebuild_parameter_with_state', (tensor: Buffer) => pickle.call(pickle.global('torch._utils', '_rebuild_parameter_with_state'), tensor, pickle.false, pickle.dict(), pickle.dict([pickle.text('lr'), pickle.integer(2)]))],
    ['of a plain tensor with attributes', '_rebuild_from_type_v2', (tensor: Buffer) => {
      // `rebuild(args)` becomes `_rebuild_from_type_v2(rebuild, class, args, attributes)`: the same pickle with its call undone.
      const args = tensor.subarray(pickle.global('torch._utils', '_rebuild_tensor_v2').length, -1);
      return pickle.call(pickle.global('torch._tensor', '_rebuild_from_type_v2'), pickle.global('torch._utils', '_rebuild_tensor_v2'), pickle.global('torch.nn.parameter', 'Parameter'), args, pickle.dict());
    }],
  ])('gives the weights %s (%s)', async (_, __, wrap) => {
    const path = freshPath();
    const weight = wrap(pickledTensor({ key: 0, type: 'f32', shape: [2], storageElements: 2 }));
    await writeStoredZip(path, [
      { name: 'archive/data.pkl', make: () => pickle.file(pickle.dict([pickle.text('model'), pickle.dict([pickle.text('proj.bias'), weight])])) },
      { name: 'archive/data/0', make: () => new Uint8Array(Float32Array.of(3, 4).buffer) },
    ]);
    expect([...(await allValues(path)).get('proj.bias')!]).toEqual([3, 4]);
  });

  it.each([
    ['a million groups', Buffer.alloc(1_500_000, '(')],
    ['a million dicts', Buffer.alloc(1_500_000, '}')],
    ['more steps than a model needs', Buffer.alloc(1_500_000, 'N')],
    ['an integer of a million bytes', Buffer.concat([Buffer.from([0x8b, 0x40, 0x42, 0x0f, 0]), Buffer.alloc(1_000_000, 1)])],
    ['text that claims four gigabytes', Buffer.from([0x58, 0xff, 0xff, 0xff, 0xff])],
    ['text that claims 2^63 bytes', Buffer.from([0x8d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])],
    ['a pop from nothing', Buffer.from('0')],
    ['a list that is itself', Buffer.from(']q\x00h\x00a')],
  ])('with %s is refused within a second of processor time', async (_, body) => {
    const path = await withPickle(body);
    const start = process.cpuUsage();
    await refusal(path);
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1000).toBeLessThan(1000);
  });

  it('larger than a model needs is not even read', async () => {
    const path = freshPath();
    await writeStoredZip(path, [{ name: 'archive/data.pkl', holeBytes: 17 * 1024 * 1024 }]);
    expect((await refusal(path)).message).toContain('17825792 bytes where at most 16777216 are read');
  });
});

describe('a file that is no checkpoint', () => {
  it.each([
    ['empty', Buffer.alloc(0), /neither a zip nor a pickle \(0 bytes/],
    ['text', Buffer.from('<!DOCTYPE html><title>Sign in'), /neither a zip nor a pickle/],
    ['another pickle', pickle.file(pickle.dict()), /not one that torch.save wrote/],
    ['a zip signature alone', Buffer.from('PK\x03\x04'), /zip directory cannot be read/],
  ])('because it is %s is refused with what to do', async (_, bytes, pattern) => {
    const path = freshPath();
    await writeFile(path, bytes);
    const { message } = await refusal(path);
    expect(message).toMatch(pattern);
    expect(message).toContain('Download it again');
  });

  it('because it is missing, a folder, or a pipe that nobody writes to is refused', async () => {
    expect((await refusal(join(folder, 'absent.pt'))).message).toContain('cannot be opened (ENOENT)');
    expect((await refusal(folder)).message).toMatch(/is not a file|EISDIR/);
    const pipe = join(folder, 'pipe.pt');
    execFileSync('mkfifo', [pipe]);
    expect((await refusal(pipe)).message).toContain('is not a file');
  });

  it.each([0.999, 0.9, 0.5, 0.1, 0.01])('because only %d of it came is refused as cut off', async (share) => {
    for (const name of ['model.pt', 'model_legacy_format.pt']) {
      const path = freshPath();
      await copyFile(join(TINY, name), path);
      await truncate(path, Math.floor((await readFile(path)).length * share));
      expect((await refusal(path)).message).toMatch(/cut off|ends|too early|damaged/);
    }
  });

  it('because it names two folders or none is refused', async () => {
    const path = freshPath();
    await writeStoredZip(path, [{ name: 'a/data.pkl', make: () => Buffer.alloc(1) }, { name: 'b/data.pkl', make: () => Buffer.alloc(1) }]);
    expect((await refusal(path)).message).toContain('2 files named data.pkl');
    await writeStoredZip(path, [{ name: 'a/readme', make: () => Buffer.alloc(1) }]);
    expect((await refusal(path)).message).toContain('0 files named data.pkl');
  });

  it('because its weights are big-endian is refused', async () => {
    const path = freshPath();
    await writeStoredZip(path, [{ name: 'a/data.pkl', make: () => pickle.file(pickle.dict()) }, { name: 'a/byteorder', make: () => Buffer.from('big') }]);
    expect((await refusal(path)).message).toContain('big-endian');
  });
});

describe('a checkpoint of more than four gigabytes', () => {
  it('is located beyond the gap in flat memory and time', async () => {
    const path = freshPath();
    const tensors = seededTensors(ODD_SIZE);
    await writeTorchFile(path, { tensors, gapBytes: 5 * 1024 ** 3 });
    const file = await open(path);
    expect((await file.stat()).size).toBeGreaterThan(5 * 1024 ** 3);
    await file.close();
    const before = process.memoryUsage().rss;
    const checkpoint = await openCheckpoint(path);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 ** 2);
    for (const tensor of tensors.slice(0, 5)) {
      const located = checkpoint.tensors.get(tensor.name)!;
      expect(located.offsetBytes).toBeGreaterThan(5 * 1024 ** 3);
      expect(located.offsetBytes % 64).toBe(0);
      expect(await readTensor(checkpoint.file, located)).toEqual(new Float32Array(tensor.make().buffer as ArrayBuffer));
    }
    await checkpoint.close();
  });
});
