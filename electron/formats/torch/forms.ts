import { FailureError } from '../../contract/index.ts'
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
  if (file.size === 0) return file.damaged('it is empty')
  const start = file.read(0, Math.min(4, file.size))
  if (start[0] === 0x50 && start[1] === 0x4b) return archiveForm(file)
  if (start[0] === 0x80) return streamForm(file)
  throw new FailureError(
    'unreadable',
    `${file.path} must be a PyTorch checkpoint, but it is in neither of torch's two forms (zip archive, or pickle stream). Check that it is the right file.`,
  )
}

/** Since torch 1.6: a zip archive with data.pkl and one file of raw numbers for each storage. */
function archiveForm(file: TorchFile): Checkpoint {
  const entries = zipEntries(file)
  const pickle = [...entries.keys()].find((name) => /^([^/]+\/)?data\.pkl$/.test(name))
  if (!pickle) return file.damaged('its archive has no data.pkl (another kind of zip file?)')
  const folder = pickle.slice(0, -'data.pkl'.length)
  const locate = (name: string) => {
    const entry = entries.get(folder + name)
    if (!entry) return file.damaged(`its archive has no "${name}"`)
    return { position: entryPosition(file, name, entry), bytes: entry.size }
  }
  if (entries.has(`${folder}byteorder`)) {
    const order = locate('byteorder')
    if (new Cursor(file, order.position, order.position + order.bytes).text(Math.min(order.bytes, 16)) !== 'little')
      throw new FailureError(
        'unsupported',
        `${file.path} must hold little-endian numbers, but it was written on a big-endian machine. Load and save it again on a common one.`,
      )
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
  const noStorages = (): PyValue => file.damaged('its header names storages')
  if (unpickle(cursor, noStorages) !== magicNumber) return file.damaged('it is a pickle, but not one that torch wrote')
  if (unpickle(cursor, noStorages) !== streamProtocol) return file.damaged('it is of an unknown version of the form')
  const machine = unpickle(cursor, noStorages)
  if (machine instanceof Map && machine.get('little_endian') === false)
    throw new FailureError('unsupported', `${file.path} must hold little-endian numbers, but it has big-endian ones.`)
  const seen = new Map<string, TorchStorage>()
  const root = unpickle(cursor, (id) => {
    const found = storageOf(file, id)
    if (found instanceof TorchStorage) seen.set(found.key, found)
    return found
  })
  const keys = unpickle(cursor, noStorages)
  if (!Array.isArray(keys)) return file.damaged('it has no list of its storages')
  const places = new Map<string, { position: number; bytes: number }>()
  for (const key of keys) {
    const storage = seen.get(String(key))
    if (!storage) return file.damaged(`it lists storage "${String(key)}", which nothing uses`)
    const bytes = cursor.unsigned(8) * elementBytes[storage.type]
    const { position } = cursor
    if (position + bytes > file.size) return file.damaged(`storage "${storage.key}" reaches past its end (cut short)`)
    places.set(storage.key, { position, bytes })
    cursor.position += bytes
  }
  return { root, locate: ({ key }) => places.get(key) ?? file.damaged(`it has no numbers for storage "${key}"`) }
}

/**
 * A storage from torch's persistent id: ('storage', class, key, location, elements), in the stream form also
 * (…, None or (view key, first element, elements)); ('module', class, source file, source text) stands for the class.
 */
function storageOf(file: TorchFile, id: PyValue): PyValue {
  const bad = (): never => file.damaged('it names a storage in an unknown way')
  if (!Array.isArray(id)) return bad()
  const [kind, type, key, , elements, view] = id
  if (kind === 'module' && type instanceof PyGlobal) return type
  if (kind !== 'storage' || !(type instanceof PyGlobal)) return bad()
  if (!Object.hasOwn(storageTypes, type.name))
    return file.damaged(`it holds ${type.name}, a kind of numbers that is not read here`)
  if (!(typeof key === 'string' || typeof key === 'number')) return bad()
  const counted = (n: PyValue | undefined): number =>
    typeof n === 'number' && Number.isSafeInteger(n) && n >= 0 ? n : bad()
  const elementType = storageTypes[type.name]
  return Array.isArray(view)
    ? new TorchStorage(elementType, String(key), counted(view[2]), counted(view[1]))
    : new TorchStorage(elementType, String(key), counted(elements))
}
