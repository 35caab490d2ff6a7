import { FailureError, message } from '../../contract/index.ts'
import { Cursor, type TorchFile } from './file.ts'
import { storageTypes } from './globals.ts'
import { unpickle } from './pickle.ts'
import { elementBytes, PyGlobal, TorchStorage, type PyValue } from './values.ts'
import { entryPosition, zipEntries } from './zip.ts'

/** An opened checkpoint: its object, and where the numbers of its storages lie. */
export interface Checkpoint {
  readonly root: PyValue
  locate(storage: TorchStorage): { readonly position: number; readonly bytes: number }
}

/** Either of torch's two file forms, told by its first bytes. */
export function openCheckpoint(file: TorchFile): Checkpoint {
  if (file.size === 0) return file.damaged(message('isEmpty'))
  const start = file.read(0, Math.min(4, file.size))
  if (start[0] === 0x50 && start[1] === 0x4b) return archiveForm(file)
  if (start[0] === 0x80) return streamForm(file)
  throw new FailureError('unreadable', message('torchNeither', { path: file.path }))
}

/** Since torch 1.6: a zip archive with data.pkl and one file of raw numbers for each storage. */
function archiveForm(file: TorchFile): Checkpoint {
  const entries = zipEntries(file)
  const pickle = [...entries.keys()].find((name) => /^([^/]+\/)?data\.pkl$/.test(name))
  if (!pickle) return file.damaged(message('noEntry', { name: 'data.pkl' }))
  const folder = pickle.slice(0, -'data.pkl'.length)
  const locate = (name: string) => {
    const entry = entries.get(folder + name)
    if (!entry) return file.damaged(message('noEntry', { name }))
    return { position: entryPosition(file, name, entry), bytes: entry.size }
  }
  if (entries.has(`${folder}byteorder`)) {
    const order = locate('byteorder')
    if (new Cursor(file, order.position, order.position + order.bytes).text(Math.min(order.bytes, 16)) !== 'little')
      throw new FailureError('unsupported', message('torchBigEndian', { path: file.path }))
  }
  const { position, bytes } = locate('data.pkl')
  return {
    root: unpickle(new Cursor(file, position, position + bytes), (id) => storageOf(file, id)),
    locate: ({ key }) => locate(`data/${key}`),
  }
}

const magicNumber = BigInt('0x1950a86a20f9469cfc6c')
const streamProtocol = 1001

/**
 * Before torch 1.6: pickles one after another (magic number, protocol, facts of the machine, the object, the storages'
 * keys), then each storage as its length in elements (int64) and its raw numbers.
 */
function streamForm(file: TorchFile): Checkpoint {
  const cursor = new Cursor(file, 0, file.size)
  const noStorages = (): PyValue => file.damaged(message('headerNamesStorages'))
  if (unpickle(cursor, noStorages) !== magicNumber) return file.damaged(message('notByTorch'))
  if (unpickle(cursor, noStorages) !== streamProtocol) return file.damaged(message('unknownVersion'))
  const machine = unpickle(cursor, noStorages)
  if (machine instanceof Map && machine.get('little_endian') === false)
    throw new FailureError('unsupported', message('torchBigEndian', { path: file.path }))
  const seen = new Map<string, TorchStorage>()
  const root = unpickle(cursor, (id) => {
    const found = storageOf(file, id)
    if (found instanceof TorchStorage) seen.set(found.key, found)
    return found
  })
  const keys = unpickle(cursor, noStorages)
  if (!Array.isArray(keys)) return file.damaged(message('noStorageList'))
  const places = new Map<string, { position: number; bytes: number }>()
  for (const key of keys) {
    const storage = seen.get(String(key))
    if (!storage) return file.damaged(message('storageUnused', { key: String(key) }))
    const bytes = cursor.unsigned(8) * elementBytes[storage.type]
    const { position } = cursor
    if (position + bytes > file.size) return file.damaged(message('storagePastEnd', { key: String(storage.key) }))
    places.set(storage.key, { position, bytes })
    cursor.position += bytes
  }
  return { root, locate: ({ key }) => places.get(key) ?? file.damaged(message('storageWithout', { key: String(key) })) }
}

/**
 * A storage from torch's persistent id: ('storage', class, key, location, elements), in the stream form also
 * (…, None or (view key, first element, elements)); ('module', class, source file, source text) stands for the class.
 */
function storageOf(file: TorchFile, id: PyValue): PyValue {
  const bad = (): never => file.damaged(message('storageUnknown'))
  if (!Array.isArray(id)) return bad()
  const [kind, type, key, , elements, view] = id
  if (kind === 'module' && type instanceof PyGlobal) return type
  if (kind !== 'storage' || !(type instanceof PyGlobal)) return bad()
  if (!Object.hasOwn(storageTypes, type.name)) return file.damaged(message('numbersUnread', { type: type.name }))
  if (!(typeof key === 'string' || typeof key === 'number')) return bad()
  const counted = (n: PyValue | undefined): number =>
    typeof n === 'number' && Number.isSafeInteger(n) && n >= 0 ? n : bad()
  const elementType = storageTypes[type.name]
  return Array.isArray(view)
    ? new TorchStorage(elementType, String(key), counted(view[2]), counted(view[1]))
    : new TorchStorage(elementType, String(key), counted(elements))
}
