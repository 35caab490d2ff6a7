import { brandOf } from './image.ts'

/** Sound files that are not read, by their first bytes: a name, and what kind of file it is. */
interface Unread {
  readonly kind: string
  /** Pictures and slides can be converted; annotations are imported to an open slide. */
  readonly is: 'picture' | 'slide' | 'annotations' | 'archive' | 'other'
}

const begins = (head: Buffer, text: string, at = 0) => head.toString('latin1', at, at + text.length) === text
const bytes = (head: Buffer, hex: string, at = 0) => head.subarray(at, at + hex.length / 2).toString('hex') === hex

const table: readonly (readonly [(head: Buffer) => boolean, Unread])[] = [
  [(head) => begins(head, 'ZISRAWFILE'), { kind: 'Zeiss CZI', is: 'slide' }],
  [(head) => bytes(head, 'dacebe0a'), { kind: 'Nikon ND2', is: 'slide' }],
  [(head) => bytes(head, '70000000') && head[8] === 0x2a, { kind: 'Leica LIF', is: 'slide' }],
  [(head) => begins(head, 'OLYMPUSRAWFORMAT'), { kind: 'Olympus OIR', is: 'slide' }],
  [(head) => begins(head, '\x89HDF'), { kind: 'HDF5', is: 'slide' }],
  [(head) => begins(head, '\xd0\xcf\x11\xe0'), { kind: 'OLE (Olympus OIB or Zeiss ZVI)', is: 'slide' }],
  [(head) => begins(head, '8BPS'), { kind: 'Photoshop', is: 'picture' }],
  [(head) => bytes(head, 'ff0a') || bytes(head, '0000000c4a584c20'), { kind: 'JPEG XL', is: 'picture' }],
  [(head) => bytes(head, 'fffffff7') || bytes(head, 'fff7'), { kind: 'JPEG-LS', is: 'picture' }],
  [(head) => bytes(head, '762f3101'), { kind: 'OpenEXR', is: 'picture' }],
  [(head) => /^P[1-7][\s#]/.test(head.toString('latin1', 0, 3)), { kind: 'PNM', is: 'picture' }],
  [
    (head) => head[0] === 10 && head[1] <= 5 && head[2] === 1 && [1, 2, 4, 8].includes(head[3]),
    { kind: 'PCX', is: 'picture' },
  ],
  [(head) => begins(head, 'AT&TFORM'), { kind: 'DjVu', is: 'picture' }],
  [(head) => begins(head, 'II\xbc\x01'), { kind: 'JPEG XR', is: 'picture' }],
  [(head) => bytes(head, '00000100') && head[5] === 0, { kind: 'icon', is: 'picture' }],
  [
    (head) => /^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--[^]*?-->\s*)*<svg[\s>]/.test(head.toString('latin1')),
    { kind: 'SVG', is: 'picture' },
  ],
  [(head) => brandOf(head) === 'crx ', { kind: 'Canon CR3', is: 'picture' }],
  [(head) => ['heic', 'heix', 'mif1'].includes(brandOf(head)), { kind: 'HEIC', is: 'picture' }],
  [
    (head) =>
      brandOf(head) !== '' || begins(head, '\x1aE\xdf\xa3') || (begins(head, 'RIFF') && begins(head, 'AVI ', 8)),
    { kind: 'film', is: 'other' },
  ],
  [(head) => begins(head, '%PDF'), { kind: 'PDF', is: 'other' }],
  [(head) => begins(head, 'PK\x03\x04'), { kind: 'ZIP', is: 'archive' }],
  [(head) => bytes(head, '1f8b08'), { kind: 'gzip', is: 'archive' }],
  [(head) => begins(head, '7z\xbc\xaf') || begins(head, 'Rar!'), { kind: '7z or RAR', is: 'archive' }],
  [(head) => begins(head, 'ustar', 257), { kind: 'tar', is: 'archive' }],
  [(head) => begins(head, 'SQLite format 3'), { kind: 'SQLite', is: 'annotations' }],
  [
    (head) => /^(?:\xef\xbb\xbf)?\s*[[{]\s*["{[\]}]/.test(head.toString('latin1', 0, 256)),
    { kind: 'JSON', is: 'annotations' },
  ],
  [
    (head) => /^(?:\xef\xbb\xbf)?\s*<(?:\?xml|[A-Za-z])/.test(head.toString('latin1', 0, 256)),
    { kind: 'XML', is: 'annotations' },
  ],
]

/** Returns what a file is that no format reads; null if its first bytes say nothing. */
export const unreadKind = (head: Buffer): Unread | null => table.find(([matches]) => matches(head))?.[1] ?? null
