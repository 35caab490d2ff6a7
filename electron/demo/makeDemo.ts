import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { FailureError, systemFailure, unwrap } from '../contract/index.ts'
import { writeAtomically, writeGeoJson } from '../formats/index.ts'
import { sibling, startThread } from '../threads/index.ts'
import type { DemoPicture } from './drawDemo.ts'
import type { DrawThread } from './drawWorker.ts'

export const demoMpp = 0.25
export const demoSize = { width: 2560, height: 1920 } as const
const seed = 1

/** Draws on a separate thread: it takes seconds, and a host must keep answering. */
async function drawInThread(width: number, height: number): Promise<DemoPicture> {
  const thread = startThread<DrawThread>(sibling(import.meta.url, './drawWorker'), undefined)
  try {
    return await thread.call('drawDemo', width, height, seed)
  } finally {
    await thread.end()
  }
}

/** Encodes the picture as a tiled JPEG pyramid with µm/px in the resolution tags, like a scanner's generic TIFF. */
export function pyramidTiff({ image }: DemoPicture): Promise<Buffer> {
  const pixelsPerMm = 1000 / demoMpp
  return sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .tiff({
      compression: 'jpeg',
      quality: 88,
      tile: true,
      tileWidth: 256,
      tileHeight: 256,
      pyramid: true,
      xres: pixelsPerMm,
      yres: pixelsPerMm,
      resolutionUnit: 'cm',
    })
    .toBuffer()
}

/**
 * Writes the demo slide and its truth into `folder`, which is created if needed: demo.tif, H&E-like tissue of 2560 ×
 * 1920 px (or `size`) at 0.25 µm/px, and truth.geojson, the outline and class of every nucleus drawn. The bytes are
 * always the same.
 *
 * @returns the paths of both files and the number of nuclei
 * @throws FailureError if the folder cannot be created or written
 */
export async function makeDemo(
  folder: string,
  size: { width: number; height: number } = demoSize,
): Promise<{ slide: string; truth: string; nuclei: number }> {
  try {
    await mkdir(folder, { recursive: true })
  } catch (error) {
    const failure = systemFailure(error, { do: 'makeFolder', path: folder })
    if (failure) throw FailureError.of(failure)
    throw error
  }
  const picture = await drawInThread(size.width, size.height)
  const slide = join(folder, 'demo.tif')
  const truth = join(folder, 'truth.geojson')
  await writeAtomically(slide, [await pyramidTiff(picture)])
  const { nuclei } = unwrap(await writeGeoJson(truth, picture.truth))
  return { slide, truth, nuclei }
}
