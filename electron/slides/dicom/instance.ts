import { FailureError, message, type Mpp, type Message } from '../../contract/index.ts'
import type { SlideFile } from '../source/file.ts'
import { maxImagePixels } from '../source/memory.ts'
import { physicalMpp } from '../source/mpp.ts'
import { readDataset, type Dataset, type ByteRange } from './dataset.ts'
import { attributes as tag, wholeSlideClass } from './tags.ts'
import { decimals, float, text, texts, whole } from './values.ts'

/** One DICOM file of a slide: all or some frames (tiles) of one of its images. */
export interface Instance {
  readonly file: SlideFile
  readonly seriesUid: string
  /** The same for all parts of an image that is split over files; empty if it is not split. */
  readonly concatenationUid: string
  /** Number of the image's frames in earlier parts. */
  readonly frameOffset: number
  /** What the image shows: 'VOLUME' (the slide), 'LABEL', 'OVERVIEW' or 'THUMBNAIL'. */
  readonly flavour: string
  readonly width: number
  readonly height: number
  readonly tileWidth: number
  readonly tileHeight: number
  readonly frames: number
  readonly focalPlanes: number
  readonly opticalPaths: number
  /**
   * Top left pixel of each frame, x then y, if the file states them (sparse tiling). null: the order of the frames
   * gives them (full tiling).
   */
  readonly positions: Float64Array | null
  readonly transferSyntax: string
  readonly photometric: string
  readonly samples: number
  readonly isPlanar: boolean
  readonly mpp: Mpp | null
  readonly pixels: ByteRange
  readonly extendedOffsets: ByteRange | null
  readonly extendedLengths: ByteRange | null
  readonly profile: ByteRange | null
}

const preambleLength = 128
const metaStart = preambleLength + 4
const implicitLittleEndian = '1.2.840.10008.1.2'
/** Compressed header, big-endian: neither is used for slides. */
const unreadSyntaxes = new Set(['1.2.840.10008.1.2.1.99', '1.2.840.10008.1.2.2'])
const maxSize = 2 ** 24

export const isDicom = (head: Uint8Array): boolean =>
  String.fromCharCode(...head.subarray(preambleLength, metaStart)) === 'DICM'

/**
 * Reads the header of a DICOM file. Returns null if it is intact but not an image of a slide. Throws FailureError
 * 'unreadable' if it is damaged, 'unsupported' if its header has an encoding that is not read.
 */
