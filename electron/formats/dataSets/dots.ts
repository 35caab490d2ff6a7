import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { FailureError } from '../../contract/index.ts'
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

/** Pictures in images/ and a dot with a class for each nucleus in points.json; a picture's name begins with its split. */
export const dots: DataSetReader = {
  name: 'dots',
  form: `images/ + ${fileName} (a dot per nucleus)`,
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
        if (inside.length < points.length) skips.add('they lie outside their picture', points.length - inside.length)
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
      notes: ['Its nuclei are given as dots: they have a place and a class, and no outline.'],
    }
  },
}

async function readPoints(file: string): Promise<z.infer<typeof pointsSchema>> {
  const unreadable = (why: string) =>
    new FailureError(
      'unreadable',
      `${file} must list pictures and their dots, but ${why}. Copy it again from its source.`,
    )
  let parsed: unknown
  try {
    parsed = JSON.parse(await readFile(file, 'utf8'))
  } catch {
    throw unreadable('it is not JSON')
  }
  const result = pointsSchema.safeParse(parsed)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw unreadable(`its "${issue.path.join('.')}" is wrong: ${issue.message}`)
}
