import { FailureError, message, type EncodedTile, type RgbImage, type Message } from '../../contract/index.ts'
import { damaged } from '../source/damaged.ts'
import { crop, white } from '../read/pixels.ts'
import { columns, rows, tileExtent, type LevelSource } from '../source/source.ts'
import { frameCodec } from './codecs.ts'
import { frameReader } from './frames.ts'
import type { Instance } from './instance.ts'

interface FrameAt {
  readonly part: Instance
  readonly frame: number
}

/**
 * Makes a level of one image of a slide: of the parts of a concatenation, or of a single instance. Shows the middle one
 * of several focal planes and the first of several optical paths.
 */
export function dicomLevel(parts: readonly Instance[], index: number): LevelSource {
  const ordered = [...parts].sort((a, b) => a.frameOffset - b.frameOffset)
  const [first] = ordered
  const { width, height, tileWidth, tileHeight } = first
  const size = { width, height, tileWidth, tileHeight }
  for (const part of ordered)
    if (
      part.width !== width ||
      part.height !== height ||
      part.tileWidth !== tileWidth ||
      part.tileHeight !== tileHeight
    )
      throw new FailureError(
        'unreadable',
        message('damagedPart', {
          part: message('partFile', { file: part.file.name }),
          flaw: message('flawContinuation', { first: first.file.name }),
        }),
      )
  checkFrames(ordered, size)
  const codecs = new Map(ordered.map((part) => [part, frameCodec(part)]))
  const readers = new Map(ordered.map((part) => [part, frameReader(part)]))
  const frameAt = ordered.every((part) => part.positions) ? sparse(ordered, size) : full(ordered, size)

  const use = async <T>(
    x: number,
    y: number,
    work: (found: FrameAt, bytes: Buffer, tile: Message) => T | Promise<T>,
  ): Promise<T | null> => {
    const found = frameAt(x, y)
    if (!found) return null
    const tile = message('partTile', { x, y, level: index, file: found.part.file.name })
    const bytes = await readers.get(found.part)?.(found.frame, tile)
    return bytes ? work(found, bytes, tile) : null
  }
  return {
    ...size,
    async decode(x, y) {
      const extent = tileExtent(size, x, y)
      const image = await use<RgbImage | undefined>(x, y, async ({ part }, bytes, tile) => {
        const decoded = await codecs.get(part)?.decode(part, bytes, tile)
        if (decoded && (decoded.width < extent.width || decoded.height < extent.height))
          throw damaged(
            tile,
            message('flawSize', { found: [decoded.width, decoded.height], expected: [tileWidth, tileHeight] }),
          )
        return decoded
      })
      return image ? crop(image, extent.width, extent.height) : white(extent.width, extent.height)
    },
    passThrough: (x, y) =>
      use<EncodedTile | null>(
        x,
        y,
        ({ part }, bytes, tile) => codecs.get(part)?.passThrough?.(part, bytes, tile) ?? null,
      ),
  }
}

type Size = Pick<LevelSource, 'width' | 'height' | 'tileWidth' | 'tileHeight'>

/** Sparse tiling leaves out glass, but a valid image has at most this many tiles, plus this many per frame. */
const mostEmpty = { tiles: 10_000, perFrame: 100 }

/**
 * Throws FailureError 'unreadable' if frames are missing. In full tiling, they are missing only if a file of the slide
 * is missing. In sparse tiling, a damaged size would mean millions of white tiles to shrink for an overview.
 */
function checkFrames(parts: readonly Instance[], size: Size): void {
  const [{ file }] = parts
  const tiles = columns(size) * rows(size)
  const frames = parts.reduce((sum, part) => sum + part.frames, 0)
  const isSparse = parts.every((part) => part.positions)
  if (tiles <= (isSparse ? mostEmpty.tiles + mostEmpty.perFrame * frames : frames)) return
  throw damaged(
    message('partFile', { file: file.name }),
    message('flawFrames', { frames, tiles, size: [size.width, size.height] }),
  )
}

/** Finds frames in the order of TILED_FULL (PS3.3 C.7.6.17.3): row by row, plane by plane, path by path. */
function full(parts: readonly Instance[], size: Size): (x: number, y: number) => FrameAt | null {
  const perPlane = columns(size) * rows(size)
  const plane = Math.floor((parts[0].focalPlanes - 1) / 2)
  return (x, y) => {
    const frame = plane * perPlane + y * columns(size) + x
    const part = parts.findLast(({ frameOffset }) => frameOffset <= frame)
    return part && frame - part.frameOffset < part.frames ? { part, frame: frame - part.frameOffset } : null
  }
}

/** Finds frames by their stated positions. If several are at one position (focal planes), takes the middle one. */
function sparse(parts: readonly Instance[], size: Size): (x: number, y: number) => FrameAt | null {
  const at = new Map<number, FrameAt[]>()
  for (const part of parts) {
    const positions = part.positions ?? new Float64Array()
    for (let frame = 0; frame < positions.length / 2; frame++) {
      const x = positions[2 * frame] / size.tileWidth
      const y = positions[2 * frame + 1] / size.tileHeight
      if (!Number.isInteger(x) || !Number.isInteger(y))
        throw new FailureError(
          'unsupported',
          message('unsupportedFile', { file: part.file.name, kind: 'DICOM', why: message('notOnGrid') }),
        )
      const key = y * columns(size) + x
      at.set(key, [...(at.get(key) ?? []), { part, frame }])
    }
  }
  return (x, y) => {
    const stack = at.get(y * columns(size) + x)
    return stack?.[Math.floor((stack.length - 1) / 2)] ?? null
  }
}
