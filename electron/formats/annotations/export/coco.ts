import { meanMpp, type ClassifiedNuclei } from '../../../contract/index.ts'
import { TextWriter } from '../../files/textWriter.ts'
import type { ExportedSlide, Exporter } from './exporter.ts'
import { exportOutlines, nucleusUuid } from './outline.ts'

/** Nuclei without a class have this category, which is not in the list: COCO wants a number. */
const noCategory = 0

/**
 * Yields the nuclei of slides as COCO: pictures by their path from the folder, with µm/px as `mpp`; outlines as polygons
 * with box and area; classes as categories. A nucleus without area is left out.
 */
export function* cocoText(
  slides: Iterable<{ readonly classified: ClassifiedNuclei; readonly slide: ExportedSlide }>,
): Generator<string> {
  const writer = new TextWriter()
  const categories = new Map<string, number>()
  const images: string[] = []
  let id = 0
  // The annotations come first, because only they tell which pictures and classes there are.
  writer.text('{"info":{"description":"Karyon, for research use only"},"annotations":[')
  for (const { classified, slide } of slides) {
    const { nuclei, classes, classIndex } = classified
    const { mpp, width, height, picture } = slide
    const imageId = images.length + 1
    images.push(JSON.stringify({ id: imageId, file_name: picture, width, height, ...(mpp && { mpp: meanMpp(mpp) }) }))
    // A class that no nucleus has is left out: it would enter a model that is trained on the file.
    const isUsed = new Set(classIndex)
    const own = classes.map(({ name }, c) => {
      if (!categories.has(name) && isUsed.has(c)) categories.set(name, categories.size + 1)
      return categories.get(name)
    })
    for (const { i, ring } of exportOutlines(nuclei)) {
      const { box, area } = boxAndArea(ring)
      const points = Array.from(ring, (v) => Math.round(v * 100) / 100).join(',')
      writer.text(
        `${id++ === 0 ? '\n' : ',\n'}{"id":${id},"image_id":${imageId},"category_id":${own[classIndex[i]] ?? noCategory},` +
          `"segmentation":[[${points}]],"bbox":[${box.join(',')}],"area":${area},"iscrowd":0,` +
          `"uuid":"${nucleusUuid(classified, i)}"}`,
      )
      if (writer.isFull) yield writer.take()
    }
  }
  const list = [...categories].map(([name, number]) => JSON.stringify({ id: number, name, supercategory: 'nucleus' }))
  writer.text(`\n],"images":[\n${images.join(',\n')}\n],"categories":[\n${list.join(',\n')}\n]}\n`)
  yield writer.take()
}

/** Returns x, y, width, height and area of a ring, to a hundredth. */
function boxAndArea(ring: ArrayLike<number>): { box: number[]; area: number } {
  let [xmin, ymin, xmax, ymax, twice] = [Infinity, Infinity, -Infinity, -Infinity, 0]
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    xmin = Math.min(xmin, ring[i])
    xmax = Math.max(xmax, ring[i])
    ymin = Math.min(ymin, ring[i + 1])
    ymax = Math.max(ymax, ring[i + 1])
    twice += (ring[j] - ring[0]) * (ring[i + 1] - ring[1]) - (ring[i] - ring[0]) * (ring[j + 1] - ring[1])
  }
  const hundredth = (v: number) => Math.round(v * 100) / 100
  return { box: [xmin, ymin, xmax - xmin, ymax - ymin].map(hundredth), area: hundredth(Math.abs(twice) / 2) }
}

export const cocoExport: Exporter = {
  format: 'coco',
  extension: 'coco.json',
  name: { en: 'COCO JSON', de: 'COCO-JSON' },
  mediaType: 'application/json',
  content: (classified, slide) => cocoText([{ classified, slide }]),
}
