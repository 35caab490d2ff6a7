import { meanMpp, type ClassifiedNuclei } from '../../../contract/index.ts'
import { xmlText } from '../../files/xmlTags.ts'
import { rgbOf } from '../geojson/properties.ts'
import type { Exporter } from './exporter.ts'
import { exportOutlines, nucleusUuid } from './outline.ts'

const number = (v: number) => String(Math.round(v * 100) / 100)
const noClass = 'None'

/** Yields nuclei as ASAP's XML: a polygon each, its class as the group, with the class's colour. */
export function* asapText(classified: ClassifiedNuclei): Generator<string> {
  const { nuclei, classes, classIndex } = classified
  yield '<?xml version="1.0" encoding="UTF-8"?>\n<ASAP_Annotations>\n\t<Annotations>\n'
  for (const { i, ring } of exportOutlines(nuclei)) {
    const own = classes[classIndex[i]] as (typeof classes)[number] | undefined
    let text =
      `\t\t<Annotation Name="Nucleus ${nuclei.id[i] || i + 1}" Id="${nucleusUuid(classified, i)}" Type="Polygon" ` +
      `PartOfGroup="${xmlText(own?.name ?? noClass)}" Color="${own?.color ?? '#f4fa58'}">\n\t\t\t<Coordinates>\n`
    for (let k = 0; k < ring.length; k += 2)
      text += `\t\t\t\t<Coordinate Order="${k / 2}" X="${number(ring[k])}" Y="${number(ring[k + 1])}" />\n`
    yield text + '\t\t\t</Coordinates>\n\t\t</Annotation>\n'
  }
  yield '\t</Annotations>\n\t<AnnotationGroups>\n'
  for (const { name, color } of classes)
    yield `\t\t<Group Name="${xmlText(name)}" PartOfGroup="None" Color="${color}"><Attributes /></Group>\n`
  yield '\t</AnnotationGroups>\n</ASAP_Annotations>\n'
}

/** Yields nuclei as Aperio ImageScope's XML: a layer for each class, a region for each nucleus. */
export function* aperioText(classified: ClassifiedNuclei, mpp: { x: number; y: number } | null): Generator<string> {
  const { nuclei, classes, classIndex } = classified
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<Annotations${mpp ? ` MicronsPerPixel="${meanMpp(mpp)}"` : ''}>\n`
  let regionId = 0
  for (let c = classes.length > 0 ? 0 : -1; c <= classes.length; c++) {
    const isNone = c < 0 || c === classes.length
    const own = isNone ? undefined : classes[c]
    let isOpen = false
    for (const { ring } of exportOutlines(nuclei, (n) => (isNone ? classIndex[n] < 0 : classIndex[n] === c))) {
      if (!isOpen) {
        const [r, g, b] = rgbOf(own?.color ?? '#808080')
        // ImageScope's colours have red in the lowest byte.
        yield (
          `<Annotation Id="${isNone ? classes.length + 1 : c + 1}" Name="${xmlText(own?.name ?? '')}" ReadOnly="0" Type="4" ` +
          `LineColor="${r | (g << 8) | (b << 16)}" Visible="1" Selected="0">\n<Attributes />\n<Regions>\n<RegionAttributeHeaders />\n`
        )
        isOpen = true
      }
      let text = `<Region Id="${++regionId}" Type="0" Zoom="1" NegativeROA="0" Text=""><Attributes /><Vertices>`
      for (let k = 0; k < ring.length; k += 2)
        text += `<Vertex X="${number(ring[k])}" Y="${number(ring[k + 1])}" Z="0" />`
      yield text + '</Vertices></Region>\n'
    }
    if (isOpen) yield '</Regions>\n<Plots />\n</Annotation>\n'
    if (c < 0) break
  }
  yield '</Annotations>\n'
}

export const asapExport: Exporter = {
  format: 'asap',
  extension: 'asap.xml',
  name: { en: 'ASAP XML', de: 'ASAP-XML' },
  mediaType: 'application/xml',
  content: asapText,
}

export const aperioExport: Exporter = {
  format: 'aperio',
  extension: 'xml',
  name: { en: 'Aperio ImageScope XML', de: 'Aperio-ImageScope-XML' },
  mediaType: 'application/xml',
  content: (classified, { mpp }) => aperioText(classified, mpp),
}
