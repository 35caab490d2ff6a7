import { basename } from 'node:path'
import { FailureError, message } from '../../../contract/index.ts'
import { jsonParts } from '../../files/jsonParts.ts'
import { outlineOf } from '../geometry.ts'
import type { FileRecord, Importer, SlideSize } from '../importer.ts'

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)
const members = ['id', 'type', 'name', 'content', 'result']

interface Shape {
  readonly type: string
  readonly className: string | undefined
  /** Flat x, y in the file's unit. */
  readonly points: number[]
  /** Side of the unit by the stated area or length, mm; undefined if none is stated. */
  readonly unit: number | undefined
}

/**
 * Yields the areas of Sectra PathologyCore's JSON. Its coordinates are fractions of one side of the slide, the same in x
 * and y. Which side is not stated, but each area states its size in mm² and each line its length in mm, so the unit
 * follows from them. If it is neither the slide's width nor its height (within 3 %), the file belongs to another slide or
 * the µm/px differ, and the nuclei are refused rather than put somewhere.
 */
async function* records(path: string, slide: SlideSize): AsyncGenerator<FileRecord[]> {
  const shapes: Shape[] = []
  let alone: Record<string, unknown> = {}
  const others: FileRecord[] = []
  for await (const parts of jsonParts(path, ['$[]', ...members.map((member) => `$.${member}`)]))
    for (const { at, value } of parts) {
      if (at !== '$[]' && at !== '$end') alone[at.slice(2)] = value
      else if (at === '$[]' || alone.content) {
        const shape = shapeOf(at === '$end' ? alone : value)
        if ('reason' in shape) others.push(shape)
        else shapes.push(shape)
      }
      if (at === '$end') alone = {}
    }
  if (shapes.length === 0) return yield others
  const unit = unitOf(shapes, slide, path)
  yield [
    ...others,
    ...shapes.map(({ type, points, className }): FileRecord => {
      const pixels = points.map((v) => v * unit)
      if (/line|arrow|distance|angle/i.test(type)) return { reason: 'lines' }
      if (pixels.length === 2) return { centre: [pixels[0], pixels[1]], className }
      return { outline: outlineOf(pixels), className }
    }),
  ]
}

/** Returns the length of the file's unit in level-0 pixels. */
function unitOf(shapes: readonly Shape[], { width, height, mpp }: SlideSize, path: string): number {
  const stated = shapes.flatMap(({ unit }) => (unit === undefined ? [] : [unit])).sort((a, b) => a - b)
  const scale = typeof mpp === 'object' ? mpp?.x : mpp
  const file = basename(path)
  if (stated.length === 0 || !scale) throw new FailureError('no-scale', message('sectraNoScale', { file }))
  const px = (stated[stated.length >> 1] * 1000) / scale
  const side = [width, height].find((length) => Math.abs(px / length - 1) < 0.03)
  if (side !== undefined) return side
  throw new FailureError(
    'invalid-input',
    message('sectraOtherSlide', {
      file,
      mm: px * scale * 1e-3,
      slide: [(width * scale) / 1000, (height * scale) / 1000],
    }),
  )
}

function shapeOf(value: unknown): Shape | { readonly reason: 'notFeatures' | 'notNumbers' } {
  if (!isObject(value) || !Array.isArray(value.content)) return { reason: 'notFeatures' }
  const points: number[] = []
  for (const point of value.content as unknown[]) {
    if (!isObject(point) || typeof point.x !== 'number' || typeof point.y !== 'number') return { reason: 'notNumbers' }
    points.push(point.x, point.y)
  }
  const { name, type } = value
  return {
    type: String(type),
    className: typeof name === 'string' && name !== '' ? name : undefined,
    points,
    unit: unitBy(value.result, points),
  }
}

/** Returns the side of the unit in mm by a stated "5.33 mm²" or "5.93 mm". */
function unitBy(result: unknown, points: readonly number[]): number | undefined {
  const match = /^([\d.,]+)\s*(µm|um|mm|cm)(²|2)?$/.exec(typeof result === 'string' ? result.trim() : '')
  if (!match) return undefined
  const mm = { cm: 10, mm: 1 }[match[2]] ?? 1e-3
  const value = Number(match[1].replace(',', '.'))
  let [area, length] = [0, 0]
  for (let k = 0; k < points.length; k += 2) {
    const n = (k + 2) % points.length
    area += points[k] * points[n + 1] - points[n] * points[k + 1]
    if (n > 0) length += Math.hypot(points[n] - points[k], points[n + 1] - points[k + 1])
  }
  const unit = match[3] ? Math.sqrt((value * mm * mm) / (Math.abs(area) / 2)) : (value * mm) / length
  return Number.isFinite(unit) && unit > 0 ? unit : undefined
}

export const sectraImport: Importer = {
  name: 'Sectra JSON',
  endings: ['.json'],
  detect: (_, head) =>
    /"content"\s*:\s*\[\s*\{\s*"x"\s*:/.test(head) && /"(slideId|persistentId|rowVersion)"/.test(head),
  records,
}
