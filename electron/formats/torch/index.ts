import { FailureError, message, type Message } from '../../contract/index.ts'
import type { StoredTensor } from '../weights/safetensors.ts'
import { TorchFile } from './file.ts'
import { openCheckpoint } from './checkpoint.ts'
import { findStateDict, moduleStateDict, type StateDict } from './stateDict.ts'
import { tensorReader } from './tensors.ts'
import { PyObject, type PyValue } from './values.ts'

/**
 * Reads the weights of a PyTorch checkpoint (.pth, .pt, .pkl, .bin) in either of torch's file formats. The state dict
 * may be the whole checkpoint, stand under a key such as "model", "state_dict" or "teacher", or be that of a module
 * pickled whole. If every name begins with "module.", that prefix is removed. Optimiser states and settings are not
 * read. No code in the file is run.
 *
 * @returns tensors by name: floats of any width as float32, integers as int32
 * @throws FailureError 'not-found'; 'unreadable' if the file is damaged, cut short or holds something else;
 * 'unsupported' if it asks for code
 */
export const readTorchCheckpoint = (path: string): Promise<Map<string, StoredTensor>> =>
  read(path, findStateDict, message('aStateDict'))

/**
 * Reads the weights of a torch.nn.Module that was pickled whole, such as DALL-E's encoder.pkl. Names are paths of
 * submodules. Returns and throws the same as `readTorchCheckpoint`.
 */
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
