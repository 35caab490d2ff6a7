import sharp from 'sharp'
import { unwrap, type Nuclei, type Rect, type SlideReader, type TissueArea } from '../../contract/index.ts'
import { openSlide } from '../../slides/index.ts'
import { moved, serveThread } from '../../threads/index.ts'
import { centroidOf } from '../../../models/geometry/outline.ts'
import { findNuclei } from '../../../models/detector/findNuclei.ts'
import type { DetectorMaps, Picture, RaySettings } from '../../../models/detector/outlines.ts'
import { holds, regionSide, withSeam, type Region } from '../../../models/detector/grid.ts'
import { kindAt } from '../../../models/geometry/polygon.ts'
import { nucleiFromOutlines } from '../../../models/nuclei/nuclei.ts'
import { detectorInput } from '../../../models/detector/input.ts'

/** The job of a detection thread. */
export interface DetectJob {
  readonly slide: string
  /** µm per level-0 pixel. */
  readonly mpp: number
  /** Level-0 pixels per working pixel. */
  readonly scale: number
  /** Minimum probability of a nucleus. */
  readonly threshold: number
  /** Factor of the slide's optical densities as the network sees them. */
  readonly strength: number
  readonly settings: RaySettings
  /** If present, only nuclei with their centre in this rectangle are kept, level-0 pixels. */
  readonly only?: Rect
  /** Nuclei with their centre where these areas say that there is no tissue are dropped. */
  readonly areas?: readonly TissueArea[]
}

/**
 * Runs in a detection thread: reads regions and makes outlines from the network's maps. It must never load onnxruntime.
 */
function makeDetection({ slide, mpp, scale, threshold, strength, settings, only, areas = [] }: DetectJob) {
  sharp.concurrency(1) // one picture at a time per thread; the threads are the parallelism
  const seen = Uint8Array.from({ length: 256 }, (_, byte) => Math.round(255 * (byte / 255) ** strength))
  const said = kindAt(areas)
  const isWanted = (x: number, y: number): boolean =>
    (!only || (x >= only.x && y >= only.y && x < only.x + only.width && y < only.y + only.height)) &&
    said(x, y) !== 'excluded'
  let opened: Promise<SlideReader> | undefined
  /** Of the region whose image was made last. Its nuclei are asked for next. */
  let picture: Picture | undefined
  return {
    /** Returns a region as the network's input, [3, regionSide, regionSide]. */
    async imageOf({ read: { x, y, right, bottom } }: Region) {
      const reader = await (opened ??= openSlide(slide, { mpp }).then(unwrap))
      const [width, height] = [right - x, bottom - y]
      const rect = { x: x * scale, y: y * scale, width: width * scale, height: height * scale }
      const { data } = await reader.region(rect, width, height)
      const rgb = strength === 1 ? data : new Uint8Array(data.length)
      if (strength !== 1) for (let i = 0; i < rgb.length; i++) rgb[i] = seen[data[i]]
      picture = { rgb, width, height }
      const image = detectorInput(rgb, width, height, regionSide)
      return moved(image, [image.buffer])
    },
    /** Returns the nuclei with their centre in a region's core or at its seam. */
    nucleiOf({ core, read }: Region, maps: DetectorMaps): Nuclei {
      const outlines = findNuclei(maps, picture!, threshold, settings).flatMap(({ outline }) => {
        const [x, y] = centroidOf(outline).map((v, k) => v + (k ? read.y : read.x))
        return holds(withSeam(core), x, y) && isWanted(x * scale, y * scale)
          ? [outline.map((v, k) => (v + (k % 2 ? read.y : read.x)) * scale)]
          : []
      })
      return nucleiFromOutlines(outlines, 'detected')
    },
  }
}

export type DetectionThread = typeof makeDetection
serveThread(makeDetection)
