import { basename } from 'node:path'
import { FailureError, message, type UnreadKind } from '../../contract/index.ts'

/**
 * Sound files of other tools that Karyon does not read, by their first bytes or text. What to do instead stands with the
 * sentence of each kind (contract/messages, `unreadKinds`).
 */
const kinds: readonly { readonly kind: UnreadKind; is(name: string, head: string, bytes: Buffer): boolean }[] = [
  { kind: 'sqlite', is: (_, head) => head.startsWith('SQLite format 3') },
  { kind: 'hdf5', is: (_, __, bytes) => startsWith(bytes, '894844460d0a1a0a') },
  { kind: 'numpy', is: (_, __, bytes) => startsWith(bytes, '934e554d5059') },
  { kind: 'matlab', is: (_, head) => head.startsWith('MATLAB ') },
  { kind: 'qupathData', is: (name, __, bytes) => startsWith(bytes, 'aced0005') || /\.(qpdata|qpproj)$/i.test(name) },
  { kind: 'imagejRoi', is: (name, head) => head.startsWith('Iout') || /\.(roi|roiset\.zip)$/i.test(name) },
  { kind: 'zip', is: (_, __, bytes) => startsWith(bytes, '504b0304') },
  { kind: 'parquet', is: (_, head) => head.startsWith('PAR1') },
  { kind: 'shapefile', is: (_, __, bytes) => startsWith(bytes, '0000270a') },
  { kind: 'dicom', is: (_, __, bytes) => bytes.toString('latin1', 128, 132) === 'DICM' },
  { kind: 'ndpa', is: (_, head) => /<ndpviewstate[\s>]/.test(head) },
  { kind: 'omeXml', is: (_, head) => /<(\w+:)?OME[\s>]/.test(head) },
  { kind: 'html', is: (_, head) => /^\s*(<!doctype html|<html[\s>])/i.test(head) },
  { kind: 'xml', is: (_, head) => /^\s*<(\?xml|[A-Za-z_])/.test(head) },
  { kind: 'pickle', is: (_, __, bytes) => bytes[0] === 0x80 && bytes[1] >= 2 && bytes[1] <= 5 },
  {
    kind: 'picture',
    is: (_, __, bytes) => startsWith(bytes, 'ffd8ff') || startsWith(bytes, '474946') || startsWith(bytes, '424d'),
  },
  { kind: 'pdf', is: (_, head) => head.startsWith('%PDF') },
  { kind: 'json', is: (_, head) => /^\s*[[{]/.test(head) },
  { kind: 'table', is: (name, head) => /\.(csv|tsv)$/i.test(name) || /^[^\n]*([,;\t][^\n,;\t]+){2,}\r?\n/.test(head) },
]

const startsWith = (bytes: Buffer, hex: string) => bytes.toString('hex').startsWith(hex)

/** Returns the failure for a file that no importer reads: what it is, if that is known, and what to do. */
export function unread(
  path: string,
  name: string,
  head: string,
  bytes: Buffer,
  known: readonly string[],
): FailureError {
  const kind = kinds.find((one) => one.is(name, head, bytes))?.kind ?? 'unknown'
  return new FailureError('unsupported', message('annotationKind', { file: basename(path), kind, known }))
}
