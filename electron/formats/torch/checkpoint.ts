import { FailureError, message } from '../../contract/index.ts'
import { Cursor, type TorchFile } from './file.ts'
import { storageTypes } from './globals.ts'
import { unpickle } from './pickle.ts'
import { elementBytes, PyGlobal, TorchStorage, type PyValue } from './values.ts'
import { entryPosition, zipEntries } from './zip.ts'

/** An opened checkpoint: the object in it, and where the file holds the numbers of its storages. */
export interface Checkpoint {
  readonly root: PyValue
  locate(storage: TorchStorage): { readonly position: number; readonly bytes: number }
}

/**
 * Opens a checkpoint in either of torch's two file formats, recognised by its first bytes. Throws FailureError
 * 'unreadable' if it is neither or is damaged, 'unsupported' if it asks for code, is compressed or is big-endian.
 */
export function openCheckpoint(file: TorchFile): Checkpoint {
  if (file.size === 0) return file.failDamaged(message('isEmpty'))
  const start = file.read(0, Math.min(4, file.size))
  if (start[0] === 0x50 && start[1] === 0x4b) return openArchive(file)
  if (start[0] === 0x80) return openStream(file)
  throw new FailureError('unreadable', message('torchNeither', { path: file.path }))
}

/** Opens the format since torch 1.6: a zip archive with data.pkl and one file of raw numbers per storage. */
function openArchive(file: TorchFile): Checkpoint {
  const entries = zipEntries(file)
  const pickle = [...entries.keys()].find((name) => /^([^/]+\/)?data\.pkl$/.test(name))
  if (!pickle) return file.failDamaged(message('noEntry', { name: 'data.pkl' }))
  const folder = pickle.slice(0, -'data.pkl'.length)
  const locate = (name: string) => {
    const entry = entries.get(folder + name)
    if (!entry) return file.failDamaged(message('noEntry', { name }))
    return { position: entryPosition(file, name, entry), bytes: entry.size }
  }
  if (entries.has(`${folder}byteorder`)) {
    const order = locate('byteorder')
    if (new Cursor(file, order.position, order.position + order.bytes).text(Math.min(order.bytes, 16)) !== 'little')
      throw new FailureError('unsupported', message('torchBigEndian', { path: file.path }))
  }
  const { position, bytes } = locate('data.pkl')
  return {
    root: unpickle(new Cursor(file, position, position + bytes), (id) => storageFromId(file, id)),
    locate: ({ key }) => locate(`data/${key}`),
  }
}

const magicNumber = BigInt('0x1950a86a20f9469cfc6c')
const streamProtocol = 1001

/**
 * Opens the format before torch 1.6. It is a series of pickles: magic number, protocol, properties of the machine, the
 * object, and the keys of the storages. The storages follow, each as its length in elements (int64) and its raw
 * numbers.
 */
function openStream(file: TorchFile): Checkpoint {
  const cursor = new Cursor(file, 0, file.size)
  const noStorages = (): PyValue => file.failDamaged(message('headerNamesStorages'))
  if (unpickle(cursor, noStorages) !== magicNumber) return file.failDamaged(message('notByTorch'))
  if (unpickle(cursor, noStorages) !== streamProtocol) return file.failDamaged(message('unknownVersion'))
  const machine = unpickle(cursor, noStorages)
  if (machine instanceof Map && machine.get('little_endian') === false)
    throw new FailureError('unsupported', message('torchBigEndian', { path: file.path }))
  const seen = new Map<string, TorchStorage>()
  const root = unpickle(cursor, (id) => {
    const found = storageFromId(file, id)
    if (found instanceof TorchStorage) seen.set(found.key, found)
    return found
  })
  const keys = unpickle(cursor, noStorages)
  if (!Array.isArray(keys)) return file.failDamaged(message('noStorageList'))
  const ranges = new Map<string, { position: number; bytes: number }>()
  for (const key of keys) {
    const storage = seen.get(String(key))
    if (!storage) return file.failDamaged(message('storageUnused', { key: String(key) }))
    const bytes = cursor.unsigned(8) * elementBytes[storage.type]
    const { position } = cursor
    if (position + bytes > file.size) return file.failDamaged(message('storagePastEnd', { key: String(storage.key) }))
    ranges.set(storage.key, { position, bytes })
    cursor.position += bytes
  }
  return {
    root,
    locate: ({ key }) => ranges.get(key) ?? file.failDamaged(message('storageWithout', { key: String(key) })),
  }
}

/**
 * Returns what torch's persistent id refers to. ('storage', class, key, location, elements) is a storage. The older
 * format adds a sixth entry: None, or the view (key, first element, elements). ('module', class, source file, source
 * text) is the class. Throws FailureError 'unreadable' for anything else.
 */
function storageFromId(file: TorchFile, id: PyValue): PyValue {
  const bad = (): never => file.failDamaged(message('storageUnknown'))
  if (!Array.isArray(id)) return bad()
  const [kind, type, key, , elements, view] = id
  if (kind === 'module' && type instanceof PyGlobal) return type
  if (kind !== 'storage' || !(type instanceof PyGlobal)) return bad()
  if (!Object.hasOwn(storageTypes, type.name)) return file.failDamaged(message('numbersUnread', { type: type.name }))
  if (!(typeof key === 'string' || typeof key === 'number')) return bad()
  const checkCount = (n: PyValue | undefined): number =>
    typeof n === 'number' && Number.isSafeInteger(n) && n >= 0 ? n : bad()
  const elementType = storageTypes[type.name]
  return Array.isArray(view)
    ? new TorchStorage(elementType, String(key), checkCount(view[2]), checkCount(view[1]))
    : new TorchStorage(elementType, String(key), checkCount(elements))
}
