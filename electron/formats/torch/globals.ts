import { FailureError, message } from '../../contract/index.ts'
import { PyGlobal, PyObject, TorchStorage, TorchTensor, type ElementType, type PyValue } from './values.ts'

/**
 * The Python names that a checkpoint may use. A pickle says "find this function and call it with these arguments". Here
 * a known call becomes data, and any other name is refused. No Python code runs, so a checkpoint cannot do harm.
 */

/** The element type of each of torch's storage classes. */
export const storageTypes: Readonly<Record<string, ElementType>> = {
  'torch.FloatStorage': 'F32',
  'torch.DoubleStorage': 'F64',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ShortStorage': 'I16',
  'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
}

/** Thrown by a constructor if its arguments are not what torch writes. `unpickle` adds the name of the file. */
export class MalformedArguments extends Error {}
const check: (holds: boolean) => asserts holds = (holds) => {
  if (!holds) throw new MalformedArguments()
}

type Constructor = (args: readonly PyValue[]) => PyValue

const dictionary: Constructor = ([entries]) => {
  if (entries instanceof Map) return new Map(entries)
  const map = new Map<PyValue, PyValue>()
  if (!Array.isArray(entries)) return map
  for (const entry of entries) {
    check(Array.isArray(entry) && entry.length === 2)
    map.set(entry[0], entry[1])
  }
  return map
}

const sequence: Constructor = ([items]) => {
  check(items === undefined || Array.isArray(items) || items instanceof Set)
  return items ? [...items] : []
}

const set: Constructor = (args) => new Set(sequence(args) as PyValue[])

const areCounts = (value: PyValue): value is number[] =>
  Array.isArray(value) && value.every((n) => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0)

/** Arguments: (storage, offset, shape, strides, …). */
const tensor: Constructor = ([storage, offset, shape, strides]) => {
  check(storage instanceof TorchStorage && areCounts([offset]) && typeof offset === 'number')
  check(areCounts(shape) && areCounts(strides) && shape.length === strides.length)
  return new TorchTensor(storage, offset, shape, strides)
}

/** Arguments: (tensor, requires_grad, hooks). */
const parameter: Constructor = ([data]) => {
  check(data instanceof TorchTensor)
  return data
}

/** Makes a tensor that has Python attributes. Arguments: (function, type, the function's arguments, attributes). */
const tensorWithAttributes: Constructor = ([rebuild, , args]) => {
  check(rebuild instanceof PyGlobal && Array.isArray(args) && rebuild.name !== 'torch._tensor._rebuild_from_type_v2')
  return construct(rebuild, args)
}

const constructors: Readonly<Record<string, Constructor>> = {
  'collections.OrderedDict': dictionary,
  'collections.defaultdict': ([, entries]) => dictionary(entries === undefined ? [] : [entries]),
  'collections.Counter': dictionary,
  'builtins.dict': dictionary,
  'builtins.list': sequence,
  'builtins.tuple': sequence,
  'builtins.set': set,
  'builtins.frozenset': set,
  'torch.Size': sequence,
  'torch._utils._rebuild_tensor': tensor,
  'torch._utils._rebuild_tensor_v2': tensor,
  'torch._utils._rebuild_parameter': parameter,
  'torch._utils._rebuild_parameter_with_state': parameter,
  'torch._tensor._rebuild_from_type_v2': tensorWithAttributes,
}

/** Settings and counters that training scripts save beside the weights. They become records that nothing reads. */
const records = new Set([
  'argparse.Namespace',
  'types.SimpleNamespace',
  'pathlib.PosixPath',
  'pathlib.WindowsPath',
  'pathlib.PurePosixPath',
  'datetime.datetime',
  'datetime.timedelta',
  'torch.device',
  'torch.Tensor',
  'torch.nn.parameter.Parameter',
  'numpy.dtype',
  'numpy.ndarray',
  '_codecs.encode',
  'builtins.int',
  'builtins.float',
  'builtins.bool',
  'builtins.str',
  'builtins.complex',
  'builtins.bytearray',
  'builtins.slice',
  'builtins.object',
])
const recordPatterns = [
  /^numpy\.(core|_core)\.(multiarray\.(scalar|_reconstruct)|numeric\._frombuffer)$/,
  /^torch\.(float(16|32|64)|bfloat16|u?int8|int(16|32|64)|bool|strided|contiguous_format|channels_last)$/,
  // Classes of modules that were pickled whole. Their numbers are in their state.
  /^torch\.nn\.modules\.[\w.]+$/,
  /^dall_e\.(encoder|decoder|utils)\.\w+$/,
]

/** Python 2's name of the module `builtins`. Pickle protocol 2 writes it. */
const pythonTwoBuiltins = '__builtin__'

/** Returns the name that a pickle asks for. Throws FailureError 'unsupported' if checkpoints do not need that name. */
export function globalNamed(path: string, module: string, name: string): PyGlobal {
  const full = `${module === pythonTwoBuiltins ? 'builtins' : module}.${name}`
  const known =
    Object.hasOwn(constructors, full) ||
    Object.hasOwn(storageTypes, full) ||
    records.has(full) ||
    recordPatterns.some((pattern) => pattern.test(full))
  if (!known) throw new FailureError('unsupported', message('torchCode', { path, name: full.slice(0, 120) }))
  return new PyGlobal(full)
}

/** Returns the data that replaces a call of `called`. Throws MalformedArguments. */
export function construct(called: PyGlobal, args: readonly PyValue[]): PyValue {
  const make = Object.hasOwn(constructors, called.name) ? constructors[called.name] : undefined
  return make ? make(args) : new PyObject(called, args)
}
