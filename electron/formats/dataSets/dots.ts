import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { FailureError, issueMessage, message } from '../../contract/index.ts'
import { Skips } from '../annotations/skips.ts'
import type { DataImage, DataSetReader } from './dataImage.ts'
import { namesApart, pixelsOf } from './place.ts'

const fileName = 'points.json'

const dot = z.object({ x: z.number(), y: z.number(), class: z.string().optional() })
const pointsSchema = z.object({
  classes: z.array(z.string()),
  images: z.array(
    z.object({
      file_name: z.string().min(1),
      width: z.int().positive(),
      height: z.int().positive(),
      mpp: z.number().positive().optional(),
      /** Part of the data set that the picture belongs to, as "train" or "val". */
      split: z.string().optional(),
      points: z.array(dot),
    }),
  ),
})

/**
 * Pictures in images/ and a dot with a class for each nucleus in points.json; a picture's name begins with its split.
 */
export const dots: DataSetReader = {
  name: 'dots',
  form: message('formDots'),
  detect: ({ files }) => files.includes(fileName),
  async open(place) {
    const file = join(place.path, fileName)
    const { classes, images } = await readPoints(file)
    const names = namesApart(images.map(({ file_name }) => file_name))
    const skips = new Skips()
    return {
      path: place.path,
      format: 'dots',
      classes,
      images: images.map(({ file_name, width, height, mpp, split, points }, i): DataImage => {
        const path = join(place.path, 'images', file_name)
        const inside = points.filter(({ x, y }) => x >= 0 && y >= 0 && x <= width && y <= height)
        if (inside.length < points.length) skips.add('dotOutside', points.length - inside.length)
        return {
          name: split === undefined ? names[i] : `${split}/${names[i]}`,
          path,
          width,
          height,
          mpp: mpp ?? null,
          boxes: new Float32Array(0),
          centres: Float64Array.from(inside.flatMap(({ x, y }) => [x, y])),
          classIndex: Int16Array.from(inside, (point) => classes.indexOf(point.class ?? '')),
          outlines: () => undefined,
          pixels: () => pixelsOf(path),
        }
      }),
      skipped: skips.list(),
      notes: [message('dotsOnly')],
    }
  },
}

async function readPoints(file: string): Promise<z.infer<typeof pointsSchema>> {
  let parsed: unknown
  try {
    parsed = JSON.parse(await readFile(file, 'utf8'))
  } catch {
    throw new FailureError('unreadable', message('fileNotJson', { file }))
  }
  const result = pointsSchema.safeParse(parsed)
  if (result.success) return result.data
  throw new FailureError('unreadable', message('dotsWrong', { file, issue: issueMessage(result.error.issues[0]) }))
}
