import { PyObject, TorchTensor, type PyValue } from './values.ts'

/** Keys under which training scripts save the weights, the most likely first. */
const usualKeys = [
  'model',
  'state_dict',
  'model_state_dict',
  'module',
  'teacher',
  'student',
  'net',
  'network',
  'encoder',
  'model_ema',
]

/** No network is deeper or has more modules. Without these limits, a pickle that refers to itself would never end. */
const maxDepth = 64
const maxModules = 100_000

export type StateDict = Map<string, TorchTensor>

/**
 * Returns the state dict in a checkpoint's object: the object itself, the value of one of the usual keys, or that of a
 * module pickled whole. Returns undefined if there is none.
 */
export function findStateDict(root: PyValue, depth = 0): StateDict | undefined {
  if (root instanceof PyObject) return moduleStateDict(root)
  if (!(root instanceof Map) || depth > 3) return undefined
  const own = new Map(
    [...root].filter(
      (entry): entry is [string, TorchTensor] => typeof entry[0] === 'string' && entry[1] instanceof TorchTensor,
    ),
  )
  if (own.size > 0) return removePrefix(own)
  for (const key of usualKeys) {
    const found = findStateDict(root.get(key) ?? null, depth + 1)
    if (found) return found
  }
  return undefined
}

/** Returns the state dict of a pickled torch.nn.Module, or undefined if the object has no tensors. */
export function moduleStateDict(root: PyObject): StateDict | undefined {
  const found: StateDict = new Map()
  let modules = 0
  const walk = (module: PyObject, prefix: string, depth: number): void => {
    if (depth > maxDepth || ++modules > maxModules) return
    const nonPersistent = module.attribute('_non_persistent_buffers_set')
    for (const kind of ['_parameters', '_buffers']) {
      const entries = module.attribute(kind)
      if (!(entries instanceof Map)) continue
      for (const [name, value] of entries)
        if (
          value instanceof TorchTensor &&
          !(kind === '_buffers' && nonPersistent instanceof Set && nonPersistent.has(name))
        )
          found.set(prefix + String(name), value)
    }
    const children = module.attribute('_modules')
    if (children instanceof Map)
      for (const [name, child] of children)
        if (child instanceof PyObject) walk(child, `${prefix}${String(name)}.`, depth + 1)
  }
  walk(root, '', 0)
  return found.size > 0 ? removePrefix(found) : undefined
}

/** Removes the prefix "module.", which DistributedDataParallel puts before every name. */
function removePrefix(tensors: StateDict): StateDict {
  const prefix = 'module.'
  if (![...tensors.keys()].every((name) => name.startsWith(prefix))) return tensors
  return new Map([...tensors].map(([name, tensor]) => [name.slice(prefix.length), tensor]))
}
