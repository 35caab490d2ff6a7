import { basename } from 'node:path'
import { attempt, FailureError, type LeftOut, type Result } from '../../contract/index.ts'
import type { ReadAnnotations, SlideSize } from './annotationReader.ts'
import { instanceRecords } from './instanceJson.ts'
import { NucleusColumns } from './nucleusColumns.ts'
import { Skips } from './skips.ts'

/**
 * Nuclei with outlines from HoVer-Net's or CellViT's JSON. Entries without a contour are counted and left out; a file that
 * lists no nucleus gives none. Fails with 'empty' (nuclei, but no outline), 'invalid-input' (none on this slide), 'unreadable' (not JSON), or as the system says.
 */
export function readInstanceJson(path: string, slideSize: SlideSize): Promise<Result<ReadAnnotations>> {
  return attempt(async () => {
    const skips = new Skips<LeftOut>()
    const columns = new NucleusColumns(slideSize)
    let entries = 0
    let outside = 0
    for await (const batch of instanceRecords(path))
      for (const record of batch) {
        entries++
        if (!record?.ring || !record.box) skips.add('entries without a contour')
        else {
          const [x, y] = [(record.box[0] + record.box[2]) / 2, (record.box[1] + record.box[3]) / 2]
          if (x < 0 || y < 0 || x > slideSize.width || y > slideSize.height) outside++
          else columns.add({ ring: record.ring, className: record.className })
        }
      }
    skips.add('nuclei outside the slide', outside)
    const name = basename(path)
    if (columns.count === 0 && outside > 0)
      throw new FailureError(
        'invalid-input',
        `None of the ${outside} nuclei of ${name} lies on this slide of ${slideSize.width} × ${slideSize.height} px. They may belong to another slide, or be in another scale.`,
      )
    if (columns.count === 0 && entries > 0)
      throw new FailureError(
        'empty',
        `${name} holds no outline of a nucleus. Export contours (HoVer-Net's "nuc" or CellViT's "cells").`,
      )
    return { classified: columns.finish(), skipped: skips.list() }
  })
}
