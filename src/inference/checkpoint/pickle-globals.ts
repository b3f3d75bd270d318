import { InertObject, PickleError, PickleGlobal, PickleTensor, quoted, type StorageReference } from './pickle-values.js';

const STORAGES = ['Float', 'Half', 'BFloat16', 'Double', 'Byte', 'Char', 'Short', 'Int', 'Long', 'Bool', 'Untyped'].map((name) => `${name}Storage`);
const DTYPES = ['float16', 'float32', 'float64', 'bfloat16', 'uint8', 'int8', 'int16', 'int32', 'int64', 'bool', 'half', 'float', 'double', 'short', 'int', 'long'];

/**
 * Globals that training code leaves beside the weights (optimiser state, arguments, metrics). They become inert: a
 * checkpoint is not refused for them, and nothing of them is kept. Everything else is refused by name.
 */
const INERT = new Set([
  'argparse.Namespace',
  '_codecs.encode',
  'builtins.set', '__builtin__.set', 'builtins.frozenset', '__builtin__.frozenset', 'builtins.list', '__builtin__.list', 'builtins.dict', '__builtin__.dict',
  'builtins.int', '__builtin__.int', 'builtins.float', '__builtin__.float', 'builtins.bytearray', '__builtin__.bytearray', 'builtins.complex', '__builtin__.complex',
  'collections.defaultdict', 'collections.Counter', 'collections.deque',
  'datetime.datetime', 'datetime.date', 'datetime.timedelta', 'datetime.timezone',
  'numpy.dtype', 'numpy.ndarray', 'numpy.core.multiarray.scalar', 'numpy.core.multiarray._reconstruct', 'numpy._core.multiarray.scalar', 'numpy._core.multiarray._reconstruct', 'numpy.core.numeric._frombuffer', 'numpy._core.numeric._frombuffer',
  'torch.Size', 'torch.device', 'torch.serialization._get_layout',
  'pathlib.PosixPath', 'pathlib.PurePosixPath', 'pathlib.WindowsPath', 'pathlib.PureWindowsPath',
  // The configuration of a training run (`cfg`) is an omegaconf tree unless it was made plain before it was saved.
  'omegaconf.dictconfig.DictConfig', 'omegaconf.listconfig.ListConfig', 'omegaconf.base.ContainerMetadata', 'omegaconf.base.Metadata',
  ...['Any', 'String', 'Integer', 'Float', 'Boolean', 'Bytes', 'Path', 'Enum'].map((kind) => `omegaconf.nodes.${kind}Node`),
  'typing.Any', 'typing.Dict', 'typing.List', 'typing.Optional', 'typing.Union',
  ...['str', 'unicode', 'bool', 'tuple', 'object'].flatMap((name) => [`builtins.${name}`, `__builtin__.${name}`]),
]);

const TENSOR_V2 = new Set(['torch._utils._rebuild_tensor_v2', 'torch._utils._rebuild_tensor', 'torch._utils._rebuild_tensor_v3']);
const PARAMETER = new Set(['torch._utils._rebuild_parameter', 'torch._utils._rebuild_parameter_with_state', 'torch.nn.parameter.Parameter']);
/** `(function, class, arguments, attributes)`: how torch writes a parameter that training code hung attributes on. */
const WITH_ATTRIBUTES = 'torch._tensor._rebuild_from_type_v2';
const ORDERED_DICT = 'collections.OrderedDict';

/** Throws PickleError with the global's name unless it is on the list above. Called where the pickle names it, used or not. */
export function resolveGlobal(module: string, name: string): PickleGlobal {
  const global = new PickleGlobal(module, name);
  const { path } = global;
  const known =
    path === ORDERED_DICT || path === WITH_ATTRIBUTES || TENSOR_V2.has(path) || PARAMETER.has(path) || INERT.has(path) ||
    ((module === 'torch' || module === 'torch.storage') && STORAGES.includes(name)) ||
    (module === 'torch' && DTYPES.includes(name));
  if (!known) throw new PickleError(`it refers to the unknown global ${quoted(path)}, which is not loaded: only tensors and plain values are`);
  return global;
}

/** What `global(*args)` stands for. Nothing is called. */
export function reduceGlobal(callee: unknown, args: unknown): unknown {
  if (!(callee instanceof PickleGlobal)) throw new PickleError('it calls something that is not a named global');
  if (!Array.isArray(args)) throw new PickleError(`the arguments of ${quoted(callee.path)} are not a tuple`);
  const values: readonly unknown[] = args;
  if (callee.path === ORDERED_DICT) return orderedDict(values[0]);
  if (TENSOR_V2.has(callee.path)) return tensorOf(values, callee.name.endsWith('_v3'));
  if (PARAMETER.has(callee.path)) return values[0] ?? null;
  if (callee.path === WITH_ATTRIBUTES) return withoutAttributes(values);
  return new InertObject(callee);
}

/** A step deep and no further: a function that is this one again would be a chain as long as the file. */
function withoutAttributes([rebuild, , args]: readonly unknown[]): unknown {
  if (rebuild instanceof PickleGlobal && rebuild.path === WITH_ATTRIBUTES) throw new PickleError('a tensor with attributes is made of another one');
  return reduceGlobal(rebuild, args);
}

/** The persistent id of torch: `('storage', class, key, location, element count[, view])`. */
export function storageOf(id: unknown): StorageReference {
  if (!Array.isArray(id)) throw new PickleError('a persistent id is not a tuple');
  const [tag, type, key, , elementCount, view] = id as readonly unknown[];
  if (tag !== 'storage' || !(type instanceof PickleGlobal) || !type.name.endsWith('Storage') || typeof key !== 'string' || key.length > 64) {
    throw new PickleError('a persistent id does not describe a storage');
  }
  if (view !== undefined && view !== null) throw new PickleError('it holds a view of a storage in the layout of torch before 0.4');
  return { kind: 'storage', storageType: type.name, key, elementCount: countOf(elementCount, 'element count of a storage') };
}

function tensorOf(args: readonly unknown[], isV3: boolean): PickleTensor {
  const [storage, offset, shape, strides, , , dtype] = args;
  if (!isStorage(storage)) throw new PickleError('a tensor has no storage');
  const dims = dimensionsOf(shape, 'shape');
  const steps = dimensionsOf(strides, 'strides');
  if (dims.length !== steps.length) throw new PickleError('a tensor has a different number of sizes and strides');
  const dtypeName = isV3 && dtype instanceof PickleGlobal ? dtype.name : null;
  return new PickleTensor(storage, countOf(offset, 'offset of a tensor'), dims, steps, dtypeName);
}

function isStorage(value: unknown): value is StorageReference {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'storage';
}

function dimensionsOf(value: unknown, what: string): readonly number[] {
  if (!Array.isArray(value) || value.length > 8) throw new PickleError(`the ${what} of a tensor is not a tuple of at most 8 sizes`);
  return value.map((size) => countOf(size, `${what} of a tensor`));
}

function countOf(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new PickleError(`the ${what} is not a whole number from 0 on`);
  return value;
}

function orderedDict(pairs: unknown): Map<unknown, unknown> {
  const dict = new Map<unknown, unknown>();
  if (!Array.isArray(pairs)) return dict;
  for (const pair of pairs as readonly unknown[]) {
    if (!Array.isArray(pair) || pair.length !== 2) throw new PickleError('an OrderedDict is not made of pairs');
    dict.set(pair[0], pair[1]);
  }
  return dict;
}
