import { FailureError, message, type Message } from '../../contract/index.ts'
import type { StoredTensor } from '../weights/safetensors.ts'
import { TorchFile } from './file.ts'
import { openCheckpoint } from './forms.ts'
import { findStateDict, moduleStateDict, type StateDict } from './stateDict.ts'
import { tensorReader } from './tensors.ts'
import { PyObject, type PyValue } from './values.ts'

/**
 * The weights in a PyTorch checkpoint (.pth, .pt, .pkl, .bin; either of torch's file forms): the state dict found at its
 * top, under "model", "state_dict", "teacher" and the like, or in a module pickled whole. A "module." before every name is
 * taken off. Optimiser states and settings beside it are not read. Nothing in the file is run.
 *
 * @returns tensors by name, floats of any width as float32, integers as int32
 * @throws FailureError not-found; unreadable where it is damaged, cut short or foreign; unsupported where it asks for code
 */
export const readTorchCheckpoint = (path: string): Promise<Map<string, StoredTensor>> =>
  read(path, findStateDict, message('aStateDict'))

/** The same of a whole pickled torch.nn.Module, such as DALL-E's encoder.pkl: names are paths of submodules. */
export const readTorchModule = (path: string): Promise<Map<string, StoredTensor>> =>
  read(path, (root) => (root instanceof PyObject ? moduleStateDict(root) : undefined), message('aModule'))

async function read(
  path: string,
  find: (root: PyValue) => StateDict | undefined,
  what: Message,
): Promise<Map<string, StoredTensor>> {
  const file = new TorchFile(path)
  try {
    const checkpoint = openCheckpoint(file)
    const tensors = find(checkpoint.root)
    if (!tensors)
      throw new FailureError('unreadable', message('torchHolds', { path, what, found: contents(checkpoint.root) }))
    const numbers = tensorReader(file, checkpoint)
    return new Map([...tensors].map(([name, tensor]) => [name, numbers(tensor, name)]))
  } finally {
    file.close()
  }
}

function contents(root: PyValue): Message {
  if (root instanceof PyObject) return message('anObject', { type: root.type.name })
  if (!(root instanceof Map)) return message('somethingElse')
  return message('aDictionary', { keys: [...root.keys()].slice(0, 8).map(String) })
}
