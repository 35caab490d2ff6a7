import { xmlTags, type XmlTag } from '../../files/xmlTags.ts'
import { outlineOf } from '../geometry.ts'
import type { FileRecord, Importer } from '../importer.ts'

const color = (text: string | undefined) => (text && /^#[0-9a-f]{6}$/i.test(text) ? text.toLowerCase() : undefined)

interface Annotation {
  readonly type: string
  readonly attributes: Readonly<Record<string, string>>
  readonly points: { order: number; x: number; y: number }[]
}

/**
 * Yields the annotations of ASAP's XML: polygons, splines and rectangles by their points, dots and point sets. The class
 * is the annotation's group; its colour is the group's. Without groups the annotation's name may be the class.
 */
async function* records(path: string): AsyncGenerator<FileRecord[]> {
  let open: Annotation | undefined
  const colors = new Map<string, string>()
  for await (const tags of xmlTags(path)) {
    const batch: FileRecord[] = []
    for (const tag of tags) {
      const { name, attributes, isClosing } = tag
      if (name === 'Annotation' && !isClosing) open = { type: attributes.Type ?? '', attributes, points: [] }
      else if (name === 'Annotation') {
        if (open) batch.push(...recordsOf(open))
        open = undefined
      } else if (name === 'Coordinate' && !isClosing) open?.points.push(pointOf(tag, open.points.length))
      else if (name === 'Group' && !isClosing && attributes.Name) {
        const own = color(attributes.Color)
        if (own) colors.set(attributes.Name, own)
      }
    }
    if (batch.length > 0) yield batch
  }
  yield [{ colors }]
}

/** Numbers may have a comma where ASAP ran in German. */
const number = (text: string | undefined) =>
  text === undefined || text.trim() === '' ? NaN : Number(text.replace(',', '.'))

const pointOf = ({ attributes: { Order, X, Y } }: XmlTag, position: number) => ({
  order: Number.isFinite(number(Order)) ? number(Order) : position,
  x: number(X),
  y: number(Y),
})

function recordsOf({ type, attributes, points }: Annotation): FileRecord[] {
  const { PartOfGroup: group, Name: name, Id: id } = attributes
  const hasGroup = group !== undefined && group !== '' && group !== 'None'
  const about = {
    ...(hasGroup ? { className: group, color: undefined } : { properties: { name } }),
    ...(id !== undefined && { id }),
  }
  const inOrder = points.sort((a, b) => a.order - b.order)
  switch (type.toLowerCase()) {
    case 'dot':
    case 'pointset':
      return inOrder.map(({ x, y }) => ({ ...about, id: undefined, centre: [x, y] }))
    case 'polygon':
    case 'rectangle':
    case 'spline':
      return [{ ...about, outline: outlineOf(inOrder.flatMap(({ x, y }) => [x, y])) }]
    case 'measurement':
      return [{ reason: 'lines' }]
    default:
      return [{ reason: 'unknownGeometry' }]
  }
}

export const asapImport: Importer = {
  name: 'ASAP XML',
  endings: ['.xml'],
  detect: (_, head) => /<ASAP_Annotations[\s>/]/.test(head),
  records,
}