export async function readInstance(file: SlideFile): Promise<Instance | null> {
  const damaged = (flaw: Message) =>
    new FailureError('unreadable', message('damagedFile', { file: file.name, kind: 'DICOM', flaw }))
  const meta = await readDataset(file, metaStart, true, (next) => next >= 0x00030000)
  const transferSyntax = text(meta.dataset, tag.transferSyntax)
  if (unreadSyntaxes.has(transferSyntax))
    throw new FailureError(
      'unsupported',
      message('unsupportedFile', {
        file: file.name,
        kind: 'DICOM',
        why: message('transferSyntax', { syntax: transferSyntax }),
      }),
    )
  const { dataset } = await readDataset(file, meta.end, transferSyntax !== implicitLittleEndian)
  if (text(dataset, tag.sopClass) !== wholeSlideClass) return null

  const tileWidth = whole(dataset, tag.columns, 0)
  const tileHeight = whole(dataset, tag.rows, 0)
  const width = whole(dataset, tag.totalColumns, tileWidth)
  const height = whole(dataset, tag.totalRows, tileHeight)
  const isSize = (n: number) => n > 0 && n <= maxSize
  if (!isSize(tileWidth) || !isSize(tileHeight))
    throw damaged(message('framesClaim', { size: [tileWidth, tileHeight] }))
  if (tileWidth * tileHeight > maxImagePixels)
    throw new FailureError(
      'unsupported',
      message('unsupportedFile', {
        file: file.name,
        kind: 'DICOM',
        why: message('tilesTooLarge', { size: [tileWidth, tileHeight], most: maxImagePixels }),
      }),
    )
  if (!isSize(width) || !isSize(height)) throw damaged(message('imageClaims', { size: [width, height] }))
  const frames = text(dataset, tag.numberOfFrames) === '' ? 1 : decimals(dataset, tag.numberOfFrames)[0]
  if (!Number.isInteger(frames) || frames < 1 || frames > 1e8)
    throw damaged(message('frameCount', { frames: String(frames) }))
  const pixels = dataset.ranges.get(tag.pixelData)
  if (!pixels) throw damaged(message('noPixels'))
  if (whole(dataset, tag.bitsAllocated, 8) !== 8 || whole(dataset, tag.bitsStored, 8) !== 8)
    throw new FailureError(
      'unsupported',
      message('unsupportedFile', { file: file.name, kind: 'DICOM', why: message('sampleBits', { bits: [8] }) }),
    )
  const place = (which: number) => dataset.ranges.get(which) ?? null
  return {
    file,
    seriesUid: text(dataset, tag.seriesUid),
    concatenationUid: text(dataset, tag.concatenationUid),
    frameOffset: whole(dataset, tag.concatenationFrameOffset, 0),
    flavour: texts(dataset, tag.imageType)[2] || 'VOLUME',
    width,
    height,
    tileWidth,
    tileHeight,
    frames,
    focalPlanes: Math.max(1, whole(dataset, tag.focalPlaneCount, 1)),
    opticalPaths: Math.max(1, whole(dataset, tag.opticalPathCount, 1)),
    positions: positionsOf(dataset, frames),
    transferSyntax,
    photometric: text(dataset, tag.photometric),
    samples: whole(dataset, tag.samplesPerPixel, 3),
    isPlanar: whole(dataset, tag.planarConfiguration, 0) === 1,
    mpp: mppOf(dataset, width, height),
    pixels,
    extendedOffsets: place(tag.extendedOffsets),
    extendedLengths: place(tag.extendedLengths),
    profile: place(tag.iccProfile) ?? dataset.items.get(tag.opticalPaths)?.[0]?.ranges.get(tag.iccProfile) ?? null,
  }
}

/** Returns the positions of the frames in sparse tiling (PS3.3 C.8.12.14; there they count from 1). */
function positionsOf(dataset: Dataset, frames: number): Float64Array | null {
  if (text(dataset, tag.dimensionOrganization) === 'TILED_FULL') return null
  const groups = dataset.items.get(tag.perFrameGroups)
  const positionOf = (group: Dataset) => group.items.get(tag.planePosition)?.[0]
  if (!groups || groups.length !== frames || !groups.every(positionOf)) return null
  const positions = new Float64Array(2 * frames)
  groups.forEach((group, frame) => {
    positions[2 * frame] = whole(positionOf(group), tag.columnPosition, NaN) - 1
    positions[2 * frame + 1] = whole(positionOf(group), tag.rowPosition, NaN) - 1
  })
  return positions
}

/**
 * Returns µm/px from the pixel spacing (mm; the distance of rows comes first), else from the size of the imaged area.
 */
function mppOf(dataset: Dataset, width: number, height: number): Mpp | null {
  const groups = dataset.items.get(tag.sharedGroups) ?? dataset.items.get(tag.perFrameGroups)
  const measures = groups?.[0]?.items.get(tag.pixelMeasures)?.[0]
  const [y, x] = decimals(measures ?? dataset, tag.pixelSpacing).map((mm) => mm * 1000)
  const stated = physicalMpp(x ?? NaN, y ?? NaN, 'DICOM Pixel Spacing')
  if (stated) return stated
  const imagedX = (float(dataset, tag.imagedVolumeWidth) * 1000) / width
  const imagedY = (float(dataset, tag.imagedVolumeHeight) * 1000) / height
  // Some converters write a meaningless size. It is used only if it gives square pixels.
  return Math.abs(imagedX / imagedY - 1) < 0.02 ? physicalMpp(imagedX, imagedY, 'DICOM Imaged Volume') : null
}
