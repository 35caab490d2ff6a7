import { xmlTags } from '../../files/xmlTags.ts'
import { hexOf } from '../geojson/properties.ts'
import { outlineOf } from '../geometry.ts'
import type { FileRecord, Importer, NucleusRecord } from '../importer.ts'

interface Layer {
  readonly name: string | undefined
  readonly color: string | undefined
  /** Name of the layer's attribute, where datasets such as MoNuSAC write the class. */
  attribute: string | undefined
  readonly regions: { readonly record: FileRecord; readonly text: string | undefined }[]
}
interface Region {
  readonly attributes: Readonly<Record<string, string>>
  readonly points: number[]
}

/**
 * Yields the regions of Aperio ImageScope's XML. The class is the name of the layer (Annotation), else that of the
 * layer's attribute, else the region's text. Coordinates are level-0 pixels. Ellipses are given by their bounding box.
 */
async function* records(path: string): AsyncGenerator<FileRecord[]> {
  let layer: Layer | undefined
  let region: Region | undefined
  for await (const tags of xmlTags(path)) {
    const batch: FileRecord[] = []
    for (const { name, attributes, isClosing } of tags)
      switch (name) {
        case 'Annotation':
          if (isClosing) {
            if (layer) batch.push(...recordsOf(layer))
            layer = undefined
          } else
            layer = {
              name: attributes.Name || undefined,
              color: colorOf(attributes.LineColor),
              attribute: undefined,
              regions: [],
            }
          break
        case 'Attribute':
          if (!isClosing && layer && !region && attributes.Name && !/^description$/i.test(attributes.Name))
            layer.attribute ??= attributes.Name
          break
        case 'Region':
          if (!isClosing) region = { attributes, points: [] }
          else {
            if (region && layer)
              layer.regions.push({ record: recordOf(region), text: region.attributes.Text || undefined })
            region = undefined
          }
          break
        case 'Vertex':
        case 'V':
          if (!isClosing) region?.points.push(number(attributes.X), number(attributes.Y))
          break
        default:
      }
    if (batch.length > 0) yield batch
  }
}

const number = (text: string | undefined) =>
  text === undefined || text.trim() === '' ? NaN : Number(text.replace(',', '.'))

/** Returns the colour of ImageScope's number: red in the lowest byte (a Windows COLORREF). */
function colorOf(text: string | undefined): string | undefined {
  const n = Number(text)
  return text !== undefined && text !== '' && Number.isInteger(n)
    ? hexOf(n & 255, (n >> 8) & 255, (n >> 16) & 255)
    : undefined
}

/** Kinds of region (ImageScope's Type): freehand, rectangle, ellipse, arrow or line, ruler, point. */
const [freehand, rectangle, ellipse, arrow, ruler, pointSet] = ['0', '1', '2', '3', '4', '5']

function recordOf({ attributes: { Type: type = freehand, NegativeROA: negative }, points }: Region): FileRecord {
  if (negative === '1') return { reason: 'negativeRegions' }
  if (type === arrow || type === ruler) return { reason: 'lines' }
  if (points.length === 2 || type === pointSet) return { centre: [points[0], points[1]] }
  if (type === ellipse) return { outline: outlineOf(ellipseIn(points)) }
  if (type === rectangle && points.length === 4) {
    const [x0, y0, x1, y1] = points
    return { outline: outlineOf([x0, y0, x1, y0, x1, y1, x0, y1]) }
  }
  return { outline: outlineOf(points) }
}

/** Returns an ellipse of 48 points that touches the bounds of the given points. */
function ellipseIn(points: readonly number[]): number[] {
  const xs = points.filter((_, k) => k % 2 === 0)
  const ys = points.filter((_, k) => k % 2 === 1)
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  return Array.from({ length: 48 }, (_, i) => (2 * Math.PI * i) / 48).flatMap((turn) => [
    (x0 + x1) / 2 + ((x1 - x0) / 2) * Math.cos(turn),
    (y0 + y1) / 2 + ((y1 - y0) / 2) * Math.sin(turn),
  ])
}

const recordsOf = ({ name, color, attribute, regions }: Layer): FileRecord[] =>
  regions.map(({ record, text }) => {
    const className = name ?? attribute ?? text
    return 'reason' in record || className === undefined ? record : { ...(record as NucleusRecord), className, color }
  })

export const aperioImport: Importer = {
  name: 'Aperio ImageScope XML',
  endings: ['.xml'],
  detect: (_, head) =>
    /<Annotations[\s>]/.test(head) &&
    !/<ASAP_Annotations/.test(head) &&
    /MicronsPerPixel=|<Region[\s>]|<Annotation\s[^>]*(LineColor|Type)=/.test(head),
  records,
}
